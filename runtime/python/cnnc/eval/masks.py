"""Masks of detections: from a grid over their box to pixels."""

import numpy as np


def _axis(first, last, cells, extent):
    """Pixels [begin, end) of `extent` that an axis of a grid from pixel `first` to `last` covers, and the two cells and the weight of the second of each."""
    length = max(last - first + 1, 1)
    begin, end = max(first, 0), min(first + length, extent)
    if begin >= end:
        return 0, 0, None
    where = np.maximum((np.arange(begin - first, end - first) + 0.5) * (cells / length) - 0.5, 0)
    low = np.minimum(where.astype(np.int64), cells - 1)
    return begin, end, (low, np.minimum(low + 1, cells - 1), (where - low).astype(np.float32))


def paste_masks(masks, boxes, height, width, threshold=0.5):
    """The masks as pixels of a picture: bool [n, height, width] from probabilities f32 [n, M, M] on a grid over boxes f32 [n, 4].

    A pixel is set where the probability is above `threshold`. The grid gets a border of one cell of 0, the box grows with it about its
    centre, its corners lose their fractions, and the grid is resampled to the box's pixels, bilinearly between half-pixel centres.
    Source: torchvision.models.detection.roi_heads.paste_masks_in_image (padding=1), interpolate(align_corners=False).
    A box that is not finite has no pixels.
    """
    masks, boxes = np.asarray(masks, np.float32), np.asarray(boxes, np.float32).reshape(-1, 4)
    result = np.zeros((len(boxes), height, width), bool)
    if not len(boxes):
        return result
    cells = masks.shape[1] + 2
    grids = np.pad(masks, ((0, 0), (1, 1), (1, 1)))
    with np.errstate(invalid="ignore", over="ignore"):
        half = (boxes[:, 2:] - boxes[:, :2]) * np.float32(0.5) * np.float32(cells / (cells - 2))
        centre = (boxes[:, 2:] + boxes[:, :2]) * np.float32(0.5)
        corners = np.concatenate([centre - half, centre + half], axis=1)
    for index, box in enumerate(corners):
        if not (np.isfinite(box).all() and np.abs(box).max() < 2**31):
            continue
        x1, y1, x2, y2 = (int(value) for value in box)
        left, right, columns = _axis(x1, x2, cells, width)
        top, bottom, rows = _axis(y1, y2, cells, height)
        if columns is None or rows is None:
            continue
        (above, below, down), (before, after, across), grid = rows, columns, grids[index]
        wide = grid[:, before] * (1 - across) + grid[:, after] * across
        result[index, top:bottom, left:right] = wide[above] * (1 - down[:, None]) + wide[below] * down[:, None] > threshold
    return result
