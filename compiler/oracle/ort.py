"""ONNX Runtime as an oracle and as a peer."""

import numpy as np

try:
    import onnxruntime
except ImportError:
    onnxruntime = None  # named by open_session, with the remedy

DTYPES = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8, "tensor(int32)": np.int32}
LAYER_PROPERTY = "cnnc.layer"  # written by our exporter on the node that computes a layer


class OracleError(Exception):
    """ONNX Runtime is missing, or does not load or run a model; the message is one line."""


def _one_line(error):
    return " ".join(str(error).split())


def require():
    """onnxruntime, or an OracleError that says how to get it."""
    if onnxruntime is None:
        raise OracleError("onnxruntime is not installed: pip install onnxruntime, or point CNNC_PYTHON at a Python that has it")
    return onnxruntime


def open_session(model, threads=0):
    """An InferenceSession on the CPU with all graph optimisations. `model`: a path or serialised bytes; threads 0: all CPUs."""
    require()
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no public base
        raise OracleError(f"onnxruntime refuses the model: {_one_line(error)}") from None


def signature(session, batch=1):
    """[(name, dtype, shape)] of the inputs; a dynamic dimension becomes `batch`."""
    result = []
    for value in session.get_inputs():
        if value.type not in DTYPES:
            raise OracleError(f"input {value.name} has type {value.type}; f32, u8 and i32 are supported")
        result.append((value.name, np.dtype(DTYPES[value.type]), tuple(d if isinstance(d, int) else batch for d in value.shape)))
    return result


def with_all_layers(path):
    """(serialised model, {value name: layer}, its own output names) of a model file whose every layer is made a graph output.

    Layers are what our exporter marked; in a model from elsewhere every node's output is one.
    """
    try:
        import onnx
    except ImportError:
        raise OracleError("per-layer output needs the Python package onnx: pip install onnx") from None
    model = onnx.load(path)
    marked = {}
    for node in model.graph.node:
        for entry in node.metadata_props:
            if entry.key == LAYER_PROPERTY:
                marked[node.output[0]] = entry.value
    layers = marked or {name: name for node in model.graph.node for name in node.output if name}
    own = [value.name for value in model.graph.output]
    for name in layers:
        if name not in own:
            model.graph.output.add().name = name
    return model.SerializeToString(), layers, own


def run(session, inputs):
    """{output name: array}."""
    try:
        names = [value.name for value in session.get_outputs()]
        return dict(zip(names, session.run(names, inputs)))
    except Exception as error:
        raise OracleError(f"onnxruntime fails: {_one_line(error)}") from None


def run_layers(path, inputs, threads=0):
    """({layer: array} in graph order, {output name: array})."""
    model, layers, own = with_all_layers(path)
    values = run(open_session(model, threads), inputs)
    return {layer: values[name] for name, layer in layers.items()}, {name: values[name] for name in own}


class Bound:
    """A session with its inputs and outputs bound once, so that a call costs no allocation."""

    def __init__(self, session, inputs):
        self.session = session
        self.outputs = {name: np.empty(value.shape, value.dtype) for name, value in run(session, inputs).items()}
        self.inputs = inputs  # keeps the memory alive
        self.binding = session.io_binding()
        for name, array in inputs.items():
            self.binding.bind_input(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)
        for name, array in self.outputs.items():
            self.binding.bind_output(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)

    def __call__(self):
        self.session.run_with_iobinding(self.binding)
