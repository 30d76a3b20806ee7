#!/usr/bin/env python3
"""Times every network of the zoo against other runtimes and prints one table; `cnnc bench --zoo` runs it.

Each network is compiled with seeded weights and the parameters that `bench_settings.json` beside its spec gives, timed by `cnnc bench`, which
checks the results first and leaves out a peer that computes something else or refuses the network while another peer agrees, and deleted. A
process a network, so that the peers' memory goes with it. A network that fails is a row with its error, and the exit status is 1.
"""

import argparse
import datetime
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time

import library
import machine
import networks
import peers
import reports
import roofline
import timing
from commands import Failed, call

def measure(options, name, settings, peak, stage):
    """What the JSON holds of one network with its parameters, but for its name."""
    with tempfile.TemporaryDirectory(prefix="cnnc-bench-") as folder:
        stage("compiling")
        begin = time.monotonic()
        call([options.cnnc, "compile", name, *networks.sets(settings), "--weights=random:1", "-o", folder, "--quiet", "--sample=none", f"--cache={options.cache}",
              f"--accuracy={options.accuracy}", f"--target={options.target}"], folder)
        seconds = time.monotonic() - begin
        stage("timing")
        path, = (os.path.join(folder, file) for file in os.listdir(folder) if file.endswith(".so"))
        known = os.path.join(folder, "peak.json")
        reports.write(known, json.dumps(peak))
        result = json.loads(call([options.cnnc, "bench", path, f"--against={options.peers}", f"--threads={options.threads}", f"--peak={known}",
                                  f"--budget={options.budget}", f"--batch={options.batch}", "--format=json", *(["--per-layer"] if options.per_layer else [])], folder))
    del result["peak"]  # that of the document
    best = min(result["peers"].values(), key=lambda peer: peer["median_ms"], default=None)
    if best:
        result["ratio"]["best"] = best["median_ms"] / result["ours"]["median_ms"]
    return {**result, "compile_s": seconds}


def zoo(options):
    """({network: (its name, {parameter: value})} to measure, whether every spec of the zoo is sound). Raises Failed or ValueError for one
    that cannot be."""
    errors = subprocess.DEVNULL if options.networks else None  # those of the whole zoo are for the user
    listed = subprocess.run([options.cnnc, "zoo", "--format=json"], stdout=subprocess.PIPE, stderr=errors, text=True, check=False)
    every = json.loads(listed.stdout)["networks"]
    batches = {network["name"]: networks.for_batches(network, options.batch) for network in every}
    wanted = networks.parse(options.networks) if options.networks else [(name, {}) for name, batch in batches.items() if batch is not None]
    chosen = {networks.text(name, given): (name, {**networks.settings(name, every), **(batches.get(name) or {}), **given}) for name, given in wanted}
    if not options.networks:
        return chosen, listed.returncode == 0
    for name, settings in chosen.values():
        call([options.cnnc, "check", name, *networks.sets(settings)])
    return chosen, True


def geometric_means(rows):
    """{peer: geometric mean of its ratios}, and of the best peer's, over the networks that were measured."""
    ratios = {}
    for row in rows:
        for peer, ratio in row.get("ratio", {}).items():
            ratios.setdefault(peer, []).append(ratio)
    return {peer: math.exp(math.fsum(map(math.log, values)) / len(values)) for peer, values in ratios.items()}


class Document:
    """The JSON file, written anew after each network, whole or not at all."""

    def __init__(self, options, versions):
        self.path = options.json
        self.head = {"format": reports.FORMAT, "cpu": machine.cpu(), "threads": options.threads, "batch": options.batch, "accuracy": options.accuracy, "target": options.target,
                     "versions": versions}
        self.rows, self.peak = [], None
        if options.resume and os.path.exists(self.path):
            self._resume()
        if options.peak:
            self.peak = roofline.read(options.peak)
        self.peak = self.peak or roofline.measure(options.cnnc, options.threads, options.target)

    def _resume(self):
        try:
            with open(self.path, encoding="utf-8") as file:
                earlier = json.load(file)
            rows = [row for row in earlier["networks"] if "error" not in row]
            differing = [key for key, value in self.head.items() if earlier[key] != value]
            self.peak = earlier.get("peak")  # all shares are of one
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"--resume: {self.path} is no result of this command: {error}") from None
        if differing:
            raise ValueError(f"--resume: {self.path} was measured with other {', '.join(differing)}; give another --json file")
        self.rows = rows

    def done(self, network, settings):
        """The row of a network that an earlier run has measured with the same parameters, or None."""
        return next((row for row in self.rows if row["network"] == network and row.get("settings", {}) == settings), None)

    def as_json(self):
        """Everything that was measured."""
        date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
        return {**self.head, "date": date, "peak": self.peak, "networks": self.rows, "geometric_mean": geometric_means(self.rows)}

    def add(self, row):
        """Keeps a row, the only one of its network, and writes the file."""
        self.rows = [*(other for other in self.rows if other["network"] != row["network"]), row]
        if self.path:
            reports.write(self.path, json.dumps(self.as_json(), indent=1) + "\n")


class Table:
    """Rows that line up although each is printed when it is known: a column is as wide as its head and its usual cells."""

    def __init__(self, names, peer_names):
        self.peers = peer_names
        head = ["network", "params", "MACs", "ours ms", "min"]
        for peer in peer_names:
            head += [f"{peer} ms", "min"]
        head += ["ratio", "GFLOP/s", "limit", "compile s", "kernels"] if peer_names else ["GFLOP/s", "limit", "compile s", "kernels"]
        self.widths = [max(len(title), 7) for title in head]
        self.widths[0] = max(map(len, ["network", *map(reports.label, names)]))
        self.head = self._line(head)

    def _line(self, cells):
        return "  ".join(cell.ljust(width) if not column else cell.rjust(width) for column, (cell, width) in enumerate(zip(cells, self.widths)))

    def line(self, row):
        """A measured network, or its error."""
        if "error" in row:
            return f"{reports.label(row['network']).ljust(self.widths[0])}  {row['error']}"
        cells = [reports.label(row["network"]), reports.scaled(row["parameters"]), reports.scaled(row["macs"])]
        for times in (row["ours"], *(row["peers"].get(peer) for peer in self.peers)):
            cells += [f"{times['median_ms']:.2f}", f"{times['min_ms']:.2f}"] if times else ["left out", ""]
        if self.peers:
            cells.append(f"{row['ratio']['best']:.2f}")
        line = self._line([*cells, f"{row['gflops']:.1f}", f"{row['roofline']['share']:.1%}" if "roofline" in row else "", f"{row['compile_s']:.1f}", f"{row['launches']}/{row['kernels']}"])
        return "  ".join([line, *filter(None, [library.rows_text(row.get("rows", {}))])])


class Progress:
    """A line with the network at work and the time left, on a terminal only."""

    WIDTH = 24

    def __init__(self, total):
        self.total, self.done, self.measured, self.begin = total, 0, 0, time.monotonic()

    def show(self, what):
        bar = "#" * (self.WIDTH * self.done // self.total)
        each = (time.monotonic() - self.begin) / self.measured if self.measured else 0
        left = f"  ETA {each * (self.total - self.done) / 60:.0f} min" if each else ""
        timing.note(f"[{bar.ljust(self.WIDTH, '.')}] {self.done}/{self.total}  {what}{left}")


def run(options):
    classes = peers.named(options.peers)
    timing.parse_duration(options.budget)
    chosen, sound = zoo(options)
    names = [peer.name for peer in classes]
    versions = {"ours": call([options.cnnc, "--version"]).strip().splitlines()[0].strip(), **{peer.name: peer.version() for peer in classes}}
    timing.note("measuring the machine's peak")
    document = Document(options, versions)
    timing.note("")
    table = Table(chosen, names)
    text = options.format == "text"
    if text:
        print(f"{machine.cpu()}, {options.threads} threads, batch {options.batch}, f32, accuracy {options.accuracy}; {', '.join(versions.values())}")
        print(roofline.text(document.peak))
        print(table.head, flush=True)
    progress = Progress(len(chosen))
    failed = not sound
    for network, (name, settings) in chosen.items():
        row = document.done(network, settings)
        if row is None:
            row = {"network": network, "settings": settings}
            try:
                row = {**measure(options, name, settings, document.peak, lambda stage: progress.show(f"{network}: {stage}")), **row}
            except Failed as error:
                row["error"] = str(error)
            progress.measured += 1
            document.add(row)
        failed |= "error" in row
        progress.done += 1
        timing.note("")
        if text:
            print(table.line(row), flush=True)
    reports.write_all(reports.Report(document.as_json()), options.markdown, options.html)
    means = geometric_means([row for row in document.rows if row["network"] in chosen])
    if not text:
        print(json.dumps(document.as_json()))
    elif means:
        print("peer / ours, geometric mean: " + ", ".join(f"{peer} {ratio:.2f}" for peer, ratio in means.items() if peer != "best" or len(names) > 1))
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cnnc", required=True, help="the compiler")
    parser.add_argument("--networks", default="", help="comma-separated, each with `,parameter=value` as wanted; all of the zoo by default")
    parser.add_argument("--peers", default="ort", help=f"comma-separated: {', '.join(peers.PEERS)}; empty: none")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=1, help="images of a run; above 1 only networks that take a batch")
    parser.add_argument("--accuracy", default="default", choices=["strict", "default", "fast"], help="how ours is compiled")
    parser.add_argument("--target", default="host", help="what ours is compiled for")
    parser.add_argument("--budget", default="10s", help="about how long to measure each network")
    parser.add_argument("--cache", default="none", help="folder of compiled kernels; without one the compile times are those of a first compilation")
    parser.add_argument("--per-layer", action="store_true", help="also profile ours; goes into the JSON")
    parser.add_argument("--json", default="", help="file that holds the results so far")
    parser.add_argument("--markdown", default="", help="file for a table in Markdown")
    parser.add_argument("--html", default="", help="file for a page with a chart")
    parser.add_argument("--peak", default="", help="what `cnnc doctor --peak --format=json` printed, instead of measuring it")
    parser.add_argument("--resume", action="store_true", help="measure only what the --json file has no result of")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        return run(options)
    except (ValueError, OSError, Failed, peers.PeerError) as error:
        timing.note("")
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
