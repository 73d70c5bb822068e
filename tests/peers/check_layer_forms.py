#!/usr/bin/env python3
"""Layers of Keras in five forms beside TensorFlow's converter.

    check_layer_forms.py build/mote [--only REGEX] [--form REGEX] [--keras 2|3] [--seeds N] [--keep DIR] [-v]

Each case of layers_cases.py is put between a layer of weights and another, drawn N times, saved by Keras, and converted
by TensorFlow and by mote with the same calibration inputs; what must agree is said in check_convert.py. Where
TensorFlow's converter refuses a form, mote's file must run in LiteRT and be near to Keras.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

import check_convert  # noqa: E402
from check_layers import randomize  # noqa: E402
from layers_cases import CASES, Draw  # noqa: E402

N_EXAMPLES = 8
MORE = {"activation": 12, "inline": 24}  # cases that hold many: so many draws for each one of others
FORMS = [form for form in check_convert.FORMS if form not in ("float32", "float16")]


class Between(Draw):
    """Draws models whose values come out of weights and go into weights, so that they have ranges of their own."""

    def weights(self, x, channels, size):
        """A layer of weights on any rank; on sequences a convolution, since Dense there is many operators to TensorFlow."""
        L = self.L
        if len(x.shape) == 4:
            return L.Conv2D(channels, size, padding="same")(x)
        if len(x.shape) == 3:
            return L.Conv1D(channels, size, padding="same")(x)
        return L.Dense(channels)(x if len(x.shape) == 2 else L.Flatten()(x))

    def front(self, x):
        return self.weights(x, x.shape[-1], 3) if len(x.shape) < 5 else x

    def back(self, y):
        if isinstance(y, (list, tuple)):
            return [self.back(one) for one in y]
        if "float" not in str(getattr(y, "dtype", "")) or len(y.shape) < 2 or y.shape[-1] is None:
            return y
        return self.weights(y, 3, 1)

    def chain(self, shape, *layers, dtype=None):
        first = self.K.Input(shape, dtype=dtype)
        x = first if dtype else self.front(first)
        for layer in layers:
            x = layer(x)
        return self.K.Model(first, self.back(x))

    def merge(self, shapes, layer):
        inputs = [self.K.Input(s) for s in shapes]
        return self.K.Model(inputs, self.back(layer([self.front(x) for x in inputs])))

    def inline(self, shape, function, n=1):
        inputs = [self.K.Input(shape) for _ in range(n)]
        return self.K.Model(inputs, self.back(function(*[self.front(x) for x in inputs])))


def inputs_of(model, rng):
    arrays = []
    for tensor in model.inputs:
        shape = (N_EXAMPLES, *[n or 5 for n in tuple(tensor.shape)[1:]])
        if "int" in str(tensor.dtype):
            arrays.append(rng.integers(0, 9, shape).astype("int32"))
        else:
            arrays.append(rng.normal(0, 1, shape).astype("float32"))
    return arrays


def try_converter(model, form, arrays, also):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if form == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if form != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if form.startswith("int"):
        ops = tf.lite.OpsSet
        wide = form == "int16x8"
        converter.target_spec.supported_ops = [
            ops.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8 if wide else ops.TFLITE_BUILTINS_INT8]
        if also:
            converter.target_spec.supported_ops += [ops.TFLITE_BUILTINS]

        def examples():
            names = model.input_names if hasattr(model, "input_names") else [tensor.name for tensor in model.inputs]
            for k in range(N_EXAMPLES):  # a list would be in the converter's order
                yield {name: a[k:k + 1] for name, a in zip(names, arrays)}

        converter.representative_dataset = examples
    if form in ("int8", "int8_uint8io"):
        converter.inference_input_type = converter.inference_output_type = tf.int8 if form == "int8" else tf.uint8
    return converter.convert()


def by_tensorflow(model, form, arrays):
    """(the file, "") or (None, why not). What it has no integers for stays float where it can."""
    for also in (False, True):
        try:
            return try_converter(model, form, arrays, also), ""
        except Exception as error:
            why = str(error).strip().splitlines()[0][:110] if str(error).strip() else type(error).__name__
            if not form.startswith("int"):
                break
    return None, why


def prepare(K, major, name, seed, folder):
    """The model's file, inputs and Keras's outputs in the folder, as check_convert takes them; or None."""
    rng = np.random.default_rng(zlib.crc32(f"{name} {seed}".encode()))
    K.backend.clear_session() if major == 2 else K.utils.clear_session()
    tf.random.set_seed(seed)
    model = CASES[name](Between(K, tf, rng))
    if model is None:
        return None
    randomize(model, rng)
    arrays = inputs_of(model, rng)
    wanted = model.predict(arrays if len(arrays) > 1 else arrays[0], verbose=0)
    for i, value in enumerate(wanted if isinstance(wanted, (list, tuple)) else [wanted]):
        np.save(f"{folder}/keras_output{i}.npy", value)
    for i, value in enumerate(arrays):
        np.save(f"{folder}/input{i}.npy", value)
    model.save(f"{folder}/model.h5")
    return model, arrays


def in_file_order(path, model, arrays):
    """Keras's inputs as a file that TensorFlow wrote takes them."""
    places = check_convert.Frame(path).inputs
    names = getattr(model, "input_names", None) or [tensor.name for tensor in model.inputs]
    return [array for _, array in sorted(zip((places[name] for name in names), arrays), key=lambda pair: pair[0])]


def check_form(args, model, arrays, form, folder):
    """(what check_convert found, a remark)"""
    data, why = by_tensorflow(model, form, arrays)
    path = f"{folder}/{form}.tflite"
    remark = f"TensorFlow refuses: {why}; " if why else ""
    if data:
        with open(path, "wb") as file:
            file.write(data)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            answers, _ = check_convert.ask_litert_either(path, in_file_order(path, model, arrays), scratch)
        if answers is None:
            remark += "LiteRT does not run TensorFlow's; "
            os.remove(path)
        for i, value in enumerate(answers or []):
            np.save(f"{folder}/{form}_output{i}.npy", value)
    # The last bits of calibrated scales depend on the order of float sums, and codes on those.
    found = check_convert.check(os.path.abspath(args.mote), folder, form, 1e-6)
    return found, remark


def check_case(args, K, major, name, seed):
    folder = tempfile.mkdtemp(prefix="mote-forms-")
    try:
        made = prepare(K, major, name, seed, folder)
    except Exception as error:  # a configuration that Keras refuses
        print(f"Keras {major} {name} {seed}: not built: {str(error).splitlines()[0][:120]}")
        made = None
    results = []
    for form in FORMS if made else []:
        if re.search(args.form, form):
            results.append((form, *check_form(args, *made, form, folder)))
    if args.keep and any(found.problems for _, found, _ in results):
        shutil.copytree(folder, f"{args.keep}/{name}-{major}-{seed}", dirs_exist_ok=True)
    shutil.rmtree(folder)
    return results


def check_name(args, K, name):
    """(passed, failed) of all draws of a case."""
    passed = failed = 0
    for seed in range(args.first, args.first + args.seeds * MORE.get(name, 1)):
        for form, found, remark in check_case(args, K, args.keras, name, seed):
            failed += bool(found.problems)
            passed += not found.problems
            if found.problems or args.v:
                print(f"{'differs' if found.problems else 'agrees':8} {name} {seed} {form}: {remark}{found.text}"
                      f"{found.operators} operators, {found.quantized} quantized", flush=True)
            for problem in found.problems[:4]:
                print(f"         {problem}", flush=True)
    return passed, failed


def check_alone(args, name):
    """As check_name, in a process of its own: there are layers on which TensorFlow's converter ends it. What it found until
    then counts, and its end is a failure."""
    child = subprocess.Popen([sys.executable, *sys.argv, "--only", f"^{name}$", "--here", "-v"], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True)
    passed = failed = 0
    ended_well = False
    for line in child.stdout:
        ended_well = ended_well or bool(re.fullmatch(r"\d+ passed, \d+ failed\n", line))
        agrees, differs = line.startswith("agrees "), line.startswith("differs ")
        passed, failed = passed + agrees, failed + differs
        if args.v or not agrees and not ended_well:
            print(line, end="", flush=True)
    child.wait()
    if not ended_well:
        print(f"{name}: the process ended with {child.returncode}, after {passed} that agree and {failed} that differ",
              flush=True)
    return passed, failed + (not ended_well)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mote")
    parser.add_argument("--only", default="")
    parser.add_argument("--form", default="", help="a regular expression for dynamic, int8, int8_uint8io, …")
    parser.add_argument("--keras", type=int, choices=(2, 3), default=2)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--keep", help="a folder for what differs: Keras's file, inputs, TensorFlow's files")
    parser.add_argument("--here", action="store_true", help="all in this process")
    parser.add_argument("-v", action="store_true", help="also name what agrees")
    args = parser.parse_args()
    if args.keras == 2:
        import tf_keras as K
    else:
        import keras as K
    names = [name for name in CASES if re.search(args.only, name)]
    counts = [check_name(args, K, name) if args.here else check_alone(args, name) for name in names]
    passed, failed = (sum(column) for column in zip(*counts)) if counts else (0, 0)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
