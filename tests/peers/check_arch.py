#!/usr/bin/env python3
"""Every built-in architecture beside the one of keras.applications (tf_keras).

    check_arch.py build/mote [REGEX]

For each: `mote model new` with a seed; its layers' names, order, classes, connections, configs and weights must be
those of keras.applications; and with mote's weights both must predict the same (1e-4) for random photos. Exit 1 when
one differs.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

CLASSES = 10
BOUND = 1e-4
# Smaller than the architectures' own: the layers are the same, the predictions quicker.
PIXELS = {"EfficientNetB7": 96}
DEFAULT_PIXELS = 72


def reference(tf_keras, name, px):
    tf_keras.backend.clear_session()
    make = getattr(tf_keras.applications, name)
    return make(weights=None, classes=CLASSES, input_shape=(px, px, 3))


# What mote writes in other words than Keras 2, so that Keras 3 reads it too (docs/keras-files.md), and what says
# nothing: seeds, and the two spellings of a bias of zeros.
def plain(layer):
    config = dict(layer["config"])
    class_name = layer["class_name"]
    inbound = layer["inbound_nodes"]
    if class_name == "TFOpLambda":
        y = inbound[0][3]["y"]
        scales = config.pop("function") == "math.multiply"
        config.update(scale=y if scales else 1.0, offset=0.0 if scales else y)
        class_name, inbound = "Rescaling", [[inbound[0][:3] + [{}]]]
    if class_name == "BatchNormalization" and isinstance(config["axis"], (list, tuple)):
        config["axis"] = config["axis"][0]
    config.pop("groups", None)
    if isinstance(config.get("bias_initializer"), dict):
        config.pop("bias_initializer")
    return class_name, layer["name"], json.loads(json.dumps(config)), json.loads(json.dumps(inbound))


def compare_layers(ours, theirs):
    a, b = ours.get_config()["layers"], theirs.get_config()["layers"]
    if len(a) != len(b):
        return f"{len(a)} layers, Keras has {len(b)}"
    for x, y in zip(map(plain, a), map(plain, b)):
        if x[2].keys() != y[2].keys():
            return f"layer {y[1]}: config has {sorted(x[2].keys() ^ y[2].keys())} on one side only"
        different = [key for key in x[2] if not same(x[2][key], y[2][key])]
        if x[0] != y[0] or x[1] != y[1] or different or x[3] != y[3]:
            return f"layer {y[1]} ({y[0]}): {x[0]} {x[1]} {different} {x[3]} {y[3]}"
    for x, y in zip(ours.layers, theirs.layers):
        shapes = [tuple(w.shape) for w in x.weights], [tuple(w.shape) for w in y.weights]
        names = [w.name for w in x.weights], [w.name for w in y.weights]
        if shapes[0] != shapes[1] or names[0] != names[1] or x.output_shape != y.output_shape:
            return f"layer {y.name}: weights {shapes} {names}, output {x.output_shape} {y.output_shape}"
    return ""


def same(a, b):
    if isinstance(a, float) or isinstance(b, float):
        return abs(a - b) <= 1e-7 * abs(b)
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return all(same(x, y) for x, y in zip(a, b))
    return a == b


def check_initializers(model):
    """Spread of the first weights against Keras's: their standard deviation within a few of its own errors."""
    for layer in model.layers:
        for weight in layer.weights:
            values = weight.numpy().ravel()
            if values.size < 20000 or "kernel" not in weight.name:
                continue
            attribute = "depthwise_initializer" if "depthwise" in weight.name else "kernel_initializer"
            expected = getattr(layer, attribute)(weight.shape).numpy().std()
            if abs(values.std() / expected - 1) > 0.05 or abs(values.mean()) > 0.05 * expected:
                return f"{weight.name}: spread {values.std():.5f}, Keras {expected:.5f}"
    return ""


def check(mote, tf_keras, name, folder):
    px = PIXELS.get(name, DEFAULT_PIXELS)
    path = f"{folder}/model.h5"
    arguments = [mote, "model", "new", name, "-o", path, "--classes", str(CLASSES), "--input", str(px), "--seed", "7", "-q"]
    subprocess.run(arguments, check=True)
    ours = tf_keras.models.load_model(path, compile=False)
    theirs = reference(tf_keras, name, px)
    problem = compare_layers(ours, theirs) or check_initializers(ours)
    if problem:
        return problem
    theirs.load_weights(path)
    photos = np.random.default_rng(1).uniform(0, 255, (2, px, px, 3)).astype(np.float32)
    if not any(layer.__class__.__name__ == "Rescaling" for layer in theirs.layers):
        photos = photos / 127.5 - 1
    # Statistics as after training: with those of a new model the signal fades on the way.
    for layer in theirs.layers:
        if layer.__class__.__name__ == "BatchNormalization":
            layer.momentum = 0.0
    theirs(photos, training=True)
    ours.set_weights(theirs.get_weights())
    ours.save(path)
    np.save(f"{folder}/in.npy", photos)
    subprocess.run([mote, "run", path, f"{folder}/in.npy", "-o", f"{folder}/out.npy", "-q"], check=True,
                   stdout=subprocess.DEVNULL)
    expected = theirs.predict(photos, verbose=0)
    difference = np.abs(np.load(f"{folder}/out.npy") - expected).max()
    if not difference <= BOUND or not expected.std() > 0.001:
        return f"predictions differ by {difference:.2e}, their spread is {expected.std():.2e}"
    print(f"{name}: {len(theirs.layers)} layers, {theirs.count_params()} parameters, predictions within "
          f"{difference:.1e} at a spread of {expected.std():.1e}",
          flush=True)
    return ""


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    import tf_keras
    wanted = re.compile(sys.argv[2] if len(sys.argv) > 2 else "")
    listed = json.loads(subprocess.run([sys.argv[1], "model", "list", "--json"], check=True, stdout=subprocess.PIPE).stdout)
    names = [m["name"] for m in listed["models"] if m["name"] != "mote_tiny" and wanted.search(m["name"])]
    failed = 0
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            try:
                problem = check(sys.argv[1], tf_keras, name, folder)
            except (subprocess.CalledProcessError, ValueError, TypeError, OSError, KeyError) as error:
                problem = str(error).split("\n")[0]
        if problem:
            failed += 1
            print(f"{name}: {problem}", flush=True)
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed or not names else 0


if __name__ == "__main__":
    sys.exit(main())
