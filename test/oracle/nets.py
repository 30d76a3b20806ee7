"""Small networks as specs, with their weights and inputs: what the oracle tests feed to the compiler."""

import json
from pathlib import Path

import numpy as np

import oracle_path  # noqa: F401  (puts compiler/oracle on the path)
import arrays


def ramp(shape, step, start, modulus):
    """Small integers ((step * i + start) mod modulus) - modulus // 2 over the flat index i, as f32."""
    flat = np.arange(int(np.prod(shape)), dtype=np.int64)
    return (((step * flat + start) % modulus) - modulus // 2).astype(np.float32).reshape(shape)


class Integers:
    """Integer-valued data: every sum below 2^24 is exact in f32, so that results must be equal bit for bit."""

    exact = True

    def activation(self, shape):
        return ramp(shape, 7, 3, 11)

    def weight(self, shape):
        return ramp(shape, 5, 1, 7)

    def vector(self, shape):
        return ramp(shape, 3, 2, 9)


class Floats:
    """Standard normal data from a seed; weights are `scale` times that."""

    exact = False

    def __init__(self, seed=1):
        self.generator = np.random.Generator(np.random.PCG64(seed))
        self.scale = 1.0

    def activation(self, shape):
        return self.generator.standard_normal(shape, dtype=np.float32)

    def weight(self, shape):
        return np.float32(self.scale) * self.activation(shape)

    vector = weight


DTYPES = {"f32": np.float32, "u8": np.uint8, "i32": np.int32}


class Net:
    """A network under construction. Layers are appended; each method returns the name of the layer's result.

    How results are judged: `exact`, equal bit for bit (NaN equals NaN); else with `relative`, |err| <= relative * max|expected|;
    else |err| <= (terms + 2) * 2^-24 * sum|a * w|, where `terms` is the number of products in one output element.
    """

    def __init__(self, name, data, exact=None, terms=0, relative=None):
        self.name = name
        self.data = data
        self.exact = data.exact if exact is None else exact
        self.terms = terms
        self.relative = relative
        self.inputs, self.layers, self.outputs = [], [], {}
        self.weights, self.feeds = {}, {}
        self.expected = None  # {output: array}, where the answer is known without an oracle

    def input(self, shape, name="x", dtype="f32", value=None, batch=None):
        """Declares an input; with `batch` its first dimension is dynamic up to that many."""
        declared = {"name": name, "dtype": dtype, "shape": ["N", *shape[1:]] if batch else list(shape)}
        if batch:
            declared["max_batch"] = batch
        self.inputs.append(declared)
        if value is None:
            value = self.data.activation(shape) if dtype == "f32" else (np.arange(np.prod(shape)) * 37 % 256).reshape(shape)
        self.feeds[name] = np.asarray(value, DTYPES[dtype]).reshape(shape)
        return name

    def capped(self, most, dims, shape, name="image"):
        """Declares an input of bytes whose dimensions `dims` are bounds; it is fed with `shape`."""
        self.input(shape, name, "u8")
        self.inputs[-1].update(shape=list(most), capped=list(dims))
        return name

    def layer(self, op, *inputs, name=None, **attributes):
        name = name or f"{op}{len(self.layers)}"
        layer = {"op": op, "name": name, **attributes}
        if inputs:
            layer["in"] = list(inputs)
        self.layers.append(layer)
        return name

    def weight(self, layer, suffix, value):
        self.weights[f"{layer}.{suffix}"] = np.ascontiguousarray(value, np.float32)

    def conv2d(self, x, channels, out, kernel, groups=1, bias=True, weight=None, bias_value=None, name=None, **attributes):
        name = self.layer("conv2d", x, name=name, out_channels=out, kernel=list(kernel), groups=groups, bias=bias, **attributes)
        shape = (out, channels // groups, *kernel)
        self.weight(name, "weight", self.data.weight(shape) if weight is None else np.reshape(weight, shape))
        if bias:
            self.weight(name, "bias", self.data.vector((out,)) if bias_value is None else np.reshape(bias_value, (out,)))
        self.terms = max(self.terms, int(np.prod(shape[1:])) + bias)
        return name

    def conv_transpose2d(self, x, channels, out, kernel, groups=1, bias=True, weight=None, bias_value=None, name=None, **attributes):
        name = self.layer("conv_transpose2d", x, name=name, out_channels=out, kernel=list(kernel), groups=groups, bias=bias, **attributes)
        shape = (channels, out // groups, *kernel)
        self.weight(name, "weight", self.data.weight(shape) if weight is None else np.reshape(weight, shape))
        if bias:
            self.weight(name, "bias", self.data.vector((out,)) if bias_value is None else np.reshape(bias_value, (out,)))
        self.terms = max(self.terms, channels // groups * int(np.prod(kernel)) + bias)
        return name

    def dense(self, x, features, out, bias=True, name=None):
        name = self.layer("dense", x, name=name, out_features=out, bias=bias)
        self.weight(name, "weight", self.data.weight((out, features)))
        if bias:
            self.weight(name, "bias", self.data.vector((out,)))
        self.terms = max(self.terms, features + bias)
        return name

    def bias(self, x, channels):
        name = self.layer("bias", x)
        self.weight(name, "bias", self.data.vector((channels,)))
        return name

    def batch_norm(self, x, channels, epsilon=1e-5, gamma=None, beta=None, mean=None, var=None):
        name = self.layer("batch_norm", x, epsilon=epsilon)
        given = {"weight": gamma, "bias": beta, "running_mean": mean, "running_var": var}
        for suffix, value in given.items():
            if value is None:
                value = self.data.vector((channels,))
                value = np.abs(value) + 0.5 if suffix == "running_var" else value
            self.weight(name, suffix, np.reshape(value, (channels,)))
        return name

    def output(self, value, name="y", expected=None):
        """Declares an output; `expected` is its known value."""
        self.outputs[name] = value
        if expected is not None:
            self.expected = {**(self.expected or {}), name: np.asarray(expected, np.float32)}
        return self

    def spec(self):
        return {"name": self.name, "inputs": self.inputs, "layers": self.layers, "outputs": self.outputs}

    def write(self, folder):
        """Writes what cnnc-oracle-nets reads: <name>.json, .npz (weights, if any), .input<i>.bin and .shapes."""
        stem = Path(folder) / self.name
        stem.with_suffix(".json").write_text(json.dumps(self.spec()))
        if self.weights:
            arrays.save_npz(stem.with_suffix(".npz"), self.weights)
        for index, declared in enumerate(self.inputs):
            self.feeds[declared["name"]].tofile(f"{stem}.input{index}.bin")
        stem.with_suffix(".shapes").write_text("\n".join(" ".join(map(str, self.feeds[declared["name"]].shape)) for declared in self.inputs))

    def scale(self):
        """A twin whose weights and inputs are absolute values: its outputs are the sums |a * w| of the error bound."""
        twin = Net(f"{self.name}_scale", self.data)
        twin.inputs, twin.layers, twin.outputs = self.inputs, self.layers, self.outputs
        twin.weights = {name: np.abs(value) for name, value in self.weights.items()}
        twin.feeds = {name: np.abs(value) if value.dtype == np.float32 else value for name, value in self.feeds.items()}
        return twin
