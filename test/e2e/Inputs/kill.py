"""Ends compilations by a signal at many moments: kill.py SPEC OUT KILL|TERM

The output folder then holds all files of a library or none. After SIGTERM no temporary file is left either.
"""
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

spec, out, name = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
MOMENTS = 12
command = ["cnnc", "compile", spec, "--quiet", "--sample=none", "-o", out]
begin = time.monotonic()
subprocess.run(command, check=True)
seconds = time.monotonic() - begin
complete = {path.name: path.read_bytes() for path in out.iterdir()}
shutil.rmtree(out)
killed = 0
for moment in range(1, MOMENTS + 1):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds * moment / MOMENTS)
    process.send_signal(getattr(signal, f"SIG{name}"))
    killed += process.wait() != 0
    found = {path.name: path for path in out.iterdir()} if out.exists() else {}
    temporary = [path for path in found if path.startswith(".")]
    files = {path: found[path].read_bytes() for path in found if path not in temporary}
    wrong = [path for path, data in files.items() if data != complete[path]]
    if wrong or ("libtiny.so" in files and files != complete) or (temporary and name == "TERM"):
        sys.exit(f"SIG{name} after {moment}/{MOMENTS}: half-written {wrong}, found {sorted(found)}")
    shutil.rmtree(out, ignore_errors=True)
print("never half a library:", killed > MOMENTS // 2)
