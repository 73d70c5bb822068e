#!/usr/bin/env python3
"""Runs generated single-operator models through mote and LiteRT's reference kernels and compares.

    check_ops.py build/mote [--only REGEX] [--seed N] [--per N] [--keep DIR]

Integers and bools must be equal, floats within 1e-5 (ops_cases.TOLERANCE has the exceptions). Models that LiteRT
refuses are counted and left out. Exit 1 on any difference.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

import ops_cases
import ops_model


class Mote:
    """Answers of the command-line program."""

    def __init__(self, binary):
        self.binary = binary

    def run(self, models):
        for model in models:
            yield self.run_one(model)

    def run_one(self, model):
        with tempfile.TemporaryDirectory() as folder:
            path, inputs = ops_model.write_model(model, folder)
            out = os.path.join(folder, "out.npy")
            done = subprocess.run([self.binary, "run", path, *inputs, "-o", out], capture_output=True, text=True)
            if done.returncode != 0:
                return done.stderr.strip()
            if len(model.outputs) == 1:
                return [np.load(out)]
            return [np.load(out.replace(".npy", f"{i}.npy")) for i in range(len(model.outputs))]


def difference(ours, theirs, tolerance=(1e-5, 1e-5), half_ulps=1):
    """None when equal enough, else what differs. tolerance: relative, and the magnitude below which it is absolute."""
    if ours.shape != theirs.shape:
        return f"shape {ours.shape}, not {theirs.shape}"
    if ours.dtype != theirs.dtype and not (ours.dtype == np.uint8 and theirs.dtype == bool):
        return f"type {ours.dtype}, not {theirs.dtype}"
    if theirs.dtype.kind in "iub":
        wrong = ours != theirs
    else:
        a, b = ours.astype(np.complex128), theirs.astype(np.complex128)
        limit = tolerance[0] * np.maximum(np.abs(b), tolerance[1])
        if theirs.dtype == np.float16:  # units in the last place, and the smallest half
            limit = half_ulps * np.maximum(2.0 ** -10 * np.abs(b), 2.0 ** -23)
        with np.errstate(invalid="ignore", over="ignore"):
            close = (np.abs(a - b) <= limit) | (a == b)
        wrong = ~(close | (np.isnan(a) & np.isnan(b)))
    if not wrong.any():
        return None
    at = np.argwhere(wrong)[0] if wrong.ndim else ()
    return f"{int(wrong.sum())} of {wrong.size} differ, first at {tuple(int(i) for i in at)}: {ours[tuple(at)]}, " \
           f"not {theirs[tuple(at)]}"


def check(backend, models, tolerance, keep=None, verbose=False):
    """Prints differences; returns (compared, failed, refused by LiteRT, and by operator the same)."""
    counts = {}
    for model, ours in zip(models, backend.run(models)):
        row = counts.setdefault(model.op, [0, 0, 0])
        theirs = ops_model.run_litert(model)
        if theirs is None:
            row[2] += 1
            if verbose:
                print(f"{model.op} {model.label}: LiteRT: {ops_model.run_litert.problem}; "
                      f"mote: {ours if isinstance(ours, str) else 'runs'}")
            continue
        row[0] += 1
        problem = ours if isinstance(ours, str) else next(
            filter(None, (difference(a, b, model.tolerance or tolerance.get(model.op, (1e-5, 1e-5)), ops_cases.HALF_ULPS.get(model.op, 1))
                          for a, b in zip(model.view(ours), model.view(theirs)))), None)
        if problem:
            row[1] += 1
            print(f"{model.op} {model.label}: {problem}")
            if keep:
                os.makedirs(keep, exist_ok=True)
                folder = tempfile.mkdtemp(prefix=model.op + "_", dir=keep)
                ops_model.write_model(model, folder)
    return counts


def report(counts):
    total = np.sum(list(counts.values()), axis=0) if counts else [0, 0, 0]
    for op, (compared, failed, refused) in sorted(counts.items()):
        print(f"{op:32} {compared:5} compared {failed:4} differ {refused:4} refused by LiteRT")
    print(f"{total[0] - total[1]} passed, {total[1]} failed, {total[2]} refused by LiteRT")
    return 1 if total[1] or not total[0] else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mote")
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per", type=int, default=3, help="random repetitions of each case")
    parser.add_argument("--keep", help="a folder for models that differ")
    parser.add_argument("--verbose", action="store_true", help="say what LiteRT refuses, and why")
    options = parser.parse_args()
    models = [m for m in ops_cases.all_cases(options.seed, options.per) if re.search(options.only, m.op)]
    return report(check(Mote(options.mote), models, ops_cases.TOLERANCE, options.keep, options.verbose))


if __name__ == "__main__":
    sys.exit(main())
