"""ncnn's two files of a network, made from its ONNX file by pnnx, ncnn's own converter, and the network they load as."""

import contextlib
import importlib.util
import os
import subprocess
import tempfile
import textwrap

import numpy as np


class Refused(Exception):
    """pnnx or ncnn does not take the model; the message is one line."""


def converter():
    """The path of pnnx's program; None when the package is missing. The package itself, which would want torch, is not imported."""
    package = importlib.util.find_spec("pnnx")
    path = os.path.join(next(iter(package.submodule_search_locations)), "pnnx") if package else None
    return path if path and os.path.exists(path) else None


@contextlib.contextmanager
def complaints(lines):
    """What ncnn prints on the process's stderr inside goes into the list `lines`."""
    with tempfile.TemporaryFile() as file:
        kept = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            lines += [line for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]


def signature(model, batch=1):
    """([input names], {output name: shape}) of an ONNX model, in its order; dynamic dimensions are `batch`."""
    constants = {constant.name for constant in model.graph.initializer}
    outputs = {value.name: tuple(extent.dim_value or batch for extent in value.type.tensor_type.shape.dim) for value in model.graph.output}
    return [value.name for value in model.graph.input if value.name not in constants], outputs


def open_model(path):
    """The ONNX model of a file. Raises Refused."""
    try:
        import onnx
    except ImportError:
        raise Refused("ncnn needs the Python package onnx: pip install onnx") from None
    return onnx.load(path)


def _simplify_pool(node):
    """Average pooling as pnnx's rule knows it: without dilations that dilate nothing, and an incomplete last window by ceil_mode instead of padding at the ends."""
    from onnx import helper

    values = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    if set(values.get("dilations", [1])) == {1}:
        values.pop("dilations", None)
    strides, pads = values.get("strides"), values.get("pads")
    if strides and pads and any(pads) and not values.get("count_include_pad") and pads == [0] * len(strides) + [stride - 1 for stride in strides]:
        values.update(pads=[0] * len(pads), ceil_mode=1)
    del node.attribute[:]
    node.attribute.extend(helper.make_attribute(name, value) for name, value in values.items())


def _simplify_pad(node, model, constants):
    """Padding as pnnx's rule knows it: of all four dimensions instead of some."""
    from onnx import numpy_helper

    names = list(node.input) + [""] * (4 - len(node.input))
    if not names[3] or not {names[1], names[3]} <= set(constants):
        return
    pads, axes = (numpy_helper.to_array(constants[name]) for name in (names[1], names[3]))
    every = np.zeros(8, np.int64)
    for position, axis in enumerate(axes % 4):
        every[[axis, axis + 4]] = pads[[position, position + len(axes)]]
    model.graph.initializer.append(numpy_helper.from_array(every, f"{node.output[0]}/all_pads"))
    names[1] = model.graph.initializer[-1].name
    del node.input[:]
    node.input.extend(names[:3])


def simplify(model):
    """Brings an ONNX model of images, in place, into the forms that pnnx knows; it computes the same."""
    constants = {constant.name: constant for constant in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "AveragePool":
            _simplify_pool(node)
        elif node.op_type == "Pad":
            _simplify_pad(node, model, constants)


def convert(model, inputs, folder):
    """(path of the .param file, of the .bin file) in `folder` of an ONNX model, in f32, for inputs {name: array} in the model's order. Raises Refused."""
    import onnx

    source = os.path.join(folder, "model.onnx")
    simplify(model)
    onnx.save(model, source)
    kinds = {"float32": "f32", "uint8": "u8", "int32": "i32"}
    shapes = ",".join(f"[{','.join(map(str, array.shape))}]{kinds[array.dtype.name]}" for array in inputs.values())
    done = subprocess.run([converter(), source, f"inputshape={shapes}", "fp16=0"], cwd=folder, capture_output=True, text=True, errors="replace", check=False)
    paths = [os.path.join(folder, f"model.ncnn.{kind}") for kind in ("param", "bin")]
    if done.returncode or not all(map(os.path.exists, paths)):
        last = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()][-1:]
        ending = f"signal {-done.returncode}" if done.returncode < 0 else f"status {done.returncode}"
        raise Refused(textwrap.shorten(f"pnnx does not convert the model ({ending}): {' '.join(last)}", 160))
    return paths


def load(paths, threads):
    """An ncnn.Net in f32 on `threads` threads, all else as ncnn's users run it. Raises Refused."""
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = threads
    net.opt.lightmode = True
    net.opt.use_vulkan_compute = False
    for kind in ("packing_layout", "winograd_convolution", "sgemm_convolution"):
        setattr(net.opt, f"use_{kind}", True)
    for kind in ("fp16_packed", "fp16_storage", "fp16_arithmetic", "bf16_storage", "bf16_packed"):
        setattr(net.opt, f"use_{kind}", False)
    lines = []
    with complaints(lines):
        failed = net.load_param(paths[0]) or net.load_model(paths[1])
    if failed:
        raise Refused(f"ncnn does not load the model: {lines[0].strip() if lines else 'no message'}")
    return net
