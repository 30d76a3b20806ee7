"""Runs a command and passes on its output; fails unless its exit status is the expected one. status.py STATUS COMMAND..."""
import subprocess
import sys

expected, command = int(sys.argv[1]), sys.argv[2:]
status = subprocess.run(command, check=False).returncode
if status != expected:
    print(f"status.py: exit status {status}, expected {expected}", file=sys.stderr)
sys.exit(status != expected)
