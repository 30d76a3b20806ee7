"""Pictures as arrays, and how they fit into a library's input."""

from dataclasses import dataclass

import numpy as np

from ._error import EvalError, need

MEAN_COLOUR = (124, 116, 104)  # ImageNet's mean, which a detector's normalisation brings to about 0, as torchvision pads
LARGEST = 2**28  # pixels


def read_picture(path):
    """u8 [H, W, 3], RGB, of a file that Pillow reads. Raises EvalError."""
    image = need("PIL.Image", "pillow")
    try:
        with image.open(path) as file:
            if file.width * file.height > LARGEST:
                raise EvalError(f"{path} has more than 2^28 pixels")
            return np.array(file.convert("RGB"))
    except (OSError, ValueError, SyntaxError, image.DecompressionBombError) as reason:
        raise EvalError(f"{path} cannot be read: {reason}") from None


def resized(picture, height, width):
    """Bilinear, antialiased where it shrinks: Pillow's filter, as torchvision's transforms use it."""
    image = need("PIL.Image", "pillow")
    return np.array(image.fromarray(picture).resize((width, height), image.Resampling.BILINEAR))


@dataclass(frozen=True)
class Fitted:
    """A picture in a library's input: `array` u8 [H, W, 3], of which `height` x `width` at the top left are the picture, scaled by `scale`."""

    array: np.ndarray
    height: int
    width: int
    scale: float


def fit(picture, low, high):
    """A picture that fits into extents (height, width) from `low` to `high`.

    One that fits stays as it is. Another keeps its proportions: it is scaled to the largest extents, if it exceeds them or they are fixed,
    and what is missing below and on the right is filled with ImageNet's mean colour.
    """
    extents = picture.shape[:2]
    if all(least <= extent <= most for least, extent, most in zip(low, extents, high)):
        return Fitted(picture, *extents, 1.0)
    scale = min(most / extent for extent, most in zip(extents, high))
    if scale > 1 and tuple(low) != tuple(high):
        scale = 1.0
    height, width = (max(1, min(round(extent * scale), most)) for extent, most in zip(extents, high))
    array = np.empty((max(height, low[0]), max(width, low[1]), 3), np.uint8)
    array[:] = MEAN_COLOUR
    array[:height, :width] = picture if scale == 1 else resized(picture, height, width)
    return Fitted(array, height, width, scale)


def unfit(boxes, fitted, height, width):
    """Boxes [n, 4] in a Fitted's pixels as boxes in those of its picture of height x width, clipped to it."""
    if fitted.scale == 1 and fitted.array.shape[:2] == (height, width):
        return boxes
    scale = np.array([width / fitted.width, height / fitted.height] * 2, np.float32)
    return np.clip(boxes * scale, 0, np.array([width, height] * 2, np.float32))


def unfit_pixels(pasted, fitted, height, width):
    """Masks bool [n, H, W] in a Fitted's pixels as masks of its picture of height x width: the nearest pixel."""
    if fitted.scale == 1 and fitted.array.shape[:2] == (height, width):
        return pasted
    rows = np.minimum((np.arange(height) + 0.5) * fitted.height / height, fitted.height - 1).astype(np.int64)
    columns = np.minimum((np.arange(width) + 0.5) * fitted.width / width, fitted.width - 1).astype(np.int64)
    return pasted[:, rows[:, None], columns]


def covered(picture, height, width, numerator=1, denominator=1):
    """The middle height x width of a picture scaled, in its proportions, to cover numerator/denominator of these extents.

    Source: torchvision.transforms.v2.functional.resize (the longer side truncated) and center_crop (a half rounded to even).
    """
    tall, wide = picture.shape[:2]
    if height * wide >= width * tall:
        new_tall = height * numerator // denominator
        new_wide = max(wide * new_tall // tall, width)
    else:
        new_wide = width * numerator // denominator
        new_tall = max(tall * new_wide // wide, height)
    picture = picture if (new_tall, new_wide) == (tall, wide) else resized(picture, new_tall, new_wide)
    top, left = round((new_tall - height) / 2), round((new_wide - width) / 2)
    return picture[top : top + height, left : left + width]


def normalised(picture):
    """f32 [3, H, W] of a picture u8 [H, W, 3]: (x / 255 - mean) / deviation, ImageNet's."""
    mean, deviation = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
    return ((picture.astype(np.float32) / 255 - mean) / deviation).transpose(2, 0, 1)
