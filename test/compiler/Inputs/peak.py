"""Runs a command and fails when its peak resident memory is above a limit: peak.py MIB COMMAND..."""
import resource
import subprocess
import sys

status = subprocess.run(sys.argv[2:]).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
if peak > float(sys.argv[1]):
    sys.exit(f"peak of {peak:.0f} MiB; the limit is {sys.argv[1]} MiB")
sys.exit(status)
