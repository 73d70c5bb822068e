#!/usr/bin/env python3
"""What mote saves loads in Keras 2 (tf_keras) and in Keras 3 and predicts the same.

    check_save.py build/mote [REGEX]

Models: mote's own architectures, ../shared/study/trained.h5, ../shared/keras_nets and nets with recurrent layers, each copied to .h5 and .keras.
Both versions of Keras load each copy and predict what they predict for the original (1e-5), or for mote's own what the
other does; trainable flags and compile settings stay; the copy of a copy has the same bytes. Layers of one version are
that version's alone. Exit 1 when one differs.
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

BOUND = 1e-5
OWN = {"tiny": ["mote_tiny", "--input", "64", "--classes", "3"],
       "b0_head": ["EfficientNetB0", "--input", "64", "--pooling", "max", "--head", "dense:8:relu,batch_norm,dense:2:softmax"],
       "v2b0": ["EfficientNetV2B0", "--input", "64", "--classes", "3"],
       "mobilenet": ["MobileNet", "--input", "64", "--classes", "3"],
       "mobilenet_v3": ["MobileNetV3Small", "--input", "64", "--classes", "3"],
       "resnet": ["ResNet50V2", "--input", "64", "--classes", "3"]}


def originals(shared):
    yield "study", f"{shared}/study/trained.h5"
    nets = f"{shared}/keras_nets"
    for net in sorted(os.listdir(nets)) if os.path.isdir(nets) else []:
        for name in ("model.h5", "model_keras2.keras", "model_keras3.keras", "model_keras3.h5"):
            if os.path.exists(f"{nets}/{net}/{name}"):
                yield f"{net}/{name}", f"{nets}/{net}/{name}"


def recurrent(versions, folder):
    """Layers that keep the weights of parts, and name them alike in a .keras file."""
    for name, keras in versions.items():
        layers = keras.layers
        bodies = {"gru": layers.GRU(5), "bidirectional": layers.Bidirectional(layers.LSTM(4)),
                  "attention": lambda x: layers.GlobalAveragePooling1D()(layers.MultiHeadAttention(2, 4)(x, x)),
                  "time_distributed": lambda x: layers.SimpleRNN(3)(layers.TimeDistributed(layers.Dense(4))(x))}
        for body, apply in bodies.items():
            x = keras.Input((6, 8))
            for form in ("h5", "keras"):
                path = f"{folder}/{body}_{name}.{form}"
                keras.Model(x, layers.Dense(3)(apply(x))).save(path)
                yield f"{body} of {name}.{form}", path


def load(keras, path):
    """The model, or why not."""
    try:
        return keras.models.load_model(path, compile=False), ""
    except Exception as error:  # whatever Keras throws
        return None, str(error).strip().split("\n")[0][:160]


def predict(model, inputs):
    out = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    if isinstance(out, dict):
        out = list(out.values())
    return [np.asarray(o) for o in (out if isinstance(out, (list, tuple)) else [out])]


def draw(model):
    rng = np.random.default_rng(5)
    shapes = [[2] + [d or 32 for d in t.shape[1:]] for t in model.inputs]
    return [rng.uniform(0, 1 if len(s) < 4 else 255, s).astype(np.float32) for s in shapes]


def flags(model):
    return [layer.trainable for layer in model.layers]


def check(mote, versions, path, folder, both):
    models = {name: load(keras, path) for name, keras in versions.items()}
    readers = [name for name in versions if models[name][0] is not None]
    if not readers:
        return f"no version of Keras reads the original: {models['keras2'][1]}", ""
    inputs = draw(models[readers[0]][0])
    expected = predict(models[readers[0]][0], inputs)
    said = []
    for form in ("h5", "keras"):
        copy, again = f"{folder}/copy.{form}", f"{folder}/again.{form}"
        subprocess.run([mote, "model", "copy", path, "-o", copy], check=True, stderr=subprocess.PIPE)
        subprocess.run([mote, "model", "copy", copy, "-o", again], check=True, stderr=subprocess.PIPE)
        if open(copy, "rb").read() != open(again, "rb").read():
            return f"the copy of the .{form} copy has other bytes", ""
        for name, keras in versions.items():
            model, why = load(keras, copy)
            if model is None:
                if name in readers or both:
                    return f".{form} does not load in {name}: {why}", ""
                said.append(f".{form} not in {name}")
                continue
            out = predict(model, inputs)
            difference = max(np.abs(a - b).max() for a, b in zip(expected, out))
            if len(out) != len(expected) or not difference <= BOUND:
                return f".{form} in {name} predicts otherwise: {difference:.2e}", ""
            if flags(model) != flags(models[readers[0]][0]):
                return f".{form} in {name} has other trainable flags", ""
            said.append(f".{form} in {name} {difference:.0e}")
    return "", ", ".join(said)


def check_compiled(mote, versions, folder):
    """Compile settings and frozen layers survive."""
    failed = []
    for name, keras in versions.items():
        model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3, activation="relu", trainable=False),
                                  keras.layers.Dense(2, activation="softmax")])
        model.compile(optimizer=keras.optimizers.Adam(0.0123), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(np.zeros((4, 4)), np.zeros(4), verbose=0)
        for source in ("h5", "keras"):
            model.save(f"{folder}/compiled.{source}")
            for form in ("h5", "keras"):
                subprocess.run([mote, "model", "copy", f"{folder}/compiled.{source}", "-o", f"{folder}/out.{form}"], check=True)
                for other, reader in versions.items():
                    back = reader.models.load_model(f"{folder}/out.{form}")
                    if (name, source) == ("keras3", "keras"):  # has no optimizer in the file
                        if flags(back) != flags(model):
                            failed.append(f"{name}'s .{source} as .{form} in {other}: other trainable flags")
                        continue
                    rate = float(np.asarray(back.optimizer.learning_rate))
                    good = abs(rate - 0.0123) < 1e-6 and getattr(back.loss, "__name__", back.loss) == "sparse_categorical_crossentropy"
                    if not good or flags(back) != flags(model):
                        failed.append(f"{name}'s .{source} as .{form} in {other}: rate {rate}, loss {back.loss}")
    return failed


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    import keras
    import tf_keras
    versions = {"keras2": tf_keras, "keras3": keras}
    mote, wanted = sys.argv[1], re.compile(sys.argv[2] if len(sys.argv) > 2 else "")
    shared = os.environ.get("MOTE_SHARED", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../shared"))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        cases = []
        for name, arguments in OWN.items():
            if wanted.search(name):
                subprocess.run([mote, "model", "new", *arguments, "-o", f"{folder}/{name}.h5", "-q", "--seed", "3"], check=True)
                cases.append((name, f"{folder}/{name}.h5", True))
        cases += [(name, path, "") for name, path in originals(shared) if wanted.search(name)]
        cases += [(name, path, "") for name, path in recurrent(versions, folder) if wanted.search(name)]
        for name, path, both in cases:
            try:
                problem, said = check(mote, versions, path, folder, both)
            except subprocess.CalledProcessError as error:
                problem, said = (error.stderr or b"?").decode().strip(), ""
            passed, failed = passed + (not problem), failed + bool(problem)
            print(f"{name}: {problem or said}", flush=True)
        if wanted.search("compiled"):
            problems = check_compiled(mote, versions, folder)
            passed, failed = passed + (not problems), failed + bool(problems)
            print("compiled:", "; ".join(problems) or "optimizer, loss and flags stay", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
