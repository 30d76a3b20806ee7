"""Region proposals: what is done around OpenCV's selective search, with a stand-in, and the real one where it is installed."""
import sys
import types
import unittest
from unittest import mock

import numpy as np

from cnnc import proposals

try:
    import cv2
except ImportError:
    cv2 = None


class Search:
    """Records what it is asked; gives rectangles x, y, width, height."""

    def __init__(self, rectangles):
        self.rectangles, self.calls = rectangles, []

    def setBaseImage(self, picture):
        self.picture = picture

    def __getattr__(self, name):
        return lambda: self.calls.append(name)

    def process(self):
        return np.array(self.rectangles, np.int32).reshape(-1, 4) if self.rectangles is not None else ()


def fake(rectangles):
    search = Search(rectangles)
    module = types.ModuleType("cv2")
    module.ximgproc = types.SimpleNamespace(segmentation=types.SimpleNamespace(createSelectiveSearchSegmentation=lambda: search))
    return search, mock.patch.dict(sys.modules, cv2=module)


PICTURE = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)


class Proposals(unittest.TestCase):
    def found(self, rectangles, **options):
        search, patch = fake(rectangles)
        with patch:
            boxes = proposals.selective_search(PICTURE, **options)
        self.assertEqual((boxes.dtype, boxes.shape[1:]), (np.float32, (4,)))
        return search, boxes.tolist()

    def test_rectangles_become_boxes_in_their_order(self):
        self.assertEqual(self.found([[3, 0, 2, 4], [1, 2, 3, 1]])[1], [[3, 0, 5, 4], [1, 2, 4, 3]])

    def test_repetitions_go_and_the_first_stays(self):
        self.assertEqual(self.found([[3, 0, 2, 4], [0, 0, 1, 1], [3, 0, 2, 4], [0, 0, 1, 1], [2, 2, 1, 1]])[1], [[3, 0, 5, 4], [0, 0, 1, 1], [2, 2, 3, 3]])

    def test_the_limit_counts_distinct_boxes(self):
        rectangles = [[0, 0, 1, 1]] * 3 + [[1, 1, 2, 2], [2, 2, 1, 1]]
        self.assertEqual(self.found(rectangles, limit=2)[1], [[0, 0, 1, 1], [1, 1, 3, 3]])
        self.assertEqual(len(self.found(rectangles, limit=None)[1]), 3)
        self.assertEqual(self.found(rectangles, limit=0)[1], [])

    def test_small_and_empty_boxes_go(self):
        self.assertEqual(self.found([[0, 0, 0, 3], [0, 0, 3, 2], [0, 0, 4, 4]], min_size=3)[1], [[0, 0, 4, 4]])
        self.assertEqual(self.found([[0, 0, 0, 3]], min_size=0)[1], [])

    def test_none(self):
        self.assertEqual(self.found([])[1], [])
        self.assertEqual(self.found(None)[1], [])

    def test_opencv_gets_bgr_and_the_mode(self):
        search, _ = self.found([[0, 0, 1, 1]], mode="quality")
        np.testing.assert_array_equal(search.picture, PICTURE[:, :, ::-1])
        self.assertTrue(search.picture.flags.c_contiguous)
        self.assertEqual(search.calls, ["switchToSelectiveSearchQuality"])

    def test_what_is_refused(self):
        for picture in (PICTURE.astype(np.float32), PICTURE[:, :, 0], PICTURE[None], PICTURE[:0], PICTURE[:, :, :2]):
            with self.assertRaisesRegex(ValueError, r"expected uint8 \[H, W, 3\]"):
                proposals.selective_search(picture)
        with self.assertRaisesRegex(ValueError, "mode is 'slow', expected one of fast, quality, single"):
            proposals.selective_search(PICTURE, mode="slow")
        with self.assertRaisesRegex(ValueError, "limit is -1"):
            proposals.selective_search(PICTURE, limit=-1)

    def test_what_to_install(self):
        with mock.patch.dict(sys.modules, cv2=None), self.assertRaisesRegex(ImportError, "pip install opencv-contrib-python-headless"):
            proposals.selective_search(PICTURE)
        with mock.patch.dict(sys.modules, cv2=types.ModuleType("cv2")), self.assertRaisesRegex(ImportError, "lacks the module ximgproc"):
            proposals.selective_search(PICTURE)


@unittest.skipUnless(hasattr(cv2, "ximgproc"), "opencv-contrib-python-headless is not installed")
class OpenCv(unittest.TestCase):
    def test_a_rectangle_is_among_the_first(self):
        picture = np.full((120, 160, 3), 30, np.uint8)
        picture[30:90, 40:110] = (220, 60, 20)
        boxes = proposals.selective_search(picture)
        self.assertTrue((boxes[:, :2] >= 0).all() and (boxes[:, 2] <= 160).all() and (boxes[:, 3] <= 120).all())
        self.assertEqual(len(np.unique(boxes, axis=0)), len(boxes))
        self.assertLess(np.abs(boxes - [40, 30, 110, 90]).max(axis=1).min(), 4)


if __name__ == "__main__":
    unittest.main()
