"""Median and minimum latency of a .tflite file in LiteRT with its default (XNNPACK) delegate."""
import sys
import time

import numpy as np
from ai_edge_litert.interpreter import Interpreter

path, threads, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
try:
    interpreter = Interpreter(model_path=path, num_threads=threads)
    interpreter.allocate_tensors()
except Exception as error:
    print(f"litert  {name:8s} {threads} threads  refused: {str(error).splitlines()[0]}")
    sys.exit(0)
rng = np.random.default_rng(1)
for detail in interpreter.get_input_details():
    value = rng.uniform(0, 255, detail["shape"])
    interpreter.set_tensor(detail["index"], value.astype(detail["dtype"]))
for _ in range(5):
    interpreter.invoke()
times = []
for _ in range(50):
    start = time.perf_counter()
    interpreter.invoke()
    times.append((time.perf_counter() - start) * 1e3)
times.sort()
print(f"litert  {name:8s} {threads} threads  {times[len(times) // 2]:8.2f}  {times[0]:8.2f}")
