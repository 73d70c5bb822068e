#!/usr/bin/env python3
"""Photos decoded and resized by TensorFlow with one thread: tf.io.decode_jpeg, then tf.image.resize.

    decode_peers.py PHOTOS [N [SIZE]]

Every n-th of the .jpg files, N in all; each is done several times and counts at its fastest, as in bench/decode.c.
"""

import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
RUNS = 5


def main():
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    wanted = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    size = int(sys.argv[3]) if len(sys.argv) > 3 else 224
    paths = sorted(os.path.join(base, name) for base, _, names in os.walk(sys.argv[1]) for name in names
                   if name.endswith(".jpg"))
    wanted = min(wanted, len(paths))

    @tf.function
    def load(path):
        return tf.image.resize(tf.io.decode_jpeg(tf.io.read_file(path), channels=3), (size, size))

    total = done = 0
    for i in range(wanted):
        path, least = tf.constant(paths[i * len(paths) // wanted]), float("inf")
        try:
            for _ in range(RUNS):
                begin = time.perf_counter()
                load(path)
                least = min(least, time.perf_counter() - begin)
        except tf.errors.InvalidArgumentError:
            continue
        total, done = total + least, done + 1
    print(f"tensorflow {tf.__version__}: {total * 1e3 / max(done, 1):.3f} ms a photo; {done} photos")
    return 0


if __name__ == "__main__":
    sys.exit(main())
