"""Comparing two sets of arrays, layer by layer."""

from dataclasses import asdict, dataclass

import numpy as np

RELATIVE, ABSOLUTE = 1e-4, 1e-5
# Of candidates: where a region lies is a rounded result, and what is read there changes with it. Integers, the decisions, are equal.
CANDIDATE_RELATIVE, CANDIDATE_ABSOLUTE = 5e-2, 1e-3


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


def bound_of(expected, candidates=False):
    """1e-4 * max|expected| + 1e-5, over finite elements; 5e-2 and 1e-3 for candidates of a detector; 0 for integers."""
    if np.issubdtype(expected.dtype, np.integer):
        return 0.0
    finite = expected[np.isfinite(expected)]
    relative, absolute = (CANDIDATE_RELATIVE, CANDIDATE_ABSOLUTE) if candidates else (RELATIVE, ABSOLUTE)
    return relative * float(np.max(np.abs(finite), initial=0)) + absolute


def are_candidates(outputs):
    """Names of the outputs that say something of candidates: those with as many rows as one of integers, as boxes have with labels."""
    lengths = {len(array) for array in outputs.values() if array.ndim and np.issubdtype(array.dtype, np.integer)}
    return {name for name, array in outputs.items() if array.ndim and len(array) in lengths}


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
    return [_compare_layer(layer, array, expected[layer]) for layer, array in got.items() if layer in expected]


def _compare_layer(layer, got, expected):
    """A library keeps room for more candidates than there are; a layer of fewer rows than that is one of candidates."""
    candidates = bool(got.ndim and expected.ndim and len(got) > len(expected))
    return compare_arrays(layer, got[: len(expected)] if candidates else got, expected, bound_of(expected, candidates))


def compare_outputs(got, expected):
    """Rows for the outputs of `got`, which `expected` also has."""
    candidates = are_candidates(expected)
    return [compare_arrays(name, array, expected[name], bound_of(expected[name], name in candidates)) for name, array in got.items()]


def _rows_agree(got, expected, bounds):
    """[R, R]: whether row i of all outputs `expected` agrees with row j of all outputs `got`; their shapes are equal."""
    same = True
    for name, bound in bounds.items():
        rows = len(expected[name])
        a, b = (np.asarray(arrays[name], np.float64).reshape(rows, -1) for arrays in (expected, got))
        with np.errstate(invalid="ignore"):
            close = [np.all((np.abs(row - b) <= bound) | (row == b) | (np.isnan(row) & np.isnan(b)), axis=1) for row in a]
        same = same & np.array(close).reshape(rows, rows)
    return same


def in_order_of(expected, got):
    """(`got` with its rows in the order of `expected`, [[row of expected, row of got] where these differ]).

    Candidates of a detector stand in the order of scores; where two scores are equal but for rounding, the order is not certain. Such
    rows change places in all outputs of candidates, two at least, if then each agrees with its partner in all of them. Otherwise `got`
    stays as it is.
    """
    got, swaps = dict(got), []
    candidates = sorted(name for name in are_candidates(expected) if name in got and got[name].shape == expected[name].shape)
    for length in sorted({len(expected[name]) for name in candidates} - {1}):
        names = [name for name in candidates if len(expected[name]) == length]
        bounds = {name: bound_of(expected[name], True) for name in names}
        if len(names) < 2 or all(compare_arrays(name, got[name], expected[name], bounds[name]).agrees for name in names):
            continue
        same = _rows_agree(got, expected, bounds)
        order = np.arange(length)
        free = ~same.diagonal()
        for row in np.flatnonzero(~same.diagonal()):
            partners = np.flatnonzero(same[row] & free)
            if not len(partners):
                break
            order[row] = partners[0]
            free[partners[0]] = False
        else:
            got.update({name: got[name][order] for name in names})
            swaps += [[int(row), int(order[row])] for row in range(length) if order[row] != row]
    return got, swaps


def swapped_text(swaps):
    """What in_order_of did, in one line."""
    some = ", ".join(f"{ours} as {theirs}" for theirs, ours in swaps[:6])
    return f"{len(swaps)} rows stand in another order, their scores equal but for rounding: {some}{', ...' if len(swaps) > 6 else ''}"


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
    return "\n".join(lines)


def to_json(rows):
    """Plain data of the rows; non-finite numbers become strings, as JSON has none."""
    def plain(value):
        return value if not isinstance(value, float) or np.isfinite(value) else str(value)
    return [{key: plain(value) for key, value in asdict(row).items()} for row in rows]
