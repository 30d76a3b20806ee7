"""Specs and output folders at odd places, absolute and relative; every command that reads or writes there. paths.py FOLDER SPEC"""
import shutil
import subprocess
import sys
from pathlib import Path

folder, spec = Path(sys.argv[1]), Path(sys.argv[2])
PLACES = ["a b", "quo'te", 'dq"te', "\u043f\u0430\u043f\u043a\u0430", "\u76ee\u5f55", "$HOME", "a;touch pwned", "`touch pwned`", "$(touch pwned)", "-o", "x" * 200, "/".join(["d" * 100] * 3), "back\\slash", "new\nline", "%s%n",
          "*", "#", "a=b", "@file"]


def call(*command):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode or done.stderr:
        sys.exit(f"{command}: status {done.returncode}\n{done.stdout}{done.stderr}")


for place in PLACES:
    (folder / place).mkdir(parents=True)
    shutil.copy(spec, folder / place)
    for base in ("./" + place, str(folder / place)):
        library = f"{base}/out/lib{spec.stem}.so"
        call("cnnc", "compile", f"{base}/{spec.name}", "--quiet", "-o", f"{base}/out")
        call("cnnc", "run", library, f"--output=y={base}/y.npy")
        call("cnnc", "inspect", library, "--layers")
    call("cnnc", "compile", f"./{place}/{spec.name}", "--compile-to=graph", "-o", f"./{place}/net.mlir")
    call("cnnc", "compile", f"./{place}/net.mlir", "--quiet", "-o", f"./{place}/again", "--cache=./" + place + "/cache")
    call("cnnc", "convert", f"./{place}/{spec.name}", "-o", f"./{place}/net.onnx")
    call("cnnc", "verify", f"./{place}/out/lib{spec.stem}.so")
left = {path.name for path in folder.iterdir()} - {place.split("/")[0] for place in PLACES}
print(f"{len(PLACES)} places, beside them {sorted(left)}")
