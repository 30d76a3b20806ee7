"""Accuracy of a classifier over a folder of class folders."""

import numpy as np

from ._error import EvalError
from .pictures import covered, normalised, read_picture
from .report import Progress


class Classifier:
    """A loaded library with one input for a picture, f32 [N, 3, H, W] or u8 [N, H, W, 3], and one output f32 [N, classes]."""

    def __init__(self, model):
        if len(model.inputs) != 1 or len(model.outputs) != 1 or len(model.outputs[0].max_shape) != 2:
            raise EvalError("folder: data needs a classifier: one input, and one output [N, classes]; this library has "
                            f"{', '.join(map(str, model.inputs))} and {', '.join(map(str, model.outputs))}")
        info = model.inputs[0]
        self.bytes = info.dtype == np.uint8
        if len(info.max_shape) != 4 or info.max_shape[3 if self.bytes else 1] != 3 or not (self.bytes or info.dtype == np.float32):
            raise EvalError(f"the library's input is {info}; pictures go into f32 [N, 3, H, W] or u8 [N, H, W, 3]")
        self.model, self.classes = model, model.outputs[0].max_shape[1]
        self.size = info.max_shape[1:3] if self.bytes else info.max_shape[2:]

    def __call__(self, picture):
        """Scores f32 [classes]. A u8 input gets the picture scaled to cover it and cut to its middle, a float one ImageNet's preparation."""
        array = covered(picture, *self.size) if self.bytes else normalised(covered(picture, *self.size, 256, 224))
        return self.model(np.ascontiguousarray(array)[None])[0]


def class_numbers(folders, classes, labels=None):
    """The class of each folder: the line of `labels` that has its name, or the folder's name if all are numbers, or its place if there are as many
    folders as classes. Raises EvalError."""
    if labels is not None:
        lost = [name for name in folders if name not in labels]
        if lost:
            raise EvalError(f"--labels has no line '{lost[0]}', which is a folder of the data")
        numbers = [labels.index(name) for name in folders]
    elif all(name.isascii() and name.isdigit() for name in folders):
        numbers = [int(name) for name in folders]
    elif len(folders) == classes:
        numbers = list(range(classes))
    else:
        raise EvalError(f"{len(folders)} folders and {classes} classes: name the classes with --labels, or the folders by the classes' numbers")
    if max(numbers) >= classes:
        raise EvalError(f"class {max(numbers)} is none of the library's {classes}")
    return numbers


def accuracy(classifier, samples, numbers):
    """{"images", "top1", "top5"} over (path, folder) samples; equal scores rank by class. Raises EvalError that names the picture."""
    first = five = 0
    progress = Progress("pictures", len(samples))
    try:
        for done, (path, folder) in enumerate(samples):
            scores = np.asarray(classifier(read_picture(path)))
            if np.isnan(scores).any():
                raise EvalError(f"{path}: the library gives NaN")
            rank = int(np.flatnonzero(np.argsort(-scores, kind="stable") == numbers[folder])[0])
            first, five = first + (rank < 1), five + (rank < 5)
            progress.update(done + 1)
    finally:
        progress.close()
    return {"images": len(samples), "top1": first / len(samples), "top5": five / len(samples)}
