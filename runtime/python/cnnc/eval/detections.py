"""What a detector's library gives for one picture."""

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ._error import EvalError
from .masks import paste_masks


@dataclass(frozen=True)
class Detections:
    """Detections of one picture by falling score.

    boxes: f32 [n, 4], x1, y1, x2, y2 in pixels; scores: f32 [n]; labels: i32 [n], 0 (background) never. Of masks either the one or the
    other, or none: masks f32 [n, M, M], probabilities on a grid over the box; pasted bool [n, H, W], pixels.
    """

    boxes: np.ndarray
    scores: np.ndarray
    labels: np.ndarray
    masks: Optional[np.ndarray] = None
    pasted: Optional[np.ndarray] = None

    @property
    def has_masks(self):
        return self.masks is not None or self.pasted is not None

    def pixels(self, height, width):
        """The masks as bool [n, height, width]; raises EvalError without masks, or when pasted ones are of another size."""
        if self.masks is not None:
            return paste_masks(self.masks, self.boxes, height, width)
        if self.pasted is None:
            raise EvalError("the library has no output 'masks' or 'pasted'; leave --metric=segm out")
        if self.pasted.shape[1:] != (height, width):
            raise EvalError(f"output 'pasted' is {self.pasted.shape[1]} x {self.pasted.shape[2]}, the picture {height} x {width}; compile the library for this size")
        return self.pasted


NEEDED = "a detector has the outputs boxes f32 [D, 4], scores f32 [D], labels i32 [D], count i32 [1], and masks f32 [D, M, M] or pasted [D, H, W] if it has masks"


def is_detector(names):
    """Whether outputs of these names are a detector's."""
    return {"boxes", "scores", "labels", "count"} <= set(names)


def detections_of(outputs):
    """Detections from {output name: array}; a leading extent of 1 (the batch) is dropped.

    Rows past `count` are left out. Raises EvalError on missing outputs, wrong shapes, a count outside [0, D], labels below 1 or values that
    are not finite.
    """
    if not is_detector(outputs):
        raise EvalError(f"the outputs are {', '.join(outputs)}; {NEEDED}")

    def output(name, rank):
        array = np.asarray(outputs[name])
        if array.ndim == rank + 1 and array.shape[0] == 1:
            array = array[0]
        if array.ndim != rank:
            raise EvalError(f"output '{name}' has shape {list(np.shape(outputs[name]))}; {NEEDED}")
        return array

    count = np.asarray(outputs["count"]).reshape(-1)
    scores = output("scores", 1)
    if count.size != 1 or not 0 <= int(count[0]) <= len(scores):
        raise EvalError(f"output 'count' is {count.tolist()}, expected one number from 0 to {len(scores)}")
    count = int(count[0])
    arrays = {"scores": scores, "boxes": output("boxes", 2), "labels": output("labels", 1)}
    arrays.update({name: output(name, 3) for name in ("masks", "pasted") if name in outputs})
    for name, array in arrays.items():
        if len(array) != len(scores) or (name == "boxes" and array.shape[1] != 4) or (name == "masks" and array.shape[1] != array.shape[2]):
            raise EvalError(f"output '{name}' has shape {list(array.shape)}, 'scores' {list(scores.shape)}; {NEEDED}")
        arrays[name] = array[:count]
        if name != "labels" and not np.isfinite(arrays[name]).all():
            raise EvalError(f"output '{name}' has values that are not finite")
    if count and arrays["labels"].min() < 1:
        raise EvalError("output 'labels' has a label below 1 within the count; 0 is the background")
    pasted = arrays.get("pasted")
    if pasted is not None:
        pasted = pasted > 0.5
    return Detections(arrays["boxes"], arrays["scores"], arrays["labels"], None if pasted is not None else arrays.get("masks"), pasted)
