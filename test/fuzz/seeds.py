"""What gets damaged: a small network, models of the zoo, their weights, inputs, printed phases and libraries."""

import io
import json
import re
import struct
import subprocess
import zipfile
import zlib

NETWORK = {
    "name": "tiny",
    "parameters": {"width": {"type": "int", "default": 8}},
    "inputs": [{"name": "image", "shape": ["N", 3, 9, 7], "max_batch": 2, "layout": "NCHW"}],
    "blocks": {"twice": {"parameters": {"c": {"type": "int"}}, "inputs": "x", "layers": [
        {"op": "conv2d", "name": "conv", "out_channels": "=c", "kernel": 3, "pad": 1, "bias": False}, {"op": "batch_norm", "name": "bn"}, {"op": "relu"}]}},
    "layers": [
        {"repeat": 2, "index": "i", "layers": [{"block": "twice", "name": "b{i}", "c": "=width << i"}]},
        {"op": "conv2d", "name": "depthwise", "out_channels": "=width * 2", "kernel": [3, 1], "stride": [2, 1], "pad": [1, 0], "groups": "=width * 2"},
        {"op": "max_pool", "name": "pool", "kernel": 3, "stride": 2, "pad": 1, "ceil_mode": True},
        {"op": "relu6", "name": "six"}, {"op": "add", "name": "sum", "in": ["six", "pool"]},
        {"if": "=width > 4", "in": "sum", "as": "chosen", "then": [{"op": "sigmoid", "name": "gate"}]},
        {"op": "global_avg_pool", "name": "mean"}, {"op": "flatten", "name": "flat"}, {"op": "dense", "name": "fc", "out_features": 5}, {"op": "softmax", "name": "prob", "axis": 1}],
    "outputs": {"prob": "prob", "features": "chosen"},
}
PIECE = {
    "name": "piece", "inputs": [{"name": "x", "shape": [1, 4, 4, 4]}],
    "layers": [{"op": "conv2d", "name": "conv", "out_channels": 4, "kernel": 1}, {"op": "relu", "name": "act"}], "outputs": {"y": "act"},
}
LIBRARY = {
    "imports": ["more.json"],
    "blocks": {"unit": {"parameters": {"width": {"type": "int"}, "act": {"type": "block", "default": "rectify"}}, "layers": [
        {"op": "conv2d", "name": "conv", "out_channels": "=width", "kernel": 1}, {"block": "=act"}]}},
}
MORE = {"blocks": {"rectify": {"layers": [{"op": "relu"}]}, "pass": {"inputs": ["x", "y"], "layers": [{"alias": "y", "as": "z"}], "outputs": {"a": "x", "b": "z"}}}}
LANGUAGE = {
    "name": "language", "imports": ["library.json", "more.json"],
    "parameters": {"table": {"type": "[[any]]", "default": [["unit", 4, 0.5], ["unit", "=2 * 4", 1.0]]}, "depths": {"type": "[int]", "default": "=[1, abs(-2)]"}},
    "presets": {"small": {"doc": "The small one.", "depths": [1]}},
    "inputs": [{"name": "x", "shape": [1, 4, 4, 4]}],
    "layers": [
        {"doc": "A comment between layers."},
        {"let": "width", "value": "=floor(sqrt(16))"}, {"alias": "x", "as": "carry"},
        {"repeat": "=len(depths)", "index": "s", "layers": [
            {"let": "width", "value": "=width + depths[s]"},
            {"block": "=table[s][0]", "name": "u{s}", "in": "carry", "width": "=table[s][1] * width", "as": ["state{s}"]},
            {"if": "=s > 0", "then": [{"op": "tanh", "as": "carry"}], "else": [{"alias": "state{s}", "as": "carry"}]}]},
        {"block": "pass", "name": "p", "in": ["carry", "state{len(range(2)) - 1}"]}, {"op": "concat", "in": ["p.a", "p.b", "state1"], "axis": 1}],
}
WEIGHTS = {"conv.weight": (4, 4, 1, 1), "conv.bias": (4,)}


def floats(count):
    return struct.pack(f"<{count}f", *(((7 * i + 3) % 11 - 5) / 4 for i in range(count)))


def size(shape):
    count = 1
    for extent in shape:
        count *= extent
    return count


def npy(shape):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({', '.join(map(str, shape))},), }}".encode()
    header += b" " * ((54 - len(header) - 1) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + floats(size(shape))


def npz(compression):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, shape in WEIGHTS.items():
            archive.writestr(zipfile.ZipInfo(name + ".npy"), npy(shape), compression)
    return stream.getvalue()


def safetensors_header():
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in WEIGHTS.items():
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [offset, offset + 4 * size(shape)]}
        offset += 4 * size(shape)
    return header, floats(offset // 4)


def safetensors(header, data):
    text = header.encode()
    return struct.pack("<Q", len(text)) + text + data


def png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\x00" + bytes((x * 5 + y * 3 + c * 80) % 256 for x in range(width) for c in range(3)) for y in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Seeds:
    """Undamaged files; the printed phases and the library are made by the compiler under test."""

    def __init__(self, cnnc, models, folder, environment):
        self.network, self.specs = NETWORK, [NETWORK, PIECE] + [json.loads(path.read_text()) for path in sorted((models.parent / "test" / "frontend" / "Inputs").glob("*.json"))]
        guide = (models.parent / "docs" / "language.md").read_text()
        self.texts = re.findall(r"^```cnn\n(.*?)^```$", guide, re.S | re.M) + [path.read_text() for path in sorted(models.glob("*/*.cnn"))]
        self.piece = folder / "piece.json"
        self.piece.write_text(json.dumps(PIECE))
        spec = folder / "tiny.json"
        spec.write_text(json.dumps(NETWORK))
        self.phases = {}

        def run(*arguments):
            done = subprocess.run([cnnc, *map(str, arguments)], env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"fuzz: `cnnc {' '.join(map(str, arguments))}` fails on an undamaged file: {done.stderr}")
        for phase, ending in (("import", "mlir"), ("graph", "mlir"), ("partition", "mlir"), ("llvm", "ll")):
            path = folder / f"{phase}.{ending}"
            run("compile", spec, "--weights=random:1", f"--compile-to={phase}", "-o", path)
            self.phases[phase] = path.read_text()
        run("compile", spec, "--weights=random:1", "--quiet", "--sample=none", "-o", folder / "library")
        self.library = folder / "library" / "libtiny.so"
        self.input, self.picture = npy((1, 3, 9, 7)), png(11, 10)
        self.npz = [npz(zipfile.ZIP_STORED), npz(zipfile.ZIP_DEFLATED)]
        self.safetensors = safetensors_header()
        for name, data in (("w.safetensors", safetensors(json.dumps(self.safetensors[0]), self.safetensors[1])), ("stored.npz", self.npz[0]), ("deflated.npz", self.npz[1])):
            (folder / name).write_bytes(data)
            run("compile", self.piece, f"--weights={folder / name}", "--compile-to=graph", "-o", folder / "weighted")
        for name, data in (("x.npy", self.input), ("x.png", self.picture)):
            (folder / name).write_bytes(data)
            run("run", self.library, f"--input=image=@{folder / name}")
