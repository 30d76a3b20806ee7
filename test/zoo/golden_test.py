"""Compiles one setting of a golden file and compares the library with torch's results and, but for a detector, with ONNX Runtime.

The weights are seeded by parameter name, so that agreement with torch proves names, shapes and arithmetic at once.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "compiler" / "oracle"), str(ROOT / "models")]

import arrays  # noqa: E402
import compare  # noqa: E402
import golden  # noqa: E402
import library  # noqa: E402


def compile_network(cnnc, setting, folder):
    network, *parameters = setting.split(" ")
    sets = [f"--set={parameter}" for parameter in parameters]
    subprocess.run([cnnc, "compile", network, *sets, f"--weights=random:{golden.SEED}", "-o", folder, "--quiet", "--sample=none"], check=True)
    (path,) = folder.glob("lib*.so")
    return path


def compare_with_golden(path, setting, file):
    """Exits with what differs, unless the results are torch's. Returns whether the network works on pictures, which ONNX Runtime does not read."""
    kept = arrays.load_npz(file)
    prefix = f"results/{setting}/"
    expected = {name.removeprefix(prefix): array for name, array in kept.items() if name.startswith(prefix)}
    with library.cnnc.load(path) as model:
        inputs = golden.inputs_of(kept, setting, library.signature(model))
        if not np.array_equal(kept[f"digests/{setting}"], golden.digest(setting, inputs)):
            sys.exit(f"{file} is out of date, or the inputs are not those of the reference; run models/golden.py --only {file.parent.name}")
        got = library.run(model, inputs)
    names = set(got) - {"count"}
    if names != set(expected):
        sys.exit(f"the results are {', '.join(sorted(names))}; the golden file has {', '.join(sorted(expected))}")
    rows = golden.compare_results(got, expected)
    print(compare.table(rows))
    if not all(row.agrees for row in rows) or any(compare.top1_agrees(got[name], expected[name]) is False for name in names - set(golden.BOUNDS)):
        sys.exit(f"{setting}: differs from torch")
    return any(name.startswith(f"shapes/{setting}/") for name in kept)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="the folder with cnnc")
    parser.add_argument("golden", type=pathlib.Path, help="models/<net>/golden.npz")
    parser.add_argument("setting", help="'network parameter=value ...'")
    options = parser.parse_args()
    cnnc = options.bin / "cnnc"
    with tempfile.TemporaryDirectory() as name:
        path = compile_network(cnnc, options.setting, pathlib.Path(name))
        if not compare_with_golden(path, options.setting, options.golden):
            subprocess.run([cnnc, "verify", path, "--against=ort"], check=True)


if __name__ == "__main__":
    main()
