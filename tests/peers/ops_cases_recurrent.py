"""Cases of the plain recurrent cells: RNN and its sequences, and the basic form of LSTM."""

import numpy as np

from ops_model import Model, Tensor


def weights_of(make, hybrid):
    def const(*shape):
        return Tensor("float32", shape, data=make.floats(list(shape), -0.7, 0.7).astype("float32"))

    def codes(*shape):
        return Tensor("int8", shape, make.random.uniform(0.002, 0.008), 0, data=make.codes("int8", list(shape)))

    return codes if hybrid else const


def bias_of(make, n):
    return Tensor("float32", [n], data=make.floats([n], -0.5, 0.5).astype("float32"))


def one_way(make, weights, n_input, n_units, batch):
    return [weights(n_units, n_input), weights(n_units, n_units), bias_of(make, n_units),
            Tensor("float32", [batch, n_units], variable=True)]


def rnn(make):
    n_input, n_units, batch, time = 5, 7, 2, 4
    for hybrid in (False, True):
        weights = weights_of(make, hybrid)
        for asymmetric in ((False, True) if hybrid else (False,)):
            for activation in (0, 1, 3, 4):
                version = 1 if not hybrid else 3 if asymmetric else 2
                options = {"fusedActivationFunction": activation, "asymmetricQuantizeInputs": asymmetric}
                label = f"{'hybrid' if hybrid else 'float32'} {options}"
                x = Tensor("float32", [batch, n_input], feed=make.floats([batch, n_input], -2, 2))
                yield Model("RNN", [x, *one_way(make, weights, n_input, n_units, batch)], [Tensor("float32", [batch, n_units])],
                            ("RNN", options), version=version, label=label)
                for time_major in (False, True):
                    lead = [time, batch] if time_major else [batch, time]
                    x = Tensor("float32", lead + [n_input], feed=make.floats(lead + [n_input], -2, 2))
                    yield Model("UNIDIRECTIONAL_SEQUENCE_RNN", [x, *one_way(make, weights, n_input, n_units, batch)],
                                [Tensor("float32", lead + [n_units])], ("SequenceRNN", dict(options, timeMajor=time_major)),
                                version=version, label=f"{label} {time_major}")


def rnn_two_ways(make):
    """other: an auxiliary input, for the backward direction or with weights of its own."""
    n_input, sizes, batch, time = 5, (7, 3), 2, 4
    for hybrid in (False, True):
        weights = weights_of(make, hybrid)
        for time_major in (False, True):
            for merge in (False, True):
                for other in (None, "instead", "beside"):
                    if (other == "instead" and not time_major) or (hybrid and time_major):
                        continue  # there LiteRT reads the input, and here it runs the sequence once for each of its steps
                    lead = [time, batch] if time_major else [batch, time]
                    x, y = [Tensor("float32", lead + [n_input], feed=make.floats(lead + [n_input], -2, 2)) for _ in range(2)]
                    inputs = [x, *one_way(make, weights, n_input, sizes[0], batch), *one_way(make, weights, n_input, sizes[1], batch)]
                    inputs += [y if other else None] + ([weights(n, n_input) for n in sizes] if other == "beside" else [None] * 2)
                    asymmetric = bool(make.random.random() < 0.5) and hybrid
                    options = {"fusedActivationFunction": 4, "timeMajor": time_major, "mergeOutputs": merge,
                               "asymmetricQuantizeInputs": asymmetric}
                    outputs = [Tensor("float32", lead + [sum(sizes)])] if merge else [Tensor("float32", lead + [n]) for n in sizes]
                    yield Model("BIDIRECTIONAL_SEQUENCE_RNN", inputs, outputs, ("BidirectionalSequenceRNN", options),
                                version=1 if not hybrid else 3 if asymmetric else 2,
                                label=f"{'hybrid' if hybrid else 'float32'} {options} {other}")


def basic_lstm(make):
    for kept in (False, True):
        for batch, n_input, n_cell in ((1, 4, 8), (3, 5, 2)):
            def state(dtype, values, *quantization):
                return Tensor(dtype, [batch, n_cell], *quantization, variable=kept, feed=None if kept else values)

            options = ("LSTM", {"fusedActivationFunction": 4, "kernelType": 1})
            shapes = [[batch, n_cell], [batch, n_cell], [batch, n_input + n_cell], [batch, 4 * n_cell]]
            x = Tensor("float32", [batch, n_input], feed=make.floats([batch, n_input], -2, 2))
            weights = Tensor("float32", [4 * n_cell, n_input + n_cell], data=make.floats([4 * n_cell, n_input + n_cell], -1, 1))
            yield Model("LSTM", [x, state("float32", make.floats([batch, n_cell], -1, 1)), weights, bias_of(make, 4 * n_cell),
                                 state("float32", make.floats([batch, n_cell], -2, 2))],
                        [Tensor("float32", shape) for shape in shapes], options, version=2, label=f"basic float32 {kept} {batch}")
            x = Tensor("uint8", [batch, n_input], 1 / 128, 128, feed=make.codes("uint8", [batch, n_input]))
            zero, scale = int(make.random.integers(100, 150)), make.random.uniform(0.005, 0.02)
            weights = Tensor("uint8", [4 * n_cell, n_input + n_cell], scale, zero, data=make.codes("uint8", [4 * n_cell, n_input + n_cell]))
            bias = Tensor("int32", [4 * n_cell], scale / 128, 0, data=make.ints("int32", [4 * n_cell], -9000, 9000))
            outputs = [Tensor("uint8", shapes[0], 1 / 128, 128), Tensor("int16", shapes[1], 1 / 2048, 0),
                       Tensor("uint8", shapes[2], 1 / 128, 128), Tensor("int16", shapes[3], 1 / 4096, 0)]
            yield Model("LSTM", [x, state("uint8", make.codes("uint8", [batch, n_cell]), 1 / 128, 128), weights, bias,
                                 state("int16", make.codes("int16", [batch, n_cell]), 1 / 2048, 0)],
                        outputs, options, version=2, label=f"basic uint8 {kept} {batch}")


FAMILIES = [rnn, rnn_two_ways, basic_lstm]
