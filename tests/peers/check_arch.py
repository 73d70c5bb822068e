#!/usr/bin/env python3
"""Every built-in architecture beside the one of keras.applications (tf_keras).

    check_arch.py build/mote [REGEX]

For each: `mote model new` with a seed; its layers' names, order, classes, connections, configs and weights must be
those of keras.applications; and with mote's weights both must predict the same (1e-4) for random photos. Some networks
(EfficientNetV2) make more than that of the last bits: there mote's float32 must be as near to Keras's float64 as Keras's
own float32 is, within a factor of 2. Then Keras's
files of ImageNet weights: their addresses and MD5 as Keras asks for them, and files of that form, with and without the
classifier, that Keras saved, in a model of mote's. Exit 1 when one differs.
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


# What mote writes in other words than Keras 2, so that Keras 3 reads it too (docs/keras-files.md), slashes in names among
# them, and what says nothing: seeds, and the two spellings of a bias of zeros.
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
    return (class_name, underscored(layer["name"]), json.loads(json.dumps(config | {"name": underscored(config["name"])})),
            json.loads(underscored(json.dumps(inbound))))


def underscored(name):
    return name.replace("/", "_")


def predict_in_double(tf_keras, name, px, weights, photos):
    tf_keras.backend.set_floatx("float64")
    try:
        model = reference(tf_keras, name, px)
        model.set_weights(weights)
        return model.predict(photos.astype("float64"), verbose=0)
    finally:
        tf_keras.backend.set_floatx("float32")


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
        names = [underscored(w.name) for w in x.weights], [underscored(w.name) for w in y.weights]
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


class Asked(Exception):
    """Raised in place of a download, with what Keras asked for."""


def keras_file(tf_keras, name, include_top):
    from tf_keras.src.utils import data_utils
    kept = data_utils.get_file

    def get_file(fname, origin, file_hash=None, **_):
        raise Asked({"name": fname, "url": origin, "md5": file_hash})

    data_utils.get_file = get_file
    try:
        getattr(tf_keras.applications, name)(weights="imagenet", include_top=include_top, input_shape=(224, 224, 3))
    except Asked as asked:
        return asked.args[0]
    finally:
        data_utils.get_file = kept
    return None


def check_weights_file(mote, tf_keras, name, include_top, ours, folder):
    """What Keras would fetch is what mote would, and a file of its form fills mote's model."""
    default_px = 224
    if not include_top or ours["input"] == default_px:
        asked = keras_file(tf_keras, name, include_top)
        if asked != ours["imagenet"]["top" if include_top else "notop"]:
            return f"Keras asks for {asked}, mote for {ours['imagenet']}"
    px = 96
    tf_keras.backend.clear_session()  # names are counted
    theirs = getattr(tf_keras.applications, name)(weights=None, include_top=include_top, input_shape=(px, px, 3))
    rng = np.random.default_rng(5)
    theirs.set_weights([rng.normal(0, 1, w.shape).astype(w.dtype) for w in theirs.get_weights()])
    theirs.save_weights(f"{folder}/keras.h5", save_format="h5")
    arguments = [mote, "model", "new", name, "-o", f"{folder}/filled.h5", "--input", str(px), "--weights",
                 f"{folder}/keras.h5", "-q"]
    done = subprocess.run(arguments + ([] if include_top else ["--classes", "3"]), stderr=subprocess.PIPE)
    if done.returncode:
        return done.stderr.decode().strip()
    filled = tf_keras.models.load_model(f"{folder}/filled.h5", compile=False)
    for layer in (layer for layer in theirs.layers if layer.weights):
        for mine, weight in zip(filled.get_layer(underscored(layer.name)).get_weights(), layer.get_weights()):
            if not np.array_equal(mine, weight):
                return f"layer {layer.name}: other values than in the file"
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
    got = np.load(f"{folder}/out.npy")
    difference = np.abs(got - expected).max()
    if difference > BOUND:
        exact = predict_in_double(tf_keras, name, px, theirs.get_weights(), photos)
        ours_off, theirs_off = np.abs(got - exact).max(), np.abs(expected - exact).max()
        if ours_off > 2 * theirs_off:
            return f"{ours_off:.2e} from float64, Keras's float32 only {theirs_off:.2e}"
        print(f"{name}: {ours_off:.1e} from float64, Keras's float32 {theirs_off:.1e}")
    elif not difference <= BOUND or not expected.std() > 0.001:
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
    listed = {m["name"]: m for m in listed["models"]}
    names = [name for name in listed if name != "mote_tiny" and wanted.search(name)]
    failed = 0
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            try:
                problem = (check(sys.argv[1], tf_keras, name, folder) or
                           check_weights_file(sys.argv[1], tf_keras, name, True, listed[name], folder) or
                           check_weights_file(sys.argv[1], tf_keras, name, False, listed[name], folder))
            except (subprocess.CalledProcessError, ValueError, TypeError, OSError, KeyError) as error:
                problem = str(error).split("\n")[0]
        if problem:
            failed += 1
            print(f"{name}: {problem}", flush=True)
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed or not names else 0


if __name__ == "__main__":
    sys.exit(main())
