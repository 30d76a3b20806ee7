"""COCO's figures through pycocotools, on cases whose figures follow by hand."""
import math
import unittest

import numpy as np

import scenes
from cnnc.eval import EvalError
from cnnc.eval.coco import STATISTICS, decode, encode, evaluate

IMAGES = [10, 11, 12, 13]


class Coco(unittest.TestCase):
    def statistics(self, rows, kind="bbox", images=IMAGES, document=None):
        result = evaluate(document or scenes.coco(), rows, images, kind)
        self.assertEqual(tuple(result["statistics"]), STATISTICS)
        return result

    def test_boxes(self):
        result = self.statistics(scenes.results())
        # Classes 1 and 3 are exact; class 2 has IoU 1/3 with its object.
        for name, expected in {"AP": 2 / 3, "AP50": 2 / 3, "AP75": 2 / 3, "AR100": 2 / 3}.items():
            self.assertAlmostEqual(result["statistics"][name], expected, places=12)
        # One small object, 20 x 20, of class 1; no object is large.
        self.assertAlmostEqual(result["statistics"]["APs"], 0.5, places=12)
        self.assertTrue(math.isnan(result["statistics"]["APl"]))
        self.assertEqual([result["classes"][number]["AP"] for number in (1, 2, 3)], [1, 0, 1])

    def test_a_box_that_is_off_counts_at_the_low_thresholds(self):
        # IoU 0.72: thresholds 0.5 to 0.7 are 5 of 10.
        rows = [{"image_id": 11, "category_id": 3, "bbox": [10, 4, 40, 28.8], "score": 0.9}]
        result = self.statistics(rows, images=[11])
        self.assertAlmostEqual(result["statistics"]["AP"], 0.5, places=12)
        self.assertAlmostEqual(result["statistics"]["AP50"], 1, places=12)
        self.assertEqual(result["statistics"]["AP75"], 0)

    def test_masks(self):
        result = self.statistics(scenes.results(encode), "segm")
        self.assertAlmostEqual(result["statistics"]["AP"], 1, places=12)
        for row in (rows := scenes.results(encode)):
            pixels = decode(row["segmentation"])
            pixels[: pixels.shape[0] // 2] = 0
            row["segmentation"] = encode(pixels)
        self.assertLess(self.statistics(rows, "segm")["statistics"]["AP"], 1)

    def test_codes_come_back(self):
        pixels = np.random.default_rng(1).random((7, 9)) > 0.5
        np.testing.assert_array_equal(decode(encode(pixels)), pixels)
        self.assertIsInstance(encode(pixels)["counts"], str)

    def test_no_detections(self):
        self.assertEqual(self.statistics([])["statistics"]["AP"], 0)
        self.assertEqual(self.statistics([], "segm")["statistics"]["AP"], 0)

    def test_no_ground_truth(self):
        document = {**scenes.coco(), "annotations": []}
        self.assertTrue(math.isnan(self.statistics(scenes.results(), document=document)["statistics"]["AP"]))
        self.assertTrue(math.isnan(self.statistics([], document=document)["statistics"]["AP"]))

    def test_all_crowds(self):
        document = scenes.coco()
        for annotation in document["annotations"]:
            annotation["iscrowd"] = 1
        self.assertTrue(math.isnan(self.statistics(scenes.results(), document=document)["statistics"]["AP"]))

    def test_images_that_do_not_count(self):
        self.assertAlmostEqual(self.statistics(scenes.results(), images=[11])["statistics"]["AP"], 1, places=12)

    def test_the_document_stays_as_it_is(self):
        document, rows = scenes.coco(), scenes.results(encode)
        evaluate(document, rows, IMAGES, "segm")
        self.assertEqual((document, rows), (scenes.coco(), scenes.results(encode)))

    def test_what_is_refused(self):
        bare = scenes.coco()
        bare["annotations"][0].pop("segmentation")
        for document, rows, kind, message in ((None, scenes.results(), "segm", "a result has no segmentation"),
                                              (bare, scenes.results(encode), "segm", "objects without a segmentation"),
                                              (None, [{"image_id": 99, "category_id": 1, "bbox": [0, 0, 1, 1], "score": 1}], "bbox", "image 99"),
                                              (None, [{"image_id": 10, "category_id": 1, "score": 1}], "bbox", "no bbox")):
            with self.assertRaisesRegex(EvalError, message):
                self.statistics(rows, kind, document=document)


if __name__ == "__main__":
    unittest.main()
