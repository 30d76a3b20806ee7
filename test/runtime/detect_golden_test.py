"""The detection steps against torchvision's results in detect/golden.npz (written by detect/golden.py). CNNC_DETECT_LIBRARY is the steps as a library."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).with_name("detect")))

import numpy as np

import steps

BLOCKS = (1, 4, 8, 16)
SIZES, RATIOS, STRIDES, CANVAS = (16, 32, 64), (0.5, 1.0, 2.0), (4, 8, 16), (96, 128)

with np.load(pathlib.Path(__file__).with_name("detect") / "golden.npz") as file:
    GOLDEN = dict(file)


def golden(case):
    """The case's arrays by name."""
    found = {name.split("/")[1]: array for name, array in GOLDEN.items() if name.startswith(f"{case}/")}
    assert found, case
    return found


def close(got, expected, tolerance=2e-6):
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)


class Golden(unittest.TestCase):
    def test_suppression(self):
        given = golden("nms")
        order = steps.top_k(given["scores"], len(given["scores"]))
        for percent in (0, 30, 50, 70):
            expected = golden(f"nms{percent}")
            np.testing.assert_array_equal(steps.nms(given["boxes"], order, percent / 100), expected["kept"])
            np.testing.assert_array_equal(steps.nms(given["boxes"], order, percent / 100, groups=given["groups"]), expected["within"])

    def test_boxes(self):
        given = golden("boxes")
        for name in ("decode_rpn", "decode_heads"):
            expected = golden(name)
            close(steps.decode(given["boxes"], given["deltas"], expected["weights"]).reshape(40, 12), expected["decoded"])
        np.testing.assert_array_equal(steps.clip(given["boxes"], 60, 70), golden("clip")["clipped"])
        np.testing.assert_array_equal(steps.remove_small(given["boxes"], 10), golden("small")["kept"])
        np.testing.assert_array_equal(steps.rescale(given["boxes"], (480, 640), (801, 1067)), golden("resize")["resized"])
        levels = golden("levels")
        self.assertEqual([steps.assign_level(box, 4) for box in levels["boxes"]], list(levels["levels"]))

    def test_proposals(self):
        given = golden("proposals")
        anchors = [steps.anchors(steps.base_anchors([size], RATIOS), (stride, stride)) for size, stride in zip(SIZES, STRIDES)]
        boxes = [steps.anchor(a, CANVAS[1] // s, i) for a, s in zip(anchors, STRIDES) for i in range(3 * CANVAS[0] * CANVAS[1] // s**2)]
        np.testing.assert_array_equal(boxes, golden("anchors")["boxes"])
        for block in BLOCKS:
            levels = [(a, steps.Map(given[f"objectness{i}"], block), steps.Map(given[f"deltas{i}"], block, halo=1)) for i, a in enumerate(anchors)]
            for pre, post, least in ((100, 60, 0.0), (2000, 1000, 0.3)):
                count, got, scores = steps.proposals(levels, (90, 117), pre, post, score_threshold=least)
                expected = golden(f"proposals{pre}")["boxes"]
                self.assertEqual(count, len(expected))
                close(got[:count], expected, 2e-5)
                self.assertTrue((np.diff(scores[:count]) <= 0).all())
                self.assertFalse(got[count:].any() or scores[count:].any())

    def test_detections(self):
        given = golden("detections")
        decoded = steps.decode(given["regions"], given["deltas"], (10, 10, 5, 5))
        for boxes, deltas in ((given["regions"], given["deltas"]), (decoded, None)):
            count, got, scores, labels, sources = steps.detections(given["probabilities"], boxes, deltas, (150, 180), cap=100)
            self.assertEqual(count, len(given["boxes"]))
            close(got[:count], given["boxes"], 2e-5)
            np.testing.assert_array_equal(scores[:count], given["scores"])
            np.testing.assert_array_equal(labels[:count], given["labels"])
            np.testing.assert_array_equal(given["probabilities"][sources[:count], labels[:count]], scores[:count])

    def test_regions(self):
        given = golden("regions")
        for source in BLOCKS:
            features = steps.Map(given["map"], source)
            for target in BLOCKS:
                for i, box in enumerate(given["boxes"]):
                    pooled = lambda: steps.Map(shape=(20, 3, 2), block=target, halo=1)
                    got = steps.roi_pool(features, box, pooled(), 0.0625)
                    np.testing.assert_array_equal(got.values, golden("roi_pool")["pooled"][i])
                    for aligned in (0, 1):
                        for ratio in (0, 2):
                            got = steps.roi_align(features, box, pooled(), 0.0625, ratio, aligned)
                            close(got.values, golden(f"roi_align{ratio}{aligned}")["pooled"][i])
                            self.assertFalse(got.lanes[20:].any())

    def test_pictures(self):
        for case in ("image9x13", "image23x31", "image40x10", "image12x12"):
            given = golden(case)
            for block in BLOCKS:
                canvas = steps.Map(shape=given["canvas"].shape, block=block)
                status, geometry = steps.image_to_batch(given["pixels"], canvas, *map(int, given["sides"]))
                self.assertEqual((status, geometry), (0, [*given["size"], *given["pixels"].shape[:2]]))
                close(canvas.values, given["canvas"])

    def test_warped_regions(self):
        given = golden("warp")
        for padding in (0, 3):
            for box, expected in zip(given["boxes"], golden(f"warp{padding}")["warped"]):
                for block in BLOCKS:
                    close(steps.warp_region(given["pixels"], box, steps.Map(shape=(3, 12, 12), block=block), padding).values, expected)

    def test_masks(self):
        given = golden("masks")
        for i, box in enumerate(given["boxes"]):
            for block in BLOCKS:
                mask = steps.select_mask(steps.Map(given["logits"][i], block), int(given["labels"][i]))
                close(mask, given["probabilities"][i])
            close(steps.paste_mask(given["probabilities"][i], box, (24, 32)), given["pasted"][i])
            bits = steps.paste_mask(given["probabilities"][i], box, (24, 32), np.uint8)
            sure = abs(given["pasted"][i] - 0.5) > 1e-6
            np.testing.assert_array_equal(bits[sure], (given["pasted"][i] >= 0.5)[sure])


if __name__ == "__main__":
    unittest.main()
