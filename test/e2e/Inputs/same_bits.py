"""One library, every number of threads, several times: the same bits. same_bits.py LIBRARY"""
import sys

import cnnc
import numpy as np

library = sys.argv[1]
seen = set()
for threads in (1, 2, 3, 8):
    with cnnc.load(library, threads=threads) as model:
        info = model.inputs[0]
        images = np.random.default_rng(5).standard_normal(info.max_shape, dtype=np.float32)
        for _ in range(5):
            result = model(images)
            seen.add(b"".join(value.tobytes() for value in result.values()) if isinstance(result, dict) else result.tobytes())
print(f"{model.name}: {len(seen)} different results")
