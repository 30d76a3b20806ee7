"""Average precision of PASCAL VOC (Everingham et al. 2010, "The PASCAL Visual Object Classes (VOC) Challenge", section 4.2; the devkit's VOCevaldet)."""

from dataclasses import dataclass

import numpy as np

from ._error import EvalError


def box_iou(boxes, others, plus_one=False):
    """Intersection over union, f64 [n, m], of f [n, 4] and [m, 4] boxes x1, y1, x2, y2.

    plus_one: x2 and y2 are the last pixels inside, as in VOC's devkit, and a side is x2 - x1 + 1 long. A pair without area has 0.
    """
    a, b = (np.asarray(array, np.float64).reshape(-1, 4) for array in (boxes, others))
    extra = 1.0 if plus_one else 0.0
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.maximum(high - low + extra, 0), axis=2)
    area_a, area_b = (np.prod(np.maximum(x[:, 2:] - x[:, :2] + extra, 0), axis=1) for x in (a, b))
    union = area_a[:, None] + area_b[None, :] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


@dataclass(frozen=True)
class Matches:
    """Detections of one class in order of falling score, those on difficult objects left out.

    correct: bool [n]; objects: how many objects that are not difficult there are.
    """

    correct: np.ndarray
    objects: int

    @property
    def recall(self):
        """f64 [n]: share of the objects found so far; NaN without objects."""
        return np.cumsum(self.correct) / self.objects if self.objects else np.full(len(self.correct), np.nan)

    @property
    def precision(self):
        """f64 [n]: share of the detections so far that are correct."""
        return np.cumsum(self.correct) / np.arange(1, len(self.correct) + 1)


def match(detections, truths, iou=0.5, plus_one=False):
    """Matches detections of one class with its objects.

    detections: list of (image, score, box); truths: {image: (boxes f [n, 4], difficult bool [n])}. A detection belongs to the object of
    its image that it overlaps most (the first of equals), if by `iou` or more. The first one of an object, by falling score and then in
    the order given, is correct, later ones are false; on a difficult object it does not count at all. Raises EvalError at a score or a
    box that is not finite.
    """
    scores = np.array([score for _, score, _ in detections], np.float64)
    boxes = np.array([box for _, _, box in detections], np.float64).reshape(-1, 4)
    if not (np.isfinite(scores).all() and np.isfinite(boxes).all()):
        raise EvalError("a detection has a score or a box that is not finite")
    taken = {image: np.zeros(len(difficult), bool) for image, (_, difficult) in truths.items()}
    correct = []
    for index in np.argsort(-scores, kind="stable"):
        image = detections[index][0]
        of_image, difficult = truths.get(image, ((), ()))
        best = None
        if len(difficult):
            overlaps = box_iou(boxes[index], of_image, plus_one)[0]
            best = int(np.argmax(overlaps)) if overlaps.max() >= iou else None
        if best is not None and difficult[best]:
            continue
        correct.append(best is not None and not taken[image][best])
        if best is not None:
            taken[image][best] = True
    objects = sum(int(np.count_nonzero(~np.asarray(difficult, bool))) for _, difficult in truths.values())
    return Matches(np.array(correct, bool), objects)


def average_precision(matches, points=None):
    """Average precision in [0, 1]; NaN when there is no object.

    points=11: the mean over recalls 0, 0.1, ..., 1 of the best precision at that recall or more (VOC2007). None: the area under the
    precision made falling, at every recall (VOC2010 and later).
    """
    if matches.objects == 0:
        return float("nan")
    # best[i]: the best precision from detection i on, 0 after the last.
    best = np.append(np.maximum.accumulate(matches.precision[::-1])[::-1], 0.0)
    found = np.cumsum(matches.correct)
    if points is None:
        return float(best[:-1][matches.correct].sum() / matches.objects)
    if points != 11:
        raise ValueError(f"points is 11 or None, got {points}")
    # found / objects >= k / 10, in whole numbers: a tenth has no exact float.
    return float(np.mean([best[np.searchsorted(found * 10, k * matches.objects)] for k in range(11)]))


def mean(values):
    """Mean over the classes that have objects; NaN when none has."""
    kept = [value for value in values if not np.isnan(value)]
    return float(np.mean(kept)) if kept else float("nan")
