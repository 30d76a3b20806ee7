"""cnnc.eval.paste_masks against torchvision's golden (paste_golden.py) and by hand."""
import pathlib
import unittest

import numpy as np

from cnnc.eval import paste_masks

GOLDEN = np.load(pathlib.Path(__file__).with_name("paste_golden.npz"))


class Paste(unittest.TestCase):
    def test_as_torchvision(self):
        got, expected = paste_masks(GOLDEN["masks"], GOLDEN["boxes"], 40, 50), GOLDEN["pasted"]
        self.assertEqual(got.dtype, bool)
        sure = np.abs(expected - 0.5) > 1e-5
        self.assertGreater(sure.mean(), 0.999)
        self.assertTrue((expected > 0.5).any(axis=(1, 2)).sum() >= 10)
        np.testing.assert_array_equal(got[sure], (expected > 0.5)[sure])

    def test_a_full_mask_fills_its_box(self):
        # The grown box is [2, 32]: pixels 2..32 read cells (i - 2 + 1/2) * 30 / 31 - 1/2 of the bordered grid, whose cells 1..28 are 1.
        got = paste_masks(np.ones((1, 28, 28), np.float32), [[3, 3, 31, 31]], 40, 40)[0]
        expected = np.zeros((40, 40), bool)
        expected[3:32, 3:32] = True
        np.testing.assert_array_equal(got, expected)

    def test_threshold_is_exceeded_not_met(self):
        half = np.full((1, 28, 28), 0.5, np.float32)
        self.assertFalse(paste_masks(half, [[0, 0, 28, 28]], 40, 40).any())
        self.assertTrue(paste_masks(half, [[0, 0, 28, 28]], 40, 40, threshold=0.49).any())

    def test_boxes_that_have_no_pixels(self):
        ones = np.ones((1, 28, 28), np.float32)
        for box in ([100, 100, 120, 120], [-90, -90, -60, -60], [float("nan"), 0, 10, 10], [0, 0, float("inf"), 10], [0, 0, 1e30, 1e30]):
            self.assertFalse(paste_masks(ones, [box], 40, 40).any(), box)
        self.assertEqual(paste_masks(np.zeros((0, 28, 28), np.float32), np.zeros((0, 4)), 4, 6).shape, (0, 4, 6))

    def test_a_huge_box_costs_no_more_than_the_picture(self):
        self.assertTrue(paste_masks(np.ones((1, 28, 28), np.float32), [[-1e8, -1e8, 1e8, 1e8]], 8, 8).all())


if __name__ == "__main__":
    unittest.main()
