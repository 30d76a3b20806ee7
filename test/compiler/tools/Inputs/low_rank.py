"""Weights for three.json as FOLDER/three.npz: `one` has rank 3 exactly, `two` any."""
import sys

import numpy

numbers = numpy.random.default_rng(1)
whole = lambda *shape: numbers.integers(-3, 4, shape).astype("float32")
numpy.savez(sys.argv[1] + "/three.npz", **{"one.weight": whole(24, 3) @ whole(3, 40), "one.bias": whole(24), "two.weight": whole(20, 24), "two.bias": whole(20)})
