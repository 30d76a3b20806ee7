"""Comparing two sets of arrays, layer by layer."""

from dataclasses import asdict, dataclass

import numpy as np

RELATIVE, ABSOLUTE = 1e-4, 1e-5


@dataclass
class Row:
    """One compared layer. `max_err` is inf when NaNs, infinities or shapes disagree."""

    layer: str
    shape: list
    max_err: float
    bound: float
    agrees: bool
    worst: list  # index of the largest error
    got: float
    expected: float
    note: str = ""


def bound_of(expected, relative=RELATIVE, absolute=ABSOLUTE):
    """1e-4 * max|expected| + 1e-5, over finite elements; 0 for integers."""
    if np.issubdtype(expected.dtype, np.integer):
        return 0.0
    finite = expected[np.isfinite(expected)]
    return relative * float(np.max(np.abs(finite), initial=0)) + absolute


def compare_arrays(layer, got, expected, bound=None):
    """The row of one layer. NaN agrees with NaN only, an infinity with itself only."""
    bound = bound_of(np.asarray(expected)) if bound is None else bound
    got, expected = np.asarray(got, np.float64), np.asarray(expected, np.float64)
    shape = list(expected.shape)
    if got.shape != expected.shape:
        return Row(layer, shape, float("inf"), bound, False, [], float("nan"), float("nan"), f"has shape {list(got.shape)}")
    if not expected.size:
        return Row(layer, shape, 0.0, bound, True, [], 0.0, 0.0)
    with np.errstate(invalid="ignore"):
        same = (got == expected) | (np.isnan(got) & np.isnan(expected))
        error = np.where(same, 0.0, np.abs(got - expected))
    error = np.where(np.isnan(error), np.inf, error)
    worst = np.unravel_index(int(np.argmax(error)), error.shape)
    largest = float(error[worst])
    return Row(layer, shape, largest, bound, bool(largest <= bound), [int(i) for i in worst], float(got[worst]), float(expected[worst]))


def compare_layers(got, expected):
    """Rows for the layers of `got`, in its order, that `expected` also has."""
    return [compare_arrays(layer, array, expected[layer]) for layer, array in got.items() if layer in expected]


def top1_agrees(got, expected):
    """Whether a [N, classes] result has the same best class in each row; None for other shapes. Ties count as agreement."""
    if expected.ndim != 2 or got.shape != expected.shape or not expected.size:
        return None
    rows = np.arange(len(expected))
    return bool(np.all(expected[rows, np.argmax(got, 1)] == expected.max(1)) or np.array_equal(np.argmax(got, 1), np.argmax(expected, 1)))


def first_mismatch(rows):
    """Index of the first row that disagrees, or None."""
    return next((index for index, row in enumerate(rows) if not row.agrees), None)


def table(rows):
    """The rows, lined up; the first mismatch is marked and explained below."""
    first = first_mismatch(rows)
    cells = [("layer", "shape", "max|err|", "bound", "")]
    for index, row in enumerate(rows):
        verdict = "ok" if row.agrees else "OFF  <- first" if index == first else "OFF"
        cells.append((row.layer, "x".join(map(str, row.shape)) or "scalar", f"{row.max_err:.2e}", f"{row.bound:.2e}", verdict))
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}  {d:>{widths[3]}}  {e}".rstrip() for a, b, c, d, e in cells]
    if first is not None:
        row = rows[first]
        what = row.note or f"at {row.worst} is {row.got:.9g}, expected {row.expected:.9g}"
        lines.append(f"first mismatch: {row.layer} {what}")
    lines += [f"{row.layer}: {row.note}" for row in rows if row.agrees and row.note]
    return "\n".join(lines)


def to_json(rows):
    """Plain data of the rows; non-finite numbers become strings, as JSON has none."""
    def plain(value):
        return value if not isinstance(value, float) or np.isfinite(value) else str(value)
    return [{key: plain(value) for key, value in asdict(row).items()} for row in rows]
