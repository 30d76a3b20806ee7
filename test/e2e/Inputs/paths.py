"""Specs and output folders at odd places, absolute and relative; every command that reads or writes there. paths.py FOLDER SPEC"""
import shutil
import subprocess
import sys
from pathlib import Path

folder, spec = Path(sys.argv[1]), Path(sys.argv[2])
PLACES = ["a b", "quo'te", 'dq"te', "\u043f\u0430\u043f\u043a\u0430 \u76ee\u5f55", "$HOME", "a;touch pwned", "`touch pwned`$(touch pwned)", "-o", "/".join(["d" * 100] * 3), "back\\slash", "new\nline"]


def call(*command):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode or done.stderr:
        sys.exit(f"{command}: status {done.returncode}\n{done.stdout}{done.stderr}")


for place in PLACES:
    (folder / place).mkdir(parents=True)
    shutil.copy(spec, folder / place)
    base = str(folder / place)
    call("cnnc", "compile", f"{base}/{spec.name}", "--quiet", "-o", f"{base}/out")
    call("cnnc", "run", f"{base}/out/lib{spec.stem}.so", f"--output=y={base}/y.npy")
    base = "./" + place
    call("cnnc", "compile", f"{base}/{spec.name}", "--compile-to=graph", "-o", f"{base}/net.mlir")
    call("cnnc", "compile", f"{base}/net.mlir", "--quiet", "-o", f"{base}/again", f"--cache={base}/cache")
    call("cnnc", "inspect", f"{base}/again/lib{spec.stem}.so", "--layers")
    call("cnnc", "convert", f"{base}/{spec.name}", "-o", f"{base}/net.onnx")
left = {path.name for path in folder.iterdir()} - {place.split("/")[0] for place in PLACES}
print(f"{len(PLACES)} places, beside them {sorted(left)}")
