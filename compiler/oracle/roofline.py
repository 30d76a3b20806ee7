"""What the machine could do at most, as `cnnc doctor --peak` measures it, and a library against it, as `cnnc profile` says."""

import json
import os
import tempfile

import numpy as np

import commands


def measure(cnnc, threads, target="host"):
    """The machine's peak: what `cnnc doctor --peak --format=json` prints."""
    return json.loads(commands.call([cnnc, "doctor", "--peak", f"--threads={threads}", f"--target={target}", "--format=json"]))


def read(path):
    """The same from a file. Raises ValueError when it is something else."""
    with open(path, encoding="utf-8") as file:
        peak = json.load(file)
    if not isinstance(peak, dict) or not {"gflops", "levels"} <= set(peak):
        raise ValueError(f"{path} is not what `cnnc doctor --peak --format=json` prints")
    return peak


def text(peak):
    """"peak 237.3 GFLOP/s; L2 245.4 GB/s, L3 54.9 GB/s, memory 27.2 GB/s"."""
    tiles = f", {peak['tile_gflops']:.0f} on tiles of bf16 pairs" if peak.get("tile_gflops") else ""
    return f"peak {peak['gflops']:.1f} GFLOP/s{tiles}; " + ", ".join(f"{level['name']} {level['gb_s']:.1f} GB/s" for level in peak["levels"])


class Profiler:
    """`cnnc profile` of one library on given inputs. A context: its files go with it."""

    def __init__(self, cnnc, library, inputs, threads, peak):
        self.folder = tempfile.TemporaryDirectory(prefix="cnnc-profile-")
        with open(self._file("peak.json"), "w", encoding="utf-8") as file:
            json.dump(peak, file)
        self.command = [cnnc, "profile", library, f"--threads={threads}", f"--peak={self._file('peak.json')}"]
        for position, (name, array) in enumerate(inputs.items()):
            np.save(self._file(f"{position}.npy"), array)
            self.command += ["--input", f"{name}=@{self._file(f'{position}.npy')}"]

    def _file(self, name):
        return os.path.join(self.folder.name, name)

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.folder.cleanup()

    def document(self, seconds):
        """The profile of runs for about `seconds`, three at least."""
        return json.loads(self._run(seconds, "--format=json"))

    def table(self, seconds):
        """The same as text."""
        return self._run(seconds)

    def _run(self, seconds, *options):
        return commands.call([*self.command, f"--budget={max(1, round(seconds * 1000))}ms", *options])


def shares(document, milliseconds):
    """How near a run in so many ms comes to the limit: {"limit_ms", "share"}, and "nominal_limit_ms", "nominal_share" if it did every multiplication of the
    definitions."""
    return {"limit_ms": document["limit_ms"], "share": document["limit_ms"] / milliseconds,
            "nominal_limit_ms": document["nominal_limit_ms"], "nominal_share": document["nominal_limit_ms"] / milliseconds}


def shares_text(shares):
    """"at 71.8 % of the machine's limit, 1.936 ms", and what it would be with every multiplication where that is more."""
    filtered = shares["nominal_limit_ms"] > 1.0001 * shares["limit_ms"]
    nominal = f" ({shares['nominal_share']:.1%} counting every multiplication of the definitions)" if filtered else ""
    return f"at {shares['share']:.1%} of the machine's limit, {shares['limit_ms']:.3f} ms{nominal}"
