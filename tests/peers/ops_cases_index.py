"""Cases of the operators that find, place and count elements."""

import numpy as np

from ops_model import Model, Tensor


def const(values, dtype="int32"):
    values = np.asarray(values, dtype)
    return Tensor(dtype, list(values.shape), data=values)


def fed(values, dtype=None):
    values = np.asarray(values, dtype)
    return Tensor(str(values.dtype), list(values.shape), feed=values)


def either(make, values, dtype="int32"):
    return (const if make.random.random() < 0.5 else fed)(values, dtype)


def embedding(make):
    for shape in ([6, 5], [9, 4, 2], [3, 1]):
        rows = fed(make.random.integers(0, shape[0], 7), "int32")
        out = [7] + shape[1:]
        for dtype in ("float32", "int8", "int32"):
            table = const(make.any(dtype, shape), dtype)
            yield Model("EMBEDDING_LOOKUP", [rows, table], [Tensor(dtype, out)], label=f"{dtype} {shape}")
        for dtype in ("int8", "uint8", "int4", "int2"):
            for n in (1, shape[0]):
                if np.prod(shape[1:]) % {"int4": 2, "int2": 4}.get(dtype, 1):
                    continue
                packed = {"int4": 8, "int2": 2}.get(dtype)
                codes = make.random.integers(-packed, packed, shape) if packed else make.codes(dtype, shape)
                table = Tensor(dtype, shape, make.random.uniform(0.01, 0.1, n), [0] * n, 0, data=codes)
                yield Model("EMBEDDING_LOOKUP", [rows, table], [Tensor("float32", out)], version=5,
                            label=f"{dtype} to float {shape} {n} scales")


def one_hot(make):
    for index in ("int32", "int64"):
        for dtype in ("float32", "int32", "int64", "int8", "uint8", "bool"):
            for shape, axis in (([4], -1), ([4], 0), ([2, 3], 1), ([2, 3], -1), ([], -1)):
                depth = 5
                indices = fed(make.random.integers(-1, depth + 1, shape), index)
                full = len(shape) if axis == -1 else axis
                out = shape[:full] + [depth] + shape[full:]
                on, off = (const(make.any(dtype, []), dtype) for _ in range(2))
                yield Model("ONE_HOT", [indices, either(make, depth), on, off], [Tensor(dtype, out)],
                            ("OneHot", {"axis": axis}), label=f"{index} {dtype} {shape} {axis}")


def scatter(make):
    for dtype in ("float32", "int8", "uint8", "int32", "int64", "bool"):
        for out, at in (([5], [4, 1]), ([4, 6], [3, 2]), ([4, 6, 3], [2, 5, 1]), ([2, 3, 4], [3, 3]), ([3, 2], [2, 1])):
            depth = at[-1]
            indices = np.stack([make.random.integers(0, out[d], at[:-1]) for d in range(depth)], -1)
            updates = make.plain(dtype, at[:-1] + out[depth:])
            if dtype == "float32":
                updates.feed = np.round(updates.feed).astype(dtype)
            yield Model("SCATTER_ND", [fed(indices, "int32"), updates, either(make, out)], [Tensor(dtype, out)],
                        ("ScatterNd", {}), label=f"{dtype} {out} {at}")
        if dtype == "bool":
            continue
        for out, n in (([7], 3), ([4, 5], 6), ([2, 3, 4], 2), ([2, 3, 2, 2], 5)):
            for index in ("int32", "int64"):
                indices = np.stack([make.random.integers(0, d, n) for d in out], -1)
                for values in ([n], []):
                    yield Model("SPARSE_TO_DENSE", [fed(indices, index), either(make, out, index), make.plain(dtype, values),
                                                    const(make.any(dtype, []), dtype)], [Tensor(dtype, out)],
                                ("SparseToDense", {}), version=3, label=f"{dtype} {index} {out} {values}")
        yield Model("SPARSE_TO_DENSE", [fed([3, 1, 3], "int32"), const([6]), make.plain(dtype, [3]),
                                        const(make.any(dtype, []), dtype)], [Tensor(dtype, [6])], ("SparseToDense", {}),
                    version=3, label=f"{dtype} vector")


def topk(make):
    for dtype in ("float32", "int8", "uint8", "int16", "int32", "int64"):
        for shape, k in (([9], 3), ([4, 7], 7), ([2, 3, 50], 8), ([3, 1], 1), ([2, 6], 0), ([1, 300], 299)):
            x = make.plain(dtype, shape)
            if make.random.random() < 0.5:  # many equals
                x.feed = (x.feed / 20).astype("int64").astype(dtype)
            if dtype == "float32" and make.random.random() < 0.5:
                x.feed = np.where(make.random.random(shape) < 0.1, np.nan, x.feed).astype(dtype)
            out = shape[:-1] + [k]
            yield Model("TOPK_V2", [x, either(make, k)], [Tensor(dtype, out), Tensor("int32", out)], ("TopKV2", {}),
                        version=3, label=f"{dtype} {shape} {k}")
    x = make.plain("float32", [3, 20])
    yield Model("TOPK_V2", [x, const(4, "int16")], [Tensor("float32", [3, 4]), Tensor("int16", [3, 4])], ("TopKV2", {}),
                version=3, label="int16 indices")


def where_unique(make):
    for dtype in ("bool", "float32", "int32", "int64", "int8", "uint8", "uint32"):
        for shape in ([9], [3, 4], [2, 3, 4], [0], [1, 1, 1, 5]):
            x = make.plain(dtype, shape)
            x.feed = np.where(make.random.random(shape) < 0.5, np.zeros([], dtype), x.feed).astype(dtype)
            yield Model("WHERE", [x], [Tensor("int64", [0, len(shape)])], ("Where", {}), version=2, label=f"{dtype} {shape}")
    for dtype in ("float32", "int8", "uint8", "int16", "int32", "int64"):
        for n in (1, 8, 200):
            x = fed((make.any(dtype, [n]) / 10).astype(dtype))
            for index, code in (("int32", 2), ("int64", 4)):
                yield Model("UNIQUE", [x], [Tensor(dtype, [0]), Tensor(index, [n])], ("Unique", {"idxOutType": code}),
                            label=f"{dtype} {index} {n}")


def sequences(make):
    for dtype, triples in (("int32", [(0, 10, 3), (10, 0, -3), (5, 5, 1), (-7, 8, 5)]), ("int64", [(0, 9, 3), (3, -20, -4)]),
                           ("float32", [(0, 1, 0.1), (2.5, -3, -0.7), (1, 1, 2), (0, 100, 0.3)])):
        for triple in triples:
            for constant in (True, False):
                inputs = [(const if constant else fed)(v, dtype) for v in triple]
                yield Model("RANGE", inputs, [Tensor(dtype, [0])], ("Range", {}), version=2, label=f"{dtype} {triple} {constant}")
    for dtype in ("float32", "uint8", "int16", "int32", "int64"):
        for shape, seq, batch in (([3, 5], 1, 0), ([4, 3, 2], 0, 1), ([2, 3, 4, 2], 2, 0), ([2, 3, 4, 2], 1, 3)):
            for index in ("int32", "int64"):
                lengths = fed(make.random.integers(0, shape[seq] + 1, shape[batch]), index)
                yield Model("REVERSE_SEQUENCE", [make.plain(dtype, shape), lengths], [Tensor(dtype, shape)],
                            ("ReverseSequence", {"seqDim": seq, "batchDim": batch}), label=f"{dtype} {index} {shape} {seq} {batch}")


def segments(make):
    for dtype in ("float32", "int32"):
        for shape in ([7], [6, 4], [5, 2, 3]):
            x = make.plain(dtype, shape)
            up = np.cumsum(make.random.integers(0, 2, shape[0]))
            up -= up[0]
            yield Model("SEGMENT_SUM", [x, either(make, up)], [Tensor(dtype, [int(up[-1]) + 1] + shape[1:])],
                        ("SegmentSum", {}), label=f"{dtype} {shape}")
            for name in ("Sum", "Prod", "Max", "Min"):
                for rank in (1, len(shape)):
                    ids = make.random.integers(-1, 4, shape[:rank])
                    x = make.plain(dtype, shape)
                    if name == "Prod" and dtype == "float32":
                        x.feed = make.floats(shape, 0.5, 2)
                    model = Model("UNSORTED_SEGMENT_" + name.upper(), [x, either(make, ids), either(make, 5)],
                                  [Tensor(dtype, [5] + shape[rank:])], ("UnsortedSegment" + name, {}), label=f"{dtype} {shape} {rank}")
                    yield model


def slices(make):
    for dtype in ("float32", "int8", "int32", "int64", "bool", "int16", "float16"):
        for index in ("int32", "int64"):
            for shape, box in (([7], [3]), ([4, 5], [4, 5]), ([3, 4, 5], [1, 2, 5]), ([2, 3, 4, 2], [1, 1, 4, 2]), ([6, 2], [0, 2])):
                start = make.random.integers(-2, 6, len(shape))
                yield Model("DYNAMIC_UPDATE_SLICE", [make.plain(dtype, shape), make.plain(dtype, box), fed(start, index)],
                            [Tensor(dtype, shape)], ("DynamicUpdateSlice", {}), version=4, label=f"{dtype} {index} {shape} {box}")
    for a, b in (([2, 3], [3]), ([1, 4, 1], [5, 1, 7]), ([], [2, 2]), ([6], [6])):
        for index in ("int32", "int64"):
            n = max(len(a), len(b))
            if n == 0 or not a:
                continue
            yield Model("BROADCAST_ARGS", [either(make, a, index), either(make, b, index)], [Tensor(index, [n])], label=f"{index} {a} {b}")


def diagonals(make):
    for dtype in ("float32", "int8", "uint8", "int16", "int32", "int64"):
        for shape in ([4], [2, 3], [2, 1, 5]):
            yield Model("MATRIX_DIAG", [make.plain(dtype, shape)], [Tensor(dtype, shape + shape[-1:])], ("MatrixDiag", {}),
                        label=f"{dtype} {shape}")
        for shape in ([4, 4], [3, 5], [2, 5, 3]):
            diagonal = shape[:-2] + [min(shape[-2:])]
            yield Model("MATRIX_SET_DIAG", [make.plain(dtype, shape), make.plain(dtype, diagonal)], [Tensor(dtype, shape)],
                        ("MatrixSetDiag", {}), label=f"{dtype} {shape}")


def newest(make):
    """Types for which converters write the newest versions."""
    table = [("PAD", [([2, 3], "bool"), const([[1, 0], [2, 1]])], [("bool", [3, 6])], ("Pad", {}), 5),
             ("PADV2", [([2, 3], "bool"), const([[1, 0], [2, 1]]), const(True, "bool")], [("bool", [3, 6])], ("PadV2", {}), 5),
             ("CONCATENATION", [([2, 3], "float16"), ([2, 2], "float16")], [("float16", [2, 5])], ("Concatenation", {"axis": 1}), 6),
             ("SLICE", [([3, 4], "float16"), const([1, 0]), const([2, 3])], [("float16", [2, 3])], ("Slice", {}), 8),
             ("TRANSPOSE", [([3, 4], "float16"), const([1, 0])], [("float16", [4, 3])], ("Transpose", {}), 9),
             ("TRANSPOSE", [([1, 2, 1, 3, 2, 1, 2], "float32"), const([6, 5, 4, 3, 2, 1, 0])], [("float32", [2, 1, 2, 3, 1, 2, 1])],
              ("Transpose", {}), 8),
             ("UNPACK", [([2, 3], "float16")], [("float16", [3])] * 2, ("Unpack", {"axis": 0, "num": 2}), 5)]
    for op, inputs, outputs, options, version in table:
        yield Model(op, [make.plain(i[1], i[0]) if isinstance(i, tuple) else i for i in inputs], [Tensor(*o) for o in outputs], options,
                    version=version, label=f"version {version}")


FAMILIES = [embedding, one_hot, scatter, topk, where_unique, sequences, segments, slices, diagonals, newest]
