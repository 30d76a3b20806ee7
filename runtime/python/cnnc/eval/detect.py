"""From a detector's library to results in COCO's form, and their figures."""

import json
import math

import numpy as np

from . import coco, voc
from ._error import EvalError
from .detections import NEEDED, Detections, detections_of, is_detector
from .pictures import fit, read_picture, unfit, unfit_pixels
from .report import Progress

METRICS = ("bbox", "segm", "voc07", "voc10")


class Detector:
    """A loaded library (cnnc.Model, or what behaves like one) that takes pictures u8 [H, W, 3] in RGB as input `image`."""

    def __init__(self, model):
        names = [info.name for info in model.outputs]
        if not is_detector(names):
            raise EvalError(f"the library has the outputs {', '.join(names)}; {NEEDED}")
        if [info.name for info in model.inputs] != ["image"]:
            raise EvalError(f"the library has the inputs {', '.join(info.name for info in model.inputs)}; a detector takes one, image u8 [H, W, 3]")
        info = model.inputs[0]
        if info.dtype != np.uint8 or len(info.max_shape) not in (3, 4) or info.max_shape[-1] != 3:
            raise EvalError(f"the library's input is {info}; a detector takes image u8 [H, W, 3] or [1, H, W, 3]")
        self.model, self.batched = model, len(info.max_shape) == 4
        self.low, self.high = info.min_shape[-3:-1], info.max_shape[-3:-1]

    def __call__(self, picture):
        """Detections in pixels of `picture`, u8 [H, W, 3]; one that does not fit is scaled (pictures.fit). Raises EvalError, CnncError."""
        height, width = picture.shape[:2]
        fitted = fit(picture, self.low, self.high)
        array = np.ascontiguousarray(fitted.array)
        found = detections_of(self.model(image=array[None] if self.batched else array))
        pasted = None if found.pasted is None else unfit_pixels(found.pasted, fitted, height, width)
        return Detections(unfit(found.boxes, fitted, height, width), found.scores, found.labels, found.masks, pasted)


def result_rows(found, image, size, categories, masks):
    """Rows of COCO's results form for one picture; `categories`: {label: category id}, other labels are left out. Masks as run-length codes."""
    pixels = found.pixels(*size) if masks else None
    rows = []
    for index, label in enumerate(found.labels.tolist()):
        if label not in categories:
            continue
        x1, y1, x2, y2 = (float(value) for value in found.boxes[index])
        row = {"image_id": image, "category_id": categories[label], "bbox": [x1, y1, x2 - x1, y2 - y1], "score": float(found.scores[index])}
        if masks:
            row["segmentation"] = coco.encode(pixels[index])
        rows.append(row)
    return rows


def run(detector, data, label_categories, masks=False):
    """Results of all items of `data`. label_categories: labels -> {label: category id}. Raises EvalError that names the picture."""
    rows, progress = [], Progress("pictures", len(data.items))
    try:
        for done, item in enumerate(data.items):
            picture = read_picture(item.path)
            try:
                found = detector(picture)
                rows += result_rows(found, item.id, picture.shape[:2], label_categories(set(found.labels.tolist())), masks)
            except EvalError as error:
                raise EvalError(f"{item.path}: {error}") from None
            progress.update(done + 1)
    finally:
        progress.close()
    return rows


def read_results(path):
    """Results in COCO's form from a file, checked. Raises EvalError."""
    try:
        with open(path, encoding="utf-8") as file:
            rows = json.load(file)
        for row in rows:
            row["image_id"], row["category_id"], row["score"] = int(row["image_id"]), int(row["category_id"]), float(row["score"])
            row["bbox"] = [float(value) for value in row["bbox"]]
            if len(row["bbox"]) != 4 or not all(map(math.isfinite, row["bbox"] + [row["score"]])):
                raise ValueError("a bbox or a score that is not finite")
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as reason:
        raise EvalError(f"{path} is no results file of COCO's form (a list of image_id, category_id, bbox, score): {reason}") from None
    return rows


def voc_figures(data, rows, points=None, iou=0.5, inclusive=False):
    """{"mean": .., "classes": {category id: {"AP": ..}}} by VOC's rules (voc.match); NaN for a class without objects.

    inclusive: x2 and y2 of detections are the last pixels inside, as VOC's devkit has it.
    """
    last = np.array([0.0, 0.0, 1.0, 1.0]) if inclusive else np.zeros(4)
    images, classes = {item.id for item in data.items}, {}
    of_class = {category: [] for category in data.categories}
    for row in rows:
        if row["image_id"] in images and row["category_id"] in of_class:
            x, y, width, height = row["bbox"]
            of_class[row["category_id"]].append((row["image_id"], row["score"], [x, y, x + width, y + height]))
    for category, detections in of_class.items():
        truths = {}
        for item in data.items:
            chosen = item.categories == category
            if chosen.any():
                truths[item.id] = (item.boxes[chosen] - last, item.ignored[chosen])
        classes[category] = {"AP": voc.average_precision(voc.match(detections, truths, iou, inclusive), points)}
    return {"mean": voc.mean([row["AP"] for row in classes.values()]), "classes": classes}


def figures(data, rows, metrics, inclusive=False):
    """{metric: figures} of results for metrics out of METRICS."""
    images = [item.id for item in data.items]
    kept = [row for row in rows if row["category_id"] in data.categories]
    known = {row["id"] for row in data.document["images"]}
    if strangers := [row["image_id"] for row in kept if row["image_id"] not in known]:
        raise EvalError(f"results name image {strangers[0]}, which the data set has not")
    result = {}
    for metric in metrics:
        if metric in ("bbox", "segm"):
            result[metric] = coco.evaluate(data.document, kept, images, metric)
        else:
            result[metric] = voc_figures(data, kept, 11 if metric == "voc07" else None, inclusive=inclusive)
    return result
