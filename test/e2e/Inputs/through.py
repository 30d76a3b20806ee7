"""An input that is also an output, called seven times. through.py LIBRARY"""
import sys

import cnnc
import numpy as np

with cnnc.load(sys.argv[1]) as model:
    x, ten = np.array([[1, 2, 3]], np.float32), np.full((1, 3), 10, np.float32)
    for _ in range(7):
        result = model(x, ten)
        assert result["same"].tolist() == [[1, 2, 3]] and result["sum"].tolist() == [[11, 12, 13]] and x.tolist() == [[1, 2, 3]]
    try:
        model(x, ten, out={"sum": x})
    except cnnc.CnncError as error:
        print(cnnc.Status(error.code).name, error)
print("through: as given")
