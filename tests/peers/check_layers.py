#!/usr/bin/env python3
"""Keras layers beside mote: random configurations of each layer, saved by real Keras, run by both.

    check_layers.py build/mote [--only REGEX] [--seeds N] [--keras 2|3] [--count] [--keep DIR]

Each case of layers_cases.py is drawn N times with Keras 2 (tf_keras) and Keras 3, saved as .h5 and .keras, and run by
`mote run` on random inputs; outputs must agree within 1e-5 of the largest. --count also converts with TensorFlow's
converter: mote's float32 file must not have more operators.
"""

import argparse
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
import tensorflow as tf  # noqa: E402

from layers_cases import CASES, Draw  # noqa: E402
import layers_cases_image  # noqa: E402, F401
import layers_cases_more  # noqa: E402, F401
import layers_cases_recurrent  # noqa: E402, F401

BOUND = 1e-5


def mote(args, *words):
    return subprocess.run([args.mote, *words], capture_output=True, text=True)


def randomize(model, rng):
    """Weights with which every part of a layer shows."""
    fixed = [w for layer in model.layers if type(layer).__name__ == "Normalization" for w in layer.weights]
    for weight in model.weights:
        value = weight.numpy()
        if value.dtype.kind != "f" or any(weight is w for w in fixed):  # Normalization computes with what adapt saw
            continue
        name = getattr(weight, "path", weight.name)
        if "variance" in name or "gamma" in name:
            new = rng.uniform(0.5, 1.5, value.shape)
        else:
            new = rng.normal(0, 0.5, value.shape)
        weight.assign(new.astype(value.dtype))


def inputs_of(model, rng):
    arrays = []
    for tensor in model.inputs:
        shape = (3, *[n or 5 for n in tuple(tensor.shape)[1:]])
        if "int" in str(tensor.dtype):
            arrays.append(rng.integers(0, 9, shape).astype("int32"))
        else:
            arrays.append(rng.normal(0, 1, shape).astype("float32"))
    return arrays


def run_mote(args, folder, path, arrays):
    """Outputs, or the error."""
    files = []
    for i, array in enumerate(arrays):
        files.append(f"{folder}/in{i}.npy")
        np.save(files[-1], array)
    for name in os.listdir(folder):
        if name.startswith("out"):
            os.remove(f"{folder}/{name}")
    done = mote(args, "run", path, *files, "-o", f"{folder}/out.npy")
    if done.returncode:
        return done.stderr.strip() or f"exit code {done.returncode}"
    names = sorted(n for n in os.listdir(folder) if n.startswith("out"))
    return [np.load(f"{folder}/{n}") for n in names]


def difference(wanted, got):
    """What is wrong, or None."""
    if isinstance(got, str):
        return got
    if len(got) != len(wanted):
        return f"{len(got)} outputs, not {len(wanted)}"
    for a, b in zip(wanted, got):
        a = np.asarray(a)
        if a.size != b.size:
            return f"shape {b.shape}, not {a.shape}"
        a, b = a.astype("float64"), b.reshape(a.shape).astype("float64")
        limit = BOUND * max(np.abs(a).max(initial=0), 1e-3)
        if not np.all(np.isfinite(b)) or np.abs(a - b).max(initial=0) > limit:
            return f"off by {np.abs(a - b).max():.3g} of {np.abs(a).max():.3g}"
    return None


def count_operators(args, path):
    listing = json.loads(mote(args, "inspect", path, "--json").stdout)
    return len(listing["ops"])


def more_operators(args, folder, model, path):
    """Compares with TensorFlow's converter where that can convert; None: no more than there."""
    try:
        data = tf.lite.TFLiteConverter.from_keras_model(model).convert()
    except Exception:
        return None
    with open(f"{folder}/tf.tflite", "wb") as file:
        file.write(data)
    done = mote(args, "convert", path, "-o", f"{folder}/mote.tflite", "--quantize", "float32")
    if done.returncode:
        return done.stderr.strip()
    ours, theirs = (count_operators(args, f"{folder}/{name}.tflite") for name in ("mote", "tf"))
    return f"{ours} operators, TensorFlow's converter gives {theirs}" if ours > theirs else None


def check_one(args, K, major, name, seed, folder):
    rng = np.random.default_rng(zlib.crc32(f"{name} {seed}".encode()))
    K.backend.clear_session() if major == 2 else K.utils.clear_session()
    model = CASES[name](Draw(K, tf, rng))
    if model is None:
        return []
    randomize(model, rng)
    arrays = inputs_of(model, rng)
    wanted = model.predict(arrays if len(arrays) > 1 else arrays[0], verbose=0)
    wanted = wanted if isinstance(wanted, (list, tuple)) else [wanted]
    results = []
    for form in ("h5", "keras"):
        path = f"{folder}/model.{form}"
        try:
            model.save(path)
        except Exception:
            continue
        wrong = difference(wanted, run_mote(args, folder, path, arrays))
        if not wrong and args.count and major == 2 and form == "h5":
            wrong = more_operators(args, folder, model, path)
        if wrong and args.keep:
            os.makedirs(args.keep, exist_ok=True)
            os.replace(path, f"{args.keep}/{name}-{major}-{seed}.{form}")
        results.append((form, wrong))
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mote")
    parser.add_argument("--only", default="")
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--keras", type=int, choices=(2, 3))
    parser.add_argument("--count", action="store_true")
    parser.add_argument("--keep")
    args = parser.parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for major in (2, 3):
            if args.keras and args.keras != major:
                continue
            if major == 2:
                import tf_keras as K
            else:
                import keras as K
            for name, function in CASES.items():
                if not re.search(args.only, name):
                    continue
                fine = 0
                for seed in range(getattr(function, "seeds", args.seeds)):
                    try:
                        results = check_one(args, K, major, name, seed, folder)
                    except Exception as error:  # a configuration that Keras refuses
                        print(f"Keras {major} {name} {seed}: not built: {str(error).splitlines()[0][:120]}")
                        continue
                    for form, wrong in results:
                        if wrong:
                            print(f"Keras {major} {name} {seed} .{form}: {wrong}", flush=True)
                        fine += not wrong
                        failed += bool(wrong)
                passed += fine
                print(f"Keras {major} {name}: {fine} agree", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
