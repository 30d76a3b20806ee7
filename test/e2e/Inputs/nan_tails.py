"""NaN of every length from 1 to 33 through a relu fused behind a convolution, whose own value is read as well.

nan_tails.py spec FOLDER      writes short.json (1 to 17), long.json and their weights
nan_tails.py run FOLDER       runs both libraries
"""
import json
import sys
from pathlib import Path

import cnnc
import numpy as np

HALVES = {"short": range(1, 18), "long": range(18, 34)}


def write(folder):
    for half, lengths in HALVES.items():
        layers, outputs = [], {}
        for n in lengths:
            layers += [{"op": "conv2d", "name": f"conv{n}", "in": f"x{n}", "out_channels": 1, "kernel": 1, "bias": False}, {"op": "relu", "name": f"act{n}"}, {"op": "add", "name": f"sum{n}", "in": [f"conv{n}", f"act{n}"]}]
            outputs |= {f"act{n}": f"act{n}", f"sum{n}": f"sum{n}"}
        inputs = [{"name": f"x{n}", "shape": [1, 1, 1, n]} for n in lengths]
        (folder / f"{half}.json").write_text(json.dumps({"name": half, "inputs": inputs, "layers": layers, "outputs": outputs}))
        np.savez(folder / f"{half}.npz", **{f"conv{n}.weight": np.ones((1, 1, 1, 1), np.float32) for n in lengths})


def run(folder):
    for half, lengths in HALVES.items():
        with cnnc.load(folder / f"lib{half}.so", threads=1) as model:
            results = model(*(np.full((1, 1, 1, n), np.nan, np.float32) for n in lengths))
            print(f"{half}: NaN kept in", sum(np.isnan(value).all() for value in results.values()), "of", len(results))
            results = model(*(-np.ones((1, 1, 1, n), np.float32) for n in lengths))
            print("relu(-1) is 0:", all((results[f"act{n}"] == 0).all() for n in lengths), "and -1 + relu(-1) is -1:", all((results[f"sum{n}"] == -1).all() for n in lengths))


(write if sys.argv[1] == "spec" else run)(Path(sys.argv[2]))
