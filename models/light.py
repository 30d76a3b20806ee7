"""The light models of the onnx package as torch modules: published networks whose weights that package leaves out.

Light("inception_v1") computes light_inception_v1.onnx up to its softmax. A layer with weights is a sub-module named like its ONNX
initialisers without their suffix, e.g. "inception_3a/1x1" for "inception_3a/1x1_w_0", so that the state_dict has the names of the
specs that follow these files. Caffe's pair BatchNorm (without parameters) and Scale is one BatchNorm2d, "<layer>/bn". An average of
7x7 cells is one of the whole map, as it is at the published size, so that other sizes work.
"""
import pathlib

import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import nn

FOLDER = pathlib.Path(onnx.__file__).parent / "backend/test/data/light"


def parameters_of(graph):
    """{name: (name of the initialiser, shape)}; initialisers are listed, or made by ConstantOfShape, and may be reshaped."""
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    parameters = {name: (name, value.shape) for name, value in values.items()}
    for node in graph.node:
        if node.op_type == "ConstantOfShape":
            parameters[node.output[0]] = node.output[0], tuple(int(extent) for extent in values[node.input[0]])
        elif node.op_type in ("Reshape", "Unsqueeze") and node.input[0] in parameters:
            parameters[node.output[0]] = parameters[node.input[0]]
    return parameters


class Light(nn.Module):
    """A light model. With `ceil_mode` strided max pools round extents up, as Caffe does; some files round down."""

    def __init__(self, name, ceil_mode=False):
        super().__init__()
        graph = onnx.load(FOLDER / f"light_{name}.onnx").graph
        parameters = parameters_of(graph)
        self.ceil_mode, self.steps = ceil_mode, []
        for node in graph.node:
            if node.output[0] in parameters or node.op_type == "Softmax":
                continue
            attributes = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
            operands = [name for name in node.input if name not in parameters]
            weights = [parameters[name] for name in node.input if name in parameters]
            step = getattr(self, "make_" + node.op_type.lower())(attributes, *(shape for _, shape in weights))
            if isinstance(step, nn.Module):
                self.add_module(weights[0][0].removesuffix("_0").rpartition("_")[0], step)
            self.steps.append((step, operands, node.output[0]))

    def forward(self, image):
        values = {self.steps[0][1][0]: image}
        for step, operands, result in self.steps:
            values[result] = step(*(values[name] for name in operands))
        return values[result]

    def make_conv(self, attributes, weight, bias=None):
        (*pad, _, _), groups = attributes["pads"], attributes.get("group", 1)
        return nn.Conv2d(weight[1] * groups, weight[0], weight[2:], attributes["strides"], pad, groups=groups, bias=bias is not None)

    def make_gemm(self, attributes, weight, bias):
        return nn.Linear(weight[-1], weight[-2])

    def make_batchnormalization(self, attributes, scale, *_):
        return nn.BatchNorm2d(*scale, eps=attributes["epsilon"])

    def make_mul(self, attributes, factor):
        return lambda x: x  # the weight of the BatchNorm2d before it

    def make_add(self, attributes, offset):
        return lambda x: x  # its bias

    def make_relu(self, attributes):
        return torch.relu

    def make_lrn(self, attributes):
        return lambda x: F.local_response_norm(x, attributes["size"], attributes["alpha"], attributes["beta"], attributes["bias"])

    def make_maxpool(self, attributes):
        kernel, stride, (top, left, bottom, right) = attributes["kernel_shape"], attributes["strides"], attributes["pads"]
        ceil_mode = self.ceil_mode and max(stride) > 1
        return lambda x: F.max_pool2d(F.pad(x, (left, right, top, bottom), value=-torch.inf), kernel, stride, ceil_mode=ceil_mode)

    def make_averagepool(self, attributes):
        if attributes["kernel_shape"] == [7, 7]:
            return lambda x: x.mean((2, 3), keepdim=True)
        return lambda x: F.avg_pool2d(x, attributes["kernel_shape"], attributes["strides"], attributes["pads"][:2], count_include_pad=False)

    def make_concat(self, attributes):
        return lambda *parts: torch.cat(parts, attributes["axis"])

    def make_dropout(self, attributes):
        return lambda x: x

    def make_reshape(self, attributes, shape):
        return lambda x: x.flatten(1)
