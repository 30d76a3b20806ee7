"""A compiled library as the subject of a comparison."""

import sys
from pathlib import Path

import numpy as np

try:
    import cnnc
except ImportError:  # a source tree: the package lies beside us
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "runtime" / "python"))
    import cnnc

CnncError = cnnc.CnncError


def signature(model, batch=1):
    """[(name, dtype, shape, least shape)] of the inputs; a batch within a range becomes `batch`, other ranges their largest."""
    if batch != 1 and not any(info.batched for info in model.inputs):
        raise ValueError(f"{model.name} was compiled for one batch, {model.inputs[0]}; compile it for runs of 1 to {batch} images, as with --set=max_batch={batch}")
    result = []
    for info in model.inputs:
        shape, least = info.max_shape, info.min_shape
        if info.batched:
            if not info.min_shape[0] <= batch <= shape[0]:
                raise ValueError(f"input {info.name} takes a batch from {info.min_shape[0]} to {shape[0]}, not {batch}")
            shape = least = (batch, *shape[1:])
        result.append((info.name, info.dtype, tuple(shape), tuple(least)))
    return result


def batch_of(model, given):
    """How many images the given inputs {name: array} hold; None when none of them has a batch."""
    return next((len(given[info.name]) for info in model.inputs if info.batched and info.name in given and given[info.name].ndim), None)


def run(model, inputs):
    """{output name: array}."""
    result = model(**inputs)
    return result if isinstance(result, dict) else {model.outputs[0].name: result}


def run_layers(path, inputs, threads=0):
    """({layer: array} of every launch in order of execution, {output name: array})."""
    images = {}

    def collect(event):
        images.setdefault(event.layer, {})[event.image] = event.array()

    with cnnc.load(path, threads=threads, trace=collect) as model:
        outputs = run(model, inputs)
    return {layer: np.concatenate([parts[image] for image in sorted(parts)]) for layer, parts in images.items()}, outputs


FOUND = {"proposals": "regions", "detections": "detections"}  # by kernel: what the rows of its result are, those past the count being 0


def rows_found(model, path, inputs, threads=0):
    """{"regions": count, "detections": count} of a run of the library at `path`, as far as it has these steps; `model` is one of it."""
    found = {}
    if not any(launch["kernel"] in FOUND for launch in model.metadata.get("launches", [])):
        return found

    def count(event):
        if event.kernel in FOUND:
            name = FOUND[event.kernel]
            found[name] = found.get(name, 0) + int(np.count_nonzero(np.any(event.array(), axis=-1)))

    with cnnc.load(path, threads=threads, trace=count) as traced:
        run(traced, inputs)
    return found


def rows_text(found):
    """"1000 regions, 100 detections"."""
    return ", ".join(f"{count} {name}" for name, count in found.items())


class Bound:
    """A library as a contestant: its arguments are built once, a call is one call of the C function."""

    name = "ours"

    def __init__(self, path, threads, batch=1):
        self.model = cnnc.load(path, threads=threads)
        self.signature = signature(self.model, batch)
        self.batch = batch

    def bind(self, inputs):
        self.call = self.model.bind(**inputs)
        self.outputs = self.call.outputs

    def __call__(self):
        self.call()
