#!/usr/bin/env python3
"""Models saved by Keras itself, in every file form of Keras 2 (tf_keras) and Keras 3, read and run by mote.

    check_keras.py build/mote [--only REGEX]

Predictions must agree with Keras's within 2e-5 of the largest value (where Keras computes in half precision, within
what the case says). What mote prints as the summary must be Keras 2's
to the letter (of Keras 3, whose own is drawn as a box, only the counts are compared). Each version of Keras runs in a
process of its own; one that is not installed is skipped with a word.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

TOLERANCE = 2e-5
FORMS = ("model.h5", "model.keras")


def weights_of_any_value(model, rng):
    for weight in model.weights:
        value = np.array(weight)
        if value.dtype.kind != "f":
            continue
        name = getattr(weight, "path", None) or weight.name
        if name.split(":")[0].split("/")[-1] in ("mean", "variance"):
            continue  # of Normalization, which works with what it made of them when it adapted
        drawn = rng.normal(0, 0.3, value.shape)
        weight.assign(np.abs(drawn) + 0.1 if "variance" in name else drawn)


def in_order(values):
    if isinstance(values, dict):
        return [values[key] for key in sorted(values)]
    return list(values) if isinstance(values, (list, tuple)) else [values]


def draw_inputs(model, sizes, rng):
    """Values for every input; sizes: of dimensions that the model leaves open."""
    arrays = []
    for tensor in model.inputs:
        shape = [tensor.shape[0] or 3] + [size or sizes[at] for at, size in enumerate(tensor.shape[1:])]
        dtype = getattr(tensor.dtype, "name", tensor.dtype)
        arrays.append(rng.integers(0, 9, shape).astype(dtype) if "int" in dtype else
                      rng.uniform(-1, 1, shape).astype("f"))
    return arrays


def save_cases(version, folder, only):
    """In a child: FOLDER/<case>/ gets model files, in<i>.npy, out<i>.npy, summary.txt and case.json."""
    if version == 2:
        import tf_keras as keras
    else:
        import keras
    import tensorflow as tf
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import keras_cases
    rng = np.random.default_rng(7)
    for case in keras_cases.CASES:
        if not re.search(only, case.__name__):
            continue
        keras.utils.set_random_seed(1)
        made = case(keras, keras.layers, version)
        if made is None:
            continue
        model, flags = made if isinstance(made, tuple) else (made, [])
        weights_of_any_value(model, rng)
        where = os.path.join(folder, case.__name__)
        os.makedirs(where)
        inputs = draw_inputs(model, [int(size) for size in flags[1].split("x")] if flags else [], rng)
        for i, value in enumerate(inputs):
            np.save(f"{where}/in{i}.npy", value)
        by_name = {tensor.name: value for tensor, value in zip(model.inputs, inputs)}
        asked = by_name if case.__name__ == "inputs_by_name" else inputs if len(inputs) > 1 else inputs[0]
        outputs = in_order(model.predict(asked, verbose=0, batch_size=len(inputs[0])))
        for i, value in enumerate(outputs):
            np.save(f"{where}/out{i}.npy", tf.cast(value, "float32").numpy())
        for form in FORMS:
            model.save(f"{where}/{form}")
        # Of what the file says: a model that was built on data forgets that data's batch, and Keras 2 a frozen model
        # around a layer that trains.
        told = keras.models.load_model(f"{where}/model.h5", compile=False) if version == 2 else model
        lines = []
        if version == 2:
            told.summary(print_fn=lines.append)
        counts = [sum(int(np.prod(w.shape)) for w in group) for group in (told.trainable_weights,
                                                                         told.non_trainable_weights)]
        with open(f"{where}/case.json", "w") as out:
            json.dump({"n_outputs": len(outputs), "flags": flags, "summary": lines, "counts": counts,
                       "tolerance": getattr(case, "tolerance", TOLERANCE)}, out)


def check_outputs(mote, where, form, case):
    out = f"{where}/got.npy"
    arrays = sorted(name for name in os.listdir(where) if re.fullmatch(r"in\d+\.npy", name))
    done = subprocess.run([mote, "run", f"{where}/{form}", *[f"{where}/{name}" for name in arrays], "-o", out, "-q",
                           *case["flags"]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        return done.stderr.strip()
    worst = 0
    for i in range(case["n_outputs"]):
        got = np.load(out if case["n_outputs"] == 1 else f"{where}/got{i}.npy")
        wanted = np.load(f"{where}/out{i}.npy")
        if got.size != wanted.size:
            return f"output {i} has {got.size} values, not {wanted.size}"
        worst = max(worst, np.abs(got.reshape(wanted.shape) - wanted).max() / np.abs(wanted).max())
    return "" if worst <= case["tolerance"] else f"{worst:.2g} off"


def check_summary(mote, where, form, case):
    done = subprocess.run([mote, "summary", f"{where}/{form}"], stdout=subprocess.PIPE, text=True)
    counted = [int(text) for text in re.findall(r"^(?:T|Non-t)rainable params: (\d+)", done.stdout, re.MULTILINE)]
    if counted != case["counts"]:
        return f"summary counts {counted}, not {case['counts']}"
    if case["summary"] and done.stdout.splitlines() != case["summary"]:
        return "summary differs from Keras's"
    return ""


def check_version(mote, version, only):
    """(passed, failed) or None when this Keras is not there."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, os.path.abspath(__file__), mote, "--save", str(version), "--into", folder,
                               "--only", only], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if "ModuleNotFoundError" in done.stderr:
            return None
        if done.returncode != 0:
            print(f"Keras {version} failed while saving:\n{done.stderr.strip()[-2000:]}")
            return 0, 1
        passed = failed = 0
        for name in sorted(os.listdir(folder)):
            where = os.path.join(folder, name)
            with open(f"{where}/case.json") as text:
                case = json.load(text)
            for form in FORMS:
                for check in (check_outputs, check_summary):
                    problem = check(mote, where, form, case)
                    passed += not problem
                    failed += bool(problem)
                    if problem:
                        print(f"Keras {version}, {name}, {form}: {problem}")
        return passed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mote")
    parser.add_argument("--only", default="")
    parser.add_argument("--save", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--into", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.save:
        save_cases(args.save, args.into, args.only)
        return 0
    passed = failed = skipped = 0
    for version in (2, 3):
        result = check_version(args.mote, version, args.only)
        if result is None:
            print(f"SKIP: Keras {version} is not installed")
            skipped += 1
            continue
        print(f"Keras {version}: {result[0]} passed, {result[1]} failed")
        passed += result[0]
        failed += result[1]
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
