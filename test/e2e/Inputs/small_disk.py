"""Compiles with ever larger limits of a file's size, as a disk that fills up: small_disk.py SPEC OUT

Below what the largest file takes, the compilation must fail with a message and leave nothing.
"""
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

spec, out = sys.argv[1], Path(sys.argv[2])


def limit(size):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then a write fails, as it does on a full disk
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


failed = 0
for size in (0, 1000, 5000, 20000, 40000, 60000, 10_000_000):
    done = subprocess.run(["cnnc", "compile", spec, "--quiet", "--cache=none", "--sample=none", "-o", out], preexec_fn=lambda size=size: limit(size), capture_output=True, text=True, check=False)
    if done.returncode == 0:
        break
    failed += 1
    if done.returncode != 1 or "cannot write" not in done.stderr or out.exists():
        sys.exit(f"limit {size}: status {done.returncode}, {sorted(out.glob('**/*')) if out.exists() else 'no folder'}\n{done.stderr}")
if failed < 4 or not (out / "libtiny.so").exists():
    sys.exit(f"{failed} failures, {sorted(out.glob('*'))}")
shutil.rmtree(out)
print("nothing half-written")
