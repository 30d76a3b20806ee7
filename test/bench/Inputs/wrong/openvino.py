"""Stands in for a peer that computes something else: every result is a thousand."""
import numpy
import onnx

__version__ = "0.0.1"


def PartialShape(shape):
    return shape


class Tensor:
    def __init__(self, array, shared_memory):
        self.data = array


class Port:
    def __init__(self, name, shape):
        self.name, self.data = name, numpy.full(shape, 1000, numpy.float32)

    def get_names(self):
        return {self.name}


class Core:
    """The core, a model, a compiled one and its request in one."""

    def read_model(self, path):
        self.model_outputs = [Port(output.name, [extent.dim_value or 1 for extent in output.type.tensor_type.shape.dim]) for output in onnx.load(path).graph.output]
        return self

    def reshape(self, shapes):
        assert shapes

    def compile_model(self, network, device, settings):
        return network

    def create_infer_request(self):
        return self

    def set_tensor(self, name, tensor):
        assert name

    def get_tensor(self, port):
        return port

    def infer(self):
        pass
