"""Kills compilations at many moments: the output folder holds all files of a library or none. kill.py SPEC OUT"""
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

spec, out = sys.argv[1], Path(sys.argv[2])
command = ["cnnc", "compile", spec, "--quiet", "--sample=none", "-o", out]
begin = time.monotonic()
subprocess.run(command, check=True)
seconds = time.monotonic() - begin
complete = {path.name: path.read_bytes() for path in out.iterdir()}
shutil.rmtree(out)
killed = 0
for number in range(16):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds * (number + 1) / 16)
    process.send_signal(signal.SIGTERM if number % 2 else signal.SIGKILL)
    status = process.wait()
    killed += status < 0
    found = {path.name: path.read_bytes() for path in out.iterdir() if not path.name.startswith(".cnnc-")} if out.exists() else {}
    wrong = [name for name, data in found.items() if data != complete[name]]
    if wrong or ("libtiny.so" in found and found != complete):
        sys.exit(f"killed after {number + 1}/16: half-written {wrong}, {sorted(found)}")
    if number % 2 and out.exists() and any(path.name.startswith(".cnnc-") for path in out.iterdir()):
        sys.exit(f"terminated after {number + 1}/16: leaves {sorted(path.name for path in out.iterdir())}")
    shutil.rmtree(out, ignore_errors=True)
print("never half a library:", killed > 8)
