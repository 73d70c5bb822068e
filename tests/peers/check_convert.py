#!/usr/bin/env python3
"""Conversions beside TensorFlow's own: every network of ../shared/keras_nets in seven forms.

    check_convert.py build/mote [--only REGEX] [--nets DIR] [-v]

Each Keras file is converted with the calibration inputs that TensorFlow had. Operator by operator, both files are
matched; then scales agree to 1e-5, zero points and quantized dimensions are equal, integers are equal (at most 1 in
10,000 off by one), floats are equal to the bit, and there are at most as many operators. LiteRT's reference kernels then run
both files on the inputs: the same integers, and the same as mote's; floats within the form's bound.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
from ai_edge_litert.interpreter import Interpreter, OpResolverType  # noqa: E402

from tflite_graph import AFFINE, Frame, Graph, Match, real  # noqa: E402

FORMS = {
    "float32": ["--quantize", "float32"],
    "float16": ["--quantize", "float16"],
    "dynamic": ["--quantize", "dynamic"],
    "int8": ["--quantize", "int8", "--input-type", "int8", "--output-type", "int8"],
    "int8_uint8io": ["--quantize", "int8", "--input-type", "uint8", "--output-type", "uint8"],
    "int8_floatio": ["--quantize", "int8"],
    "int16x8": ["--quantize", "int16x8"],
}
SCALE = 1e-5  # relative
OFF_BY_ONE = 1e-4  # share of a file's integers; of networks made on this machine always two
# TensorFlow's calibration sums floats in another order: biases that have all bits of a float show the last ones.
FLOAT_BITS = 2.0 ** -22
# Folded floats are those of Intel's processors, on which ../shared/keras_nets was made: equal to the bit. Others have
# another approximation of 1 / sqrt(x).
FOLDED_HERE = 4e-7  # relative to the largest
MASKED = 1e3  # a scale above it
KERAS = {"float32": 2e-3, "float16": 2e-3, "dynamic": 1e-2}  # where TensorFlow has no file; relative to the largest
SECONDS = 300


class Found:
    """What is wrong with a conversion, and how much was compared. float_bound: of constants, relative to the largest."""

    def __init__(self, float_bound=0.0):
        self.problems, self.float_bound = [], float_bound
        self.tensors = self.quantized = self.integers = self.off_by_one = self.operators = self.fewer = 0
        self.masked = False
        self.scales_apart = 0  # not equal to the bit
        self.other_words = False  # the network is written otherwise where that takes fewer operators, or integers
        self.text = ""

    def say(self, problem):
        self.problems.append(problem)


def convert(binary, net, form, out, threads="1"):
    command = [binary, "convert", f"{net}/model.h5", "-o", out, "--json", "--threads", threads, *FORMS[form]]
    if form.startswith("int"):
        inputs = [f"{net}/input{i}.npy" for i in range(count(net, "input"))]
        command += ["--calibrate", ",".join(inputs)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    return None if done.returncode == 0 else done.stderr.strip().splitlines()[-1][:160] if done.stderr else "?"


def count(folder, stem):
    n = 0
    while os.path.exists(f"{folder}/{stem}{n}.npy"):
        n += 1
    return n


def compare_quantization(found, a, b):
    found.quantized += 1
    if len(a.scale) != len(b.scale):
        return found.say(f"{a.name}: {len(b.scale)} scales, not {len(a.scale)}")
    error = np.abs(a.scale - b.scale) / a.scale
    found.scales_apart += bool(error.max() > 0)
    if error.max() > SCALE:
        found.say(f"{a.name}: scale {b.scale[error.argmax()]:.9g}, not {a.scale[error.argmax()]:.9g}")
    if not np.array_equal(a.zero_point, b.zero_point):
        found.say(f"{a.name}: zero point {b.zero_point[:4]}, not {a.zero_point[:4]}")
    if len(a.scale) > 1 and a.axis != b.axis and a.shape == b.shape:
        found.say(f"{a.name}: quantized dimension {b.axis}, not {a.axis}")


def compare_constants(found, a, b):
    if a.data.size != b.data.size:
        return found.say(f"{a.name}: constant of shape {b.shape}, not {a.shape}")
    if a.is_float:
        if not np.array_equal(a.data.reshape(-1), b.data.reshape(-1)):
            error, top = np.abs(real(a).reshape(-1) - real(b).reshape(-1)), np.abs(real(a)).max()
            if error.max() > (1e-3 if a.type == np.float16 and found.float_bound else found.float_bound) * top:
                found.say(f"{a.name}: {(error > 0).sum()} of {error.size} values up to {error.max():.3g} off, of {top:.3g}")
        return None
    wanted, got = a.data.astype(np.float64).reshape(-1), b.data.astype(np.float64).reshape(-1)
    if a.type in (np.int32, np.int64) and len(a.scale) == len(b.scale) and len(a.scale):
        # Large biases move with the last bits of the calibrated scale: the same number on another grid.
        wanted = np.round(wanted * (a.scale / b.scale))
    error = np.abs(wanted - got)
    if a.type in (np.int32, np.int64):
        bits = np.abs(wanted) * FLOAT_BITS
        error = np.where((error <= (2 if found.float_bound else 1) + bits) & ((bits >= 0.25) | (a.type == np.int64)), 0, error)
    found.integers += a.data.size
    found.off_by_one += int((error == 1).sum())
    if error.max(initial=0) > 1:
        found.say(f"{a.name}: {(error > 1).sum()} of {error.size} integers up to {error.max()} off")
    return None


def factor_behind_scores(theirs, missing):
    """Keras 3 multiplies the products of queries and keys by a number that ours has in the queries' filter: all from that
    filter to the scores is that much larger there."""
    made_by = {i: node for node in theirs.nodes for i in node.outputs}
    larger = set()
    for node in missing:
        numbers = [i for i in node.inputs if theirs.is_const(i) and theirs.tensors[i].data.size == 1]
        at = made_by.get(node.inputs[0]) if node.op == "MUL" and numbers else None
        if not at or at.op != "BATCH_MATMUL":
            continue
        while at and at.op in ("BATCH_MATMUL", "TRANSPOSE", *AFFINE):
            larger.update(at.outputs)
            larger.update(i for i in at.inputs[1:] if at.op in AFFINE)
            at = made_by.get(at.inputs[0]) if at.op not in AFFINE else None
    return larger


def scales_of_other_words(theirs, match):
    """(tensors whose scales go with operators that ours has not: their values, and biases that multiply those or take in
    a sum; weights before those operators, which may take in a factor)."""
    around = {i for node in match.missing for i in node.inputs + node.outputs if i >= 0 and not theirs.is_const(i)}
    before = set()
    for node, _ in match.matched:
        if node.op in AFFINE and around.intersection(node.outputs):
            around.update(i for i in node.inputs[2:] if i >= 0)
            before.update(node.inputs[1:2])
        if around.intersection(node.inputs):
            around.update(i for i in node.inputs if i >= 0 and theirs.tensors[i].type in (np.int32, np.int64))
    return around | factor_behind_scores(theirs, match.missing), before


def sums_that_saturate(theirs):
    """In 16x8 TensorFlow gives SUM its input's scale, under which most sums have no code."""
    return {node.outputs[0] for node in theirs.nodes if node.op == "SUM" and
            theirs.tensors[node.outputs[0]].type == np.int16}


def steps_by_themselves(theirs, ours, match):
    """Results of weights that TensorFlow's file has once for each step in time, and ours once for all."""
    return {i for node, other in match.matched if node.op in AFFINE and
            theirs.uses[node.inputs[1]] > ours.uses[other.inputs[1]] for i in node.outputs}


def compare_up_to_factor(found, a, b):
    """Weights: one factor for all of them."""
    wanted, got = real(a).reshape(-1).astype(np.float64), real(b).reshape(-1).astype(np.float64)
    if wanted.size != got.size:
        return found.say(f"{a.name}: constant of shape {b.shape}, not {a.shape}")
    factor = np.dot(wanted, got) / max(np.dot(wanted, wanted), 1e-30)
    error = np.abs(got - factor * wanted).max(initial=0)
    if not error <= max(SCALE, found.float_bound) * np.abs(got).max(initial=0):
        found.say(f"{a.name}: up to {error:.3g} off, even with a factor of {factor:.6g}")
    return None


def is_behind_mask(tensor):
    """In TensorFlow's file a mask of -1e9 takes all of the scores' range; mote's lies just below them."""
    return len(tensor.scale) == 1 and tensor.scale[0] > MASKED


def compare_graphs(found, theirs, ours):
    match = Match(theirs, ours)
    found.tensors, found.operators = len(match.pairs), len(match.matched)
    found.fewer = theirs.n_operators - ours.n_operators
    integers_instead = ours.n_islands < theirs.n_islands
    found.other_words = bool(match.missing) and (found.fewer > 0 or integers_instead)
    if found.other_words:
        found.text += (f"{found.fewer} operators and {theirs.n_islands - ours.n_islands} of float fewer, "
                       f"{len(match.missing)} of TensorFlow's in other words; ")
    for node in match.missing if not found.other_words else []:
        found.say(f"no {node.op} that makes {theirs.tensors[node.outputs[0]].name}")
    if ours.n_operators > theirs.n_operators and not integers_instead:
        found.say(f"{ours.n_operators} operators, not {theirs.n_operators}: "
                  f"{[(n.op, ours.tensors[n.outputs[0]].name) for n in match.free][:4]}")
    around, before = scales_of_other_words(theirs, match)
    saturated = sums_that_saturate(theirs)
    found.masked |= bool(saturated)
    around |= saturated | steps_by_themselves(theirs, ours, match)
    for i, j in match.pairs:
        a, b = theirs.tensors[i], ours.tensors[j]
        if i in around or is_behind_mask(a):
            found.masked |= is_behind_mask(a)
            continue
        if i in before:
            compare_up_to_factor(found, a, b)
            continue
        if a.type != b.type:
            found.say(f"{a.name}: type {b.type and b.type.__name__}, not {a.type and a.type.__name__}")
            continue
        # A bias that several nodes share has the scale of one of them only.
        if (len(a.scale) or len(b.scale)) and not (a.data is not None and theirs.uses[i] > 1):
            compare_quantization(found, a, b)
        if a.data is not None:
            compare_constants(found, a, b)
    if found.off_by_one > (max(2, OFF_BY_ONE * found.integers) if found.float_bound else OFF_BY_ONE * found.integers):
        found.say(f"{found.off_by_one} of {found.integers} integers off by one")
    if not match.matched and not found.other_words:  # else the answers decide
        found.say("nothing could be matched")


def has_numbered_outputs(frame):
    """TensorFlow exports models of Keras 3 without the names of their outputs."""
    return bool(frame.outputs) and all(re.fullmatch(r"output_\d+", name) for name in frame.outputs)


def entry_points(frame, with_inputs):
    return {key: ends if with_inputs else ends[1:] for key, ends in frame.signatures.items()}


def check_frame(found, binary, net, form, out, folder):
    """Keras's names at the entry point, metadata, aligned buffers, and the same bytes at another number of threads."""
    frame = Frame(out)
    if "serving_default" not in frame.signatures or "min_runtime_version" not in frame.metadata:
        found.say("no entry point or no min_runtime_version")
    if frame.misaligned:
        found.say(f"{frame.misaligned} buffers are not aligned to 16 bytes")
    theirs = Frame(f"{net}/{form}.tflite") if os.path.exists(f"{net}/{form}.tflite") else None
    if theirs and not has_numbered_outputs(theirs):
        # Keras 3 numbers inputs through that have no name of their own.
        named = not all(re.fullmatch(r"keras_tensor(_\d+)?", name) for name in theirs.inputs)
        if entry_points(frame, named) != entry_points(theirs, named):
            found.say(f"entry points {frame.signatures}")
    convert(binary, net, form, f"{folder}/again.tflite", "3")
    if Frame(f"{folder}/again.tflite").bytes != frame.bytes:
        found.say("other bytes the second time")


def fill(tensor, value):
    if tensor["dtype"] == np.float32:
        return value
    scale, zero = tensor["quantization"]
    if not scale:
        return value.astype(tensor["dtype"])
    limits = np.iinfo(tensor["dtype"])
    return np.clip(np.floor(value / scale + 0.5) + zero, limits.min, limits.max).astype(tensor["dtype"])


def ask_litert(path, inputs, resolver):
    """The outputs for each example, stacked."""
    it = Interpreter(model_path=path, experimental_op_resolver_type=getattr(OpResolverType, resolver))
    it.allocate_tensors()
    answers = []
    for k in range(len(inputs[0])):
        for tensor, values in zip(it.get_input_details(), inputs):
            it.set_tensor(tensor["index"], fill(tensor, values[k:k + 1]))
        it.invoke()
        answers.append([it.get_tensor(tensor["index"]).copy() for tensor in it.get_output_details()])
    return [np.concatenate(list(column)) for column in zip(*answers)]


def ask_litert_either(path, inputs, folder):
    """(outputs, by the reference kernels?), or None where LiteRT ends. In a child, since some files end the process."""
    resolvers = ["BUILTIN_REF", "BUILTIN_WITHOUT_DEFAULT_DELEGATES"]  # the first lacks ELU
    for resolver in resolvers[1:] if Graph(path).sums_codes else resolvers:
        child = os.fork()
        if child == 0:
            try:
                signal.alarm(SECONDS)
                os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
                for i, value in enumerate(ask_litert(path, inputs, resolver)):
                    np.save(f"{folder}/litert{i}.npy", value)
                os._exit(0)
            finally:
                os._exit(1)
        if os.waitpid(child, 0)[1] == 0:
            return [np.load(f"{folder}/litert{i}.npy") for i in range(count(folder, "litert"))], resolver == "BUILTIN_REF"
    return None, False


def ask_mote(binary, path, net, folder):
    n_in = count(net, "input")
    subprocess.run([binary, "run", path, *[f"{net}/input{i}.npy" for i in range(n_in)], "-o", f"{folder}/out.npy"],
                   check=True, capture_output=True, timeout=SECONDS)
    n = count(folder, "out")
    return [np.load(f"{folder}/out{i}.npy") for i in range(n)] if n else [np.load(f"{folder}/out.npy")]


def compare_answers(found, whose, wanted, got, bound, codes=0):
    """bound: of floats, relative to the largest; codes: of integers."""
    for i, (a, b) in enumerate(zip(wanted, got)):
        if a.dtype != b.dtype or a.size != b.size:
            found.say(f"output {i} is {b.dtype}{b.shape}, {whose} {a.dtype}{a.shape}")
        elif a.dtype != np.float32:
            error = np.abs(a.reshape(-1).astype(int) - b.reshape(-1).astype(int))
            if error.max() > codes:
                found.say(f"output {i}: {(error > 0).sum()} of {a.size} integers up to {error.max()} from {whose}")
        else:
            error = np.abs(a.reshape(-1) - b.reshape(-1)).max() / max(np.abs(a).max(), 1e-30)
            if not error <= bound:
                found.say(f"output {i}: {error:.3g} from {whose}")
    if len(wanted) != len(got):
        found.say(f"{len(got)} outputs, {whose} {len(wanted)}")


def shares_bias(graph):
    """A layer called twice: in 16x8 TensorFlow's file has one bias for inputs of two scales, wrong for one of them."""
    scales = {}
    for node in graph.nodes:
        if node.op in AFFINE and len(node.inputs) > 2 and graph.tensors[node.inputs[2]].type == np.int64:
            scales.setdefault(node.inputs[2], set()).update(graph.tensors[node.inputs[0]].scale.tolist())
    return any(len(of_one) > 1 for of_one in scales.values())


def compare_with_peer(found, net, form, out, answers):
    """The file of TensorFlow's converter, and its outputs, which have an order of their own."""
    frame = Frame(f"{net}/{form}.tflite")
    theirs, ours = frame.outputs, Frame(out).outputs
    if has_numbered_outputs(frame):
        ours = {f"output_{place}": place for place in ours.values()}
    if sorted(theirs) != sorted(ours):
        return found.say(f"outputs {sorted(ours)}, not {sorted(theirs)}")
    found.order = [ours[name] for name in sorted(theirs, key=theirs.get)]
    peer = Graph(f"{net}/{form}.tflite")
    if form not in ("float32", "float16"):  # in floats more is folded into the one operator
        peer.join_dilated()
    compare_graphs(found, peer, Graph(out))
    wanted = [np.load(f"{net}/{form}_output{i}.npy") for i in range(count(net, f"{form}_output"))]
    if found.problems:
        return None
    answers = [answers[k] for k in found.order]
    if not wanted:
        found.text += "LiteRT does not run TensorFlow's file; "
        return None
    # Ranges that were calibrated last bits apart show at 16 bits; where every scale has TensorFlow's bits, so has the answer.
    bound = {"int16x8": 4 / 32768 if found.scales_apart else 1e-7, "dynamic": 1e-2 if found.float_bound else 1e-5,
             "float16": 1e-3 if found.float_bound else 1e-5}.get(form, 1e-5)
    if found.fewer:  # other weights were rounded
        bound = {"float16": 2e-3, "dynamic": 2e-2}.get(form, bound)
    compare_answers(found, "TensorFlow's", wanted, answers, bound, 2 if found.float_bound else 0)
    if shares_bias(peer):
        found.text += "a bias of TensorFlow's has the scale of one of its readers; "
    if found.problems and (found.other_words or found.masked or shares_bias(peer)) and form.startswith("int"):  # these may round otherwise
        found.text += f"{'; '.join(found.problems)}; "
        found.problems = []
        exact = [np.load(f"{net}/keras_output{k}.npy") for k in found.order]
        compare_errors(found, Graph(out), exact, wanted, answers)
    return None


def compare_errors(found, graph, exact, theirs, ours):
    """As near to Keras as TensorFlow's file, or nearer."""
    for i, (right, a, b) in enumerate(zip(exact, theirs, ours)):
        tensor = graph.tensors[graph.outputs[found.order[i]]]
        step = tensor.scale[0] if len(tensor.scale) else 0
        zero = tensor.zero_point[0] if len(tensor.scale) else 0
        errors = [np.abs((x.astype(np.float64) - zero) * (step or 1) - right).mean() for x in (a, b)]
        if errors[1] > errors[0] + max(step, 0.01 * np.abs(right).max()):
            found.say(f"output {i}: mean error {errors[1]:.4g}, TensorFlow's {errors[0]:.4g}")


def check(binary, net, form, float_bound=0.0):
    found = Found(float_bound)
    with tempfile.TemporaryDirectory(prefix="mote-convert-") as folder:
        out = f"{folder}/out.tflite"
        problem = convert(binary, net, form, out)
        if problem:
            found.say(problem)
            return found
        check_frame(found, binary, net, form, out, folder)
        inputs = [np.load(f"{net}/input{i}.npy") for i in range(count(net, "input"))]
        answers, reference = ask_litert_either(out, inputs, folder)
        if answers is None:
            found.say("LiteRT does not run it")
            return found
        mine = ask_mote(binary, out, net, folder)
        # Other kernels than the reference's round once: two steps of a layer's, behind a LOGISTIC eight of its 256.
        bound = 4e-2 if not reference else 1e-2 if form == "dynamic" else 1e-5
        compare_answers(found, "LiteRT's", answers, mine, bound, 0 if reference else 255)
        if os.path.exists(f"{net}/{form}.tflite"):
            compare_with_peer(found, net, form, out, answers)
        else:
            found.text = "no file of TensorFlow's; "
            exact = [np.load(f"{net}/keras_output{i}.npy") for i in range(len(answers))]
            if all(x.dtype == np.float32 for x in answers):
                compare_answers(found, "Keras's", exact, answers, KERAS.get(form, 0.1))
    return found


class Tally:
    """Says what is found, and counts."""

    def __init__(self, verbose):
        self.verbose, self.passed, self.failed = verbose, 0, 0

    def take(self, name, found):
        self.failed += bool(found.problems)
        self.passed += not found.problems
        if not found.problems and not self.verbose:
            return
        print(f"{'differs' if found.problems else 'agrees':8} {name}: {found.text}{found.operators} operators, "
              f"{found.tensors} tensors, {found.quantized} quantized, {found.integers} integers, "
              f"{found.off_by_one} off by one, {found.scales_apart} scales in last bits", flush=True)
        for problem in found.problems[:6]:
            print(f"         {problem}")
        if len(found.problems) > 6:
            print(f"         … and {len(found.problems) - 6} more")

    def fail(self, text):
        self.failed += 1
        print(text, flush=True)

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mote")
    parser.add_argument("--only", default="")
    parser.add_argument("-v", action="store_true", help="also name the conversions that agree")
    parser.add_argument("--nets", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "shared",
                                                       "keras_nets"), help="a folder for each network, as in keras_nets")
    options = parser.parse_args()
    root = options.nets
    tally = Tally(options.v)
    for net in sorted(os.listdir(root)) if os.path.isdir(root) else []:
        for form in FORMS:
            if re.search(options.only, f"{net}/{form}"):
                tally.take(f"{net}/{form}", check(os.path.abspath(options.mote), os.path.join(root, net), form))
    if not tally.passed and not tally.failed:
        print("SKIP: no networks found in ../shared/keras_nets")
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
