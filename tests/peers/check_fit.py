#!/usr/bin/env python3
"""The options of `mote train` and the layers that it trains, each beside Keras.

    check_fit.py build/mote [REGEX]

Small smooth networks on random images, the same batches on both sides: every epoch's loss and metrics, and the weights at
the end, must be those of tf_keras and, for some, of Keras 3 (1e-4; most are within 2e-6). Optimizers, clipping, schedules, plateau,
patience, averages of weights, class weights, label smoothing, steps per epoch, losses, metrics; recurrent layers,
functions called inline, attention, frozen layers inside of models. Exit 1 when one differs.
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

BOUND = 1e-4
N, SIDE, CLASSES, BATCH = 52, 6, 3, 8  # the last batch of an epoch is half of one


class Case:
    """A model, what mote is told, and the same in Keras. `fit` gets the compiled model, and returns the history."""

    def __init__(self, name, arguments, build=None, optimizer=None, loss=None, epochs=3, **fit):
        self.name, self.arguments, self.build, self.epochs, self.fit = name, arguments.split(), build, epochs, fit
        self.optimizer, self.loss = optimizer, loss


def data(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, N).astype(np.int32)
    images = rng.uniform(0, 255, (N, SIDE, SIDE, 3)).astype(np.float32)
    images[:, :, :, 0] = images[:, :, :, 0] * 0.5 + 40 * labels[:, None, None]
    return images.round(), labels


def begin(k):
    x = k.Input((SIDE, SIDE, 3))
    return x, k.layers.Rescaling(1 / 255)(x)


def dense(k, units=CLASSES, activation="softmax"):
    x, h = begin(k)
    h = k.layers.Dense(6, activation="tanh")(k.layers.Flatten()(h))
    return k.Model(x, k.layers.Dense(units, activation=activation)(h))


def normalized(k):
    x, h = begin(k)
    h = k.layers.Conv2D(4, 3, activation="tanh", kernel_regularizer=k.regularizers.L2(0.01))(h)
    h = k.layers.BatchNormalization(momentum=0.8)(h)
    h = k.layers.GlobalAveragePooling2D()(k.layers.DepthwiseConv2D(3, activation="sigmoid")(h))
    h = k.layers.BatchNormalization(momentum=0.8, epsilon=0.01)(h)
    return k.Model(x, k.layers.Dense(CLASSES, activation="softmax")(h))


def recurrent(kind, **options):
    def build(k):
        x, h = begin(k)
        h = k.layers.Reshape((SIDE, SIDE * 3))(h)
        layer = getattr(k.layers, kind)(5, **options)
        if options.get("return_sequences"):
            h = k.layers.GRU(4, bias_initializer="random_uniform")(layer(h))
        else:
            h = k.layers.Bidirectional(layer)(h)
        return k.Model(x, k.layers.Dense(CLASSES, activation="softmax")(h))
    return build


def transposed(k):
    x, h = begin(k)
    h = k.layers.Conv2DTranspose(4, 3, strides=2, padding="same", activation="tanh")(h)
    h = k.layers.Conv2DTranspose(3, 2, dilation_rate=2)(h)
    return k.Model(x, k.layers.Dense(CLASSES, activation="softmax")(k.layers.GlobalAveragePooling2D()(h)))


def functions(k):
    import tensorflow as tf
    x, h = begin(k)
    h = k.layers.Conv2D(8, 3, activation="tanh")(h)
    h = tf.nn.space_to_depth(h, 2)
    a = tf.math.l2_normalize(h, axis=-1) + 0.1 * tf.cumsum(h, axis=1)
    b = tf.where(h > 0.05, h * h, 0.3 * h) + tf.cast(h > 0.1, tf.float32) * h
    c = tf.math.floormod(h, 0.37) + tf.math.reduce_prod(1 + 0.3 * h, axis=2, keepdims=True)
    h = tf.nn.depth_to_space(a + b + c, 2)
    return k.Model(x, k.layers.Dense(CLASSES, activation="softmax")(k.layers.Flatten()(h)))


def attention(k):
    x, h = begin(k)
    h = k.layers.Reshape((SIDE, SIDE * 3))(h)
    h = k.layers.LayerNormalization()(k.layers.MultiHeadAttention(2, 4)(h, h) + h)
    return k.Model(x, k.layers.Dense(CLASSES, activation="softmax")(k.layers.GlobalAveragePooling1D()(h)))


def nested(k):
    """A frozen model inside, two of whose layers train all the same."""
    i = k.Input((SIDE, SIDE, 3))
    h = k.layers.Conv2D(4, 3, activation="tanh", name="a")(i)
    h = k.layers.BatchNormalization(momentum=0.8, name="b")(h)
    h = k.layers.Conv2D(4, 3, activation="tanh", name="c")(h)
    inner = k.Model(i, k.layers.BatchNormalization(momentum=0.8, name="d")(h), name="inner")
    inner.trainable = False
    inner.get_layer("c").trainable = inner.get_layer("d").trainable = True
    x, h = begin(k)
    h = k.layers.GlobalAveragePooling2D()(inner(h))
    return k.Model(x, k.layers.Dense(CLASSES, activation="softmax")(h))


def fixed(k):
    """Random layers whose ranges are single points: what they do is known."""
    x, h = begin(k)
    h = k.layers.RandomRotation((0.07, 0.07), fill_mode="reflect")(h)
    h = k.layers.RandomZoom((0.2, 0.2), (-0.1, -0.1), fill_mode="constant")(h)
    h = k.layers.RandomTranslation((0.1, 0.1), (-0.2, -0.2), fill_mode="wrap")(h)
    h = k.layers.RandomBrightness((0.05, 0.05), value_range=(0, 1))(h)
    h = k.layers.Dense(4, activation="tanh")(k.layers.Flatten()(k.layers.Conv2D(3, 3, activation="tanh")(h)))
    return k.Model(x, k.layers.Dense(CLASSES, activation="softmax")(h))


def rates(k, rate_of_step):
    """A callback that sets the learning rate of every step."""
    class Rates(k.callbacks.Callback):
        step = 0

        def on_train_batch_begin(self, batch, logs=None):
            self.model.optimizer.learning_rate.assign(rate_of_step(self.step))
            self.step += 1
    return Rates()


STEPS = -(-N // BATCH)
# Keras 3's own ways: its batch statistics, its file form, its layers. The options are the same code in mote.
IN_KERAS_3 = {"adam", "adamw", "rmsprop with momentum", "averaged weights", "normalization and L2", "LSTM", "GRU", "GRU, reset before",
              "attention", "frozen inside", "random layers at one point"}


def cases(k):
    o, losses, c = k.optimizers, k.losses, k.callbacks
    yield Case("adam", "--lr 1e-2", optimizer=o.Adam(1e-2))
    yield Case("adamw", "--lr 1e-2 --optimizer adamw --weight-decay 0.1", optimizer=o.AdamW(1e-2, weight_decay=0.1))
    yield Case("sgd", "--lr 0.1 --optimizer sgd", optimizer=o.SGD(0.1))
    yield Case("momentum", "--lr 0.02 --optimizer sgd --momentum 0.9", optimizer=o.SGD(0.02, momentum=0.9))
    yield Case("nesterov", "--lr 0.02 --optimizer sgd --momentum 0.9 --nesterov",
               optimizer=o.SGD(0.02, momentum=0.9, nesterov=True))
    yield Case("rmsprop", "--lr 1e-3 --optimizer rmsprop", optimizer=o.RMSprop(1e-3))
    yield Case("rmsprop with momentum", "--lr 1e-3 --optimizer rmsprop --momentum 0.5", optimizer=o.RMSprop(1e-3, momentum=0.5))
    yield Case("clipnorm", "--lr 0.1 --optimizer sgd --clipnorm 0.05", optimizer=o.SGD(0.1, clipnorm=0.05))
    yield Case("averaged weights", "--lr 1e-2 --ema 0.9", optimizer=o.Adam(1e-2, use_ema=True, ema_momentum=0.9))
    yield Case("class weights", "--lr 1e-2 --class-weights 0.5,2,1", optimizer=o.Adam(1e-2), class_weight={0: 0.5, 1: 2.0, 2: 1.0})
    yield Case("balanced", "--lr 1e-2 --class-weights balanced", optimizer=o.Adam(1e-2), class_weight="balanced")
    yield Case("label smoothing", "--lr 1e-2 --loss categorical_crossentropy --label-smoothing 0.2", optimizer=o.Adam(1e-2),
               loss=losses.CategoricalCrossentropy(label_smoothing=0.2))
    yield Case("binary", "--lr 1e-2 --loss binary_crossentropy --label-smoothing 0.1", lambda k: dense(k, 1, "sigmoid"),
               o.Adam(1e-2), losses.BinaryCrossentropy(label_smoothing=0.1))
    yield Case("logits", "--lr 1e-2", lambda k: dense(k, activation=None), o.Adam(1e-2),
               losses.SparseCategoricalCrossentropy(from_logits=True))
    yield Case("squares", "--lr 1e-2 --loss mean_squared_error", lambda k: dense(k), o.Adam(1e-2), losses.MeanSquaredError())
    cosine = o.schedules.CosineDecay(0.1, 3 * STEPS)
    yield Case("cosine", "--lr 0.1 --optimizer sgd --schedule cosine", optimizer=o.SGD(cosine))
    exponential = o.schedules.ExponentialDecay(0.1, 5, 0.7)
    yield Case("exponential", "--lr 0.1 --optimizer sgd --schedule exponential:0.7:5", optimizer=o.SGD(exponential))
    staircase = o.schedules.ExponentialDecay(0.1, STEPS, 0.5, staircase=True)
    yield Case("steps", "--lr 0.1 --optimizer sgd --schedule step:1:0.5", optimizer=o.SGD(staircase))
    yield Case("warm-up", "--lr 0.1 --optimizer sgd --warmup 9", optimizer=o.SGD(0.1),
               callbacks=[rates(k, lambda step: min(1, (step + 1) / 9) * 0.1)])
    yield Case("plateau", "--lr 0.5 --optimizer sgd --schedule plateau:2:0.3 --monitor loss --min-delta 0.02", optimizer=o.SGD(0.5),
               epochs=9, validation=True, callbacks=[c.ReduceLROnPlateau("val_loss", 0.3, 2, min_delta=0.02)])
    yield Case("patience", "--lr 1.0 --optimizer sgd --patience 2 --monitor loss --keep best --min-delta 0.01", optimizer=o.SGD(1.0),
               epochs=12, validation=True,
               callbacks=[c.EarlyStopping("val_loss", patience=2, restore_best_weights=True, min_delta=0.01)])
    yield Case("steps per epoch", "--lr 1e-2 --steps-per-epoch 3 --validation-steps 2", optimizer=o.Adam(1e-2), epochs=5,
               validation=True, steps_per_epoch=3, validation_steps=2)
    yield Case("normalization and L2", "--lr 1e-2", normalized, o.Adam(1e-2), validation=True)
    yield Case("SimpleRNN", "--lr 0.1 --optimizer sgd", recurrent("SimpleRNN"), o.SGD(0.1))
    yield Case("LSTM", "--lr 0.1 --optimizer sgd", recurrent("LSTM"), o.SGD(0.1))
    yield Case("GRU", "--lr 0.1 --optimizer sgd", recurrent("GRU", bias_initializer="random_uniform"), o.SGD(0.1))
    yield Case("GRU, reset before", "--lr 0.1 --optimizer sgd", recurrent("GRU", reset_after=False), o.SGD(0.1))
    yield Case("LSTM before GRU", "--lr 0.1 --optimizer sgd", recurrent("LSTM", return_sequences=True), o.SGD(0.1))
    yield Case("transposed convolutions", "--lr 0.1 --optimizer sgd", transposed, o.SGD(0.1), validation=True)
    yield Case("functions", "--lr 0.05 --optimizer sgd", functions, o.SGD(0.05))
    yield Case("attention", "--lr 0.05 --optimizer sgd", attention, o.SGD(0.05))
    yield Case("frozen inside", "--lr 0.05 --optimizer sgd", nested, o.SGD(0.05), validation=True)
    yield Case("random layers at one point", "--lr 0.05 --optimizer sgd", fixed, o.SGD(0.05), validation=True)


def fit_keras(k, case, model, images, labels):
    fit = dict(case.fit)
    loss = case.loss or "sparse_categorical_crossentropy"
    wants_rows = isinstance(loss, (k.losses.CategoricalCrossentropy, k.losses.MeanSquaredError))
    one = model.output_shape[-1] == 1
    targets = np.eye(CLASSES, dtype=np.float32)[labels] if wants_rows else labels[:, None] if one else labels
    model.compile(case.optimizer or k.optimizers.Adam(1e-2), loss, metrics=["accuracy"])
    if fit.get("class_weight") == "balanced":
        counts = np.bincount(labels, minlength=CLASSES)
        fit["class_weight"] = {c: N / (CLASSES * n) for c, n in enumerate(counts)}
    if fit.pop("validation", False):
        fit["validation_data"] = (images[::-1], targets[::-1])
        fit["validation_batch_size"] = BATCH
    return model.fit(images, targets, batch_size=BATCH, epochs=case.epochs, shuffle=False, verbose=0, **fit).history


def fit_mote(mote, case, folder, form):
    arguments = [mote, "train", f"{folder}/model{form}", "-o", f"{folder}/trained{form}", "--data", f"{folder}/x.npy", "--labels",
                 f"{folder}/y.npy", "--train", f"train[:{N}]", "--no-shuffle", "--batch", str(BATCH), "--epochs", str(case.epochs), "--json",
                 "-q"]
    if case.fit.get("validation"):
        arguments += ["--val", f"train[{N}:]"]
    if "--keep" not in case.arguments:
        arguments += ["--keep", "last"]
    done = subprocess.run(arguments + case.arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        raise RuntimeError(done.stderr.decode().strip())
    return [json.loads(line) for line in done.stdout.splitlines()]


def check(k, form, mote, case, folder):
    k.backend.clear_session()
    k.utils.set_random_seed(7)
    images, labels = data(11)
    if case.name == "binary":
        labels = np.minimum(labels, 1)
    np.save(f"{folder}/x.npy", np.concatenate([images, images[::-1]]))
    np.save(f"{folder}/y.npy", np.concatenate([labels, labels[::-1]]))
    model = (case.build or dense)(k)
    model.save(f"{folder}/model{form}")
    model = k.models.load_model(f"{folder}/model{form}", compile=False)  # flags as a file has them
    before = model.get_weights()
    ours = fit_mote(mote, case, folder, form)
    theirs = fit_keras(k, case, model, images, labels)
    if len(ours) != len(theirs["loss"]):
        return f"{len(ours)} epochs, Keras {len(theirs['loss'])}", ""
    off = 0.0
    for name in theirs:
        for epoch, value in enumerate(theirs[name]):
            if name == "lr":
                name_here = "learning_rate"
            else:
                name_here = name
            if name_here not in ours[epoch]:
                continue
            difference = abs(ours[epoch][name_here] - value) / max(abs(value), 0.1)
            off = max(off, difference)
            if difference > BOUND:
                return f"epoch {epoch + 1}: {name} {ours[epoch][name_here]:.7g}, Keras {value:.7g}", ""
    after = model.get_weights()
    got = k.models.load_model(f"{folder}/trained{form}", compile=False).get_weights()
    if [w.shape for w in got] != [w.shape for w in after]:
        return "other weights in the trained file", ""
    moved = max(np.abs(a - b).max() for a, b in zip(after, before))
    different = max(np.abs(a - b).max() for a, b in zip(after, got))
    if not moved > 1e-3:
        return f"Keras moved nothing ({moved:.1e}): the case proves nothing", ""
    if not different <= BOUND * max(1, moved):
        return f"weights differ by {different:.1e} where training moved them by {moved:.1e}", ""
    return "", f"history within {off:.1e}, weights within {different:.1e} of {moved:.1e} moved"


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    import keras
    import tf_keras
    wanted = re.compile(sys.argv[2] if len(sys.argv) > 2 else "")
    passed = failed = 0
    for version, k, form in ((2, tf_keras, ".h5"), (3, keras, ".keras")):
        for case in cases(k):
            if not wanted.search(case.name) or (version == 3 and case.name not in IN_KERAS_3):
                continue
            with tempfile.TemporaryDirectory() as folder:
                try:
                    problem, said = check(k, form, sys.argv[1], case, folder)
                except (RuntimeError, ValueError, TypeError, KeyError, OSError) as error:
                    problem, said = str(error).split("\n")[0], ""
            passed, failed = passed + (not problem), failed + bool(problem)
            print(f"Keras {version}, {case.name}: {problem or said}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
