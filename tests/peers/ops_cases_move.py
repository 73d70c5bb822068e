"""Cases of the operators that move elements or keep a state from one step to the next."""

import numpy as np

from ops_model import Model, Tensor


def blocks(make):
    for dtype in ("float32", "int8", "uint8", "int32", "int64"):
        for block, shape in ((2, [1, 4, 6, 3]), (3, [2, 3, 6, 1]), (1, [1, 2, 3, 4])):
            n, h, w, c = shape
            deep = [n, h // block, w // block, c * block * block]
            fine, packed = (make.plain(dtype, s) for s in (shape, deep))
            yield Model("SPACE_TO_DEPTH", [fine], [Tensor(dtype, deep)], ("SpaceToDepth", {"blockSize": block}), version=2,
                        label=f"{dtype} {shape} {block}")
            yield Model("DEPTH_TO_SPACE", [packed], [Tensor(dtype, shape)], ("DepthToSpace", {"blockSize": block}), version=2,
                        label=f"{dtype} {deep} {block}")


def gathering(make):
    for dtype in ("float32", "int8", "uint8", "int16", "int32", "int64", "bool"):
        for index in ("int32", "int64"):
            for shape, at in (([5], [3, 1]), ([4, 6], [2, 2]), ([4, 6, 3], [2, 5, 1]), ([2, 3, 4, 5], [3, 3])):
                depth = at[-1]
                indices = np.stack([make.random.integers(0, shape[d], at[:-1]) for d in range(depth)], -1).astype(index)
                yield Model("GATHER_ND", [make.plain(dtype, shape), Tensor(index, at, feed=indices)],
                            [Tensor(dtype, at[:-1] + shape[depth:])], ("GatherNd", {}), version=4,
                            label=f"{dtype} {index} {shape} {at}")


def zeros(make):
    for dtype in ("float32", "int32", "int64"):
        for shape in ([], [7], [2, 3, 4]):
            yield Model("ZEROS_LIKE", [make.plain(dtype, shape)], [Tensor(dtype, shape)], ("ZerosLike", {}), label=f"{dtype} {shape}")


def svdf(make):
    for n_batch, n_input, n_unit, rank, memory in ((1, 5, 4, 1, 3), (2, 16, 3, 2, 7), (1, 40, 8, 1, 10)):
        n_filter = n_unit * rank
        shapes = [[n_batch, n_input], [n_filter, n_input], [n_filter, memory], [n_unit], [n_batch, memory * n_filter]]
        for activation in (0, 1):
            for with_bias in (True, False):
                inputs = [Tensor("float32", s, data=make.floats(s, -1, 1).astype("float32")) for s in shapes]
                inputs[0] = Tensor("float32", shapes[0], feed=make.floats(shapes[0], -1, 1).astype("float32"))
                inputs[3] = inputs[3] if with_bias else None
                inputs[4] = Tensor("float32", shapes[4], variable=True)
                yield Model("SVDF", inputs, [Tensor("float32", [n_batch, n_unit])],
                            ("SVDF", {"rank": rank, "fusedActivationFunction": activation}),
                            label=f"float32 {shapes} {activation} {with_bias}")
        for asymmetric, kind in ((False, "int8"), (True, "int8"), (False, "uint8")):
            weights = [Tensor(kind, s, scale, 0, data=np.maximum(make.codes("int8", s), -127).astype("int8").view(kind))
                       for s, scale in ((shapes[1], 0.01), (shapes[2], 0.004))]
            yield Model("SVDF", [Tensor("float32", shapes[0], feed=make.floats(shapes[0], -1, 2).astype("float32")), *weights,
                                 Tensor("float32", shapes[3], data=make.floats(shapes[3], -1, 1).astype("float32")),
                                 Tensor("float32", shapes[4], variable=True)], [Tensor("float32", [n_batch, n_unit])],
                        ("SVDF", {"rank": rank, "fusedActivationFunction": 1, "asymmetricQuantizeInputs": asymmetric}),
                        version=4, label=f"hybrid {kind} {asymmetric} {shapes}")
        for zero in (0, -7, 100):
            codes = make.random.integers
            yield Model("SVDF", [
                Tensor("int8", shapes[0], 0.02, zero, feed=codes(-128, 128, shapes[0]).astype("int8")),
                Tensor("int8", shapes[1], 0.01, 0, data=codes(-127, 128, shapes[1]).astype("int8")),
                Tensor("int16", shapes[2], 0.0003, 0, data=codes(-3000, 3000, shapes[2]).astype("int16")),
                Tensor("int32", shapes[3], 3e-7, 0, data=codes(-100000, 100000, shapes[3]).astype("int32")),
                Tensor("int16", shapes[4], 0.001, 0, variable=True),
            ], [Tensor("int8", [n_batch, n_unit], 0.05, zero)], ("SVDF", {"rank": rank, "fusedActivationFunction": 1}),
                version=3, label=f"int8 {shapes} {zero}")


VARIANTS = [(coupled, peephole, norm, sizes) for coupled in (False, True) for peephole in (False, True)
            for norm in (False, True) for sizes in ((6, 6), (4, 6))]


def without_input_gate(inputs):
    for at in (1, 5, 9, 12, 20):
        if at < len(inputs):
            inputs[at] = None


def lstm(make):
    """Floats on float weights, and on int8 ones; sequences, and single steps."""
    def const(*shape):
        return Tensor("float32", shape, data=make.floats(list(shape), -0.7, 0.7).astype("float32"))

    def codes(*shape):
        return Tensor("int8", shape, make.random.uniform(0.002, 0.008), 0, data=make.codes("int8", list(shape)))

    for coupled, peephole, norm, (n_output, n_cell) in VARIANTS:
        for weights in (const, codes):
            for one_step in (False, True):
                time_major = bool(make.random.random() < 0.5) and not one_step
                asymmetric = bool(make.random.random() < 0.5) and weights is codes
                batch, time, n_input = 2, 4, 5
                lead = [batch] if one_step else [time, batch] if time_major else [batch, time]
                inputs = [Tensor("float32", lead + [n_input], feed=make.floats(lead + [n_input], -2, 2).astype("float32"))]
                inputs += [weights(n_cell, n_input) for _ in range(4)] + [weights(n_cell, n_output) for _ in range(4)]
                inputs += [weights(n_cell) if peephole else None for _ in range(3)] + [const(n_cell) for _ in range(4)]
                inputs += [weights(n_output, n_cell), const(n_output)] if n_output != n_cell else [None, None]
                inputs += [Tensor("float32", [batch, n_output], variable=True), Tensor("float32", [batch, n_cell], variable=True)]
                inputs += [const(n_cell) for _ in range(4)] if norm else []
                if coupled:
                    without_input_gate(inputs)
                options = {"fusedActivationFunction": 4, "cellClip": 1.5, "projClip": 0.8, "asymmetricQuantizeInputs": asymmetric}
                if not one_step:
                    options["timeMajor"] = time_major
                label = f"{'hybrid' if weights is codes else 'float32'} coupled {coupled} peephole {peephole} norm {norm} " \
                        f"{n_output} of {n_cell} asymmetric {asymmetric}"
                yield Model("LSTM" if one_step else "UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, [Tensor("float32", lead + [n_output])],
                            ("LSTM" if one_step else "UnidirectionalSequenceLSTM", options),
                            version=1 if weights is const else (4 if asymmetric else 3) if one_step else 3 if asymmetric else 2,
                            label=label)


def lstm_codes(make):
    def codes(dtype, shape, scale, most):
        return Tensor(dtype, shape, scale, 0, data=make.random.integers(-most, most + 1, shape).astype(dtype))

    for coupled, peephole, norm, (n_output, n_cell) in VARIANTS:
        batch, time, n_input = 2, 3, 5
        h_scale, zero = 1 / 128, int(make.random.integers(-20, 20))
        x = Tensor("int8", [batch, time, n_input], 0.02, make.zero("int8"), feed=make.codes("int8", [batch, time, n_input]))
        inputs = [x] + [codes("int8", [n_cell, n_input], 0.005, 127) for _ in range(4)]
        inputs += [codes("int8", [n_cell, n_output], 0.005, 127) for _ in range(4)]
        inputs += [codes("int16", [n_cell], 2e-5, 32767) if peephole else None for _ in range(3)]
        inputs += [codes("int32", [n_cell], 1e-4 if not norm else 3e-8, 3000 if not norm else 3000000) for _ in range(4)]
        inputs += [codes("int8", [n_output, n_cell], 0.005, 127), codes("int32", [n_output], 3e-5, 2000)] if n_output != n_cell else [None, None]
        inputs += [Tensor("int8", [batch, n_output], h_scale, zero, variable=True),
                   Tensor("int16", [batch, n_cell], 2.0 ** -12, 0, variable=True)]
        inputs += [codes("int16", [n_cell], 3e-5, 32767) for _ in range(4)] if norm else []
        if coupled:
            without_input_gate(inputs)
        middle = [Tensor("int16", [1], 2e-4, 0) for _ in range(4)] + [Tensor("int8", [1], 1 / 128, int(make.random.integers(-9, 9)))]
        yield Model("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, [Tensor("int8", [batch, time, n_output], h_scale, zero)],
                    ("UnidirectionalSequenceLSTM", {"fusedActivationFunction": 4, "cellClip": 6.0}),
                    label=f"int8 coupled {coupled} peephole {peephole} norm {norm} {n_output} of {n_cell}", intermediates=middle)


def two_ways(make):
    """Both directions, with outputs joined or not, and the backward one on an input of its own."""
    def const(*shape):
        return Tensor("float32", shape, data=make.floats(list(shape), -0.7, 0.7).astype("float32"))

    def codes(*shape):
        return Tensor("int8", shape, make.random.uniform(0.002, 0.008), 0, data=make.codes("int8", list(shape)))

    time, n_input = 4, 5
    for weights in (const, codes):
        for merge, time_major, other, coupled in ((False, True, False, False), (True, False, False, False), (True, True, "instead", False),
                                                  (False, False, "instead", True), (False, True, "beside", False),
                                                  (False, False, "beside", True)):
            batch = 1 if merge and not time_major else 2  # of more LiteRT reads the state past its end
            lead = [time, batch] if time_major else [batch, time]
            ways, states = [], []
            n_output, n_cell = (4, 6) if make.random.random() < 0.5 else (3, 3)  # LiteRT has one size for both
            for _ in range(2):
                peephole = make.random.random() < 0.5
                way = [weights(n_cell, n_input) for _ in range(4)] + [weights(n_cell, n_output) for _ in range(4)]
                way += [weights(n_cell) if peephole else None for _ in range(3)] + [const(n_cell) for _ in range(4)]
                way += [weights(n_output, n_cell), const(n_output)] if n_output != n_cell else [None, None]
                if coupled:
                    for at in (0, 4, 8, 11):
                        way[at] = None
                ways += way
                states += [Tensor("float32", [batch, n_output], variable=True), Tensor("float32", [batch, n_cell], variable=True)]
            x = [Tensor("float32", lead + [n_input], feed=make.floats(lead + [n_input], -2, 2).astype("float32")) for _ in range(2)]
            beside = [weights(n_cell, n_input) if other == "beside" and not (coupled and i % 4 == 0) else None for i in range(8)]
            asymmetric = bool(make.random.random() < 0.5) and weights is codes
            options = {"fusedActivationFunction": 4, "cellClip": 1.5, "projClip": 0.8, "mergeOutputs": merge, "timeMajor": time_major,
                       "asymmetricQuantizeInputs": asymmetric}
            outputs = [Tensor("float32", lead + [2 * n_output])] if merge else [Tensor("float32", lead + [n_output])] * 2
            yield Model("BIDIRECTIONAL_SEQUENCE_LSTM", [x[0], *ways, *states, x[1] if other else None] + beside, outputs,
                        ("BidirectionalSequenceLSTM", options), version=3 if weights is codes else 2,
                        label=f"{'hybrid' if weights is codes else 'float32'} {options} other {other} coupled {coupled}")


FAMILIES = [blocks, gathering, zeros, svdf, lstm, lstm_codes, two_ways]
