"""Throws damaged specs, weights, inputs, printed phases and libraries at cnnc.

  ./dev fuzz 300                      five minutes, another seed each time
  fuzz.py --bin BIN --cases 200       a fixed number of cases, the same each time
  fuzz.py --bin BIN --seed 7 --case 41   one case, with its output

A case is a pure function of (seed, number). A finding is a crash, an internal error (exit status 70), any status that is not
documented, more than 10 s or --memory, or a file left behind by a failure. Its files and command go to --findings. Exit status 1
when there is one.
"""

import argparse
import itertools
import json
import os
import random
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mutate import TEXTS, damage_bytes, damage_document, damage_lines, damage_tokens
from seeds import LANGUAGE, LIBRARY, MORE, Seeds, safetensors

SECONDS = 10
DOCUMENTED = range(6)
CRASH_TEXTS = ("PLEASE submit a bug report", "Assertion", "terminate called", "Sanitizer", "runtime error:")
ROOT = Path(__file__).resolve().parents[2]


class Case:
    """One damaged file and the command that reads it, in an empty folder of its own."""

    def __init__(self, seeds, cnnc, folder, seed, number):
        self.random = random.Random(f"{seed}:{number}")
        self.seeds, self.cnnc, self.folder, self.number = seeds, cnnc, folder, number
        self.given = set()
        kinds = [self.spec, self.spec, self.spec, self.spec_text, self.notation, self.notation, self.notation, self.spec_library, self.imports, self.imports, self.set, self.safetensors, self.npz, self.npy, self.picture, self.mlir, self.mlir, self.llvm, self.library, self.library]
        self.kind = self.random.choice(kinds)
        self.command = [cnnc, *self.kind()]

    def file(self, name, data):
        (self.folder / name).write_bytes(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))
        self.given.add(name)
        return name

    def reader(self, name):
        """A command that reads a network."""
        return self.random.choice([
            ["check", name], ["compile", name, "--compile-to=partition", "--elide-weights", "-o", "printed"], ["inspect", name, "--layers"], ["convert", name, "-o", "printed.onnx"],
        ])

    def spec(self):
        return self.reader(self.file("spec.json", damage_document(self.random, self.random.choice(self.seeds.specs))))

    def spec_text(self):
        text = json.dumps(self.random.choice(self.seeds.specs), indent=1)
        return self.reader(self.file("spec.json", damage_bytes(self.random, text.encode())))

    def notation(self):
        """A .cnn text with damaged bytes, lines or tokens."""
        text = self.random.choice(self.seeds.texts)
        damage = self.random.choice([lambda: damage_bytes(self.random, text.encode()), lambda: damage_lines(self.random, text), lambda: damage_tokens(self.random, text), lambda: damage_tokens(self.random, text)])
        name = self.file("spec.cnn", damage())
        return self.random.choice([self.reader(name), ["format", name], ["format", "--check", name], ["convert", name, "-o", "printed.json"], ["convert", name, "-o", "printed.cnn"]])

    def spec_library(self):
        spec = damage_document(self.random, self.random.choice(self.seeds.specs[:2]))
        return ["compile", self.file("spec.json", spec), "--quiet", "--weights=random:1", "-o", "out"]

    def imports(self):
        """A network of three files, one of them damaged."""
        files = {"language.json": LANGUAGE, "library.json": LIBRARY, "more.json": MORE}
        wrong = self.random.choice(list(files))
        for name, document in files.items():
            self.file(name, damage_document(self.random, document) if name == wrong else json.dumps(document))
        return self.reader(self.random.choice(["language.json", "language.json", "library.json"]))

    def set(self):
        name = self.random.choice(["depths", "block", "size", "classes", "max_batch", "nosuch"])
        value = self.random.choice(TEXTS + ["[1,2,3,4]", "[]", "bottleneck", "basic", "0", "-1", "32", "1e9", "99999999999999999999", "[[1]]", "true", "null", "{"]).replace("\0", "")
        return ["check", self.random.choice(["resnet18", "resnet50"]), f"--set={name}={value}"]

    def weighted(self, name):
        return ["compile", str(self.seeds.piece), f"--weights={name}", "--compile-to=graph", "-o", "printed"]

    def safetensors(self):
        header, data = self.seeds.safetensors
        if self.random.random() < 0.5:
            text = safetensors(damage_document(self.random, header), data)
        else:
            text = damage_bytes(self.random, safetensors(json.dumps(header), data))
        return self.weighted(self.file("w.safetensors", text))

    def npz(self):
        return self.weighted(self.file("w.npz", damage_bytes(self.random, self.random.choice(self.seeds.npz))))

    def npy(self):
        return ["run", str(self.seeds.library), "--input=image=@" + self.file("x.npy", damage_bytes(self.random, self.seeds.input))]

    def picture(self):
        return ["run", str(self.seeds.library), "--input=image=@" + self.file("x.png", damage_bytes(self.random, self.seeds.picture))]

    def mlir(self):
        text = self.seeds.phases[self.random.choice(["import", "graph", "partition"])]
        damaged = damage_lines(self.random, text) if self.random.random() < 0.7 else damage_bytes(self.random, text.encode())
        name = self.file("net.mlir", damaged)
        return self.random.choice([["compile", name, "--compile-to=partition", "-o", "printed"], ["compile", name, "--quiet", "-o", "out"]])

    def llvm(self):
        text = self.seeds.phases["llvm"]
        damaged = damage_lines(self.random, text) if self.random.random() < 0.5 else damage_bytes(self.random, text.encode())
        # The sample runs the library, whose code is the damaged text's.
        return ["compile", self.file("net.ll", damaged), "--quiet", "--sample=none", "-o", "out"]

    def library(self):
        data = self.seeds.library.read_bytes()
        at = data.find(b'{"abi"')
        if at >= 0 and self.random.random() < 0.5:
            damaged = data[:at] + damage_bytes(self.random, data[at:at + 4096]) + data[at + 4096:]
        else:
            damaged = damage_bytes(self.random, data)
        name = self.file("lib.so", damaged)
        return ["inspect", name, *self.random.choice([[], ["--json"], ["--layers", "--memory"]])]

    def run(self, environment, memory):
        """What is wrong with the program's behaviour, or None. `memory`: GiB of address space; 0: no limit."""
        def limit():
            if memory:
                resource.setrlimit(resource.RLIMIT_AS, (memory << 30, memory << 30))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            done = subprocess.run(self.command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, preexec_fn=limit, check=False)
        except subprocess.TimeoutExpired:
            self.output = ""
            return f"takes more than {SECONDS} s"
        self.output = (done.stdout[-4000:] + done.stderr[-8000:]).decode("utf-8", "replace")
        self.status = done.returncode
        if done.returncode not in DOCUMENTED:
            return f"exit status {done.returncode}"
        if any(text in self.output for text in CRASH_TEXTS):
            return "crash report"
        if done.returncode and not done.stderr:
            return "fails without a message"
        left = {path.name for path in self.folder.iterdir()} - self.given
        if done.returncode and left:
            return f"leaves {', '.join(sorted(left))}"
        if any(name.startswith(".") for name in left) or any(path.name.startswith(".") for path in self.folder.glob("out/*")):
            return "leaves a temporary file"
        return None

    def text(self):
        return shlex.join(self.command)


class Campaign:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.environment = {**os.environ, "CNNC_CACHE": str(folder / "cache"), "CNNC_MODELS": str(ROOT / "models")}
        self.cnnc = str(options.bin.resolve() / "cnnc")
        self.seeds = Seeds(self.cnnc, ROOT / "models", folder, self.environment)
        self.deadline = time.monotonic() + options.seconds
        self.findings, self.statuses = [], {}

    def case(self, number):
        """Runs case `number` unless time is up; True when it ran."""
        if self.options.cases is None and time.monotonic() > self.deadline:
            return False
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            case = Case(self.seeds, self.cnnc, Path(name), self.options.seed, number)
            problem = case.run(self.environment, self.options.memory)
            if problem:
                self.keep(case, problem)
            else:
                key = (case.kind.__name__, case.status)
                self.statuses[key] = self.statuses.get(key, 0) + 1
        return True

    def keep(self, case, problem):
        place = self.options.findings / f"{self.options.seed}-{case.number}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        for name in case.given:
            shutil.copy(case.folder / name, place)
        (place / "command.txt").write_text(f"{problem}\ncd {place}\n{case.text()}\n\n{case.output}")
        self.findings.append((case, problem))
        print(f"case {case.number} ({case.kind.__name__}): {problem}\n  {place / 'command.txt'}", flush=True)

    def run(self):
        cases = iter(range(self.options.cases)) if self.options.cases is not None else itertools.count()
        count = 0
        with ThreadPoolExecutor(self.options.jobs) as pool:
            while batch := list(itertools.islice(cases, 64)):
                ran = sum(pool.map(self.case, batch))
                count += ran
                if ran < len(batch):
                    break
        return count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seconds", nargs="?", type=float, default=60, help="how long (default 60)")
    parser.add_argument("--bin", type=Path, required=True, help="folder of cnnc")
    parser.add_argument("--seed", type=int, help="default: 1 with --cases, else from the clock")
    parser.add_argument("--cases", type=int, help="run this many cases instead of a time")
    parser.add_argument("--case", type=int, help="run one case and show what it prints")
    parser.add_argument("--findings", type=Path, help="where findings go (default: fuzz-findings beside --bin)")
    parser.add_argument("--memory", type=int, default=8, help="GiB of address space; 0: no limit, as sanitizers need (default 8)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    if options.seed is None:
        options.seed = 1 if options.cases is not None or options.case is not None else time.time_ns() % 1_000_000
    options.findings = (options.findings or options.bin.parent / "fuzz-findings").resolve()
    with tempfile.TemporaryDirectory(prefix="cnnc-fuzz-") as folder:
        campaign = Campaign(options, Path(folder))
        if options.case is not None:
            place = Path(folder) / "case"
            place.mkdir()
            case = Case(campaign.seeds, campaign.cnnc, place, options.seed, options.case)
            problem = case.run(campaign.environment, options.memory)
            print(case.text(), case.output, problem or "no finding", sep="\n")
            sys.exit(1 if problem else 0)
        count = campaign.run()
    for (kind, status), number in sorted(campaign.statuses.items()):
        print(f"  {kind:12} exit {status}: {number}")
    print(f"seed {options.seed}: {count} cases, {len(campaign.findings)} findings")
    sys.exit(1 if campaign.findings else 0)


if __name__ == "__main__":
    main()
