"""A .tflite file as plain Python, and the matching of two files that hold one network."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

OPERATORS = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
TYPES = {schema.TensorType.FLOAT32: np.float32, schema.TensorType.FLOAT16: np.float16, schema.TensorType.INT8: np.int8,
         schema.TensorType.UINT8: np.uint8, schema.TensorType.INT16: np.int16, schema.TensorType.INT32: np.int32,
         schema.TensorType.INT64: np.int64, schema.TensorType.BOOL: np.bool_}
# Operators that change nothing but the shape; converters choose among them freely.
VIEWS = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
COMMUTATIVE = ("ADD", "MUL", "MAXIMUM", "MINIMUM")


class Tensor:
    def __init__(self, tensor, buffers):
        self.name = tensor.name.decode()
        self.shape = tuple(tensor.shape) if tensor.shape is not None else ()
        self.type = TYPES.get(tensor.type)
        q = tensor.quantization
        self.scale = np.asarray([] if q is None or q.scale is None else q.scale, np.float64)
        self.zero_point = np.asarray([] if q is None or q.zeroPoint is None else q.zeroPoint, np.int64)
        self.axis = 0 if q is None else q.quantizedDimension
        data = buffers[tensor.buffer].data
        self.data = None
        if data is not None and len(data) and self.type is not None:
            self.data = np.frombuffer(bytes(data), self.type).reshape(self.shape)

    @property
    def is_float(self):
        return self.type in (np.float32, np.float16)

    @property
    def is_index(self):
        return self.type in (np.int32, np.int64, np.bool_) and not len(self.scale)


class Node:
    def __init__(self, op, inputs, outputs):
        self.op, self.inputs, self.outputs = op, inputs, outputs


class Graph:
    def __init__(self, path):
        with open(path, "rb") as file:
            model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(file.read(), 0))
        graph = model.subgraphs[0]
        codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
        self.tensors = [Tensor(tensor, model.buffers) for tensor in graph.tensors]
        self.inputs, self.outputs = list(graph.inputs), list(graph.outputs)
        self.nodes = [Node(OPERATORS.get(codes[node.opcodeIndex], "?"), [int(i) for i in node.inputs],
                           [int(i) for i in node.outputs]) for node in graph.operators or []]
        self.n_operators = len(self.nodes)
        self._take_halves()

    def _take_halves(self):
        """Constants behind DEQUANTIZE (float16 files) are constants."""
        halves = {node.outputs[0]: node.inputs[0] for node in self.nodes
                  if node.op == "DEQUANTIZE" and self.is_const(node.inputs[0])}
        self.nodes = [node for node in self.nodes if node.outputs[0] not in halves]
        for node in self.nodes:
            node.inputs = [halves.get(i, i) for i in node.inputs]

    def is_const(self, i):
        return self.tensors[i].data is not None


def real(tensor):
    """The float values of a constant."""
    values = tensor.data.astype(np.float64)
    if not len(tensor.scale):
        return values
    shape = [1] * values.ndim
    if len(tensor.scale) > 1:
        shape[tensor.axis] = -1
    zero = tensor.zero_point if len(tensor.zero_point) else np.zeros(len(tensor.scale))
    return (values - zero.reshape(shape) if len(zero) > 1 else values - zero) * (
        tensor.scale.reshape(shape) if len(tensor.scale) > 1 else tensor.scale)


def distance(theirs, ours):
    """How far apart two constants are, relative to the larger; infinite when they cannot be the same."""
    if theirs.data.size != ours.data.size:
        return np.inf
    a, b = real(theirs).reshape(-1), real(ours).reshape(-1)
    top = max(np.abs(a).max(initial=0), 1e-30)
    return np.abs(a - b).max(initial=0) / top


class Match:
    """pairs: (their tensor, our tensor), of values and constants; missing: their nodes that ours has not."""

    def __init__(self, theirs, ours):
        self.theirs, self.ours = theirs, ours
        self.map = dict(zip(theirs.inputs, ours.inputs))
        self.pairs = list(self.map.items())
        self.missing, self.matched = [], []
        self.free = list(ours.nodes)
        for node in theirs.nodes:
            if not all(theirs.tensors[i].is_index for i in node.outputs):
                self._visit(node)

    def _values(self, graph, node):
        """Inputs that are neither constants nor indices."""
        return [i for i in node.inputs if i >= 0 and not graph.is_const(i) and not graph.tensors[i].is_index]

    def _constants(self, graph, node):
        return [i for i in node.inputs if i >= 0 and graph.is_const(i) and not graph.tensors[i].is_index]

    def _far(self, node, candidate):
        """How far the candidate is from being the node; None: it is another."""
        if candidate.op != node.op and not (candidate.op in VIEWS and node.op in VIEWS):
            return None
        wanted = [self.map.get(i) for i in self._values(self.theirs, node)]
        values = self._values(self.ours, candidate)
        if values != wanted and not (node.op in COMMUTATIVE and sorted(values) == sorted(wanted)):
            return None
        a, b = self._constants(self.theirs, node), self._constants(self.ours, candidate)
        if len(a) != len(b):
            return None
        return sum(distance(self.theirs.tensors[i], self.ours.tensors[j]) for i, j in zip(a, b))

    def _visit(self, node):
        if any(i not in self.map for i in self._values(self.theirs, node)):
            self.missing.append(node)
            return
        found = [(far, k) for k, candidate in enumerate(self.free)
                 for far in [self._far(node, candidate)] if far is not None and far < np.inf]
        if not found:
            if node.op in VIEWS:  # a chain of views, or one that ours does not need
                self.map[node.outputs[0]] = self.map[self._values(self.theirs, node)[0]]
            else:
                self.missing.append(node)
            return
        candidate = self.free.pop(min(found)[1])
        self.matched.append((node, candidate))
        self.pairs += zip(self._constants(self.theirs, node), self._constants(self.ours, candidate))
        for a, b in zip(node.outputs, candidate.outputs):
            self.map[a] = b
            self.pairs.append((a, b))
