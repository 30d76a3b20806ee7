"""Compiles onto ever larger disks: small_disk.py SHIM SPEC OUT

A disk that is too small is diagnosed and nothing is left on it. SHIM is small_disk.c, preloaded.
"""
import os
import subprocess
import sys
from pathlib import Path

shim, spec, out = sys.argv[1], sys.argv[2], Path(sys.argv[3]).resolve()
failed, size = 0, 1000
while True:
    environment = {**os.environ, "LD_PRELOAD": shim, "SMALL_DISK": str(size), "SMALL_DISK_FOLDER": str(out)}
    done = subprocess.run(["cnnc", "compile", spec, "--quiet", "--weights=random:3", "--sample=none", "-o", out], env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        break
    if done.returncode != 1 or "No space left on device" not in done.stderr or out.exists():
        sys.exit(f"{size} bytes: status {done.returncode}, {sorted(out.glob('**/*')) if out.exists() else 'no folder'}\n{done.stderr}")
    failed, size = failed + 1, size * 3 // 2
print("too small:", failed > 5, "at last:", sorted(path.name for path in out.glob("*.so")))
