"""The rules of the house, checked on the tree's text: layers, stems, sizes, globals. Prints every breach with its remedy."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = {".cpp", ".h", ".hpp", ".c", ".td", ".py", ".inc"}
LIMIT = 800

# What a layer may include of ours (prefixes), and what nobody else may include. The first matching row holds.
LAYERS = [
    ("runtime/", ["runtime/"]),
    ("dialects/cnn/", ["dialects/cnn/"]),
    ("dialects/check/", ["dialects/check/", "dialects/cnn/"]),
    ("dialects/exec/", ["dialects/exec/", "dialects/cnn/"]),
    ("frontend/", ["frontend/", "dialects/cnn/"]),
    ("lowering/kernels/", ["lowering/kernels/"]),
    ("lowering/", ["lowering/", "dialects/"]),
    ("compiler/", ["compiler/", "lowering/", "dialects/", "frontend/", "runtime/"]),
]
KERNEL_VALUES = {"lowering/kernels/KernelSpec.h", "lowering/kernels/Schedule.h", "lowering/kernels/Target.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def files():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=True)
    return [pathlib.PurePosixPath(line) for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def kebab(stem):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", stem).lower()


def includes(path, text):
    """Yields breaches of the layer rules in one file."""
    name = str(path)
    row = next((row for row in LAYERS if name.startswith(row[0])), None)
    if row is None:
        return
    for header in INCLUDE.findall(text):
        ours = header.split("/")[0] in {"runtime", "dialects", "frontend", "lowering", "compiler"}
        if ours and not any(header.startswith(allowed) for allowed in row[1]):
            yield f"{name}: includes {header}; {row[0]} may include {', '.join(row[1])} only"
        if header == "Halide.h" and not name.startswith("lowering/kernels/"):
            yield f"{name}: includes Halide.h; only lowering/kernels/ may"
        if header.startswith("mlir/") and name.startswith(("lowering/kernels/", "runtime/")):
            yield f"{name}: includes {header}; this layer knows no MLIR"
        if name.startswith(("lowering/graph/", "lowering/partition/")) and header.startswith("lowering/kernels/") and header not in KERNEL_VALUES:
            yield f"{name}: includes {header}; passes see kernels as values: {', '.join(sorted(KERNEL_VALUES))}"


def contents(path, text):
    name = str(path)
    if text.count("\n") > LIMIT:
        yield f"{name}: {text.count(chr(10))} lines, at most {LIMIT}; split where a second thought begins"
    if re.search(r"\bcl::opt\b|\bcl::list\b", text) and not name.startswith("compiler/tools/") and path.suffix in {".cpp", ".h"}:
        yield f"{name}: declares a command-line option; options are structs passed down from compiler/tools/"
    if re.search(r"\bgetenv\s*\(", text) and not name.startswith(("compiler/tools/", "test/")):
        yield f"{name}: reads the environment; take an option from the caller"
    if re.search(r"\b(TODO|FIXME|XXX)\b", text) and not name.startswith("test/lint/"):
        yield f"{name}: leaves a note to self; do it or file it"


def stems(paths):
    """An op, a pass and a kernel have one stem, spelt alike in every layer."""
    names = {str(path) for path in paths}

    def need(partner, because):
        if partner not in names:
            yield f"{partner} is missing: {because} exists"

    passes = (ROOT / "lowering/Passes.td").read_text()
    for path in paths:
        name, stem = str(path), path.stem
        if re.fullmatch(r"dialects/cnn/ops/\w+\.td", name):
            yield from need(f"dialects/cnn/ops/{stem}.cpp", name)
            if f'"dialects/cnn/ops/{stem}.td"' not in (ROOT / "dialects/cnn/CnnOps.td").read_text():
                yield f"{name}: is not included by dialects/cnn/CnnOps.td"
        if re.fullmatch(r"lowering/(graph|partition)/\w+\.cpp", name) and "GEN_PASS_DEF_" in (ROOT / name).read_text():
            yield from need(f"test/{path.parent}/{kebab(stem)}.mlir", name)
            if f"def {stem} : Pass<" not in passes:
                yield f"{name}: lowering/Passes.td has no pass {stem}"
        if re.fullmatch(r"lowering/kernels/algorithms/\w+\.cpp", name):
            yield from need(f"lowering/kernels/schedules/cpu/{stem}.cpp", name)
            if not re.search(rf"\b{stem}\b", (ROOT / "lowering/kernels/Kernels.inc").read_text()):
                yield f"{name}: lowering/kernels/Kernels.inc has no row {stem}"
    for folder in {path.parts[0] for path in paths if len(path.parts) > 1} - {".ci", ".cmake"}:
        if folder not in {"compiler", "dialects", "lowering", "runtime", "frontend", "models", "test", "docs"}:
            yield f"{folder}/: the top level is settled; put it under one of its folders"


def main():
    paths = files()
    breaches = list(stems(paths))
    for path in paths:
        if path.suffix not in SOURCE:
            continue
        text = (ROOT / path).read_text(errors="replace")
        breaches += includes(path, text)
        breaches += contents(path, text)
    for breach in sorted(set(breaches)):
        print(breach)
    print(f"{len(paths)} files, {len(set(breaches))} breaches")
    sys.exit(1 if breaches else 0)


if __name__ == "__main__":
    main()
