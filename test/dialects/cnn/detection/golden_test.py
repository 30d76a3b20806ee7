"""Prints the cases of golden.npz as self-checking IR. With `wrong`, one element of each last result is off, which the check must notice."""
import json
import pathlib
import sys

import numpy as np

from ir import Case, kind

golden = np.load(pathlib.Path(__file__).with_name("golden.npz"), allow_pickle=False)


def arrays(case, prefix):
    names = sorted((name for name in golden.files if name.startswith(f"{case}/{prefix}")), key=lambda name: int(name.rpartition(prefix)[2]))
    return [golden[name] for name in names]


cases = json.loads(str(golden["cases"]))
assert len(cases) > 40
for name, row in cases.items():
    expected = arrays(name, "out")
    if sys.argv[1:] == ["wrong"]:
        expected[-1].flat[0] += 1
    case = Case(name)
    operands = [case.constant(array) for array in arrays(name, "in")]
    results = case.op(row["op"], row["attributes"], operands, [kind(array) for array in expected])
    for result, array in zip(results, expected):
        case.expect(result, case.constant(array), row["tolerance"] if array.dtype == np.float32 else 0.0)
    print(case.text())
