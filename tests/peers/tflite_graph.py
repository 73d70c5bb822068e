"""A .tflite file as plain Python, and the matching of two files that hold one network."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

OPERATORS = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
TYPES = {schema.TensorType.FLOAT32: np.float32, schema.TensorType.FLOAT16: np.float16, schema.TensorType.INT8: np.int8,
         schema.TensorType.UINT8: np.uint8, schema.TensorType.INT16: np.int16, schema.TensorType.INT32: np.int32,
         schema.TensorType.INT64: np.int64, schema.TensorType.BOOL: np.bool_}
# Operators that change nothing but the shape; converters choose among them freely.
# With steps of 1 the one is the other.
SAME_WORDS = {"STRIDED_SLICE": "SLICE"}
VIEWS = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
AFFINE = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")
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
        if model.signatureDefs:  # converters order inputs as they like: by name
            places = {bytes(arg.name): arg.tensorIndex for arg in model.signatureDefs[0].inputs}
            self.inputs = [places[name] for name in sorted(places)]
        self.nodes = [Node(OPERATORS.get(codes[node.opcodeIndex], "?"), [int(i) for i in node.inputs],
                           [int(i) for i in node.outputs]) for node in graph.operators or []]
        self.n_operators = len(self.nodes)
        self.n_islands = sum(node.op not in ("QUANTIZE", "DEQUANTIZE") and
                             any(self.tensors[i].type == np.float32 for i in node.outputs) for node in self.nodes)
        # SUM of codes, which LiteRT's reference resolver reads as uint8
        self.sums_codes = any(node.op == "SUM" and len(self.tensors[node.inputs[0]].scale) for node in self.nodes)
        self.uses = {}
        self._look_through()
        for node in self.nodes:
            for i in node.inputs:
                self.uses[i] = self.uses.get(i, 0) + 1

    def _look_through(self):
        """Views stand for what they view, and constants behind DEQUANTIZE (float16 files) are constants."""
        stands_for, kept = {}, []
        for node in self.nodes:
            node.inputs = [stands_for.get(i, i) for i in node.inputs]
            half = node.op == "DEQUANTIZE" and self.is_const(node.inputs[0])
            if half or node.op in VIEWS and not self.tensors[node.outputs[0]].is_index:
                stands_for[node.outputs[0]] = node.inputs[0]
            else:
                kept.append(node)
        self.nodes = kept
        self.outputs = [stands_for.get(i, i) for i in self.outputs]
        self._say_alike()

    def _say_alike(self):
        """What the two say in different words, and exactly: DEQUANTIZE, NEG, QUANTIZE is x * -1; a SUB and its square
        are a SQUARED_DIFFERENCE, which LiteRT does not run on int16."""
        made_by = {node.outputs[0]: node for node in self.nodes}
        gone = []
        for node in self.nodes:
            behind = [made_by.get(i) for i in node.inputs]
            if node.op == "MUL" and any(self.is_const(i) and real(self.tensors[i]).size == 1
                                        and abs(real(self.tensors[i]).item() + 1) < 1e-6 for i in node.inputs):
                node.op, node.inputs = "NEG", [i for i in node.inputs if not self.is_const(i)]
            elif node.op == "QUANTIZE" and behind[0] and behind[0].op == "NEG":
                first = made_by.get(behind[0].inputs[0])
                if first and first.op == "DEQUANTIZE":
                    gone += [behind[0], first]
                    node.op, node.inputs = "NEG", list(first.inputs)
            elif node.op == "MUL" and node.inputs[0] == node.inputs[1] and behind[0] and behind[0].op == "SUB":
                gone.append(behind[0])
                node.op, node.inputs = "SQUARED_DIFFERENCE", list(behind[0].inputs)
        self.nodes = [node for node in self.nodes if node not in gone]

    def join_dilated(self):
        """SPACE_TO_BATCH_ND, a convolution, BATCH_TO_SPACE_ND are a dilated convolution."""
        made_by = {node.outputs[0]: node for node in self.nodes}
        gone = []
        for last in self.nodes:
            node = made_by.get(last.inputs[0]) if last.op == "BATCH_TO_SPACE_ND" else None
            first = made_by.get(node.inputs[0]) if node and node.op in ("CONV_2D", "DEPTHWISE_CONV_2D") else None
            if first and first.op == "SPACE_TO_BATCH_ND":
                gone += [first, last]
                node.inputs[0], node.outputs[0] = first.inputs[0], last.outputs[0]
        self.nodes = [node for node in self.nodes if node not in gone]

    def is_const(self, i):
        return self.tensors[i].data is not None


class Frame:
    """What is around the graph: entry points, metadata, where buffers lie."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = file.read()
        model = schema.Model.GetRootAsModel(self.bytes, 0)
        self.signatures = {}
        outputs = model.Subgraphs(0).OutputsAsNumpy().tolist()
        self.outputs, self.inputs = {}, {}  # name: its place
        inputs = model.Subgraphs(0).InputsAsNumpy().tolist()
        for signature in (model.SignatureDefs(i) for i in range(model.SignatureDefsLength())):
            self.signatures[signature.SignatureKey().decode()] = (
                [signature.Inputs(i).Name().decode() for i in range(signature.InputsLength())],
                [signature.Outputs(i).Name().decode() for i in range(signature.OutputsLength())])
            for arg in (signature.Inputs(i) for i in range(signature.InputsLength())):
                if arg.TensorIndex() in inputs:
                    self.inputs[arg.Name().decode()] = inputs.index(arg.TensorIndex())
            for output in (signature.Outputs(i) for i in range(signature.OutputsLength())):
                if output.TensorIndex() in outputs:
                    self.outputs[output.Name().decode()] = outputs.index(output.TensorIndex())
        self.metadata = {model.Metadata(i).Name().decode(): model.Buffers(model.Metadata(i).Buffer()).DataAsNumpy()
                         for i in range(model.MetadataLength())}
        buffers = [model.Buffers(i) for i in range(model.BuffersLength())]
        self.misaligned = sum(b.DataLength() > 0 and b._tab.Vector(b._tab.Offset(4)) % 16 != 0 for b in buffers)


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
        """How far the candidate is from being the node; infinite: it is another."""
        values, mine = self._values(self.theirs, node), self._values(self.ours, candidate)
        a, b = self._constants(self.theirs, node), self._constants(self.ours, candidate)
        if SAME_WORDS.get(candidate.op, candidate.op) != SAME_WORDS.get(node.op, node.op) or len(values) != len(mine) or len(a) != len(b):
            return np.inf
        far = sum(distance(self.theirs.tensors[i], self.ours.tensors[j]) for i, j in zip(a, b))
        far += 1e-6 * self._other_scale(node, candidate) + 1e-7 * self._other_indices(node, candidate)
        wanted = [self.map.get(i) for i in values]
        if None not in wanted:
            same = mine == wanted or node.op in COMMUTATIVE and sorted(mine) == sorted(wanted)
            return far if same else np.inf
        # Behind something that one file has in other words: known again by its weights.
        return far if node.op in AFFINE and far < 0.05 else np.inf

    def _other_scale(self, node, candidate):
        """Tells nodes apart that do the same to the same, but for the scale of the result."""
        a, b = self.theirs.tensors[node.outputs[0]].scale, self.ours.tensors[candidate.outputs[0]].scale
        return min(abs(a[0] / b[0] - 1), 1) if len(a) and len(b) else 0

    def _other_indices(self, node, candidate):
        """How many of the paddings, axes and the like differ, and sizes of results: they may say the same in other words."""
        def indices(graph, one):
            return [graph.tensors[i].data.reshape(-1).tolist() for i in one.inputs
                    if i >= 0 and graph.tensors[i].is_index and graph.is_const(i)]
        a, b = indices(self.theirs, node), indices(self.ours, candidate)
        sizes = [graph.tensors[one.outputs[0]].shape for graph, one in ((self.theirs, node), (self.ours, candidate))]
        return sum(x != y for x, y in zip(a, b)) + abs(len(a) - len(b)) + (sizes[0] != sizes[1])

    def _visit(self, node):
        far, k = min(((self._far(node, candidate), k) for k, candidate in enumerate(self.free)), default=(np.inf, -1))
        if far == np.inf:
            self.missing.append(node)
            return
        candidate = self.free.pop(k)
        self.matched.append((node, candidate))
        self.pairs += zip(self._constants(self.theirs, node), self._constants(self.ours, candidate))
        for a, b in zip(self._values(self.theirs, node), self._values(self.ours, candidate)):
            self.map.setdefault(a, b)
        for a, b in zip(node.outputs, candidate.outputs):
            self.map[a] = b
            self.pairs.append((a, b))
