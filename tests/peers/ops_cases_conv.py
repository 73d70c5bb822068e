"""Cases of CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED: in integers, and of floats that meet int8 weights. Floats
become codes on the way, so that another rounding shows as a whole code: values halfway between codes, and the floats
beside them, are among the inputs."""

import numpy as np

from ops_model import DTYPES, Model, Tensor

# input, filter height and width, filters
IMAGES = [([1, 1, 1, 24], 1, 1, 7), ([2, 5, 6, 3], 3, 3, 8), ([1, 8, 7, 16], 1, 1, 33), ([3, 4, 4, 5], 2, 3, 1)]
ROWS = [(1, 40, 12), (3, 7, 5), (6, 64, 33), (2, 1, 1)]


def halfway(make, shape, asymmetric):
    """Floats of which many lie on or beside the middle of two codes, for a step of 1 or another."""
    n = int(np.prod(shape))
    step = np.float32(make.random.choice([1, 0.37]))
    low = -128 if asymmetric else -127
    values = make.random.integers(-100, 100, n).astype(np.float32) + np.float32(0.5)
    values = np.nextafter(values, values + make.random.integers(-1, 2, n).astype(np.float32))
    smooth = make.random.uniform(-127, 127, n).astype(np.float32)
    values = np.where(make.random.random(n) < 0.5, values, smooth)
    values[0] = np.nextafter(np.float32(0.5), np.float32(0))
    values[-1:], values[-2:-1] = 127, low
    return (values * step).reshape(shape)


def weights(make, shape, n_scales, axis, alike):
    scales = np.full(n_scales, 0.013) if alike else make.random.uniform(0.005, 0.02, n_scales)
    return Tensor("int8", shape, scales, [0] * n_scales, axis, data=np.maximum(make.codes("int8", shape), -127))  # as converters do


def images(make):
    for shape, height, width, filters in IMAGES:
        for n_scales, alike in ((1, True), (filters, False), (filters, True)):
            label = f"{shape} {height}x{width} {n_scales} scales {'alike' if alike else ''}"
            stride, same = int(make.random.integers(1, 3)), int(make.random.integers(0, 2))
            size = [(shape[1 + i] - (0 if not same else f - 1) + stride - 1) // stride
                    for i, f in enumerate((height, width))]
            options = dict(padding=same, strideH=stride, strideW=stride,
                           fusedActivationFunction=int(make.random.choice([0, 1, 3])))
            bias = Tensor("float32", [filters], data=make.floats([filters], -1, 1).astype("float32"))
            x = Tensor("float32", shape, feed=halfway(make, shape, n_scales > 1))
            yield Model("CONV_2D", [x, weights(make, [filters, height, width, shape[3]], n_scales, 0, alike), bias],
                        [Tensor("float32", [shape[0], *size, filters])], ("Conv2D", options), version=5,
                        label="hybrid " + label)
            if n_scales == 1:
                continue  # LiteRT refuses it
            x = Tensor("float32", shape, feed=halfway(make, shape, True))
            bias = Tensor("float32", [shape[3]], data=make.floats([shape[3]], -1, 1).astype("float32"))
            yield Model("DEPTHWISE_CONV_2D", [x, weights(make, [1, height, width, shape[3]], shape[3], 3, alike), bias],
                        [Tensor("float32", [shape[0], *size, shape[3]])],
                        ("DepthwiseConv2D", dict(options, depthMultiplier=1)), version=6, label="hybrid " + label)


def rows(make):
    for n, depth, units in ROWS:
        for asymmetric in (False, True):
            for n_scales in (1, units):
                x = Tensor("float32", [n, depth], feed=halfway(make, [n, depth], asymmetric))
                bias = Tensor("float32", [units], data=make.floats([units], -1, 1).astype("float32"))
                yield Model("FULLY_CONNECTED", [x, weights(make, [units, depth], n_scales, 0, n_scales == 1), bias],
                            [Tensor("float32", [n, units])],
                            ("FullyConnected", dict(asymmetricQuantizeInputs=asymmetric)), version=9,
                            label=f"hybrid {asymmetric} {n}x{depth}x{units} {n_scales} scales")


def on_codes(make, op, options, version, x_shape, w_shape, out_shape, n_scales, axis, label):
    """int8 and uint8 with int32 bias, int16 with int8 weights and a bias of 32 or 64 bits."""
    channels = out_shape[-1]
    depth = int(np.prod(w_shape[:-1] if op == "DEPTHWISE_CONV_2D" else w_shape[1:]))
    for kind, bias_kind in (("int8", "int32"), ("uint8", "int32"), ("int16", "int64"), ("int16", "int32")):
        n = 1 if kind == "uint8" else n_scales
        x = make.quantized(kind, x_shape, 10 ** make.random.uniform(-4, -1))
        scales = 10 ** make.random.uniform(-4, -2) * make.random.uniform(0.3, 1, n)
        if kind == "uint8":
            w = Tensor("uint8", w_shape, scales, make.zero("uint8"), data=make.codes("uint8", w_shape))
        else:
            w = Tensor("int8", w_shape, scales, [0] * n, axis, data=np.maximum(make.codes("int8", w_shape), -127))
        spread = 2 ** (15 if kind == "int16" else 7) * 60 * np.sqrt(depth)
        bias = Tensor(bias_kind, [channels], x.scale[0] * scales, [0] * n,
                      data=make.ints(bias_kind, [channels], -int(spread), int(spread)))
        # results that fill the range, or a part of it, or more
        step = x.scale[0] * scales.mean() * spread / 2 ** (15 if kind == "int16" else 7) * make.random.choice([0.1, 1, 3])
        out = Tensor(kind, out_shape, step, 0 if kind == "int16" else make.zero(kind))
        said = options if op == "DEPTHWISE_CONV_2D" else (options[0], dict(options[1], quantizedBiasType=DTYPES[bias_kind]))
        yield Model(op, [x, w, bias], [out], said, version=version[kind], label=f"{kind} {bias_kind} {n} scales {label}")


def integers(make):
    for shape, height, width, filters in IMAGES:
        stride, same = int(make.random.integers(1, 3)), int(make.random.integers(0, 2))
        options = dict(padding=same, strideH=stride, strideW=stride,
                       fusedActivationFunction=int(make.random.choice([0, 1, 3])))
        size = [(shape[1 + i] - (0 if not same else f - 1) + stride - 1) // stride for i, f in enumerate((height, width))]
        label = f"{shape} {height}x{width}"
        for n_scales in (1, filters):
            yield from on_codes(make, "CONV_2D", ("Conv2D", options), dict(int8=3, uint8=1, int16=4), shape,
                                [filters, height, width, shape[3]], [shape[0], *size, filters], n_scales, 0, label)
        multiplier = int(make.random.integers(1, 3))
        channels = shape[3] * multiplier
        yield from on_codes(make, "DEPTHWISE_CONV_2D", ("DepthwiseConv2D", dict(options, depthMultiplier=multiplier)),
                            dict(int8=3, uint8=1, int16=5), shape, [1, height, width, channels],
                            [shape[0], *size, channels], channels, 3, label)
    for n, depth, units in ROWS:
        options = dict(fusedActivationFunction=int(make.random.choice([0, 1, 3])))
        for n_scales in (1, units):
            yield from on_codes(make, "FULLY_CONNECTED", ("FullyConnected", options), dict(int8=4, uint8=1, int16=7),
                                [n, depth], [units, depth], [n, units], n_scales, 0, f"{n}x{depth}x{units}")


FAMILIES = [images, rows, integers]
