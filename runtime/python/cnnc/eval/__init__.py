"""Evaluation of compiled networks: average precision of detectors as PASCAL VOC and COCO define it, accuracy of classifiers.

On a command line it is `cnnc eval`, or `python -m cnnc.eval`.
"""

from ._error import EvalError
from .detections import Detections, detections_of
from .masks import paste_masks
from .voc import Matches, average_precision, box_iou, match, mean

__all__ = ["Detections", "EvalError", "Matches", "average_precision", "box_iou", "detections_of", "match", "mean", "paste_masks"]
