"""Builds many small networks at once and answers what each of the three oracles says: reference, ONNX Runtime, compiled library.

The programs come from PATH: cnnc-oracle-nets (reference and ONNX export, one process for all) and cnnc (many networks a process).
"""

import json
import multiprocessing
import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

import oracle_path  # noqa: F401  (puts compiler/oracle on the path)
import arrays
import library
import ort

UNIT = 2.0**-24  # rounding of f32


def _sums_plainly(net):
    return net.exact or net.relative is None


class Workshop:
    """A folder with the networks; `close` removes it."""

    def __init__(self, nets):
        self.folder = tempfile.TemporaryDirectory(prefix="cnnc-oracle-")
        self.path = Path(self.folder.name)
        scales = [net.scale() for net in nets if not net.exact and net.relative is None]
        for net in (*nets, *scales):
            net.write(self.path)
        self.answers = self._interpret([net.name for net in (*nets, *scales)])
        self.compilations = {}

    def close(self):
        self.folder.cleanup()

    def _interpret(self, names):
        stems = [str(self.path / name) for name in names]
        done = subprocess.run(["cnnc-oracle-nets", *stems], capture_output=True, encoding="utf-8", errors="replace", check=False)
        answers = {Path(answer["net"]).name: answer for answer in map(json.loads, done.stdout.splitlines())}
        for name in names:
            answers.setdefault(name, {"status": done.returncode or 70, "message": f"cnnc-oracle-nets died: {done.stderr[-500:]}"})
        return answers

    def compile(self, nets, target="host"):
        """Compiles networks anew, many in a process; what a crash leaves undone is compiled one by one, so that it is that network's alone.

        Networks that are held to the rounding of plain sums are compiled for it."""
        size = 32
        self.target = target
        shutil.rmtree(self.path / "out", ignore_errors=True)
        workers = len(os.sched_getaffinity(0))
        with ThreadPoolExecutor(workers) as pool:
            kinds = [[net for net in nets if _sums_plainly(net) == plain] for plain in (True, False)]
            list(pool.map(self._compile, [kind[i : i + size] for kind in kinds for i in range(0, len(kind), size)]))
            missing = [net for net in nets if not (self.path / "out" / f"lib{net.name}.so").exists()]
            said = pool.map(lambda net: self._compile([net]), missing)
            self.compilations = dict(zip((net.name for net in missing), said))

    def _compile(self, nets):
        accuracy = "strict" if _sums_plainly(nets[0]) else "default"
        command = ["cnnc", "compile", "--quiet", "--sample=none", f"--accuracy={accuracy}", f"--target={self.target}", "-o", str(self.path / "out"), *(str(self.path / f"{net.name}.mlir") for net in nets)]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
        return f"exit status {done.returncode}\n{done.stdout}{done.stderr}"[-3000:]

    def rejection(self, net):
        """(exit status, message) of the import."""
        answer = self.answers[net.name]
        return answer["status"], answer["message"]

    def ort(self, net):
        session = ort.open_session(str(self.path / f"{net.name}.onnx"), 1)
        return ort.run(session, net.feeds)

    def reference(self, net, shapes):
        """{output: f64 array}; `shapes` are those of the outputs."""
        files = {name: self.path / f"{net.name}.output{index}.f64" for index, name in enumerate(net.outputs)}
        return {name: np.fromfile(file, np.float64).reshape(shapes[name]) for name, file in files.items()}

    def library(self, net, threads):
        """{output: array}, from a forked process, so that a crash of the library is a failure of its test and no more."""
        path = self.path / "out" / f"lib{net.name}.so"
        if not path.exists():
            raise AssertionError(f"cnnc compile: {self.compilations[net.name]}")
        results = self.path / f"{net.name}.{threads}.npz"
        child = multiprocessing.get_context("fork").Process(target=_run_library, args=(path, net.feeds, threads, results))
        child.start()
        child.join()
        if child.exitcode:
            raise AssertionError(f"the library ends its process with {child.exitcode}")
        return arrays.load_npz(results)

    def bounds(self, net, reference):
        """{output: largest allowed |error|}: 0 for exact nets, a scalar, or an array."""
        if net.exact:
            return {name: 0.0 for name in reference}
        if net.relative is not None:
            return {name: net.relative * max_finite(array) for name, array in reference.items()}
        scales = self.reference(net.scale(), {name: array.shape for name, array in reference.items()})
        return {name: (net.terms + 2) * UNIT * scale for name, scale in scales.items()}


def _run_library(path, feeds, threads, results):
    with library.cnnc.load(path, threads=threads) as model:
        arrays.save_npz(results, library.run(model, feeds))


def max_finite(array):
    finite = np.abs(array[np.isfinite(array)])
    return float(finite.max()) if finite.size else 0.0


def difference(got, expected, bound):
    """What is wrong with `got`, or None. `expected` is rounded to f32 where the bound is 0; NaN equals NaN."""
    if got.shape != expected.shape:
        return f"has shape {got.shape}, expected {expected.shape}"
    if np.ndim(bound) == 0 and bound == 0:
        expected = expected.astype(np.float32)
    with np.errstate(invalid="ignore"):
        same = (got == expected) | (np.isnan(got) & np.isnan(expected))
        off = ~same & ~(np.abs(got.astype(np.float64) - expected) <= bound)
    if not off.any():
        return None
    index = tuple(int(i) for i in np.argwhere(off)[0])
    allowed = bound if np.ndim(bound) == 0 else bound[index]
    return f"{int(off.sum())} of {off.size} elements are off; first at {list(index)}: {got[index]!r}, expected {expected[index]!r} within {allowed:.3g}"
