"""Fair timing of several contestants on a shared machine: interleaved blocks, medians."""

import gc
import sys
import time

import numpy as np

PAUSE_S = 0.02      # between blocks: worker threads of the last contestant spin for less than this
BLOCK_S = 0.1       # aimed length of the recorded part of a block; less where the budget has no room for so many
MIN_BLOCKS = 10     # per contestant, whatever the budget
MIN_RUNS = 3        # recorded in a block
WARM_UP_RUNS = 2    # unrecorded, at the start of each block


def parse_duration(text):
    """Seconds of "20s", "500ms" or "2m"."""
    for suffix, factor in (("ms", 1e-3), ("s", 1.0), ("m", 60.0)):
        if text.endswith(suffix):
            number = text[: -len(suffix)]
            try:
                seconds = float(number) * factor
            except ValueError:
                break
            if 0 < seconds < float("inf"):
                return seconds
            break
    raise ValueError(f"'{text}' is no duration; write 20s, 500ms or 2m")


def _time(call, runs):
    samples = []
    for _ in range(runs):
        begin = time.perf_counter_ns()
        call()
        samples.append(time.perf_counter_ns() - begin)
    return samples


def note(what):
    """A line on what is being done, which the next one replaces; on a terminal only. An empty one removes it."""
    if sys.stderr.isatty():
        print(f"\r\033[K{what}", end="", file=sys.stderr, flush=True)


class Progress:
    """A line with the time left, on a terminal only."""

    def __init__(self, budget):
        self.end = time.perf_counter() + budget

    def show(self, done):
        note(f"{done} blocks, {max(0.0, self.end - time.perf_counter()):.0f} s left")


def interleave(contestants, budget):
    """{name: milliseconds of each recorded run} for {name: callable}, within about `budget` seconds, or MIN_BLOCKS blocks each.

    A round gives each contestant one block; the order turns by one from round to round, so that a slow drift of the machine
    meets all alike. Blocks have equal length for all, hence a slower contestant has fewer runs in each.
    """
    runs = {}
    block = min(BLOCK_S, budget / (MIN_BLOCKS * len(contestants)))
    for name, call in contestants.items():
        once = min(_time(call, MIN_RUNS)) / 1e9
        runs[name] = int(np.clip(block / max(once, 1e-7), MIN_RUNS, 1000))
    samples = {name: [] for name in contestants}
    order = list(contestants)
    progress = Progress(budget)
    rounds = 0
    collecting = gc.isenabled()
    gc.disable()
    try:
        while rounds < MIN_BLOCKS or time.perf_counter() < progress.end:
            for name in order:
                time.sleep(PAUSE_S)
                _time(contestants[name], WARM_UP_RUNS)
                samples[name] += _time(contestants[name], runs[name])
            order.append(order.pop(0))
            rounds += 1
            progress.show(rounds)
    finally:
        note("")
        if collecting:
            gc.enable()
    return {name: np.asarray(values) / 1e6 for name, values in samples.items()}


def summary(milliseconds):
    """min, median and 90th percentile in ms, and how many runs."""
    return {"min_ms": float(np.min(milliseconds)), "median_ms": float(np.median(milliseconds)),
            "p90_ms": float(np.percentile(milliseconds, 90)), "runs": int(len(milliseconds))}
