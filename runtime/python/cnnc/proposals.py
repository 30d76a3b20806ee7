"""Region proposals for R-CNN, Fast R-CNN and SPPnet: boxes that may hold an object.

    boxes = cnnc.proposals.selective_search(picture, limit=2000)
"""

import numpy as np

MODES = {"fast": "switchToSelectiveSearchFast", "quality": "switchToSelectiveSearchQuality", "single": "switchToSingleStrategy"}


def _segmentation():
    """OpenCV's module of selective search. Raises ImportError that says what to install."""
    try:
        import cv2
    except ImportError as reason:
        raise ImportError(f"selective search needs OpenCV with its contributed modules ({reason}): pip install opencv-contrib-python-headless") from None
    segmentation = getattr(getattr(cv2, "ximgproc", None), "segmentation", None)
    if not hasattr(segmentation, "createSelectiveSearchSegmentation"):
        raise ImportError("this OpenCV lacks the module ximgproc: pip uninstall its package, then pip install opencv-contrib-python-headless")
    return segmentation


def distinct(boxes, limit=None, min_size=1):
    """The first `limit` of the boxes [n, 4], x1, y1, x2, y2, without repetitions and those with a side below `min_size`; order kept."""
    boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
    sides = boxes[:, 2:] - boxes[:, :2]
    boxes = boxes[(sides >= max(min_size, 1)).all(axis=1)]
    _, first = np.unique(boxes, axis=0, return_index=True)
    return boxes[np.sort(first)[:limit]]


def selective_search(picture, limit=2000, mode="fast", min_size=1):
    """Boxes f32 [R, 4], x1, y1, x2, y2 in pixels, the right and lower edge outside, likeliest first as the method ranks them; R <= limit.

    picture: u8 [H, W, 3], RGB. limit: None for all. mode: "fast" (about 2000 boxes, as R-CNN uses them), "quality" or "single". The ranks
    have a random part, which OpenCV draws. Source: Uijlings et al. 2013, "Selective Search for Object Recognition", by
    OpenCV's ximgproc.segmentation. Raises ImportError without it, ValueError on another picture, limit or mode.
    """
    picture = np.asarray(picture)
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or 0 in picture.shape:
        raise ValueError(f"the picture is {picture.dtype} {list(picture.shape)}, expected uint8 [H, W, 3]")
    if mode not in MODES:
        raise ValueError(f"mode is '{mode}', expected one of {', '.join(MODES)}")
    if limit is not None and limit < 0:
        raise ValueError(f"limit is {limit}, expected a count or None")
    search = _segmentation().createSelectiveSearchSegmentation()
    search.setBaseImage(np.ascontiguousarray(picture[:, :, ::-1]))
    getattr(search, MODES[mode])()
    found = np.asarray(search.process(), np.float32).reshape(-1, 4)
    found[:, 2:] += found[:, :2]
    return distinct(found, limit, min_size)
