"""Cases of STABLEHLO's operators that LiteRT runs, and of those that draw random numbers."""

import numpy as np

from ops_cases_index import const, either, fed
from ops_model import Model, Tensor

WHOLE = ("int8", "int16", "int32", "int64", "uint8", "uint32")


def pairs(make):
    for op in ("ADD", "MULTIPLY", "MAXIMUM", "MINIMUM", "AND", "SHIFT_LEFT"):
        reals = () if op in ("AND", "SHIFT_LEFT") else ("float32", "float16", "float64")
        for dtype in reals + (("int8", "int16", "int32") if op == "SHIFT_LEFT" else WHOLE):
            for shape in ([], [7], [2, 3, 4]):
                x, y = make.plain(dtype, shape), make.plain(dtype, shape)
                if op == "SHIFT_LEFT":
                    y.feed = make.ints(dtype, shape, 0, 8)
                model = Model("STABLEHLO_" + op, [x, y], [Tensor(dtype, shape)],
                              ("StablehloShiftLeft", {}) if op == "SHIFT_LEFT" else None, label=f"{dtype} {shape}")
                model.reference = op not in ("AND", "SHIFT_LEFT")
                yield model


def padding(make):
    for dtype in ("float32", "int8", "int64"):
        for shape, low, high, inside in (([5], [2], [1], [0]), ([3, 4], [-1, 2], [1, -2], [2, 0]), ([2, 3, 2], [0, -3, 1], [0, 4, -1], [1, 2, 3]),
                                         ([4], [-9], [9], [3]), ([3], [-2], [-2], [0])):
            out = [max(0, n + (n - 1) * i + a + b) for n, a, b, i in zip(shape, low, high, inside)]
            yield Model("STABLEHLO_PAD", [make.plain(dtype, shape), const(make.any(dtype, []), dtype)], [Tensor(dtype, out)],
                        ("StablehloPad", {"edgePaddingLow": low, "edgePaddingHigh": high, "interiorPadding": inside}),
                        label=f"{dtype} {shape} {low} {high} {inside}")
        for shape, by in (([4], [3]), ([2, 3], [1, 2]), ([3, 1, 2], [2, 5, 1]), ([2, 2], [1, 1])):
            out = [(n - 1) * b + 1 for n, b in zip(shape, by)]
            yield Model("DILATE", [make.plain(dtype, shape), either(make, by), const(make.any(dtype, []), dtype)], [Tensor(dtype, out)],
                        ("Dilate", {}), label=f"{dtype} {shape} {by}")


WINDOWS = [  # shape, window, strides, base dilations, window dilations, padding
    ([7], [3], [2], [1], [1], [0, 0]), ([5, 6], [2, 3], [1, 2], [1, 1], [2, 1], [1, 0, 0, 2]), ([4, 3], [3, 2], [1, 1], [2, 3], [1, 2], [1, 1, 2, 0]),
    ([2, 5, 5, 1], [1, 2, 2, 1], [1, 2, 2, 1], [1] * 4, [1] * 4, [0, 0, -1, 1, 0, 0, 0, 0]),
]


def windows(make):
    bodies = {"ADD": "Add", "MUL": "Mul", "MAXIMUM": "Maximum", "MINIMUM": "Minimum", "STABLEHLO_ADD": "", "STABLEHLO_MAXIMUM": ""}
    for shape, window, strides, base, dilations, pads in WINDOWS:
        padded = [(n - 1) * b + 1 + pads[2 * d] + pads[2 * d + 1] for d, (n, b) in enumerate(zip(shape, base))]
        out = [max(0, (p - ((w - 1) * l + 1)) // s + 1) for p, w, l, s in zip(padded, window, dilations, strides)]
        for dtype in ("float32", "int32", "int8"):
            for body in bodies:
                x, first = make.plain(dtype, shape), const(make.any(dtype, []), dtype)
                if dtype == "float32":
                    x.feed, first.data = make.floats(shape, 0.5, 1.5), make.floats([], 0.5, 1.5)
                yield Model("STABLEHLO_REDUCE_WINDOW", [x, first], [Tensor(dtype, out)], ("StablehloReduceWindow", {
                    "windowDimensions": window, "windowStrides": strides, "baseDilations": base, "windowDilations": dilations,
                    "padding": pads, "bodySubgraphIndex": 1}), bodies=[(body, dtype, [])], label=f"{dtype} {body} {shape}")
        out = [max(0, (n - ((w - 1) * l + 1)) // s + 1) for n, w, l, s in zip(shape, window, dilations, strides)]
        for function in range(1, 7):
            dtype = "int32" if function < 5 else "bool"
            yield Model("REDUCE_WINDOW", [make.plain(dtype, shape), const(make.any(dtype, []), dtype)] +
                        [const(v, "int64") for v in (window, strides, dilations)], [Tensor(dtype, out)],
                        ("ReduceWindow", {"reduceFunction": function}), label=f"{function} {shape}")


def gathers(make):
    """A row each; slices of two dimensions; indices whose vectors come first."""
    cases = [  # operand, indices, offset dims, collapsed, start map, vector dim, slice sizes, output
        ([5, 3], [4, 1], [1], [0], [0], 1, [1, 3], [4, 3]),
        ([3, 4, 2], [2, 3, 2], [2, 3], [0], [1, 0], 2, [1, 2, 2], [2, 3, 2, 2]),
        ([4, 6], [2, 5], [0], [1], [1, 0], 0, [3, 1], [3, 5]),
    ]
    for dtype in ("float32", "int8", "int64"):
        for index in ("int32", "int64"):
            for operand, indices, offset, gone, start, vector, sizes, out in cases:
                yield Model("STABLEHLO_GATHER", [make.plain(dtype, operand), fed(make.random.integers(-1, 7, indices), index)],
                            [Tensor(dtype, out)], ("StablehloGather", {
                                "offsetDims": offset, "collapsedSliceDims": gone, "startIndexMap": start,
                                "indexVectorDim": vector, "sliceSizes": sizes}), label=f"{dtype} {index} {operand} {indices}")


def scatters(make):
    cases = [  # operand, indices, updates, window dims, inserted, map, vector dim
        ([5, 3], [4, 1], [4, 3], [1], [0], [0], 1),
        ([3, 4, 2], [2, 3, 2], [2, 3, 2, 2], [2, 3], [0], [1, 0], 2),
        ([4, 6], [2, 5], [3, 5], [0], [1], [1, 0], 0),
    ]
    for dtype in ("float32", "int32", "int8"):
        for body in (None, "STABLEHLO_ADD", "STABLEHLO_MULTIPLY", "STABLEHLO_MAXIMUM", "STABLEHLO_MINIMUM"):
            for operand, indices, updates, window, inserted, to, vector in cases:
                index = str(make.random.choice(["int32", "int64"]))
                yield Model("STABLEHLO_SCATTER", [make.plain(dtype, operand), fed(make.random.integers(-1, 5, indices), index),
                                                  make.plain(dtype, updates)], [Tensor(dtype, operand)], ("StablehloScatter", {
                                                      "updateWindowDims": window, "insertedWindowDims": inserted,
                                                      "scatterDimsToOperandDims": to, "indexVectorDim": vector,
                                                      "updateComputationSubgraphIndex": 1}), bodies=[(body, dtype, [])],
                            label=f"{dtype} {index} {body} {operand} {indices}")


def branches(make):
    for index in (-1, 0, 1, 2, 7):
        model = Model("STABLEHLO_CASE", [fed(index, "int32"), make.plain("int32", [4]), make.plain("int32", [4])], [Tensor("int32", [4])],
                      ("StablehloCase", {"branchSubgraphIndices": [1, 2, 3]}), label=f"{index}",
                      bodies=[(op, "int32", [4]) for op in ("STABLEHLO_ADD", "STABLEHLO_MULTIPLY", "STABLEHLO_MAXIMUM")])
        model.reference = False  # not among the reference kernels
        yield model


def drawn(make):
    for algorithm, words in ((0, 2), (1, 2), (1, 3), (2, 2)):
        for dtype in ("int32", "uint32", "int64", "uint64"):
            state = fed(make.random.integers(0, 2 ** 63, words, dtype=np.uint64), "uint64")
            if make.random.random() < 0.3:
                state.feed[1] = 0xFFFFFFFF  # the counter carries
            yield Model("STABLEHLO_RNG_BIT_GENERATOR", [state], [Tensor("uint64", [words]), Tensor(dtype, [3, 5])],
                        ("StablehloRngBitGenerator", {"algorithm": algorithm}), label=f"{algorithm} {words} {dtype}")
    for seeds in ((1, 2), (0, 7), (-3, 2 ** 40)):
        options = ("Random", {"seed": seeds[0], "seed2": seeds[1]})
        for shape in ([7], [3, 4, 2]):
            for op in ("RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL"):
                yield Model(op, [either(make, shape)], [Tensor("float32", shape)], options, label=f"{seeds} {shape}")
        for dtype in ("int32", "int64"):
            logits = fed(make.floats([3, 5], -2, 2))
            yield Model("MULTINOMIAL", [logits, const(9, "int32")], [Tensor(dtype, [3, 9])], options, label=f"{seeds} {dtype}")


def rows(make):
    for dtype in ("float32", "float64", "int32", "int64"):
        for bounds in ([], [1.5], [-3.0, 0.0, 0.0, 2.5, 40.0]):
            yield Model("BUCKETIZE", [make.plain(dtype, [3, 7])], [Tensor("int32", [3, 7])], ("Bucketize", {"boundaries": bounds}),
                        label=f"{dtype} {bounds}")
    for combiner in (0, 1, 2):
        for depth in (2, 3):
            dense = [3, 2, 4][-depth:]
            places = np.sort(make.random.integers(0, dense, [8, depth]), 0)
            places = places[np.lexsort(places.T[::-1])]
            inputs = [fed(make.random.integers(0, 6, 8), "int32"), fed(places, "int32"), either(make, dense),
                      fed(make.floats([8], 0.5, 2)), const(make.floats([6, 3, 2], -1, 1), "float32")]
            yield Model("EMBEDDING_LOOKUP_SPARSE", inputs, [Tensor("float32", dense[:-1] + [3, 2])],
                        ("EmbeddingLookupSparse", {"combiner": combiner}), label=f"{combiner} {depth}")
    keys = np.sort(make.random.choice(50, 9, False)) - 20
    for dtype in ("float32", "int8", "int64"):
        yield Model("HASHTABLE_LOOKUP", [fed(make.random.integers(-20, 30, 12), "int32"), const(keys), const(make.any(dtype, [9, 4]), dtype)],
                    [Tensor(dtype, [12, 4]), Tensor("uint8", [12])], label=dtype)
    for kind in (1, 2):
        for items, bits in (("int32", 3), ("int64", 9), ("float32", 32)):
            for inner in ([], [3], [5], [9], [40]):
                inputs = [const(make.floats([4, bits], -50, 50), "float32"), fed(make.any(items, [6] + inner), items)]
                inputs += [fed(make.floats([6], -1, 2))] if make.random.random() < 0.5 else []
                yield Model("LSH_PROJECTION", inputs, [Tensor("int32", [4 if kind == 1 else 4 * bits])], ("LSHProjection", {"type": kind}),
                            label=f"{kind} {items} {bits} {inner}")
    for source, to, shape, out in (("float32", "int32", [3, 4], [3, 4]), ("int32", "uint8", [3], [3, 4]), ("uint8", "int32", [3, 4], [3]),
                                   ("int64", "int16", [2], [2, 4]), ("int16", "float32", [5, 2], [5]), ("float32", "uint32", [], [])):
        x = make.plain(source, shape) if source != "int16" else fed(make.ints("int16", shape, 0, 50))
        yield Model("BITCAST", [x], [Tensor(to, out)], ("Bitcast", {}), label=f"{source} to {to}")


FAMILIES = [pairs, padding, windows, gathers, scatters, branches, drawn, rows]
