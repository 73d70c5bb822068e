#!/usr/bin/env python3
"""Every .tflite file that mote reads, written again by mote: LiteRT must give the same outputs for both, bit for bit.

    check_rewrite.py build/mote [FOLDER ...]

Without folders: ../shared/corpus, ../shared/keras_nets and ../shared/study. Each file runs in a process of its own, since
some models end LiteRT; what it does not run before is not asked of it after. What it runs and mote refuses fails, but for
the files that REFUSED names.
"""

import os
import subprocess
import sys
import tempfile

import numpy as np

from check_models import ask_litert, count, find, in_child


REFUSED = {"other/qwen_fc_blockwise_int4.tflite": "mote does not write blockwise quantization"}


def answers(path, folder):
    """LiteRT's outputs for drawn inputs, or why there are none."""
    os.makedirs(folder)
    if not in_child(ask_litert, path, folder, 1):
        return "ends the process"
    if os.path.exists(f"{folder}/error"):
        with open(f"{folder}/error") as f:
            return f.read().splitlines()[0]
    return [np.load(f"{folder}/out{i}.npy", allow_pickle=True) for i in range(count(folder, "out"))]


def same(a, b):
    return not isinstance(b, str) and len(a) == len(b) and all(
        x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes() for x, y in zip(a, b))


def check(tool, path, folder):
    """(counts as, text)"""
    again = os.path.join(folder, "again.tflite")
    done = subprocess.run([tool, path, again], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1, 3):
        return "failed", f"ended with {done.returncode}: {done.stderr.strip()}"
    before = answers(path, os.path.join(folder, "before"))
    if isinstance(before, str):
        return ("refused" if done.returncode else "not run"), f"{done.stderr.strip()}; LiteRT: {before}"
    if done.returncode:
        known = any(path.endswith(name) and why in done.stderr for name, why in REFUSED.items())
        return ("refused" if known else "failed"), f"refused, and LiteRT runs it: {done.stderr.strip()}"
    after = answers(again, os.path.join(folder, "after"))
    return ("passed", "") if same(before, after) else ("failed", f"{str(before)[:150]}; after: {str(after)[:150]}")


def main():
    try:
        import ai_edge_litert  # noqa: F401
    except ImportError as error:
        print(f"ai-edge-litert is needed: {error}\n0 passed, 0 failed")
        return 0
    tool = os.path.join(os.path.dirname(os.path.abspath(sys.argv[1])), "tests", "peers", "rewrite")
    shared = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "shared")
    folders = sys.argv[2:] or [os.path.join(shared, name) for name in ("corpus", "keras_nets", "study")]
    counts = {"passed": 0, "failed": 0, "refused": 0, "not run": 0}
    for name, path in find(folders):
        with tempfile.TemporaryDirectory() as folder:
            kind, text = check(tool, path, folder)
        counts[kind] += 1
        if kind in ("failed", "refused"):
            print(f"{kind}: {name}: {text}", flush=True)
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['not run']} that LiteRT does not run, "
          f"{counts['refused']} that mote does not read or write")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
