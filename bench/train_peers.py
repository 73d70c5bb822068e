#!/usr/bin/env python3
"""One training step of EfficientNetB0 in TensorFlow or PyTorch: batch 16, 224 x 224, float32, Adam, every layer trains.

    train_peers.py tensorflow|torch [STEPS] [THREADS]

Prints one JSON line: median and minimum milliseconds a step, peak memory in MB. One process measures one peer, so that
neither's threads or memory disturb the other's.
"""

import json
import os
import resource
import statistics
import sys
import time

BATCH, SIZE, CLASSES, WARMUP = 16, 224, 2, 2


def tensorflow_step(threads):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import numpy as np
    import tensorflow as tf
    import tf_keras as keras

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    backbone = keras.applications.EfficientNetB0(include_top=False, weights=None, input_shape=(SIZE, SIZE, 3), pooling="max")
    model = keras.Sequential([backbone, keras.layers.Dense(CLASSES, activation="softmax")])
    model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy", metrics=["accuracy"])
    images = np.random.default_rng(0).uniform(0, 255, (BATCH, SIZE, SIZE, 3)).astype(np.float32)
    labels = np.arange(BATCH) % CLASSES
    images, labels = tf.constant(images), tf.constant(labels)
    return tf.__version__, lambda: model.train_on_batch(images, labels)


def torch_step(threads):
    import torch
    import torchvision

    torch.set_num_threads(threads)
    model = torchvision.models.efficientnet_b0(num_classes=CLASSES).to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.Adam(model.parameters(), 1e-4)
    loss_of = torch.nn.CrossEntropyLoss()
    images = torch.rand(BATCH, 3, SIZE, SIZE).to(memory_format=torch.channels_last)
    labels = torch.arange(BATCH) % CLASSES

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model(images), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return torch.__version__, step


def main():
    peers = {"tensorflow": tensorflow_step, "torch": torch_step}
    if len(sys.argv) < 2 or sys.argv[1] not in peers:
        print(__doc__, file=sys.stderr)
        return 2
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    threads = int(sys.argv[3]) if len(sys.argv) > 3 else len(os.sched_getaffinity(0))
    version, step = peers[sys.argv[1]](threads)
    times = []
    for _ in range(WARMUP + steps):
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1e3)
    times = times[WARMUP:]
    print(json.dumps({"peer": f"{sys.argv[1]} {version}", "threads": threads, "median_ms": round(statistics.median(times), 1),
                      "min_ms": round(min(times), 1),
                      "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
