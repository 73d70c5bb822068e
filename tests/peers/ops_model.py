"""Single-operator .tflite models from a few words, and LiteRT's answer to them.

Needs ai-edge-litert (its schema module and interpreter), flatbuffers and numpy; `./dev peers` makes the
virtual environment that has them. Nothing of it is part of mote.
"""

import os
import tempfile

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

DTYPES = {
    "float32": 0, "float16": 1, "int32": 2, "uint8": 3, "int64": 4, "bool": 6, "int16": 7, "complex64": 8,
    "int8": 9, "float64": 10, "uint64": 12, "uint32": 15, "uint16": 16, "int4": 17, "int2": 19,
}


class Tensor:
    """One tensor of the model: data (NumPy) makes it a constant, feed is what an input is given."""

    def __init__(self, dtype, shape, scale=None, zero=None, axis=0, data=None, feed=None, name=None, variable=False):
        self.dtype, self.shape, self.axis = dtype, list(shape), axis
        self.scale = None if scale is None else [float(np.float32(s)) for s in np.atleast_1d(scale)]
        self.zero = None if scale is None else [int(z) for z in np.atleast_1d(0 if zero is None else zero)]
        if self.scale is not None and len(self.zero) < len(self.scale):
            self.zero = self.zero * len(self.scale)
        self.data = None if data is None else np.array(data, order="C")
        self.feed = None if feed is None else np.array(feed, order="C")
        self.name, self.variable = name, variable

    def const_bytes(self):
        if self.dtype == "int4":  # two to a byte, the low half first
            codes = self.data.astype(np.int8).ravel()
            codes = np.append(codes, np.zeros(codes.size % 2, np.int8)).astype(np.uint8) & 15
            return (codes[0::2] | codes[1::2] << 4).tobytes()
        if self.dtype == "int2":
            codes = self.data.astype(np.int8).ravel()
            codes = np.append(codes, np.zeros(-codes.size % 4, np.int8)).astype(np.uint8) & 3
            return (codes[0::4] | codes[1::4] << 2 | codes[2::4] << 4 | codes[3::4] << 6).tobytes()
        return self.data.tobytes()


def _options(name, values):
    kind = getattr(schema, name + "OptionsT", None) or getattr(schema, name + "T")
    options = kind()
    for key, value in values.items():
        assert hasattr(options, key), (name, key)
        setattr(options, key, value)
    return options


def _code_of(op):
    code = schema.OperatorCodeT()
    code.builtinCode = getattr(schema.BuiltinOperator, op or "ADD")
    code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 1
    return code


def _body(code_index, op, dtype, shape):
    graph = schema.SubGraphT()
    graph.name, graph.tensors, graph.operators = f"body{code_index}", [], []
    for name in ("a", "b", "c") if op else ("a", "b"):
        t = schema.TensorT()
        t.name, t.shape, t.type, t.buffer, t.hasRank = name, list(shape), DTYPES[dtype], 0, True
        graph.tensors.append(t)
    graph.inputs, graph.outputs = [0, 1], [2 if op else 1]
    if op:
        node = schema.OperatorT()
        node.opcodeIndex, node.inputs, node.outputs = code_index, [0, 1], [2]
        if op in ("ADD", "MUL"):
            node.builtinOptionsType = getattr(schema.BuiltinOptions, op.capitalize() + "Options")
            node.builtinOptions = _options(op.capitalize(), {})
        graph.operators.append(node)
    return graph


class Model:
    """op: TFLite's name; options: (table's name without "Options", {fieldInCamelCase: value}) or None.
    inputs: Tensors or None for one left out. An op that is no name of TFLite's is a custom one, its options bytes.
    bodies: graphs that it calls, each of one operator on two tensors, (op, dtype, shape); op None gives the second back."""

    def __init__(self, op, inputs, outputs, options=None, version=1, label="", intermediates=(), bodies=()):
        self.op, self.inputs, self.outputs, self.options = op, inputs, outputs, options
        self.version, self.label, self.intermediates, self.bodies = version, label, intermediates, bodies
        self.tolerance = None  # instead of the operator's own
        self.view = list  # what of the outputs is compared
        self.reference = True  # False: the reference kernel is known to be wrong, compare with the built-in one

    @property
    def code(self):
        return getattr(schema.BuiltinOperator, self.op, schema.BuiltinOperator.CUSTOM)

    @property
    def is_custom(self):
        return self.code == schema.BuiltinOperator.CUSTOM

    def feeds(self):
        return [t.feed for t in self.inputs if t is not None and t.data is None and not t.variable]

    def build(self):
        model = schema.ModelT()
        model.version, model.description = 3, "one operator"
        model.buffers = [schema.BufferT()]
        graph = schema.SubGraphT()
        graph.name, graph.tensors, graph.inputs, graph.outputs = "main", [], [], []

        def add(tensor, fallback):
            t = schema.TensorT()
            t.name = tensor.name or fallback
            t.shape, t.type, t.buffer = tensor.shape, DTYPES[tensor.dtype], 0
            t.isVariable, t.hasRank = tensor.variable, True
            if tensor.data is not None:
                buffer = schema.BufferT()
                buffer.data = np.frombuffer(tensor.const_bytes(), np.uint8)
                model.buffers.append(buffer)
                t.buffer = len(model.buffers) - 1
            if tensor.scale is not None:
                t.quantization = schema.QuantizationParametersT()
                t.quantization.scale, t.quantization.zeroPoint = tensor.scale, tensor.zero
                t.quantization.quantizedDimension = tensor.axis
            graph.tensors.append(t)
            return len(graph.tensors) - 1

        node = schema.OperatorT()
        node.inputs = [-1 if t is None else add(t, f"in{i}") for i, t in enumerate(self.inputs)]
        node.outputs = [add(t, f"out{i}") for i, t in enumerate(self.outputs)]
        if self.intermediates:
            node.intermediates = [add(t, f"intermediate{i}") for i, t in enumerate(self.intermediates)]
        for t, index in zip(self.inputs, node.inputs):
            if t is not None and t.data is None and not t.variable:
                graph.inputs.append(index)
        graph.outputs = list(node.outputs)
        if self.is_custom:
            node.customOptions = list(self.options)
        elif self.options:
            name, values = self.options
            second = getattr(schema.BuiltinOptions2, name + "Options", 0)
            if second:
                node.builtinOptions2Type, node.builtinOptions2 = second, _options(name, values)
            else:
                node.builtinOptionsType = getattr(schema.BuiltinOptions, name + "Options")
                node.builtinOptions = _options(name, values)
        graph.operators = [node]
        model.subgraphs = [graph] + [_body(i + 1, *body) for i, body in enumerate(self.bodies)]
        code = schema.OperatorCodeT()
        code.builtinCode, code.deprecatedBuiltinCode, code.version = self.code, min(self.code, 127), self.version
        if self.is_custom:
            code.customCode = self.op
        model.operatorCodes = [code] + [_code_of(body[0]) for body in self.bodies]
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def run_litert(model):
    """LiteRT's outputs for the model's feeds; None where it refuses the model. The reference kernels, or where
    their resolver lacks the operator the built-in ones without delegates."""
    content = model.build()
    for kind in ([OpResolverType.BUILTIN_REF] if model.reference else []) + [OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES]:
        try:
            interpreter = Interpreter(model_content=content, experimental_op_resolver_type=kind, num_threads=1)
            interpreter.allocate_tensors()
            for detail, feed in zip(interpreter.get_input_details(), model.feeds()):
                interpreter.set_tensor(detail["index"], feed)
            interpreter.invoke()
            return [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]
        except (RuntimeError, ValueError) as problem:
            last = problem
    run_litert.problem = str(last)
    return None


def write_model(model, folder=None):
    """The model and its inputs as files: (path of the .tflite, paths of the .npy)."""
    folder = folder or tempfile.mkdtemp()
    path = os.path.join(folder, "model.tflite")
    with open(path, "wb") as out:
        out.write(model.build())
    inputs = []
    for i, feed in enumerate(model.feeds()):
        inputs.append(os.path.join(folder, f"in{i}.npy"))
        np.save(inputs[-1], feed)
    return path, inputs
