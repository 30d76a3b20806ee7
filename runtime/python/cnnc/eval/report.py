"""Tables that line up, and progress on a terminal."""

import math
import sys
import time


def cell(value):
    """Text of a table's cell: shares with three digits, what is undefined as a dash."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def table(header, rows):
    """Lines under a header; the first column is aligned left, the others right."""
    lines = [list(header)] + [[cell(value) for value in row] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(
        "  ".join(text.rjust(width) if column else text.ljust(width) for column, (text, width) in enumerate(zip(line, widths))).rstrip() for line in lines
    )


def json_value(value):
    """The value with NaN as None, since JSON knows no NaN."""
    if isinstance(value, dict):
        return {key: json_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_value(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


class Progress:
    """A line on stderr with the time left, on a terminal only."""

    def __init__(self, title, total):
        self.title, self.total, self.begin = title, total, time.monotonic()
        self.shown, self.last = sys.stderr.isatty(), 0.0

    def update(self, done):
        now = time.monotonic()
        if self.shown and (now - self.last > 0.1 or done == self.total):
            left = (now - self.begin) / max(done, 1) * (self.total - done)
            print(f"\r{self.title} {done}/{self.total}  ETA {left:.0f} s   ", end="", file=sys.stderr, flush=True)
            self.last = now

    def close(self):
        if self.shown:
            print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)
