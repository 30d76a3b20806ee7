#!/usr/bin/env python3
"""Makes the golden files of the zoo: what torch computes for each network with seeded weights.

    python models/golden.py [--only NET] [--cnnc build/dev/bin/cnnc]

models/<net>/reference.py says which networks have a reference and how torch builds it. It defines

    SIZE      height and width of the image that the published figures are for, 224 when absent; of a detector [height, width] of the canvas
    SIZES     {network: the same} of those with another
    SETTINGS  a list of Setting; see there
    NETWORKS  {network name: how torch builds it}, for the figures; a network with a setting of its own size only may be absent

and this script writes beside it

    golden.npz    for each setting its results, "results/<setting>/<output>", and "digests/<setting>", which tells when they are out of date;
                  of a detector also "inputs/<setting>/<input>" or the shape of a picture, "shapes/<setting>/<input>"
    figures.json  for each network name its parameters and multiply-accumulates at SIZE, counted on torch's modules

A parameter's value depends on the seed and on its name (frontend/random_weights.py), so that a library agrees with the golden only if
its names are the state_dict's. torch computes in f64; the same logits come out on every machine but for the last bit of an f32.

Detections are kept without the rows past their count. Both sides compute in their own precision and then compare scores and areas: a setting
is one whose choices hang on no last bit, which the test shows.

With --cnnc each network of images is also exported: its names and values must be those of the reference (all of them but
num_batches_tracked), and ONNX Runtime's result must agree. Needs torch, torchvision, timm, numpy; --cnnc also onnx and onnxruntime.
"""
import argparse
import dataclasses
import functools
import hashlib
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import typing

import numpy as np

MODELS = pathlib.Path(__file__).resolve().parent
ROOT = MODELS.parent
sys.path[:0] = [str(MODELS), str(ROOT / "frontend"), str(ROOT / "compiler" / "oracle")]

import arrays  # noqa: E402
import compare  # noqa: E402
from random_weights import random_weights  # noqa: E402

SEED = 1


@dataclasses.dataclass
class Setting:
    """A network whose result is kept.

    network     name of the zoo: a folder or a preset
    build       makes the torch module that computes the same, one tensor or a dict {output: tensor}; it takes no arguments, its weights
                do not matter
    parameters  values of the spec's parameters
    size        height and width of the input, f32 [1, 3, size, size]; 0: the parameter "size", or the network's of SIZES or SIZE
    inputs      {input: an array, or the shape of a random `picture`} in the spec's order, instead of that image
    run         what to compute from the module and the inputs, as tensors, by name; the module's own forward when absent
    """

    network: str
    build: typing.Callable
    parameters: dict = dataclasses.field(default_factory=dict)
    size: int = 0
    inputs: dict = dataclasses.field(default_factory=dict)
    run: typing.Callable = None

    def tensors(self, native):
        """{input: array}; `native` is the size of an image that nothing else tells."""
        if not self.inputs:
            size = self.size or self.parameters.get("size", native)
            return {"image": arrays.random_input(np.float32, (1, 3, size, size), SEED, 0)}
        return {
            name: given if isinstance(given, np.ndarray) else picture(given, position)
            for position, (name, given) in enumerate(self.inputs.items())
        }

    @property
    def name(self):
        """E.g. 'resnet18 size=64 depths=[1,1,1,1]': the network, then what follows --set."""
        return " ".join([self.network, *(f"{key}={json.dumps(value, separators=(',', ':'))}" for key, value in self.parameters.items())])


def picture(shape, position):
    """Random bytes [H, W, 3] in squares of 8 x 8: unlike noise, they are not all grey to a deep network."""
    height, width, channels = shape
    cells = arrays.random_input(np.uint8, (-(-height // 8), -(-width // 8), channels), SEED, position)
    return np.ascontiguousarray(cells.repeat(8, 0).repeat(8, 1)[:height, :width])


def digest(name, inputs):
    """Of a setting's name, its inputs' shapes and the generators of inputs and weights, probed on each kind of parameter: uint8 [32]."""
    shapes = " ".join(str(list(array.shape)) for array in inputs.values())
    state = hashlib.sha256(f"{name} {shapes} {SEED}".encode())
    for dtype in sorted({array.dtype for array in inputs.values()}, key=str):
        if dtype == np.float32:
            state.update(arrays.random_input(np.float32, (1, 3, 8, 8), SEED, 0).tobytes())
        elif dtype == np.uint8:
            state.update(picture((9, 17, 3), 0).tobytes())
    for parameter, extents in {"c.weight": (4, 3, 3, 3), "d.weight": (4, 8), "b.weight": (16,), "b.bias": (16,), "b.running_mean": (16,), "b.running_var": (16,)}.items():
        state.update(random_weights(parameter, extents, SEED).tobytes())
    return np.frombuffer(state.digest(), np.uint8)


def inputs_of(kept, setting, signature):
    """{input: array} of a setting of the golden file `kept` for the (name, dtype, shape, least shape) of `signature`."""
    inputs = {}
    for position, (name, dtype, shape, _least) in enumerate(signature):
        if f"inputs/{setting}/{name}" in kept:
            inputs[name] = kept[f"inputs/{setting}/{name}"]
        elif f"shapes/{setting}/{name}" in kept:
            inputs[name] = picture(kept[f"shapes/{setting}/{name}"], position)
        else:
            inputs[name] = arrays.random_input(dtype, shape, SEED, position)
    return inputs


# How far detections may be off, in pixels for boxes; labels are equal.
BOUNDS = {"boxes": 1e-2, "scores": 1e-4, "masks": 1e-3, "labels": 0.0}


def without_padding(results):
    """Detections and proposals, which have a `count`, without the rows past it; other results as they are."""
    if "count" not in results:
        return dict(results)
    count = int(results["count"][0])
    return {name: array[:count] for name, array in results.items() if name != "count"}


def compare_results(got, expected):
    """A row for each output of a library beside those of a golden file."""
    counted = "count" in got
    got = without_padding(got)
    return [compare.compare_arrays(name, got[name], expected[name], BOUNDS[name] if counted else None) for name in expected]


def parameters_of(module):
    """{name: f32 array} for the state_dict of `module`, which is left as it is."""
    return {name: random_weights(name, tuple(tensor.shape), SEED) for name, tensor in module.state_dict().items() if not name.endswith("num_batches_tracked")}


def results_of(module, weights, inputs, run=None):
    """{output: array}: what `module` computes with `weights`, in f64; integers stay integers."""
    import torch

    state = {name: torch.from_numpy(value) for name, value in weights.items()}
    missing = set(module.load_state_dict(state, strict=False).missing_keys)
    assert all(name.endswith("num_batches_tracked") for name in missing), missing
    module = module.double().eval()
    tensors = {name: torch.from_numpy(array) for name, array in inputs.items()}
    tensors = {name: tensor.double() if tensor.dtype == torch.float32 else tensor for name, tensor in tensors.items()}
    with torch.inference_mode():
        result = run(module, **tensors) if run else module(*tensors.values())
    if not isinstance(result, dict):
        result = {"logits": result}
    results = {output: (tensor.float() if tensor.is_floating_point() else tensor.int()).numpy() for output, tensor in result.items()}
    for output, array in results.items():
        if not array.size:
            raise ValueError("the network finds nothing")
        if not np.all(np.isfinite(array)) or array.dtype == np.float32 and np.ptp(array) < 1e-3 * np.max(np.abs(array)):
            raise ValueError(f"{output} lies in [{array.min()}, {array.max()}]: it tells nothing about the network")
    return results


def counted(build, run):
    """How `build` makes a module, but what it computes from an image is run(module, image): for the figures of one with parts that depend
    on data."""

    def make():
        module = build()
        module.forward = functools.partial(run, module)
        return module

    return make


def figures_of(build, size):
    """{"parameters": ..., "macs": ...} of one image: numel of all parameters; products in convolutions and dense layers."""
    height, width = size if isinstance(size, list) else (size, size)
    import torch

    macs = 0

    def count(module, inputs, output):
        nonlocal macs
        cells = inputs[0] if isinstance(module, torch.nn.ConvTranspose2d) else output
        macs += cells.numel() * module.weight[0].numel()

    with torch.device("meta"), torch.inference_mode():
        module = build().eval()
        for part in module.modules():
            if isinstance(part, (torch.nn.Conv2d, torch.nn.ConvTranspose2d, torch.nn.Linear)):
                part.register_forward_hook(count)
        module(torch.empty(1, 3, height, width))
    return {"parameters": sum(parameter.numel() for parameter in module.parameters()), "macs": macs, "size": size}


def check_against_export(cnnc, setting, weights, inputs, results):
    """Raises ValueError unless cnnc's export of the network has the same weights and ONNX Runtime the same results; a line about it."""
    import onnx
    import ort

    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "net.onnx"
        sets = [f"--set={key}={json.dumps(value)}" for key, value in setting.parameters.items()]
        done = subprocess.run([cnnc, "convert", setting.network, *sets, f"--weights=random:{SEED}", "-o", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise ValueError(done.stdout.strip())
        model = onnx.load(path)
        session = ort.open_session(str(path))
    initializers = {tensor.name: tensor for tensor in model.graph.initializer}
    missing = [name for name in weights if name not in initializers]
    extra = [name for name in initializers if name not in weights and name.rpartition(".")[2] in ("weight", "bias", "running_mean", "running_var")]
    if missing or extra:
        raise ValueError(f"names differ from the state_dict: {len(missing)} missing {missing[:4]}, {len(extra)} too many {extra[:4]}")
    for name, value in weights.items():
        ours = onnx.numpy_helper.to_array(initializers[name])
        if ours.shape != value.shape or not np.array_equal(ours, value):
            raise ValueError(f"{name}: {list(ours.shape)} is not the reference's {list(value.shape)}, or its values differ")
    got = ort.run(session, inputs)
    if set(got) != set(results):
        raise ValueError(f"the outputs are {', '.join(got)}, the reference's {', '.join(results)}")
    rows = compare.compare_layers(got, results)
    for row in rows:
        if not row.agrees:
            raise ValueError(f"ONNX Runtime: {row.layer} is off by {row.max_err:.3g}, at most {row.bound:.3g}")
    return f"{len(weights)} names, ONNX Runtime within {max(row.max_err / row.bound for row in rows):.1%} of the bound"


def load_reference(path):
    spec = importlib.util.spec_from_file_location(f"reference_{path.parent.name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make(path, options):
    """Writes golden.npz and figures.json beside the reference `path`. Returns the number of settings that failed."""
    reference = load_reference(path)
    native = getattr(reference, "SIZE", 224)
    networks = {setting.network: setting.build for setting in reference.SETTINGS if not set(setting.parameters) - {"size"}}
    networks.update(getattr(reference, "NETWORKS", {}))
    sizes = getattr(reference, "SIZES", {})
    figures = {network: figures_of(build, sizes.get(network, native)) for network, build in networks.items()}
    golden, failed = {}, 0
    for setting in reference.SETTINGS if not options.figures else []:
        started = time.monotonic()
        try:
            inputs = setting.tensors(sizes.get(setting.network, native))
            module = setting.build()
            weights = parameters_of(module)
            results = results_of(module, weights, inputs, setting.run)
            golden[f"digests/{setting.name}"] = digest(setting.name, inputs)
            for name, given in setting.inputs.items():
                kind = "inputs" if isinstance(given, np.ndarray) else "shapes"
                golden[f"{kind}/{setting.name}/{name}"] = np.asarray(given)
            golden.update({f"results/{setting.name}/{output}": array for output, array in results.items()})
            del module
            note = f"{len(weights)} names"
            if options.cnnc and not setting.inputs:
                note = check_against_export(options.cnnc, setting, weights, inputs, results)
            if setting.inputs:
                note += f", {', '.join(f'{output} {list(array.shape)}' for output, array in results.items())}"
        except ValueError as error:
            failed += 1
            note = f"error: {error}"
        print(f"{setting.name}: {note} ({time.monotonic() - started:.1f} s)", flush=True)
    if not failed:
        if not options.figures:
            arrays.save_npz(path.parent / "golden.npz", golden)
        (path.parent / "figures.json").write_text("{\n" + ",\n".join(f'  {json.dumps(name)}: {json.dumps(row)}' for name, row in figures.items()) + "\n}\n")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="NET", action="append", help="a folder of models/; may be repeated")
    parser.add_argument("--cnnc", type=pathlib.Path, help="check cnnc's export of each network, too")
    parser.add_argument("--figures", action="store_true", help="write figures.json only")
    options = parser.parse_args()
    paths = sorted(MODELS.glob("*/reference.py"))
    unknown = set(options.only or []) - {path.parent.name for path in paths}
    if unknown:
        parser.error(f"no reference.py in models/{', models/'.join(sorted(unknown))}")
    failed = sum(make(path, options) for path in paths if not options.only or path.parent.name in options.only)
    sys.exit(f"{failed} settings failed; their folders are left as they were" if failed else 0)


if __name__ == "__main__":
    sys.modules["golden"] = sys.modules["__main__"]  # what a reference.py imports
    main()
