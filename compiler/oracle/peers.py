"""The runtimes that a compiled library is measured against: one class a peer, all with the same face.

A peer has `name`, `version()`, `outputs` ({name: array}, refreshed by each call) and is called without arguments.
"""

import ort


class PeerError(Exception):
    """A peer that is missing or that refuses the model; the message says what to do."""


class OnnxRuntime:
    name = "ort"

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
    name = "openvino"

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


PEERS = {peer.name: peer for peer in (OnnxRuntime, OpenVino)}


def named(names):
    """The classes of a comma-separated list, each once. Raises PeerError for one that is unknown or not installed."""
    chosen = dict.fromkeys(name.strip() for name in names.split(",") if name.strip())
    for name in chosen:
        if name not in PEERS:
            raise PeerError(f"unknown peer '{name}'; known: {', '.join(PEERS)}")
        PEERS[name].version()
    return [PEERS[name] for name in chosen]


def open_peers(names, model, inputs, threads):
    """The peers of a comma-separated list, ready to be called."""
    return [peer(model, inputs, threads) for peer in named(names)]
