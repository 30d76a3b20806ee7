"""The runtimes that a compiled library is measured against: one class a peer, all with the same face.

A peer has `name`, `title` (for reports), `version()`, `outputs` ({name: array}, refreshed by each call) and is called without arguments. All compute in f32.
"""

import tempfile

import numpy as np

import ncnn_model
import ort


class PeerError(Exception):
    """A peer that is missing or that refuses the model; the message says what to do."""


class OnnxRuntime:
    name, title = "ort", "ONNX Runtime"

    @staticmethod
    def version():
        """"onnxruntime 1.2.3"; raises PeerError when it is not installed."""
        try:
            return f"onnxruntime {ort.require().__version__}"
        except ort.OracleError as error:
            raise PeerError(f"the peer ort: {error}") from None

    def __init__(self, model, inputs, threads):
        try:
            self.bound = ort.Bound(ort.open_session(model, threads), inputs)
        except ort.OracleError as error:
            raise PeerError(str(error)) from None

    @property
    def outputs(self):
        return self.bound.outputs

    def __call__(self):
        self.bound()


class OpenVino:
    name, title = "openvino", "OpenVINO"

    @staticmethod
    def version():
        """"openvino 2026.1.2"; raises PeerError when it is not installed."""
        try:
            import openvino
        except ImportError:
            raise PeerError("the peer openvino is not installed: pip install openvino into the Python that CNNC_PYTHON names, or leave it out of --against") from None
        return f"openvino {openvino.__version__.split('-')[0]}"

    def __init__(self, model, inputs, threads):
        self.version()
        import openvino

        settings = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        try:
            core = openvino.Core()
            network = core.read_model(model)
            network.reshape({name: openvino.PartialShape(list(array.shape)) for name, array in inputs.items()})
            self.request = core.compile_model(network, "CPU", settings).create_infer_request()
            self.inputs = {name: openvino.Tensor(array, shared_memory=True) for name, array in inputs.items()}
            for name, tensor in self.inputs.items():
                self.request.set_tensor(name, tensor)
            self.request.infer()
            # A port keeps the names of the nodes that were folded into it.
            self.outputs = {name: self.request.get_tensor(port).data for port in self.request.model_outputs for name in port.get_names()}
        except RuntimeError as error:
            raise PeerError(f"openvino refuses the model: {' '.join(str(error).split())}") from None

    def __call__(self):
        self.request.infer()


class Ncnn:
    name, title = "ncnn", "ncnn"

    @staticmethod
    def version():
        """"ncnn 1.0.20261020"; raises PeerError when it or its converter is not installed."""
        try:
            import ncnn
        except ImportError:
            ncnn = None
        if ncnn is None or ncnn_model.converter() is None:
            raise PeerError("the peer ncnn is not installed: pip install --no-deps ncnn pnnx into the Python that CNNC_PYTHON names, or leave it out of --against")
        return f"ncnn {ncnn.__version__}"

    def __init__(self, model, inputs, threads):
        self.version()
        import ncnn

        if any(array.ndim == 4 and len(array) > 1 for array in inputs.values()):
            raise PeerError("ncnn takes one image at a time")
        try:
            network = ncnn_model.open_model(model)
            names, self.shapes = ncnn_model.signature(network)
            inputs = {name: inputs[name] for name in names}
            with tempfile.TemporaryDirectory(prefix="cnnc-ncnn-") as folder:
                self.net = ncnn_model.load(ncnn_model.convert(network, inputs, folder), threads)
        except ncnn_model.Refused as refusal:
            raise PeerError(str(refusal)) from None
        self.arrays = [array[0] if array.ndim == 4 else array for array in inputs.values()]  # ncnn has no dimension for a batch
        self.inputs = [(f"in{number}", ncnn.Mat(array)) for number, array in enumerate(self.arrays)]
        self()

    @property
    def outputs(self):
        found = {}
        for (name, shape), result in zip(self.shapes.items(), self.results):
            array = np.array(result)
            if array.size != np.prod(shape):
                raise PeerError(f"ncnn gives output {name} the shape {list(array.shape)}, not {list(shape)}")
            found[name] = array.reshape(shape)
        return found

    def __call__(self):
        extractor = self.net.create_extractor()
        for name, array in self.inputs:
            extractor.input(name, array)
        self.results = []
        for number in range(len(self.shapes)):
            failed, result = extractor.extract(f"out{number}")
            if failed:
                raise PeerError(f"ncnn fails on output {number} of the model")
            self.results.append(result)


PEERS = {peer.name: peer for peer in (OnnxRuntime, OpenVino, Ncnn)}


def named(names):
    """The classes of a comma-separated list, each once. Raises PeerError for one that is unknown or not installed."""
    chosen = dict.fromkeys(name.strip() for name in names.split(",") if name.strip())
    for name in chosen:
        if name not in PEERS:
            raise PeerError(f"unknown peer '{name}'; known: {', '.join(PEERS)}")
        PEERS[name].version()
    return [PEERS[name] for name in chosen]
