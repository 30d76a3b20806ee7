"""Weights of tiny.json with one fault each: weights.py FOLDER"""
import sys
from pathlib import Path

import numpy as np

folder = Path(sys.argv[1])
random = np.random.default_rng(3)
SHAPES = {"conv1.weight": (20, 3, 3, 3), "bn1.weight": (20,), "bn1.bias": (20,), "bn1.running_mean": (20,), "bn1.running_var": (20,), "conv2.weight": (20, 4, 3, 3), "conv2.bias": (20,), "fc.weight": (10, 20), "fc.bias": (10,)}
good = {name: np.abs(random.standard_normal(shape, dtype=np.float32)) for name, shape in SHAPES.items()}
np.savez(folder / "good.npz", **good)
np.savez(folder / "missing.npz", **{name: value for name, value in good.items() if name != "conv2.bias"})
np.savez(folder / "extra.npz", **good, **{"conv3.weight": np.ones(3, np.float32)})
np.savez(folder / "shape.npz", **(good | {"fc.weight": np.ones((20, 10), np.float32)}))
broken = good["conv1.weight"].copy()
broken[3, 1, 2, 0] = np.nan
np.savez(folder / "nan.npz", **(good | {"conv1.weight": broken}))
data = (folder / "good.npz").read_bytes()
(folder / "half.npz").write_bytes(data[:len(data) // 2])
