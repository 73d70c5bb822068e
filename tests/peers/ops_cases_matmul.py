"""Cases of BATCH_MATMUL and of looking up rows."""

import numpy as np

from ops_model import Model, Tensor

# batch dimensions of either side, rows, depth, columns
PRODUCTS = [([], [], 3, 5, 4), ([2], [2], 7, 16, 9), ([2, 3], [2, 3], 4, 8, 33), ([1, 4], [3, 1], 5, 6, 7), ([3], [], 50, 20, 17),
            ([], [4], 2, 3, 1), ([2, 1, 3], [2, 1, 1], 1, 40, 3)]


def shapes(a, b, m, k, n, adj_x, adj_y):
    return (a + ([k, m] if adj_x else [m, k]), b + ([n, k] if adj_y else [k, n]),
            list(np.broadcast_shapes(tuple(a), tuple(b))) + [m, n])


def matmul(make):
    for product in PRODUCTS:
        for adj_x, adj_y in ((False, False), (False, True), (True, False), (True, True)):
            left, right, out = shapes(*product, adj_x, adj_y)
            constant = bool(make.random.random() < 0.5)
            options = ("BatchMatMul", {"adjX": adj_x, "adjY": adj_y})
            label = f"{left} {right} {adj_x} {adj_y} {'constant' if constant else ''}"

            def side(values, *quantization):
                kind = {"data" if constant else "feed": values}
                return Tensor(str(values.dtype), right, *quantization, **kind)

            values = make.floats(right, -1, 1).astype("float32")
            x = Tensor("float32", left, feed=make.floats(left, -1, 1).astype("float32"))
            yield Model("BATCH_MATMUL", [x, side(values)], [Tensor("float32", out)], options, label="float32 " + label)
            depth = product[3]
            for zero in (0, make.zero("int8")):
                x = make.quantized("int8", left, 0.02)
                y = side(make.codes("int8", right), 0.01, zero)
                result = make.quantized("int8", out, 0.02 * np.sqrt(depth) * 10 ** make.random.uniform(-0.5, 0.5))
                yield Model("BATCH_MATMUL", [x, y], [result], options, version=2, label=f"int8 zero {zero} {label}")
            x, y = Tensor("int8", left, feed=make.codes("int8", left)), side(make.codes("int8", right))
            yield Model("BATCH_MATMUL", [x, y], [Tensor("int32", out)], options, version=2, label="int8 to int32 " + label)
            for dtype, scale in (("int16", 1e-4), ("int8", 0.01)):
                x = make.quantized("int16", left, 1e-4, 0)
                y = side(make.codes(dtype, right), scale, 0)
                result = make.quantized("int16", out, (1e-4 if dtype == "int16" else 4e-5) * np.sqrt(depth), 0)
                yield Model("BATCH_MATMUL", [x, y], [result], options, version=3, label=f"int16 by {dtype} {label}")
            if not constant or len(product[1]) > 1 or adj_x:  # what weights of a converted network are not
                continue
            for asymmetric in (False, True):
                for channels in (1, product[4]):
                    if channels > 1 and len(right) > 2:
                        continue
                    axis = len(right) - (2 if adj_y else 1)
                    scales = make.random.uniform(0.005, 0.02, channels)
                    x = Tensor("float32", left, feed=make.floats(left, -1, 2).astype("float32"))
                    y = Tensor("int8", right, scales, [0] * channels, axis, data=make.codes("int8", right))
                    hybrid = dict(options[1], asymmetricQuantizeInputs=asymmetric)
                    yield Model("BATCH_MATMUL", [x, y], [Tensor("float32", out)], ("BatchMatMul", hybrid), version=4,
                                label=f"hybrid {asymmetric} {channels} {label}")


FAMILIES = [matmul]
