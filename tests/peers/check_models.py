#!/usr/bin/env python3
"""Runs whole models through mote and LiteRT on the same drawn inputs and compares all outputs.

    check_models.py build/mote [FOLDER_OR_MODEL ...] [--table docs/conformance.md] [--seed N] [--only REGEX]

Without folders: ../shared/corpus, ../shared/keras_nets and ../shared/study. LiteRT uses its reference kernels, also for
operators of which its reference resolver lists older versions only, and its optimized ones (without delegates) where
those lack an operator; it runs in a process of its own for each model, since some models end it. Integers and bools must be equal. Floats: the largest difference over the largest value must stay
below the bound. Exit 1 when a model that LiteRT runs differs, or is refused by mote. docs/conformance.md is made with --table.
"""

import argparse
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
from ai_edge_litert import schema_py_generated as schema  # noqa: E402

from tflite_graph import OPERATORS  # noqa: E402

SECONDS = 120
# Where LiteRT is known to be wrong (docs/numerics.md says why): a pattern of names, and what differs.
KNOWN = [(r"static_w8_a16_quantized_\w+_einsum", "LiteRT reads one scale for each column as 0 and answers with zeros")]
RESOLVERS = ("BUILTIN_REF", "BUILTIN_WITHOUT_DEFAULT_DELEGATES")
# Networks with int8 weights under floats turn one differing bit into a whole code: mote has the bits of the first.
BOUNDS = dict(zip(RESOLVERS, (1e-4, 3e-2)))
# Where only the reference kernels are wrong: FULLY_CONNECTED there reads no scales of blocks.
NOT_BY_REFERENCE = r"blockwise"


def draw(rng, dtype, shape, name):
    """Values that make sense for most networks: images and features in -1…1, codes anywhere, small whole numbers."""
    if dtype == np.float32 or dtype == np.float64 or dtype == np.float16:
        return rng.uniform(-1, 1, shape).astype(dtype)
    if dtype in (np.int8, np.uint8, np.int16, np.uint16):
        limits = np.iinfo(dtype)
        return rng.integers(limits.min, limits.max + 1, shape).astype(dtype)
    if dtype == np.bool_:
        return rng.integers(0, 2, shape).astype(dtype)
    if dtype in (np.int32, np.int64, np.uint32, np.uint64):
        return rng.integers(0, 3, shape).astype(dtype)
    if dtype in (np.complex64, np.complex128):
        return (rng.uniform(-1, 1, shape) + 1j * rng.uniform(-1, 1, shape)).astype(dtype)
    raise TypeError(f"input '{name}' is {dtype}")


def with_version(path, op, version, out):
    """A copy in which versions of the operator above that one are that one."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    model = schema.Model.GetRootAsModel(data, 0)
    for code in (model.OperatorCodes(i) for i in range(model.OperatorCodesLength())):
        if OPERATORS.get(max(code.BuiltinCode(), code.DeprecatedBuiltinCode())) == op and code.Version() > version:
            struct.pack_into("<i", data, code._tab.Pos + code._tab.Offset(8), version)
    with open(out, "wb") as file:
        file.write(data)
    return out


def make_interpreter(path, resolver, folder):
    """The reference resolver lists fewer versions than its kernels run: then the file says an older one."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType
    while True:
        try:
            return Interpreter(model_path=path, experimental_op_resolver_type=getattr(OpResolverType, resolver))
        except ValueError as error:
            lacks = re.search(r"builtin opcode '(\w+)' version '(\d+)'", str(error))
            if resolver != RESOLVERS[0] or not lacks or int(lacks[2]) < 2:
                raise
            path = with_version(path, lacks[1], int(lacks[2]) - 1, f"{folder}/older.tflite")


def ask_litert(path, folder, seed):
    """In a child: writes in<i>.npy and out<i>.npy, and kernels or error as text."""
    problem = ""
    for resolver in RESOLVERS[1:] if re.search(NOT_BY_REFERENCE, path) else RESOLVERS:
        rng = np.random.default_rng(seed)
        try:
            it = make_interpreter(path, resolver, folder)
            it.allocate_tensors()
            for i, tensor in enumerate(it.get_input_details()):
                value = np.asarray(draw(rng, tensor["dtype"], tensor["shape"], tensor["name"]))
                np.save(f"{folder}/in{i}.npy", value)
                it.set_tensor(tensor["index"], value)
            it.invoke()
            for i, tensor in enumerate(it.get_output_details()):
                np.save(f"{folder}/out{i}.npy", it.get_tensor(tensor["index"]))
        except (RuntimeError, ValueError, TypeError) as error:
            problem = problem or str(error)
            continue
        with open(f"{folder}/kernels", "w") as out:
            out.write(resolver)
        return
    with open(f"{folder}/error", "w") as out:
        out.write(problem or "?")


def in_child(function, *arguments):
    """True when it ended by itself within the time."""
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        signal.alarm(SECONDS)
        try:
            function(*arguments)
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def count(folder, what):
    n = 0
    while os.path.exists(f"{folder}/{what}{n}.npy"):
        n += 1
    return n


def ask_mote(binary, path, folder):
    """None, or why not. Writes mote<i>.npy."""
    inputs = [f"{folder}/in{i}.npy" for i in range(count(folder, "in"))]
    n_outputs = count(folder, "out")
    out = f"{folder}/mote0.npy" if n_outputs == 1 else f"{folder}/mote.npy"
    done = subprocess.run([binary, "run", path, *inputs, "-o", out, "--top", "0"], capture_output=True, text=True,
                          timeout=SECONDS)
    if done.returncode == 0:
        return None
    if done.returncode < 0:
        return f"CRASH, signal {-done.returncode}"
    return done.stderr.strip().replace(path + ": ", "").replace("mote: run: ", "") or f"exit {done.returncode}"


def compare(folder, bound):
    """(agrees, text)"""
    worst, equal = 0.0, True
    for i in range(count(folder, "out")):
        theirs, ours = np.load(f"{folder}/out{i}.npy"), np.load(f"{folder}/mote{i}.npy")
        if ours.shape != theirs.shape:
            return False, f"output {i}: shape {ours.shape}, not {theirs.shape}"
        if ours.dtype != theirs.dtype:
            return False, f"output {i}: {ours.dtype}, not {theirs.dtype}"
        same = (ours == theirs) | ((ours != ours) & (theirs != theirs))
        if same.all():
            continue
        equal = False
        if theirs.dtype.kind in "iub":
            far = np.abs(ours.astype(np.int64) - theirs.astype(np.int64)).max()
            return False, f"output {i}: {int((~same).sum())} of {same.size} codes differ, by up to {far}"
        ours, theirs = ours.astype(np.complex128), theirs.astype(np.complex128)
        finite = np.isfinite(theirs)
        if (np.isfinite(ours) != finite).any() or (ours[~finite & ~np.isnan(theirs)] != theirs[~finite & ~np.isnan(theirs)]).any():
            return False, f"output {i}: infinities or NaN in other places"
        largest = np.abs(theirs[finite]).max(initial=0)
        difference = np.abs(ours[finite] - theirs[finite]).max(initial=0)
        worst = max(worst, difference / largest if largest > 0 else difference)
    if equal:
        return True, "equal"
    return worst <= bound, f"{worst:.1e}"


def check(binary, path, seed):
    """(verdict, text): agrees, differs, refused, crash (of mote), or skipped where LiteRT gives no answer."""
    with tempfile.TemporaryDirectory() as folder:
        ended = in_child(ask_litert, path, folder, seed)
        if not ended or os.path.exists(f"{folder}/error"):
            text = open(f"{folder}/error").read().strip().split("\n")[0] if ended else "it crashed or took too long"
            try:
                problem = ask_mote(binary, path, folder)
            except subprocess.TimeoutExpired:
                problem = "too slow"
            if problem and problem.startswith("CRASH"):
                return "crash", problem
            return "skipped", f"LiteRT: {text[:90]}; mote: {'runs' if problem is None else problem[:90]}"
        try:
            problem = ask_mote(binary, path, folder)
        except subprocess.TimeoutExpired:
            problem = f"more than {SECONDS} s"
        if problem:
            return ("crash" if problem.startswith("CRASH") else "refused"), problem
        kernels = open(f"{folder}/kernels").read()
        agrees, text = compare(folder, BOUNDS[kernels])
        if kernels != RESOLVERS[0]:
            text += " (LiteRT's optimized kernels: its reference ones lack an operator)"
        return ("agrees" if agrees else "differs"), text


def find(places):
    """(name to show, path), sorted."""
    found = []
    for place in places:
        if os.path.isfile(place):
            found.append((os.path.basename(place), place))
        for folder, _, files in os.walk(place):
            for file in files:
                path = os.path.join(folder, file)
                if file.endswith(".tflite"):
                    found.append((os.path.relpath(path, os.path.dirname(os.path.abspath(place))), path))
    return sorted(found)


def write_table(path, rows):
    counts = {}
    for _, verdict, _ in rows:
        counts[verdict] = counts.get(verdict, 0) + 1
    with open(path, "w") as out:
        out.write("# Conformance\n\n"
                  "Whole models through mote and LiteRT on the same drawn inputs; made by `tests/peers/check_models.py`.\n"
                  "*equal*: bit for bit; a number: the largest difference over the largest value of the output.\n\n")
        out.write("| verdict | models |\n|---|---|\n")
        for verdict in ("agrees", "known", "differs", "refused", "crash", "skipped"):
            if counts.get(verdict):
                out.write(f"| {verdict} | {counts[verdict]} |\n")
        out.write("\n*skipped*: LiteRT gives no answer to compare with; *known*: its answer is wrong.\n")
        for verdict in ("differs", "refused", "crash", "known", "skipped", "agrees"):
            chosen = [row for row in rows if row[1] == verdict]
            if not chosen:
                continue
            out.write(f"\n## {verdict}\n\n| model | |\n|---|---|\n")
            for name, _, text in chosen:
                out.write(f"| {name} | {text.replace('|', '/')[:200]} |\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mote")
    parser.add_argument("places", nargs="*")
    parser.add_argument("--table")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("-v", action="store_true", help="also name the models that agree")
    options = parser.parse_args()
    shared = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "shared")
    places = options.places or [os.path.join(shared, name) for name in ("corpus", "keras_nets", "study")]
    rows = []
    for name, path in find(places):
        if not re.search(options.only, name):
            continue
        verdict, text = check(os.path.abspath(options.mote), path, options.seed)
        known = [why for pattern, why in KNOWN if re.search(pattern, name)]
        if known and verdict == "differs":
            verdict, text = "known", known[0]
        rows.append((name, verdict, text))
        if options.v or verdict != "agrees":
            print(f"{verdict:8} {name}: {text}", flush=True)
    if options.table:
        write_table(options.table, rows)
    bad = [row for row in rows if row[1] in ("differs", "refused", "crash")]
    if not rows:
        print("SKIP: no models found; name a folder, or put the corpus in ../shared")
    print(f"{sum(row[1] == 'agrees' for row in rows)} passed, {len(bad)} failed, "
          f"{sum(row[1] in ('skipped', 'known') for row in rows)} that LiteRT does not run or gets wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
