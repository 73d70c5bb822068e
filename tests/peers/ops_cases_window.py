"""Cases of the operators that slide a window, and of FULLY_CONNECTED: every pairing of types, also packed and misnamed
weights, with paddings, strides, dilations, groups, zero points, activations."""

import numpy as np

from ops_model import Model, Tensor

SAME, VALID = 0, 1
# batch, height, width, channels, filter's height and width, stride, dilation, padding
WINDOWS = [
    (1, 5, 5, 3, 3, 3, 1, 1, SAME), (2, 7, 6, 4, 3, 2, 2, 1, VALID), (1, 9, 9, 8, 1, 1, 1, 1, SAME),
    (1, 8, 11, 5, 3, 3, 1, 2, SAME), (1, 4, 4, 16, 4, 4, 1, 1, VALID), (1, 10, 3, 2, 5, 1, 3, 1, SAME),
    (1, 12, 12, 17, 3, 3, 2, 1, SAME), (3, 1, 1, 7, 1, 1, 1, 1, VALID), (1, 6, 6, 1, 3, 3, 1, 1, SAME),
]
PAIRINGS = ["float32", "int8", "int8 per tensor", "int8 int4", "uint8", "int16 int64", "int16 int32", "hybrid", "hybrid per channel",
            "hybrid int4", "hybrid uint8"]


def size(n, filter_size, stride, dilation, padding):
    reach = (filter_size - 1) * dilation + 1
    return -(-n // stride) if padding == SAME else (n - reach) // stride + 1


def weights(make, pairing, shape, axis):
    """The filter: codes of its type on one scale, or one a channel."""
    n = shape[axis]
    if pairing == "float32":
        return Tensor("float32", shape, data=make.floats(shape, -1, 1))
    if pairing in ("uint8", "hybrid uint8"):
        zero = make.zero("uint8") if pairing == "uint8" else 0
        codes = make.codes("uint8", shape)
        if pairing == "hybrid uint8":  # read as int8; LiteRT's vector code needs them in -127...127
            codes = np.where(codes == 128, 129, codes).astype("uint8")
        return Tensor("uint8", shape, 0.01, zero, data=codes)
    per_tensor = pairing in ("int8 per tensor", "hybrid", "hybrid int4")
    scales = make.random.uniform(0.002, 0.02, 1 if per_tensor else n)
    codes = make.codes("int8", shape)
    if "int4" in pairing:
        return Tensor("int4", shape, scales * 16, [0] * len(scales), axis, data=np.clip(codes // 16, -8, 7).astype("int8"))
    return Tensor("int8", shape, scales, [0] * len(scales), axis, data=np.maximum(codes, -127).astype("int8"))


def products(make, op, pairing, x_shape, w_shape, axis, out_shape, options, version, label, w_first=()):
    """A model of inputs x, filter, bias (w_first: what comes before them, with filter and x changing places)."""
    channels, depth = w_shape[axis], int(np.prod(w_shape)) // w_shape[axis]
    w = weights(make, pairing, w_shape, axis)
    bias = make.random.random() < 0.8
    if pairing == "int16 int32" and op in ("CONV_2D", "FULLY_CONNECTED"):
        bias = True
        options = (options[0], dict(options[1], quantizedBiasType=2))  # INT32
    if pairing == "float32" or pairing.startswith("hybrid"):
        x, out = Tensor("float32", x_shape, feed=make.floats(x_shape, -1, 2)), Tensor("float32", out_shape)
        b = Tensor("float32", [channels], data=make.floats([channels], -1, 1)) if bias else None
    else:
        dtype = pairing.split()[0]
        x = make.quantized(dtype, x_shape, 0.02 if dtype != "int16" else 1e-4)
        step = x.scale[0] * float(np.mean(w.scale))
        spread = 70 if dtype != "int16" else 70 * 200
        out = make.quantized(dtype, out_shape, step * np.sqrt(max(depth, 1)) * spread * 10 ** make.random.uniform(-0.5, 1))
        wide = pairing == "int16 int64"
        scales = [x.scale[0] * s for s in w.scale]
        values = make.random.integers(-20000, 20000, channels).astype("int64" if wide else "int32")
        b = Tensor("int64" if wide else "int32", [channels], scales, [0] * len(scales), 0, data=values) if bias else None
    inputs = [*w_first, w, x, b] if w_first else [x, w, b]
    if op in ("CONV_2D", "DEPTHWISE_CONV_2D") and b is None:
        kind = "float32" if x.dtype == "float32" else "int64" if pairing == "int16 int64" else "int32"
        inputs[2] = Tensor(kind, [channels], *([[1.0] * len(w.scale), None, 0] if w.scale else []), data=np.zeros(channels, kind))
    if inputs[-1] is None and w_first:
        inputs.pop()
    model = Model(op, inputs, [out], options, version=version, label=f"{pairing} {label} act {options[1].get('fusedActivationFunction')}")
    if pairing == "float32":
        model.tolerance = (1e-5, 1.0)  # sums that cancel
    return model


def convolutions(make):
    for pairing in PAIRINGS:
        for batch, h, w, c, fh, fw, stride, dilation, padding in WINDOWS:
            out_c = int(make.random.choice([1, 4, 9, 17]))
            options = {"padding": padding, "strideH": stride, "strideW": stride, "dilationHFactor": dilation,
                       "dilationWFactor": dilation, "fusedActivationFunction": int(make.random.choice([0, 1, 2, 3]))}
            out = [batch, size(h, fh, stride, dilation, padding), size(w, fw, stride, dilation, padding)]
            label = f"{[batch, h, w, c]} filter {fh}x{fw} stride {stride} dilation {dilation} padding {padding}"
            yield products(make, "CONV_2D", pairing, [batch, h, w, c], [out_c, fh, fw, c], 0, out + [out_c],
                           ("Conv2D", options), 3, label)
            if c % 2 == 0 and dilation == 1:
                yield products(make, "CONV_2D", pairing, [batch, h, w, c], [6, fh, fw, c // 2], 0, out + [6],
                               ("Conv2D", options), 3, "groups " + label)
            for multiplier in (1, 3):
                options = dict(options, depthMultiplier=multiplier)
                n = c * multiplier
                yield products(make, "DEPTHWISE_CONV_2D", pairing, [batch, h, w, c], [1, fh, fw, n], 3, out + [n],
                               ("DepthwiseConv2D", options), 3, f"multiplier {multiplier} " + label)


def transposed(make):
    for pairing in ("float32", "int8", "int8 per tensor", "uint8", "int16 int64"):
        for h, w, c, fh, fw, stride, padding in ((3, 3, 4, 3, 3, 2, SAME), (5, 4, 1, 2, 2, 2, VALID), (4, 4, 7, 4, 4, 2, SAME),
                                                 (3, 6, 3, 3, 1, 1, VALID), (2, 2, 5, 1, 1, 3, SAME)):
            out_c = int(make.random.choice([1, 3, 8]))
            reach = [(n * stride if padding == SAME else (n - 1) * stride + f) for n, f in ((h, fh), (w, fw))]
            out = [1, *reach, out_c]
            options = ("TransposeConv", {"padding": padding, "strideH": stride, "strideW": stride, "fusedActivationFunction": 0})
            yield products(make, "TRANSPOSE_CONV", pairing, [1, h, w, c], [out_c, fh, fw, c], 0, out, options, 3,
                           f"{[1, h, w, c]} filter {fh}x{fw} stride {stride} padding {padding}",
                           w_first=[Tensor("int32", [4], data=np.array(out, "int32"))])


def dense(make):
    for pairing in PAIRINGS:
        for rows, depth, units in ((1, 7, 5), (4, 64, 10), (3, 33, 1), (2, 128, 40), (9, 16, 16)):
            options = {"fusedActivationFunction": int(make.random.choice([0, 1, 2, 3])),
                       "asymmetricQuantizeInputs": bool(make.random.random() < 0.5 and pairing.startswith("hybrid"))}
            yield products(make, "FULLY_CONNECTED", pairing, [rows, depth], [units, depth], 0, [rows, units],
                           ("FullyConnected", options), 9 if pairing.startswith("hybrid") else 4, f"{rows} {depth} {units}")


def pools(make):
    for op, dtypes in (("AVERAGE_POOL_2D", ["float32", "int8", "uint8", "int16"]), ("MAX_POOL_2D", ["float32", "int8", "uint8", "int16"]),
                       ("L2_POOL_2D", ["float32"])):
        for dtype in dtypes:
            for batch, h, w, c, fh, fw, stride, _, padding in WINDOWS:
                options = {"padding": padding, "strideH": stride, "strideW": stride, "filterHeight": fh, "filterWidth": fw,
                           "fusedActivationFunction": int(make.random.choice([0, 1, 2, 3]))}
                out = [batch, size(h, fh, stride, 1, padding), size(w, fw, stride, 1, padding), c]
                x = make.plain(dtype, [batch, h, w, c]) if dtype == "float32" else make.quantized(dtype, [batch, h, w, c])
                y = Tensor(dtype, out, x.scale, x.zero)
                yield Model(op, [x], [y], ("Pool2D", options), version=1 if dtype == "float32" else 3 if dtype == "int16" else 2,
                            label=f"{dtype} {[batch, h, w, c]} filter {fh}x{fw} stride {stride} padding {padding}")


def volumes(make):
    for d, h, w, c, f, stride, dilation, padding in ((4, 5, 6, 3, (2, 3, 3), (1, 1, 1), 1, SAME), (3, 4, 4, 1, (3, 2, 2), (1, 2, 2), 1, VALID),
                                                     (5, 5, 5, 2, (2, 2, 2), (2, 2, 2), 1, SAME), (6, 6, 6, 4, (2, 3, 2), (1, 1, 1), 2, VALID),
                                                     (2, 3, 4, 5, (1, 1, 1), (1, 1, 1), 1, SAME)):
        for bias in (True, False):
            out_c = int(make.random.choice([1, 4, 7]))
            options = dict(zip(("strideD", "strideH", "strideW"), stride), padding=padding, dilationDFactor=dilation,
                           dilationHFactor=dilation, dilationWFactor=dilation, fusedActivationFunction=int(make.random.choice([0, 1, 3])))
            small = [size(n, k, s, dilation, padding) for n, k, s in zip((d, h, w), f, stride)]
            label = f"{[d, h, w, c]} filter {f} stride {stride} dilation {dilation} padding {padding} bias {bias}"
            b = [Tensor("float32", [out_c], data=make.floats([out_c], -1, 1))] if bias else []
            forward = Model("CONV_3D", [Tensor("float32", [2, d, h, w, c], feed=make.floats([2, d, h, w, c], -1, 1)),
                                        Tensor("float32", [*f, c, out_c], data=make.floats([*f, c, out_c], -1, 1)), *b],
                            [Tensor("float32", [2, *small, out_c])], ("Conv3D", options), label=label)
            whole = [2, d, h, w, out_c]
            back = Model("CONV_3D_TRANSPOSE", [Tensor("int32", [5], data=np.array(whole, "int32")),
                                               Tensor("float32", [*f, out_c, c], data=make.floats([*f, out_c, c], -1, 1)),
                                               Tensor("float32", [2, *small, c], feed=make.floats([2, *small, c], -1, 1)), *b],
                         [Tensor("float32", whole)], ("Conv3D", options), label=label)
            for model in (forward, back):
                model.tolerance = (1e-5, 1.0)  # sums that cancel
                yield model


FAMILIES = [volumes, convolutions, transposed, dense, pools]
