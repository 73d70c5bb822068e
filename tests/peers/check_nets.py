#!/usr/bin/env python3
"""Whole networks, built with real Keras and converted by TensorFlow, beside mote: further networks for check_convert.py.

    check_nets.py build/mote [--only REGEX] [--keras 2|3] [--forms REGEX] [--seeds N] [--keep DIR] [-v]

Each network of nets_cases.py and nets_cases_more.py is built with Keras 2 (tf_keras) and Keras 3 and trained for a few
steps, so that nothing in it is trivial; saved as .h5 and .keras; and converted by TensorFlow in seven forms, calibrated with 8 inputs. Then
check_convert.py's comparison, of tests/peers/mote_here where mote's build has it: TensorFlow has folded with this
processor's approximation of 1 / sqrt(x), and so does mote_here, so that floats must be equal to the bit here too.
--keep DIR leaves the networks there (and takes those that are there already).
"""

import argparse
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import zlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import numpy as np  # noqa: E402

import check_convert  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = 8  # to calibrate with, and to compare on


# --- making a network, in a process of its own ---

def draw_inputs(model, rng, n):
    """Correlated noise, so that neighbours have something in common as those of photos have."""
    arrays = []
    for tensor in model.inputs:
        value = rng.normal(0, 1, (n, *tensor.shape[1:]))
        for axis in range(1, value.ndim - 1):
            value = value + np.roll(value, 1, axis)
        arrays.append(value.astype("float32"))
    return arrays


def train(K, model, rng):
    """Four steps on drawn targets; then the statistics of normalization, and its factors, are shaken."""
    inputs = draw_inputs(model, rng, 32)
    shapes = [tuple(t.shape)[1:] for t in model.outputs]
    targets = [rng.uniform(0, 1, (32, *shape)).astype("float32") for shape in shapes]
    model.compile(K.optimizers.Adam(3e-3), ["mse"] * len(targets) if len(targets) > 1 else "mse")
    model.fit(inputs if len(inputs) > 1 else inputs[0], targets if len(targets) > 1 else targets[0], batch_size=8, verbose=0)
    for weight in model.weights:
        name, value = getattr(weight, "path", weight.name), weight.numpy()
        if re.search("(gamma|moving_variance)", name):
            weight.assign(value * rng.uniform(0.6, 1.6, value.shape).astype("float32"))
        elif re.search("(beta|bias|moving_mean)", name):
            weight.assign(value + rng.normal(0, 0.1, value.shape).astype("float32"))


def input_names(model):
    return model.input_names if hasattr(model, "input_names") else [tensor.name for tensor in model.inputs]


def in_file_order(path, model, arrays):
    places = check_convert.Frame(path).inputs
    named = zip(input_names(model), arrays)
    return arrays if len(arrays) == 1 else [a for _, a in sorted(named, key=lambda pair: places[pair[0]])]


def converter_for(tf, model, form, inputs):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if form == "float32":
        return converter
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if form == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if form.startswith("int"):
        names = input_names(model)  # a list would be in the converter's order
        converter.representative_dataset = lambda: (
            {name: a[k:k + 1] for name, a in zip(names, inputs)} if len(inputs) > 1 else [inputs[0][k:k + 1]]
            for k in range(EXAMPLES))
        wide = form == "int16x8"
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8 if wide
            else tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    if form in ("int8", "int8_uint8io"):
        converter.inference_input_type = converter.inference_output_type = tf.uint8 if "uint8" in form else tf.int8
    return converter


def make(major, name, seed, folder):
    import tensorflow as tf
    import nets_cases
    import nets_cases_more  # noqa: F401
    if major == 2:
        import tf_keras as K
    else:
        import keras as K
    seed += zlib.crc32(name.encode())
    K.utils.set_random_seed(seed % 1000)
    rng = np.random.default_rng(seed)
    model = nets_cases.CASES[name](nets_cases.Net(K, tf))
    info = {"variants": {}}
    if model is not None:
        train(K, model, rng)
        model.save(f"{folder}/model.h5")
        model.save(f"{folder}/model.keras")
        inputs = draw_inputs(model, rng, EXAMPLES)
        outputs = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        for stem, arrays in (("input", inputs), ("keras_output", outputs)):
            for i, array in enumerate(arrays):
                np.save(f"{folder}/{stem}{i}.npy", array)
        for form in check_convert.FORMS:
            try:
                data = converter_for(tf, model, form, inputs).convert()
            except Exception as error:
                info["variants"][form] = "FAILED " + str(error)[:300]
                continue
            with open(f"{folder}/{form}.tflite", "wb") as file:
                file.write(data)
            answers, reference = check_convert.ask_litert_either(
                f"{folder}/{form}.tflite", in_file_order(f"{folder}/{form}.tflite", model, inputs), folder)
            info["variants"][form] = {"reference": reference}
            for i, array in enumerate(answers or []):
                np.save(f"{folder}/{form}_output{i}.npy", array)
    with open(f"{folder}/info.json", "w") as file:
        json.dump(info, file, indent=1)


# --- comparing ---

def made(major, name, seed, root):
    """The network's folder, or None where this Keras has no such network."""
    folder = f"{root}/{name}-keras{major}" + (f"-{seed}" if seed else "")
    if not os.path.exists(f"{folder}/info.json"):
        os.makedirs(folder, exist_ok=True)
        done = subprocess.run([sys.executable, os.path.abspath(__file__), "--make", str(major), name, str(seed), folder],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr.strip().splitlines()[-1][:200])
    return folder if os.path.exists(f"{folder}/model.h5") else None


def converting(mote):
    """(mote as it converts on this machine, the bound of its floats)"""
    here = os.path.join(os.path.dirname(mote), "tests", "peers", "mote_here")
    return (here, 0.0) if os.path.exists(here) else (mote, check_convert.FOLDED_HERE)


def check_net(args, tally, name, major, seed, root):
    try:
        folder = made(major, name, seed, root)
    except RuntimeError as error:
        return tally.fail(f"{name}, Keras {major}, seed {seed}: not built: {error}")
    for form in check_convert.FORMS if folder else ():
        if re.search(args.forms, form):
            mote, bound = converting(os.path.abspath(args.mote))
            tally.take(f"{os.path.basename(folder)}/{form}", check_convert.check(mote, folder, form, bound))


def main():
    if sys.argv[1:2] == ["--make"]:
        return make(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mote")
    parser.add_argument("--only", default="")
    parser.add_argument("--keras", type=int, choices=(2, 3))
    parser.add_argument("--forms", default="")
    parser.add_argument("--seeds", type=int, default=1, help="so many networks of each kind, of other weights and inputs")
    parser.add_argument("--keep")
    parser.add_argument("-v", action="store_true", help="also name the conversions that agree")
    args = parser.parse_args()
    tally = check_convert.Tally(args.v)
    import nets_cases
    import nets_cases_more  # noqa: F401
    with tempfile.TemporaryDirectory(prefix="mote-nets-") as scratch:
        root = os.path.abspath(args.keep or scratch)
        for name, major, seed in itertools.product(nets_cases.CASES, (2, 3), range(args.seeds)):
            if re.search(args.only, name) and args.keras in (None, major):
                check_net(args, tally, name, major, seed, root)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
