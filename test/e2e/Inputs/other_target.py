"""The libraries of all targets that this machine can run agree: other_target.py FOLDER..."""
import sys

import cnnc
import numpy as np

results = {}
for folder in sys.argv[1:]:
    with cnnc.load(f"{folder}/libtiny.so") as model:
        assert model.target == folder.rsplit("/", 1)[1], model.target
        results[model.target] = model(np.random.default_rng(2).standard_normal((3, 3, 17, 13), dtype=np.float32))
best = results[max(results)]
for target, result in results.items():
    for name, value in result.items():
        assert np.abs(value - best[name]).max() <= 1e-4 * np.abs(best[name]).max() + 1e-5, (target, name)
    print(target, "agrees")
