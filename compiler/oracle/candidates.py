"""Comparing candidates of detectors: rows that are chosen and ordered by rounded scores.

Where a region lies is a rounded result, and what is read there changes with it: floats of a candidate agree when the root mean square of
their errors is within 5e-2 * max|expected| + 1e-3. Integers, the decisions, are equal. Scores may be equal but for rounding; their rows
may change places.
"""

import numpy as np

import compare

RELATIVE, ABSOLUTE = 5e-2, 1e-3
STAYS = 0.01  # of the bound: how much nearer another row must be than the one in the same place
MATCHED_ELEMENTS = 1024  # most elements of a row by which rows are matched


def named(outputs):
    """Names of the outputs that say something of candidates: those with as many rows as one of integers, as boxes have with labels, and all
    that have rows beside an output `count` of one integer."""
    lengths = {len(array) for array in outputs.values() if array.ndim and np.issubdtype(array.dtype, np.integer)}
    count = outputs.get("count")
    if count is not None and count.shape == (1,) and np.issubdtype(count.dtype, np.integer):
        lengths |= {len(array) for array in outputs.values() if array.ndim}
    return {name for name, array in outputs.items() if array.ndim and len(array) in lengths}


def bound_of(expected):
    """Largest distance of a row; 0 for integers."""
    return compare.bound_of(expected, RELATIVE, ABSOLUTE)


def _distances(got, expected):
    """Root mean square along the last axis, of f64 arrays; equal elements, NaN and infinities too, have no distance."""
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.where((got == expected) | (np.isnan(got) & np.isnan(expected)), 0.0, np.abs(got - expected))
        return np.sqrt(np.mean(np.square(np.where(np.isnan(error), np.inf, error)), axis=-1))


def _flat(array):
    return np.asarray(array, np.float64).reshape(len(array), int(np.prod(array.shape[1:])))


def compare_rows(layer, got, expected):
    """The row of one layer or output; its error is the largest distance."""
    row = compare.compare_arrays(layer, got, expected, bound_of(expected))
    if got.shape == expected.shape and expected.size:
        row.max_err = float(np.max(_distances(_flat(got), _flat(expected))))
        row.agrees = row.max_err <= row.bound
    return row


def order_of(expected, got):
    """The row of `got` for each row of `expected`, {name: array} of equal shapes, such that all agree; None when there is no such order."""
    length = len(next(iter(expected.values())))
    far = np.zeros((length, length))
    for name, array in expected.items():
        theirs, ours, bound = _flat(array), _flat(got[name]), bound_of(array)
        distances = np.array([_distances(ours, row) for row in theirs])
        far = np.maximum(far, np.where(distances <= bound, distances / max(bound, 1e-300), np.inf))
    near, rows = np.isfinite(far), np.arange(length)
    far[rows, rows] -= STAYS
    best = far.argmin(axis=1)
    order = np.where((far.argmin(axis=0)[best] == rows) & near[rows, best], best, -1)  # the nearest of each other
    stays = (order < 0) & near.diagonal() & ~np.isin(rows, order)
    order[stays] = rows[stays]
    for row in np.flatnonzero(order < 0):
        if not _place(int(row), order, near, far):
            return None
    return order


def _place(row, order, near, far):
    """Gives `row` of the oracle a row of ours, moving others to another one near them if need be (an augmenting path); whether it could."""
    owners = np.full(len(order), -1)
    owners[order[order >= 0]] = np.flatnonzero(order >= 0)
    reached, waiting = np.full(len(order), -1), [row]  # from which row of the oracle a row of ours was reached
    for current in waiting:
        fresh = np.flatnonzero(near[current] & (reached < 0))
        reached[fresh] = current
        free = fresh[owners[fresh] < 0]
        if free.size:
            ours = int(free[np.argmin(far[current, free])])
            while ours >= 0:
                current = reached[ours]
                order[current], ours = ours, order[current]
            return True
        waiting += owners[fresh].tolist()
    return False


def swaps_of(order):
    """[[row of the oracle, row of ours]] where these differ."""
    return [[row, int(ours)] for row, ours in enumerate(order) if ours != row]


def text(swaps):
    """Which rows changed places, in one line."""
    some = ", ".join(f"{ours} as {theirs}" for theirs, ours in swaps[:6])
    return f"{len(swaps)} rows stand in another order, their scores equal but for rounding: {some}{', ...' if len(swaps) > 6 else ''}"


def compare_outputs(got, expected):
    """(rows for the outputs of `got`, which `expected` also has; swaps of candidates, which need two outputs to be told by)."""
    candidates = named(expected)
    got, swaps = dict(got), []
    for length in sorted({len(expected[name]) for name in candidates}):
        names = [name for name in got if name in candidates and len(expected[name]) == length and got[name].shape == expected[name].shape]
        if length == 1 or len(names) < 2 or all(compare_rows(name, got[name], expected[name]).agrees for name in names):
            continue
        order = order_of({name: expected[name] for name in names}, {name: got[name] for name in names})
        if order is not None:
            got.update({name: got[name][order] for name in names})
            swaps += swaps_of(order)
    rows = [(compare_rows if name in candidates else compare.compare_arrays)(name, array, expected[name]) for name, array in got.items()]
    return rows, swaps


def compare_layers(got, expected):
    """Rows for the layers of `got`, in its order, that `expected` also has.

    A library keeps room for more candidates than there are: a layer that has more rows than the oracle's is one of candidates. Rows that
    change places in one layer do so in all later ones of as many.
    """
    rows, orders = [], {}
    for layer, array in got.items():
        if layer not in expected:
            continue
        theirs = expected[layer]
        if not (array.ndim and theirs.ndim and len(array) > len(theirs)):
            rows.append(compare.compare_arrays(layer, array, theirs))
            continue
        ours = array[: len(theirs)]
        ours = ours[orders.get(len(theirs), slice(None))]
        row = compare_rows(layer, ours, theirs)
        if not row.agrees and len(theirs) not in orders and ours.shape == theirs.shape and np.prod(theirs.shape[1:]) <= MATCHED_ELEMENTS:
            order = order_of({layer: theirs}, {layer: ours})
            if order is not None:
                orders[len(theirs)] = order
                row = compare_rows(layer, ours[order], theirs)
                row.note = text(swaps_of(order))
        rows.append(row)
    return rows
