"""Commands of the compiler as the benches call them."""

import os
import signal
import subprocess


class Failed(Exception):
    """A command that ended badly; the message is its first line of errors."""


def call(command, folder=None):
    """The standard output of a command, which keeps its temporary files in `folder` and ends when we do. Raises Failed."""
    environment = {**os.environ, "TMPDIR": folder} if folder else None
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True) as process:
        try:
            output, errors = process.communicate()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        lines = [line for line in errors.splitlines() if "error" in line] or errors.splitlines() or ["no message"]
        ending = f"signal {-process.returncode}" if process.returncode < 0 else f"status {process.returncode}"
        raise Failed(f"{os.path.basename(command[0])} {command[1]}: {lines[0].strip()} ({ending})")
    return output
