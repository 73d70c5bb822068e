"""The models that check_ops.py compares: for each operator its types, shapes, zero points and extremes."""

import numpy as np

import ops_cases_audio
import ops_cases_conv
import ops_cases_detect
import ops_cases_index
import ops_cases_matmul
import ops_cases_move
import ops_cases_recurrent
import ops_cases_stablehlo
import ops_cases_strings
import ops_cases_window
from ops_model import Model, Tensor

# Relative tolerance, and the magnitude below which it is absolute, where (1e-5, 1e-5) is too strict: the reference takes
# e^x for the logistic function below -9; GELU in its tanh form and LOG_SOFTMAX cancel near 0; LRN takes a quick power.
TOLERANCE = {"CONV_2D": (0, 0), "DEPTHWISE_CONV_2D": (0, 0), "FULLY_CONNECTED": (0, 0),  # on int8 weights: every bit
             "LOGISTIC": (2e-4, 1e-5), "GELU": (1e-5, 0.1), "LOG_SOFTMAX": (1e-5, 0.1),
             "LOCAL_RESPONSE_NORMALIZATION": (1e-4, 1e-5),
             "BATCH_MATMUL": (1e-6, 4.0),  # up to 70 products of about one: what their order may change
             "SVDF": (1e-5, 0.1), "UNIDIRECTIONAL_SEQUENCE_LSTM": (1e-5, 0.1), "LSTM": (1e-5, 0.1), "BIDIRECTIONAL_SEQUENCE_LSTM": (1e-5, 0.1),
             "RNN": (1e-5, 0.1), "UNIDIRECTIONAL_SEQUENCE_RNN": (1e-5, 0.1), "BIDIRECTIONAL_SEQUENCE_RNN": (1e-5, 0.1),
             "RFFT2D": (1e-6, 1.0)}  # long sums that cancel
HALF_ULPS = {"GELU": 8}  # the reference rounds after each step, mote once at the end

ACTIVATIONS = {"NONE": 0, "RELU": 1, "RELU_N1_TO_1": 2, "RELU6": 3}
CODES = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767), "int32": (-2**31, 2**31 - 1)}

PAIRS = [  # shapes that broadcast
    ([2, 3, 4, 5], [2, 3, 4, 5]), ([7], [7]), ([], []), ([1, 4, 4, 8], [1, 1, 1, 8]), ([2, 4, 3, 5], [2, 1, 1, 5]),
    ([4, 5], []), ([], [3, 2]), ([1], [2, 3]), ([2, 1, 3], [4, 1]), ([3, 4], [2, 3, 4]), ([6, 1], [1, 5]),
    ([1, 2, 1, 3], [4, 1, 5, 1]), ([2, 70, 9, 3], [3]), ([2, 1, 1, 5], [2, 33, 40, 5]), ([1, 300, 3], [4, 1, 3]), ([2, 300, 1], [2, 1, 3]), ([2, 3, 1], [3, 37]), ([1, 1, 1, 1], [2, 2, 2, 2]), ([0, 3], [1, 3]),
]
DEEP_PAIRS = [([2, 1, 3, 1, 2], [1, 4, 1, 2, 1]), ([2, 1, 2, 1, 3], [2, 3]), ([1, 2, 1, 2, 1, 2], [2, 1, 2, 1, 2, 1])]


class Maker:
    """Random numbers of the kinds that operators are fed."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)

    def scale(self, low=-3.0, high=-0.3):
        return float(np.float32(10 ** self.random.uniform(low, high)))

    def zero(self, dtype):
        low, high = CODES[dtype]
        return int(self.random.choice([low, high, 0 if low < 0 else 128, self.random.integers(low, high + 1)]))

    def codes(self, dtype, shape):
        low, high = CODES[dtype]
        values = np.asarray(self.random.integers(low, high + 1, size=shape, dtype=np.int64))
        if self.random.random() < 0.3:  # saturated and repeated ones
            values = np.where(self.random.random(shape) < 0.3, self.random.choice([low, high]), values)
        return np.asarray(values, dtype)

    def floats(self, shape, low=None, high=None, dtype="float32"):
        if low is not None:
            return np.asarray(self.random.uniform(low, high, shape), dtype)
        values = self.random.normal(0, 10 ** self.random.uniform(-2, 2), shape)
        return np.asarray(np.where(self.random.random(shape) < 0.1, 0.0, values), dtype)

    def ints(self, dtype, shape, low=-50, high=50):
        if np.dtype(dtype).kind == "u":
            low = max(low, 0)
        return np.asarray(self.random.integers(low, high, size=shape), dtype)

    def bools(self, shape):
        return np.asarray(self.random.random(shape) < 0.5)

    def any(self, dtype, shape):
        if dtype == "bool":
            return self.bools(shape)
        if dtype.startswith("float"):
            return self.floats(shape, dtype=dtype)
        if dtype.startswith("complex"):
            return (self.floats(shape) + 1j * self.floats(shape)).astype(dtype)
        return self.ints(dtype, shape)

    def quantized(self, dtype, shape, scale=None, zero=None):
        if zero is None:
            zero = 0 if dtype == "int16" else self.zero(dtype)
        return Tensor(dtype, shape, scale or self.scale(), zero, feed=self.codes(dtype, shape))

    def plain(self, dtype, shape):
        return Tensor(dtype, shape, feed=self.any(dtype, shape))


def broadcast(a, b):
    return list(np.broadcast_shapes(tuple(a), tuple(b)))


def pairs(make, deep=True):
    some = PAIRS + (DEEP_PAIRS if deep else [])
    return [(a, b) if make.random.random() < 0.5 else (b, a) for a, b in some]


def arithmetic(make):
    table = {"Add": ["float32", "int32", "int64"], "Sub": ["float32", "int32", "int64"],
             "Mul": ["float32", "int32", "int64", "uint32", "complex64"], "Div": ["float32", "int32"]}
    for name, dtypes in table.items():
        for dtype in dtypes:
            for a, b in pairs(make, name != "Div"):
                activation = 0 if dtype == "complex64" else make.random.choice(list(ACTIVATIONS.values()))
                x, y = make.plain(dtype, a), make.plain(dtype, b)
                if name == "Div" and dtype == "int32":
                    y.feed = np.where(y.feed == 0, 7, y.feed).astype(dtype)
                out = broadcast(a, b)
                yield Model(name.upper(), [x, y], [Tensor(dtype, out)],
                            (name, {"fusedActivationFunction": int(activation)}), label=f"{dtype} {a} {b}")


def arithmetic_quantized(make):
    for name in ("Add", "Sub", "Mul", "Div"):
        for dtype in ("int8", "uint8", "int16"):
            for a, b in pairs(make, name != "Div"):
                activation = int(make.random.choice(list(ACTIVATIONS.values())))
                x, y = make.quantized(dtype, a), make.quantized(dtype, b)
                low = max(x.scale[0], y.scale[0]) / 60 if name in ("Add", "Sub") else x.scale[0] * y.scale[0] / 200
                if name == "Div":
                    low = x.scale[0] / y.scale[0] / 100
                    y.feed = np.where(y.feed == y.zero[0], y.zero[0] + (1 if y.zero[0] < CODES[dtype][1] else -1),
                                      y.feed).astype(dtype)
                out = make.quantized(dtype, broadcast(a, b), low * 10 ** make.random.uniform(0, 3))
                options = {"fusedActivationFunction": activation}
                if name in ("Add", "Sub"):
                    options["potScaleInt16"] = False
                yield Model(name.upper(), [x, y], [out], (name, options), version=2,
                            label=f"{dtype} {a} {b} act {activation} scales {x.scale} {y.scale} {out.scale}")


def dead_channels(make):
    """Output scales that stand for nothing at all: factors beyond what a shift can express."""
    for dtype in ("int8", "uint8", "int16"):
        for scale in (1e-10, 1e-20, 3e-35):
            x, y = make.quantized(dtype, [4, 60]), make.quantized(dtype, [60])
            yield Model("MUL", [x, y], [make.quantized(dtype, [4, 60], scale)], ("Mul", {}), version=2,
                        label=f"{dtype} to scale {scale}")


def arithmetic_shifts(make):
    """int16 with power-of-two scales."""
    for name in ("Add", "Sub"):
        for log2 in ((0, 0), (0, 1), (3, 0), (0, 5), (7, 0)):
            x = make.quantized("int16", [3, 40], 2.0 ** (-12 - log2[0]))
            y = make.quantized("int16", [3, 40], 2.0 ** (-12 - log2[1]))
            out = make.quantized("int16", [3, 40], 2.0 ** -12)
            yield Model(name.upper(), [x, y], [out], (name, {"potScaleInt16": True}), version=1, label=f"shifts {log2}")


def elementwise_pairs(make):
    table = {
        "MAXIMUM": ("MaximumMinimum", ["float32", "int8", "uint8", "int16", "int32", "int64"]),
        "MINIMUM": ("MaximumMinimum", ["float32", "int8", "uint8", "int16", "int32", "int64"]),
        "SQUARED_DIFFERENCE": ("SquaredDifference", ["float32", "int32"]), "POW": ("Pow", ["float32", "int32"]),
        "FLOOR_DIV": ("FloorDiv", ["float32", "int32", "int16", "int8"]),
        "FLOOR_MOD": ("FloorMod", ["float32", "int32", "int64", "int16", "int8"]),
        "BITWISE_XOR": ("BitwiseXor", ["int8", "uint8", "int16", "uint16", "int32", "uint32"]),
        "RIGHT_SHIFT": ("RightShift", ["int8", "uint8", "int16", "uint16", "int32", "uint32"]),
    }
    for op, (name, dtypes) in table.items():
        for dtype in dtypes:
            for a, b in pairs(make, op in ("MAXIMUM", "MINIMUM")):
                x, y = make.plain(dtype, a), make.plain(dtype, b)
                if op == "POW":
                    x.feed = np.abs(x.feed) + (0.1 if dtype == "float32" else 0)
                    y.feed = make.floats(b, -2, 2) if dtype == "float32" else make.ints(dtype, b, 0, 4)
                    x.feed = np.clip(x.feed, 0, 60).astype(dtype)
                if op.startswith("FLOOR"):
                    y.feed = np.where(y.feed == 0, 3, y.feed).astype(dtype)
                if op == "RIGHT_SHIFT":
                    y.feed = make.ints(dtype, b, -3, 40)
                yield Model(op, [x, y], [Tensor(dtype, broadcast(a, b))], (name, {}), label=f"{dtype} {a} {b}")
    for dtype in ("float32", "float64"):
        yield Model("ATAN2", [make.plain(dtype, [3, 20]), make.plain(dtype, [3, 20])], [Tensor(dtype, [3, 20])],
                    ("ATan2", {}), label=dtype)
    for a, b in pairs(make, False):
        x, y = make.quantized("int8", a), make.quantized("int8", b)
        out = make.quantized("int8", broadcast(a, b), 4 * max(x.scale[0], y.scale[0]) ** 2 / 10 ** make.random.uniform(0, 2))
        yield Model("SQUARED_DIFFERENCE", [x, y], [out], ("SquaredDifference", {}), version=2, label=f"int8 {a} {b}")
    for dtype in ("int8", "uint8", "int16"):
        for op in ("MAXIMUM", "MINIMUM"):
            scale, zero = make.scale(), 0 if dtype == "int16" else make.zero(dtype)
            x, y = make.quantized(dtype, [2, 9, 3], scale, zero), make.quantized(dtype, [3], scale, zero)
            yield Model(op, [x, y], [make.quantized(dtype, [2, 9, 3], scale, zero)], ("MaximumMinimum", {}), version=2,
                        label=f"quantized {dtype}")


def comparisons(make):
    table = {"EQUAL": "Equal", "NOT_EQUAL": "NotEqual", "LESS": "Less", "LESS_EQUAL": "LessEqual",
             "GREATER": "Greater", "GREATER_EQUAL": "GreaterEqual"}
    for op, name in table.items():
        dtypes = ["float32", "int32", "int64"] + (["bool"] if "EQUAL" in op and op[0] in "EN" else [])
        for dtype in dtypes:
            for a, b in pairs(make, False):
                x, y = make.plain(dtype, a), make.plain(dtype, b)
                if dtype != "bool":
                    x.feed, y.feed = np.round(x.feed / 8).astype(dtype), np.round(y.feed / 8).astype(dtype)
                yield Model(op, [x, y], [Tensor("bool", broadcast(a, b))], (name, {}), label=f"{dtype} {a} {b}")
        for dtype in ("int8", "uint8", "int16"):
            for a, b in pairs(make, False):
                x = make.quantized(dtype, a)
                y = make.quantized(dtype, b, x.scale[0] if make.random.random() < 0.5 else None)
                version = 2 if dtype != "int16" else {"EQUAL": 5, "NOT_EQUAL": 4, "LESS": 3, "GREATER_EQUAL": 3}.get(op, 2)
                yield Model(op, [x, y], [Tensor("bool", broadcast(a, b))], (name, {}), version=version,
                            label=f"quantized {dtype} {a} {b}")
    for op, name in (("LOGICAL_AND", "LogicalAnd"), ("LOGICAL_OR", "LogicalOr")):
        for a, b in pairs(make, False):
            yield Model(op, [make.plain("bool", a), make.plain("bool", b)], [Tensor("bool", broadcast(a, b))], (name, {}),
                        label=f"{a} {b}")


def prelu(make):
    for shape, alpha in (([2, 3, 4, 5], [5]), ([2, 3, 4, 5], [1, 1, 5]), ([2, 3, 4, 5], [3, 4, 5]), ([4, 6], [6]),
                         ([2, 3, 4, 5], [3, 1, 1]), ([7], [1])):
        yield Model("PRELU", [make.plain("float32", shape), make.plain("float32", alpha)], [Tensor("float32", shape)],
                    label=f"float32 {shape} {alpha}")
        for dtype in ("int8", "uint8", "int16"):
            x = make.quantized(dtype, shape)
            y = make.quantized("int8" if dtype == "int16" else dtype, alpha)
            out = make.quantized(dtype, shape, x.scale[0] * 10 ** make.random.uniform(-1, 1))
            yield Model("PRELU", [x, y], [out], label=f"{dtype} {shape} {alpha}")


SHAPES = [[3, 50], [1, 7, 5, 3], [], [1], [2, 1, 300]]


def unary_floats(make):
    names = {"ABS": "Abs", "NEG": "Neg", "SQUARE": "Square", "EXP": "Exp", "COS": "Cos", "SIGN": "Sign",
             "HARD_SWISH": "HardSwish"}
    plain = ["SIN", "CEIL", "FLOOR", "ROUND", "LOGISTIC", "TANH", "RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "ELU",
             "SQRT", "RSQRT", "LOG"]
    for op in list(names) + plain:
        for shape in SHAPES:
            x = make.plain("float32", shape)
            if op in ("SQRT", "RSQRT", "LOG"):
                x.feed = np.abs(x.feed) + np.float32(1e-3)
            if op in ("SIN", "COS"):
                x.feed = np.clip(x.feed, -100, 100)
            if op == "ROUND":
                x.feed = (np.round(x.feed * 2) / 2).astype("float32")
            yield Model(op, [x], [Tensor("float32", shape)], (names[op], {}) if op in names else None,
                        label=f"float32 {shape}")
    for shape in SHAPES:
        for approximate in (True, False):
            yield Model("GELU", [make.plain("float32", shape)], [Tensor("float32", shape)],
                        ("Gelu", {"approximate": approximate}), label=f"float32 {shape} {approximate}")
        yield Model("LEAKY_RELU", [make.plain("float32", shape)], [Tensor("float32", shape)],
                    ("LeakyRelu", {"alpha": float(make.random.uniform(-0.5, 1.5))}), label=f"float32 {shape}")
        yield Model("LOGICAL_NOT", [make.plain("bool", shape)], [Tensor("bool", shape)], ("LogicalNot", {}))
    for op, dtypes in {"ABS": ["int32", "int16"], "NEG": ["int8", "int16", "int32", "int64"],
                       "SIGN": ["int32", "float64"]}.items():
        for dtype in dtypes:
            yield Model(op, [make.plain(dtype, [4, 30])], [Tensor(dtype, [4, 30])], (names[op], {}), version=5,
                        label=dtype)


def every_code(dtype):
    """All codes of an 8-bit type, a spread of int16's."""
    low, high = CODES[dtype]
    step = 1 if dtype != "int16" else 13
    return np.append(np.arange(low, high + 1, step), [high, 0, low]).astype(dtype)


def unary_quantized(make):
    """(types, output's scale and zero point where the operator fixes them)."""
    table = {
        "RELU": ["int8", "uint8", "int16"], "RELU6": ["int8", "uint8", "int16"], "RELU_N1_TO_1": ["int8", "uint8"],
        "RELU_0_TO_1": ["int8", "uint8"], "LEAKY_RELU": ["int8", "uint8", "int16"], "ABS": ["int8", "int16"],
        "HARD_SWISH": ["int8", "uint8"], "LOGISTIC": ["int8", "uint8", "int16"], "TANH": ["int8", "uint8", "int16"],
        "EXP": ["int8", "int16"], "LOG": ["int8", "int16"], "ELU": ["int8"], "GELU": ["int8", "uint8", "int16"],
        "SQRT": ["int8", "int16"], "RSQRT": ["int8", "int16"],
    }
    fixed = {("LOGISTIC", "int8"): (1 / 256, -128), ("LOGISTIC", "uint8"): (1 / 256, 0), ("TANH", "int8"): (1 / 128, 0),
             ("TANH", "uint8"): (1 / 128, 128), ("LOGISTIC", "int16"): (1 / 32768, 0), ("TANH", "int16"): (1 / 32768, 0)}
    named = {"LEAKY_RELU": "LeakyRelu", "ABS": "Abs", "HARD_SWISH": "HardSwish", "EXP": "Exp", "GELU": "Gelu"}
    for op, dtypes in table.items():
        for dtype in dtypes:
            for round_ in range(4):
                codes = every_code(dtype)
                wide = dtype == "int16"
                scale = make.scale(-5, -3) if wide else make.scale(-2.5, -0.6)
                if wide and round_ == 0 and op in ("LOGISTIC", "TANH"):
                    scale = 2.0 ** -12
                if wide and round_ == 1 and op == "TANH":
                    scale = 2.0 ** -11
                x = make.quantized(dtype, list(codes.shape), scale)
                if op in ("SQRT", "RSQRT"):
                    codes = np.maximum(codes, x.zero[0])
                if op in ("SQRT", "RSQRT") and not wide:
                    x.zero = [int(make.random.integers(-128, 0))]
                    codes = np.maximum(codes, x.zero[0])
                x.feed = codes.astype(dtype)
                out_scale, out_zero = fixed.get((op, dtype), (x.scale[0] * 10 ** make.random.uniform(-0.2, 1), None))
                if op in ("EXP", "LOG", "RSQRT", "SQRT"):
                    out_scale = 10 ** (make.random.uniform(-4, -3) if wide else make.random.uniform(-2, -1))
                out = make.quantized(dtype, list(codes.shape), out_scale, out_zero)
                values = {}
                if op == "LEAKY_RELU":
                    values = {"alpha": float(make.random.choice([0.1, 0.3, 1.7, 0.01]))}
                if op == "GELU":
                    values = {"approximate": bool(round_ % 2)}
                yield Model(op, [x], [out], (named[op], values) if op in named else None, version=3 if wide and op in (
                    "RELU", "RELU6", "LOGISTIC", "TANH", "ABS", "RSQRT") else 2 if op in ("EXP", "LOG", "SQRT", "GELU") else 1,
                    label=f"{dtype} {x.scale}{x.zero} -> {out.scale}{out.zero} {values}")


REDUCTIONS = [([2, 3, 4, 5], [1, 2]), ([2, 3, 4, 5], [2, 1]), ([1, 7, 7, 300], [1, 2]), ([4, 6], [1]), ([4, 6], [0]),
              ([4, 6], [0, 1]), ([3, 4, 5], [-1]), ([3, 4, 5], [0, 2]), ([2, 3, 4, 5], [0, 2]), ([2, 3, 4, 5], [1, 3]),
              ([5], [0]), ([2, 3, 4], [0, 1, 2]), ([2, 3, 4], [1, 1, -2]), ([2, 3, 1, 2, 2], [1, 4]), ([3, 40], [])]


def reductions(make):
    plain = {"MEAN": ["float32", "int32", "int64"], "SUM": ["float32", "int32", "int64"],
             "REDUCE_PROD": ["float32", "int32", "int64"], "REDUCE_MAX": ["float32", "int32", "int64"],
             "REDUCE_MIN": ["float32", "int32", "int64"], "REDUCE_ANY": ["bool"], "REDUCE_ALL": ["bool"]}
    for op, dtypes in plain.items():
        for dtype in dtypes:
            for shape, axes in REDUCTIONS:
                x = make.plain(dtype, shape)
                if op == "REDUCE_PROD" and dtype == "float32":
                    x.feed = make.floats(shape, 0.7, 1.4)
                if op in ("MEAN", "SUM") and dtype == "float32":
                    x.feed = make.floats(shape, 0.1, 4)
                if op == "REDUCE_ALL":
                    x.feed = make.random.random(shape) < 0.9
                yield reduction(make, op, x, axes, lambda out: Tensor(dtype, out), f"{dtype} {shape} {axes}")
    quantized = {"MEAN": ["int8", "uint8", "int16"], "SUM": ["int8", "uint8", "int16"], "REDUCE_PROD": ["int8", "int16"],
                 "REDUCE_MAX": ["int8", "uint8", "int16"], "REDUCE_MIN": ["int8", "uint8", "int16"]}
    for op, dtypes in quantized.items():
        for dtype in dtypes:
            for shape, axes in REDUCTIONS:
                x = make.quantized(dtype, shape)
                same = op in ("REDUCE_MAX", "REDUCE_MIN")
                scale = x.scale[0] if same else x.scale[0] * 10 ** make.random.uniform(-0.5, 0.7)
                if op == "REDUCE_PROD":
                    scale = 10 ** make.random.uniform(-2, 0)
                zero = x.zero[0] if same else None
                model = reduction(make, op, x, axes, lambda out: make.quantized(dtype, out, scale, zero),
                                  f"{dtype} {shape} {axes} {x.scale}{x.zero} -> {scale}")
                # the reference resolver's SUM reads int8 and int16 as uint8
                model.reference = not (op == "SUM" and dtype != "uint8")
                yield model


def reduction(make, op, x, axes, output, label):
    keep = bool(make.random.random() < 0.5)
    folded = {a % len(x.shape) for a in axes}
    out = [1 if i in folded else d for i, d in enumerate(x.shape) if keep or i not in folded]
    version = 3 if x.dtype == "int16" and op != "SUM" and op != "REDUCE_PROD" else 2 if x.dtype == "int8" else 1
    return Model(op, [x, Tensor("int32", [len(axes)], data=np.array(axes, "int32"))], [output(out)],
                 ("Reducer", {"keepDims": keep}), version=version, label=f"{label} keep {keep}")


def axes_at_run_time(make):
    """The axes are an input: only then is the output's shape known."""
    for op in ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_PROD"):
        for dtype in ("float32", "int32", "int8"):
            if dtype == "int8" and op in ("SUM", "REDUCE_PROD"):
                continue
            for shape, axes in (([2, 3, 4], [1]), ([2, 3, 4], [2, 0]), ([5, 6], [-1])):
                x = make.plain(dtype, shape) if dtype != "int8" else make.quantized(dtype, shape)
                if dtype == "float32":
                    x.feed = make.floats(shape, 0.5, 1.5)
                model = reduction(make, op, x, axes, lambda out: Tensor(dtype, out) if dtype != "int8" else make.quantized(
                    dtype, out, x.scale[0], x.zero[0]), f"{dtype} {shape} {axes} at run time")
                axis = model.inputs[1]
                axis.feed, axis.data = axis.data, None
                yield model
    for shape, axis in (([2, 3, 4], 1), ([2, 3, 4], -1)):
        out = [d for i, d in enumerate(shape) if i != axis % 3]
        yield Model("ARG_MAX", [make.plain("float32", shape), Tensor("int32", [1], feed=np.array([axis], "int32"))],
                    [Tensor("int32", out)], ("ArgMax", {"outputType": 2}), label=f"{shape} {axis} at run time")
        yield Model("CUMSUM", [make.plain("int32", shape), Tensor("int32", [1], feed=np.array([axis], "int32"))],
                    [Tensor("int32", shape)], ("Cumsum", {}), label=f"{shape} {axis} at run time")


def arg_extrema(make):
    for op, name in (("ARG_MAX", "ArgMax"), ("ARG_MIN", "ArgMin")):
        for dtype in ("float32", "int8", "uint8", "int32", "bool"):
            for shape, axis in (([3, 5], 1), ([3, 5], 0), ([2, 3, 4, 5], -1), ([2, 3, 4, 5], 1), ([9], 0)):
                to = str(make.random.choice(["int32", "int64"]))
                x = make.plain(dtype, shape)
                x.feed = np.round(x.feed.astype("float32") / 9).astype(dtype) if dtype != "bool" else x.feed
                out = [d for i, d in enumerate(shape) if i != axis % len(shape)]
                yield Model(op, [x, Tensor("int32", [], data=np.array(axis, "int32"))], [Tensor(to, out)],
                            (name, {"outputType": {"int32": 2, "int64": 4}[to]}), version=3, label=f"{dtype} {shape} {axis}")


def softmaxes(make):
    for shape in ([1, 10], [3, 7], [2, 3, 4, 5], [1, 1000], [5], [2, 1]):
        for op in ("SOFTMAX", "LOG_SOFTMAX"):
            beta = float(make.random.choice([1.0, 1.0, 0.5, 2.0])) if op == "SOFTMAX" else 1.0
            options = (("Softmax", {"beta": beta}) if op == "SOFTMAX" else ("LogSoftmax", {}))
            yield Model(op, [make.plain("float32", shape)], [Tensor("float32", shape)], options, label=f"float32 {shape}")
            for dtype in ("int8", "uint8", "int16"):
                if op == "LOG_SOFTMAX" and dtype == "int16":
                    continue
                low = -1.0 if shape[-1] > 200 else -2.5  # the reference aborts on long flat rows
                x = make.quantized(dtype, shape, make.scale(low, -0.3) if dtype != "int16" else make.scale(-5, -3))
                if op == "SOFTMAX":
                    scale, zero = {"int8": (1 / 256, -128), "uint8": (1 / 256, 0), "int16": (1 / 32768, 0)}[dtype]
                else:
                    scale, zero = 16 / 256, {"int8": 127, "uint8": 255}[dtype]
                yield Model(op, [x], [make.quantized(dtype, shape, scale, zero)], options, version=3 if dtype == "int16" else 2,
                            label=f"{dtype} {shape} beta {beta} {x.scale}")
                if op == "SOFTMAX" and dtype == "int8":
                    yield Model(op, [x], [make.quantized("int16", shape, 1 / 65536, -32768)], options, version=2,
                                label=f"int8 to int16 {shape} beta {beta} {x.scale}")


def quantizing(make):
    for shape in SHAPES:
        for to in ("int8", "uint8", "int16"):
            out = make.quantized(to, shape)
            x = make.plain("float32", shape)
            x.feed = (make.floats(shape, -300, 300) * np.float32(out.scale[0])).astype("float32")
            halves = make.random.random(shape) < 0.3
            x.feed = np.where(halves, (np.round(x.feed / np.float32(out.scale[0])) + np.float32(0.5)) *
                              np.float32(out.scale[0]), x.feed).astype("float32")
            yield Model("QUANTIZE", [x], [out], ("Quantize", {}), version=2 if to == "int16" else 1, label=f"float32 to {to} {shape}")
        for source, targets in {"int8": ["int8", "uint8", "int16"], "uint8": ["int8", "uint8", "int16"],
                                "int16": ["int8", "int16", "int32"], "int32": ["int8", "int16"]}.items():
            for to in targets:
                zero = 0 if source == "int16" or source == "int32" else None
                x = make.quantized(source, shape, None, zero)
                if source == "int32":
                    x.feed = make.ints("int32", shape, -100000, 100000)
                    x.scale = [1e-5]
                out = make.quantized(to, shape, x.scale[0] * 10 ** make.random.uniform(-0.5, 1.5), 0 if to in (
                    "int16", "int32") else None)
                yield Model("QUANTIZE", [x], [out], ("Quantize", {}), version=2, label=f"{source} to {to} {shape}")
        for source in ("int8", "uint8", "int16"):
            yield Model("DEQUANTIZE", [make.quantized(source, shape)], [Tensor("float32", shape)], ("Dequantize", {}),
                        version=3 if source == "int16" else 2, label=f"{source} {shape}")
        half = Tensor("float16", shape, feed=make.floats(shape, dtype="float16"))
        yield Model("DEQUANTIZE", [half], [Tensor("float32", shape)], ("Dequantize", {}), version=3, label=f"float16 {shape}")
    for axis, shape in ((0, [4, 3, 2]), (1, [2, 5, 3]), (3, [2, 3, 3, 6])):
        n = shape[axis]
        scales = [make.scale() for _ in range(n)]
        zeros = [int(z) for z in make.random.integers(-20, 20, n)]
        for dtype in ("int8", "int16"):
            out = Tensor(dtype, shape, scales, zeros if dtype == "int8" else [0] * n, axis)
            yield Model("QUANTIZE", [make.plain("float32", shape)], [out], ("Quantize", {}), version=3,
                        label=f"per channel {dtype} {shape} {axis}")
        for dtype in ("int8", "uint8"):
            x = Tensor(dtype, shape, scales, zeros if dtype == "int8" else [z + 100 for z in zeros], axis,
                       feed=make.codes(dtype, shape))
            yield Model("DEQUANTIZE", [x], [Tensor("float32", shape)], ("Dequantize", {}), version=5,
                        label=f"per channel {dtype} {shape} {axis}")
        codes = make.ints("int8", shape, -8, 8)
        x = Tensor("int4", shape, scales, [0] * n, axis, data=codes)
        yield Model("DEQUANTIZE", [x], [Tensor("float32", shape)], ("Dequantize", {}), version=6, label=f"int4 {shape} {axis}")
    for bits in (8, 4, 16):
        for low, high in ((-1.0, 2.0), (0.0, 6.0), (-10.0, 0.0), (-0.5, 0.5)):
            yield Model("FAKE_QUANT", [make.plain("float32", [5, 40])], [Tensor("float32", [5, 40])],
                        ("FakeQuant", {"min": low, "max": high, "numBits": bits}), label=f"{bits} {low} {high}")


def casts(make):
    dtypes = ["float32", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "bool", "float16", "float64",
              "complex64"]
    codes = {"float32": 0, "float16": 1, "int32": 2, "uint8": 3, "int64": 4, "bool": 6, "int16": 7, "complex64": 8, "int8": 9,
             "float64": 10, "uint32": 15, "uint16": 16}
    for source in dtypes:
        for to in dtypes:
            x = make.plain(source, [3, 20])
            if source.startswith(("float", "complex")) and not to.startswith(("float", "complex")):
                x.feed = np.abs(x.feed).astype(source) if source != "complex64" else np.abs(x.feed).astype("complex64")
                x.feed = np.where(np.abs(x.feed) > 120, 17.5, x.feed).astype(source)
            if source.startswith(("int", "uint")) and to.startswith("u"):
                x.feed = np.abs(x.feed)
            yield Model("CAST", [x], [Tensor(to, [3, 20])], ("Cast", {"inDataType": codes[source], "outDataType": codes[to]}),
                        version=5, label=f"{source} to {to}")


def halves(make):
    names = {"ADD": "Add", "MUL": "Mul", "MAXIMUM": "MaximumMinimum", "MINIMUM": "MaximumMinimum", "LESS": "Less",
             "EQUAL": "Equal", "GREATER_EQUAL": "GreaterEqual"}
    for op, name in names.items():
        for a, b in PAIRS:
            x, y = make.plain("float16", a), make.plain("float16", b)
            to = "bool" if op in ("LESS", "EQUAL", "GREATER_EQUAL") else "float16"
            yield Model(op, [x, y], [Tensor(to, broadcast(a, b))], (name, {}), version={"ADD": 6, "MUL": 8}.get(op, 1),
                        label=f"float16 {a} {b}")
    for op, name in {"LOGISTIC": None, "TANH": None, "NEG": "Neg", "ROUND": None, "SIN": None, "COS": "Cos", "FLOOR": None,
                     "GELU": "Gelu", "SOFTMAX": "Softmax"}.items():
        for shape in ([3, 50], [1, 700]):
            x = make.plain("float16", shape)
            x.feed = np.clip(x.feed, -30, 30)
            options = {"SOFTMAX": {"beta": 1.0}}.get(op, {})
            version = {"LOGISTIC": 3, "TANH": 3, "SIN": 2, "COS": 2, "GELU": 3, "SOFTMAX": 4}.get(op, 1)
            model = Model(op, [x], [Tensor("float16", shape)], (name, options) if name else None, version, f"float16 {shape}")
            model.reference = op not in ("SIN", "COS", "GELU", "SOFTMAX", "ADD", "MUL")
            yield model


def the_rest(make):
    for shape in ([2, 3, 4, 5], [1, 7], [9], [3, 64]):
        yield Model("L2_NORMALIZATION", [make.plain("float32", shape)], [Tensor("float32", shape)], ("L2Norm", {}),
                    label=f"float32 {shape}")
        for dtype, zero in (("int8", 0), ("uint8", 128)):
            yield Model("L2_NORMALIZATION", [make.quantized(dtype, shape)], [make.quantized(dtype, shape, 1 / 128, zero)],
                        ("L2Norm", {}), version=2, label=f"{dtype} {shape}")
        model = Model("LOCAL_RESPONSE_NORMALIZATION", [make.plain("float32", [1, 2] + (shape * 2)[-2:])],
                      [Tensor("float32", [1, 2] + (shape * 2)[-2:])], ("LocalResponseNormalization", {
                          "radius": int(make.random.integers(1, 5)), "bias": 1.5, "alpha": 0.3, "beta": 0.6}), label=f"{shape}")
        model.reference = False  # its window lacks the last channel
        yield model
        for axis in range(-1, len(shape)):
            for dtype in ("float32", "int32", "int64"):
                options = {"exclusive": bool(make.random.random() < 0.5), "reverse": bool(make.random.random() < 0.5)}
                x = make.plain(dtype, shape)
                if dtype == "float32":
                    x.feed = make.floats(shape, 0.5, 2)
                yield Model("CUMSUM", [x, Tensor("int32", [], data=np.array(axis, "int32"))], [Tensor(dtype, shape)],
                            ("Cumsum", options), label=f"{dtype} {shape} {axis} {options}")
    for n in (2, 3, 5):
        for dtype in ("float32", "int32"):
            inputs = [make.plain(dtype, [4, 9]) for _ in range(n)]
            if dtype == "float32":
                for x in inputs:
                    x.feed = make.floats([4, 9], 0, 2)
            yield Model("ADD_N", inputs, [Tensor(dtype, [4, 9])], ("AddN", {}), label=f"{dtype} {n}")
    for dtype in ("float32", "int8", "uint8", "int16", "int32", "int64", "bool"):
        for condition, shape in (([3, 4], [3, 4]), ([3], [3, 4]), ([], [3, 4]), ([3], [3, 2, 5]), ([7], [7])):
            yield Model("SELECT", [make.plain("bool", condition), make.plain(dtype, shape), make.plain(dtype, shape)],
                        [Tensor(dtype, shape)], ("Select", {}), label=f"{dtype} {condition} {shape}")
        for shapes in (([3, 4], [3, 4], [3, 4]), ([3, 1], [3, 4], [1, 4]), ([1], [2, 3], [2, 3]), ([2, 3], [], [3]),
                       ([2, 1, 4], [3, 1], [1]), ([2, 1, 3, 1, 2], [2, 1, 1, 1], [2])):
            out = list(np.broadcast_shapes(*map(tuple, shapes)))
            yield Model("SELECT_V2", [make.plain("bool", shapes[0]), make.plain(dtype, shapes[1]),
                                      make.plain(dtype, shapes[2])], [Tensor(dtype, out)], ("SelectV2", {}),
                        label=f"{dtype} {shapes}")
    for op in ("REAL", "IMAG", "COMPLEX_ABS"):
        yield Model(op, [make.plain("complex64", [3, 11])], [Tensor("float32", [3, 11])], label="complex64")


FAMILIES = [arithmetic, arithmetic_quantized, dead_channels, arithmetic_shifts, elementwise_pairs, comparisons, prelu, unary_floats,
            unary_quantized, reductions, axes_at_run_time, arg_extrema, softmaxes, quantizing, casts, halves, the_rest,
            *ops_cases_move.FAMILIES, *ops_cases_matmul.FAMILIES, *ops_cases_index.FAMILIES, *ops_cases_detect.FAMILIES,
            *ops_cases_audio.FAMILIES, *ops_cases_conv.FAMILIES, *ops_cases_window.FAMILIES, *ops_cases_recurrent.FAMILIES, *ops_cases_stablehlo.FAMILIES, *ops_cases_strings.FAMILIES]


def all_cases(seed, per):
    """Every family's models, `per` times with other numbers."""
    for repetition in range(per):
        for index, family in enumerate(FAMILIES):
            yield from family(Maker([seed, repetition, index]))
