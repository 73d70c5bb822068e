#!/usr/bin/env python3
"""`mote train` beside Keras, and what it leaves read by those it is for.

    check_train.py build/mote [REGEX]

Runs of ../shared/train_runs through the command line: the mean loss of each epoch within what two TensorFlow runs
differ by times ten (1e-4 at least), the predictions afterwards within that or 1e-3. Six steps of EfficientNetB0 on real
photos beside two runs of tf_keras, with oneDNN and without: loss, weights, moving statistics and predictions within ten
times of what those two differ by. Metrics against Keras's on the saved model: AUC,
precision, recall, top-k. TensorBoard's package reads the event files. Exit 1 when one differs.
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


def train(mote, *arguments):
    done = subprocess.run([mote, "train", *arguments, "--json", "-q"], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return [json.loads(line) for line in done.stdout.splitlines()]


def check_run(mote, tf_keras, runs, name, folder):
    with open(f"{runs}/{name}/run.json") as file:
        run = json.load(file)
    images = np.load(f"{runs}/images_64x64x64x3_u8.npy").astype(np.float32)
    np.save(f"{folder}/images.npy", images)
    epochs = run["steps"] * run["batch"] // len(images)
    history = train(mote, f"{runs}/{name}/init.h5", "-o", f"{folder}/trained.h5", "--data", f"{folder}/images.npy", "--labels",
                    f"{runs}/labels.npy", "--no-shuffle", "--batch", str(run["batch"]), "--epochs", str(epochs),
                    "--lr", str(run["learning_rate"]))
    bound = max(1e-4, 10 * run["second_tensorflow_run_max_relative_difference"])
    expected = np.asarray(run["loss"]).reshape(epochs, -1).mean(axis=1)
    losses = max(abs(line["loss"] / loss - 1) for line, loss in zip(history, expected))
    after = np.load(f"{runs}/{name}/pred_after.npy")
    model = tf_keras.models.load_model(f"{folder}/trained.h5")
    predictions = np.abs(model.predict(images[:len(after)], verbose=0) - after).max()
    said = f"losses within {losses:.1e}, predictions within {predictions:.1e} (bound {bound:.1e})"
    return "" if losses <= bound and predictions <= max(bound, 1e-3) else said, said


B0_STEPS, B0_BATCH, B0_RATE = 6, 16, 1e-4


def without_dropout(config):
    """The configuration with all rates 0: what they draw is each side's own."""
    if isinstance(config, dict):
        return {k: 0.0 if k == "rate" else without_dropout(v) for k, v in config.items()}
    return [without_dropout(v) for v in config] if isinstance(config, (list, tuple)) else config


def make_b0(tf_keras, shared, folder):
    import tensorflow as tf
    model = tf_keras.models.load_model(f"{shared}/study/trained.h5", compile=False)
    bare = type(model).from_config(without_dropout(model.get_config()))
    bare.set_weights(model.get_weights())
    bare.save(f"{folder}/init.h5")
    with open(f"{shared}/train_runs/efficientnetb0/photos.json") as file:
        names = json.load(file)[:B0_STEPS * B0_BATCH]
    photos = [tf.io.read_file(f"{shared}/data/cats_vs_dogs/train/{name}") for name in names]
    np.save(f"{folder}/x.npy", [tf.image.resize(tf.io.decode_jpeg(photo, channels=3), (224, 224)).numpy() for photo in photos])
    np.save(f"{folder}/y.npy", np.array([name.startswith("cat") for name in names], np.int32))  # swapped on purpose


def b0_results(model, before, images, loss):
    """loss, and as vectors: what trained, what batch normalization keeps, predictions."""
    statistics = [bool(re.search("moving_", w.name)) for w in model.weights]
    moved = [a - b for a, b in zip(model.get_weights(), before)]
    flat = [np.concatenate([m.ravel() for m, s in zip(moved, statistics) if s == kind]) for kind in (False, True)]
    return {"loss": np.array([loss]), "weights": flat[0], "statistics": flat[1],
            "predictions": model.predict(images[:B0_BATCH], verbose=0).ravel()}


def train_b0_in_keras(folder, out):
    """In a process of its own, since oneDNN is switched before TensorFlow is loaded."""
    import tf_keras
    images, labels = np.load(f"{folder}/x.npy"), np.load(f"{folder}/y.npy")
    model = tf_keras.models.load_model(f"{folder}/init.h5", compile=False)
    before = model.get_weights()
    model.compile(tf_keras.optimizers.Adam(B0_RATE), "sparse_categorical_crossentropy")
    history = model.fit(images, labels, batch_size=B0_BATCH, shuffle=False, verbose=0).history
    np.savez(out, **b0_results(model, before, images, history["loss"][0]))


def distance(a, b):
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def check_b0(mote, tf_keras, shared, folder):
    make_b0(tf_keras, shared, folder)
    runs = []
    for one_dnn in ("1", "0"):
        subprocess.run([sys.executable, __file__, "--b0", folder, f"{folder}/{one_dnn}.npz"], check=True,
                       env=dict(os.environ, TF_ENABLE_ONEDNN_OPTS=one_dnn), stderr=subprocess.PIPE)
        runs.append(np.load(f"{folder}/{one_dnn}.npz"))
    history = train(mote, f"{folder}/init.h5", "-o", f"{folder}/trained.h5", "--data", f"{folder}/x.npy", "--labels",
                    f"{folder}/y.npy", "--no-shuffle", "--batch", str(B0_BATCH), "--epochs", "1", "--lr", str(B0_RATE), "--keep", "last")
    before = tf_keras.models.load_model(f"{folder}/init.h5", compile=False).get_weights()
    model = tf_keras.models.load_model(f"{folder}/trained.h5", compile=False)
    ours = b0_results(model, before, np.load(f"{folder}/x.npy"), history[0]["loss"])
    problems, said = [], []
    for name, value in ours.items():
        noise, off = distance(runs[1][name], runs[0][name]), min(distance(value, run[name]) for run in runs)
        said.append(f"{name} {off:.1e} off (TensorFlow itself {noise:.1e})")
        if off > 10 * noise or 10 * noise > 1:  # a bound of all that moved would prove nothing
            problems.append(said[-1])
    return ", ".join(problems), ", ".join(said)


def evaluate_metrics(tf_keras, model, images, labels):
    p = model.predict(images, verbose=0)
    metrics = tf_keras.metrics
    made = {"val_auc": metrics.AUC(), "val_precision": metrics.Precision(), "val_recall": metrics.Recall()}
    for metric in made.values():
        metric.update_state(labels == 1, p[:, 1])
    return {name: float(metric.result()) for name, metric in made.items()}


def check_metrics(mote, tf_keras, folder):
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 2, 96).astype(np.int32)
    images = np.clip(rng.normal(128, 40, (96, 32, 32, 3)) + 12 * labels[:, None, None, None], 0, 255).astype(np.float32)
    np.save(f"{folder}/x.npy", images)
    np.save(f"{folder}/y.npy", labels)
    subprocess.run([mote, "model", "new", "mote_tiny", "-o", f"{folder}/m.h5", "--input", "32", "--classes", "2", "-q"], check=True)
    history = train(mote, f"{folder}/m.h5", "-o", f"{folder}/t.h5", "--data", f"{folder}/x.npy", "--labels", f"{folder}/y.npy",
                    "--val", "train", "--epochs", "3", "--lr", "1e-3", "--metrics", "top1,auc,precision", "--keep", "last",
                    "--tensorboard", f"{folder}/logs", "--histograms")
    expected = evaluate_metrics(tf_keras, tf_keras.models.load_model(f"{folder}/t.h5"), images, labels)
    for name, value in expected.items():
        if abs(history[-1][name] - value) > 1e-5:
            return f"{name} is {history[-1][name]}, Keras {value}", history
    if abs(history[-1]["val_top_k_accuracy"] - history[-1]["val_accuracy"]) > 1e-9:
        return "top-1 is not the accuracy", history
    return "", history


def check_board(folder, history):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    for part, prefix in (("train", ""), ("validation", "val_")):
        events = EventAccumulator(f"{folder}/logs/{part}", size_guidance={"histograms": 0, "scalars": 0})
        events.Reload()
        tags = events.Tags()
        wanted = ["loss", "accuracy"] + (["learning_rate", "images_per_second"] if part == "train" else [])
        for name in wanted:
            read = [(e.step, e.value) for e in events.Scalars(f"epoch_{name}")]
            for (step, value), (i, line) in zip(read, enumerate(history)):
                if step != i or abs(value - line[prefix + name]) > 1e-5 * max(1, abs(value)):
                    return f"{part}/epoch_{name}: {read}"
            if len(read) != len(history):
                return f"{part}/epoch_{name} has {len(read)} values for {len(history)} epochs"
        if part == "train":
            kernel = [t for t in tags["histograms"] if t.startswith("stem_conv/kernel")]
            if not kernel or len(events.Histograms(kernel[0])) != len(history):
                return f"histograms: {tags['histograms'][:5]}"
            if events.Histograms(kernel[0])[0].histogram_value.num != 3 * 3 * 3 * 16:
                return "a histogram counts other than its weights"
    return ""


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    if sys.argv[1] == "--b0":
        train_b0_in_keras(sys.argv[2], sys.argv[3])
        return 0
    import tf_keras
    mote, wanted = sys.argv[1], re.compile(sys.argv[2] if len(sys.argv) > 2 else "")
    shared = os.environ.get("MOTE_SHARED", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../shared"))
    runs = f"{shared}/train_runs"
    names = [n for n in sorted(os.listdir(runs)) if os.path.exists(f"{runs}/{n}/init.h5")] if os.path.isdir(runs) else []
    passed = failed = 0

    def count(name, problem, said):
        nonlocal passed, failed
        passed, failed = passed + (not problem), failed + bool(problem)
        print(f"{name}: {problem or said}", flush=True)

    for name in filter(wanted.search, names):
        with tempfile.TemporaryDirectory() as folder:
            try:
                count(name, *check_run(mote, tf_keras, runs, name, folder))
            except subprocess.CalledProcessError as error:
                count(name, error.stderr.decode().strip(), "")
    if wanted.search("efficientnetb0") and os.path.exists(f"{runs}/efficientnetb0/photos.json"):
        with tempfile.TemporaryDirectory() as folder:
            try:
                count("efficientnetb0", *check_b0(mote, tf_keras, shared, folder))
            except subprocess.CalledProcessError as error:
                count("efficientnetb0", error.stderr.decode().strip(), "")
    with tempfile.TemporaryDirectory() as folder:
        problem, history = check_metrics(mote, tf_keras, folder)
        count("metrics", problem, "AUC, precision and recall are Keras's")
        count("tensorboard", check_board(folder, history), "scalars and histograms read back")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
