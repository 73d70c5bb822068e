"""Hash tables from strings to numbers: graphs of several operators, whose strings are constants."""

import struct

import flatbuffers
import numpy as np

from ops_model import DTYPES, Model, Tensor, schema


def packed(texts):
    ends = np.cumsum([4 * (len(texts) + 2)] + [len(t) for t in texts])
    return struct.pack(f"<{len(ends) + 1}i", len(texts), *ends) + b"".join(texts)


class Table(Model):
    """HASHTABLE, IMPORT, FIND and SIZE."""

    def __init__(self, keys, values, wanted, otherwise, label):
        super().__init__("HASHTABLE", [], [Tensor("int64", [len(wanted)]), Tensor("int64", [1])], label=label)
        self.texts, self.numbers = (keys, wanted), (values, [otherwise])

    def build(self):
        model, graph = schema.ModelT(), schema.SubGraphT()
        model.version, model.buffers, model.subgraphs = 3, [schema.BufferT()], [graph]
        graph.tensors, graph.operators, graph.inputs, model.operatorCodes = [], [], [], []

        def tensor(dtype, n, content=None):
            t = schema.TensorT()
            t.name, t.type, t.shape, t.hasRank, t.buffer = f"t{len(graph.tensors)}", dtype, [n], True, 0
            if content is not None:
                buffer = schema.BufferT()
                buffer.data = np.frombuffer(content, np.uint8)
                model.buffers.append(buffer)
                t.buffer = len(model.buffers) - 1
            graph.tensors.append(t)
            return len(graph.tensors) - 1

        def node(op, inputs, outputs):
            code, made = schema.OperatorCodeT(), schema.OperatorT()
            code.builtinCode, code.deprecatedBuiltinCode, code.version = getattr(schema.BuiltinOperator, op), 127, 1
            made.opcodeIndex, made.inputs, made.outputs = len(model.operatorCodes), inputs, outputs
            model.operatorCodes.append(code)
            graph.operators.append(made)
            return made

        table = tensor(13, 1)
        keys, wanted = (tensor(5, len(t), packed(t)) for t in self.texts)
        values, otherwise = (tensor(DTYPES["int64"], len(n), np.array(n, np.int64).tobytes()) for n in self.numbers)
        graph.outputs = [tensor(DTYPES["int64"], len(self.texts[1])), tensor(DTYPES["int64"], 1)]
        options = schema.HashtableOptionsT()
        options.tableId, options.keyDtype, options.valueDtype = 5, 5, DTYPES["int64"]
        first = node("HASHTABLE", [], [table])
        first.builtinOptionsType, first.builtinOptions = schema.BuiltinOptions.HashtableOptions, options
        node("HASHTABLE_IMPORT", [table, keys, values], [])
        node("HASHTABLE_FIND", [table, wanted, otherwise], [graph.outputs[0]])
        node("HASHTABLE_SIZE", [table], [graph.outputs[1]])
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def tables(make):
    for n in (1, 5, 60):
        words = [bytes(make.random.integers(97, 100, make.random.integers(0, 4), dtype=np.uint8)) for _ in range(2 * n)]
        model = Table(words[:n], [int(v) for v in make.random.integers(-50, 50, n)], words[n:], -1, f"{n} words")
        model.reference = False  # not among the reference kernels
        yield model


FAMILIES = [tables]
