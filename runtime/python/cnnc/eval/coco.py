"""COCO's average precision, by pycocotools (https://cocodataset.org/#detection-eval)."""

import contextlib
import copy
import io

import numpy as np

from ._error import EvalError, need

STATISTICS = ("AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl")


def _tools(module):
    return need(f"pycocotools.{module}", "pycocotools")


def require():
    """Raises EvalError unless pycocotools is there."""
    _tools("cocoeval")


def encode(pixels):
    """The run-length code {"size", "counts"} of a mask bool [H, W], counts as text."""
    code = _tools("mask").encode(np.asfortranarray(pixels, dtype=np.uint8))
    return {"size": [int(extent) for extent in code["size"]], "counts": code["counts"].decode("ascii")}


def decode(code):
    """The mask u8 [H, W] of a run-length code."""
    return _tools("mask").decode(code)


def _index(document):
    """A COCO object over a document, which it may change."""
    coco = _tools("coco").COCO()
    coco.dataset = copy.deepcopy(document)
    coco.createIndex()
    return coco


def _mean(values):
    """Mean of the entries that are defined, which pycocotools marks by not being -1."""
    kept = values[values > -1]
    return float(kept.mean()) if kept.size else float("nan")


def evaluate(document, results, images, kind="bbox"):
    """COCO's figures of detections: {"statistics": {"AP": ..}, "classes": {category id: {"AP": .., "AP50": ..}}}, NaN where undefined.

    document: ground truth in COCO's form; results: its results form, a list of {"image_id", "category_id", "score"} with "bbox", and for
    kind "segm" a "segmentation" run-length code; images: ids of the images that count. Raises EvalError.
    """
    if kind == "segm":
        results = [{key: value for key, value in row.items() if key != "bbox"} for row in results]
        if not all("segmentation" in row for row in results):
            raise EvalError("a result has no segmentation; leave --metric=segm out")
    elif not all("bbox" in row for row in results):
        raise EvalError("a result has no bbox")
    else:
        results = [{key: value for key, value in row.items() if key != "segmentation"} for row in results]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = _index(document)
        if kind == "segm" and not all("segmentation" in annotation for annotation in truth.anns.values()):
            raise EvalError("the ground truth has objects without a segmentation; leave --metric=segm out")
        unknown = sorted({row["image_id"] for row in results} - set(truth.getImgIds()))
        if unknown:
            raise EvalError(f"results name image {unknown[0]}, which the ground truth has not")
        try:
            found = truth.loadRes([dict(row) for row in results]) if results else _index({**document, "annotations": []})
            evaluator = _tools("cocoeval").COCOeval(truth, found, kind)
            evaluator.params.imgIds = sorted(images)
            evaluator.evaluate()
            evaluator.accumulate()
            evaluator.summarize()
        except (KeyError, IndexError, TypeError, ValueError) as reason:
            raise EvalError(f"pycocotools cannot use the ground truth or the results: {reason!r}") from None
    statistics = {name: float(value) if value > -1 else float("nan") for name, value in zip(STATISTICS, evaluator.stats)}
    precision = evaluator.eval["precision"]  # [threshold, recall, class, area, detections]
    half = int(np.argmin(np.abs(evaluator.params.iouThrs - 0.5)))
    classes = {category: {"AP": _mean(precision[:, :, position, 0, -1]), "AP50": _mean(precision[half, :, position, 0, -1])}
               for position, category in enumerate(evaluator.params.catIds)}
    return {"statistics": statistics, "classes": classes}
