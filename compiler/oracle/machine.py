"""The machine that times were taken on."""

import os
import platform


def cpu():
    """The processor's name."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def threads(asked):
    """`asked`, or all CPUs that the process may use when it is 0."""
    return asked or len(os.sched_getaffinity(0))
