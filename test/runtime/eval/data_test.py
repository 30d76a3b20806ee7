"""Reading of data sets and of a library's outputs: what is right, and what is refused."""
import json
import pathlib
import tempfile
import unittest

import numpy as np

import scenes
from cnnc.eval import EvalError, detections_of
from cnnc.eval.classify import class_numbers
from cnnc.eval.data import category_of, read_data
from cnnc.eval.detect import figures, read_results, voc_figures
from cnnc.eval.pictures import fit, unfit, unfit_pixels


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = scenes.write(folder.name)

    def coco(self, change=lambda document: None):
        document = scenes.coco()
        change(document)
        (self.folder / "coco.json").write_text(json.dumps(document))
        return read_data(f"coco:{self.folder}/coco.json:{self.folder}/images")[1]

    def voc(self, text=None, split="test"):
        if text is not None:
            (self.folder / "voc/Annotations/scene0.xml").write_text(text)
        return read_data(f"voc:{self.folder}/voc:{split}" if split else f"voc:{self.folder}/voc")[1]


class Coco(Folder):
    def test_items(self):
        data = self.coco()
        self.assertEqual([item.id for item in data.items], [10, 11, 12, 13])
        np.testing.assert_array_equal(data.items[0].boxes, [[4, 6, 24, 26], [30, 10, 60, 40]])
        self.assertEqual(data.items[2].boxes.shape, (0, 4))
        self.assertEqual(data.categories, scenes.NAMES)
        self.assertTrue(data.has_masks)
        self.assertFalse(self.coco(lambda document: document["annotations"][0].pop("segmentation")).has_masks)
        self.assertFalse(self.coco(lambda document: document["annotations"].clear()).has_masks)
        self.assertEqual(len(data.limited(2).items), 2)

    def test_file_names_stay_inside(self):
        for name in ("../secret.png", "/etc/passwd", "a/../../b.png", ".."):
            with self.assertRaisesRegex(EvalError, "leads out of"):
                self.coco(lambda document: document["images"][0].update(file_name=name))
        self.assertTrue(self.coco(lambda document: document["images"][0].update(file_name="a/../b..png")).items[0].path.endswith("images/b..png"))

    def test_damage(self):
        def with_box(box):
            return lambda document: document["annotations"][0].update(bbox=box)

        for change, message in ((with_box([1, 2, 3]), "annotation 0 has no bbox"), (with_box([1, 2, 3, float("nan")]), "annotation 0 has no bbox"),
                                (with_box(None), "lacks or misuses"), (lambda d: d.pop("images"), "needs the lists"),
                                (lambda d: d["images"].append(d["images"][0]), "same id"), (lambda d: d["annotations"][0].update(image_id=99), "unknown"),
                                (lambda d: d["annotations"][0].update(category_id=99), "unknown"), (lambda d: d["images"][0].pop("file_name"), "'file_name'")):
            with self.assertRaisesRegex(EvalError, message):
                self.coco(change)
        for text in ("", "[", "[]", "[" * 100000):
            (self.folder / "coco.json").write_text(text)
            with self.assertRaises(EvalError):
                read_data(f"coco:{self.folder}/coco.json:{self.folder}")

    def test_the_word(self):
        for text in ("coco:a.json", "coco::b", "voc:", "folder:", "imagenet:x", "", "voc:a:b:c"):
            with self.assertRaisesRegex(EvalError, "--data takes coco:"):
                read_data(text)


class Voc(Folder):
    def test_boxes_count_from_one_and_end_inside(self):
        data = self.voc()
        np.testing.assert_array_equal(data.items[0].boxes, [[4, 6, 24, 26], [30, 10, 60, 40]])
        self.assertEqual(data.items[3].ignored.tolist(), [False, True])
        self.assertEqual((data.categories[1], data.categories[20], len(data.categories)), ("aeroplane", "tvmonitor", 20))

    def test_splits(self):
        self.assertEqual([len(self.voc(split=split).items) for split in ("first", "test", "")], [1, 4, 4])
        for split in ("nosuch", "../../../secret"):
            with self.assertRaises(EvalError):
                self.voc(split=split)

    def test_other_names_are_numbered_in_alphabetical_order(self):
        text = "<annotation><object><name>zebra</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></object></annotation>"
        self.assertEqual(self.voc(text).categories, {1: "aeroplane", 2: "bird", 3: "zebra"})

    def test_damage(self):
        for text, message in (("<annotation>", "cannot be read"), ("<a><object><name>cow</name></object></a>", "lacks its name or a side"),
                              ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "declares a document type")):
            with self.assertRaisesRegex(EvalError, message):
                self.voc(text)


class Labels(unittest.TestCase):
    def test_numbers_are_category_ids(self):
        self.assertEqual(category_of({1, 90, 91}, {1: "person", 90: "toothbrush"}), {1: 1, 90: 90})

    def test_names(self):
        names = ["__background__", "person", "airplane", "teapot"]
        self.assertEqual(category_of({1, 2, 3, 4}, {15: "person", 1: "aeroplane"}, names), {1: 15, 2: 1})

    def test_folders_of_classes(self):
        self.assertEqual(class_numbers(["cat", "dog"], 2), [0, 1])
        self.assertEqual(class_numbers(["7", "281"], 1000), [7, 281])
        self.assertEqual(class_numbers(["dog"], 3, ["cat", "dog", "cow"]), [1])
        for arguments, message in (((["cat"], 3), "name the classes"), ((["1000"], 1000), "none of the library's 1000"), ((["ox"], 1, ["cow"]), "no line 'ox'")):
            with self.assertRaisesRegex(EvalError, message):
                class_numbers(*arguments)


def outputs(**change):
    arrays = {"boxes": np.zeros((4, 4), np.float32), "scores": np.array([0.9, 0.5, 0, 0], np.float32), "labels": np.array([3, 1, 0, 0], np.int32),
              "count": np.array([2], np.int32)}
    return {name: value for name, value in {**arrays, **change}.items() if value is not None}


class Outputs(unittest.TestCase):
    def test_rows_past_the_count_are_left_out(self):
        found = detections_of(outputs())
        self.assertEqual((found.labels.tolist(), found.has_masks), ([3, 1], False))
        self.assertEqual(len(detections_of(outputs(count=np.array([0]))).scores), 0)
        nan = outputs(scores=np.array([0.9, 0.5, np.nan, 0], np.float32))
        self.assertEqual(len(detections_of(nan).scores), 2)

    def test_a_batch_of_one_is_dropped(self):
        batched = {name: array[None] for name, array in outputs(masks=np.ones((4, 28, 28), np.float32)).items()}
        self.assertEqual(detections_of(batched).masks.shape, (2, 28, 28))

    def test_pasted_masks(self):
        found = detections_of(outputs(pasted=np.ones((4, 5, 6), np.uint8)))
        self.assertEqual(found.pixels(5, 6).shape, (2, 5, 6))
        with self.assertRaisesRegex(EvalError, "'pasted' is 5 x 6, the picture 6 x 5"):
            found.pixels(6, 5)
        with self.assertRaisesRegex(EvalError, "no output 'masks'"):
            detections_of(outputs()).pixels(5, 6)

    def test_what_is_no_detector(self):
        for change, message in (({"labels": None}, "outputs are boxes, scores, count; a detector has"), ({"count": np.array([5])}, r"'count' is \[5\]"),
                                ({"count": np.array([-1])}, "'count'"), ({"count": np.array([1, 1])}, "'count'"), ({"boxes": np.zeros((4, 5))}, "'boxes' has shape"),
                                ({"boxes": np.zeros((3, 4))}, "'boxes' has shape"), ({"labels": np.array([0, 1, 1, 1])}, "label below 1"),
                                ({"scores": np.full(4, np.inf)}, "'scores' has values that are not finite"), ({"masks": np.zeros((4, 28, 27))}, "'masks' has shape")):
            with self.assertRaisesRegex(EvalError, message):
                detections_of(outputs(**change))


class Fit(unittest.TestCase):
    def test_one_that_fits_stays(self):
        picture = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
        self.assertIs(fit(picture, (4, 6), (4, 6)).array, picture)
        self.assertIs(fit(picture, (1, 1), (8, 8)).array, picture)

    def test_a_small_one_is_padded_below_and_on_the_right(self):
        fitted = fit(np.zeros((4, 6, 3), np.uint8), (8, 8), (16, 16))
        self.assertEqual((fitted.array.shape, fitted.scale), ((8, 8, 3), 1))
        self.assertEqual(fitted.array[5, 0].tolist(), [124, 116, 104])
        np.testing.assert_array_equal(unfit(np.array([[1, 1, 9, 9]], np.float32), fitted, 4, 6), [[1, 1, 6, 4]])

    def test_boxes_and_pixels_come_back(self):
        from cnnc.eval.pictures import Fitted

        fitted = Fitted(np.zeros((8, 8, 3), np.uint8), 4, 8, 0.5)
        np.testing.assert_array_equal(unfit(np.array([[1, 1, 3, 9]], np.float32), fitted, 8, 16), [[2, 2, 6, 8]])
        pixels = np.zeros((1, 8, 8), bool)
        pixels[0, 1:3, 2:5] = True
        back = unfit_pixels(pixels, fitted, 8, 16)[0]
        expected = np.zeros((8, 16), bool)
        expected[2:6, 4:10] = True
        np.testing.assert_array_equal(back, expected)


class Figures(Folder):
    def test_voc(self):
        data = self.voc()
        rows = [{**row, "image_id": row["image_id"] - 9} for row in scenes.results()]
        for points in (None, 11):
            got = voc_figures(data, rows, points)
            # Class 2 is half a box off: IoU 1/3. Class 3 has a difficult object besides the one it finds.
            self.assertEqual([got["classes"][number]["AP"] for number in (1, 2, 3)], [1, 0, 1])
            self.assertAlmostEqual(got["mean"], 2 / 3)
        inclusive = [{**row, "bbox": row["bbox"][:2] + [row["bbox"][2] - 1, row["bbox"][3] - 1]} for row in rows]
        self.assertAlmostEqual(voc_figures(data, inclusive, None, iou=1.0, inclusive=True)["mean"], 2 / 3)
        self.assertAlmostEqual(voc_figures(data, inclusive, None, iou=1.0)["mean"], 0)

    def test_images_beyond_the_limit_do_not_count(self):
        data = self.voc().limited(1)
        got = voc_figures(data, [{**row, "image_id": row["image_id"] - 9} for row in scenes.results()])
        self.assertTrue(got["classes"][1]["AP"] == 1 and np.isnan(got["classes"][3]["AP"]))

    def test_results_are_checked(self):
        path = self.folder / "results.json"
        good = {"image_id": 10, "category_id": 1, "bbox": [0, 0, 1, 1], "score": 0.5}
        for rows in ([{**good, "score": float("nan")}], [{**good, "bbox": [1, 2, 3]}], [{"image_id": 1}], 3, [4], {"a": 1}):
            path.write_text(json.dumps(rows))
            with self.assertRaisesRegex(EvalError, "no results file"):
                read_results(path)
        with self.assertRaisesRegex(EvalError, "image 99, which the data set has not"):
            figures(self.voc(), [{**good, "image_id": 99}], ["voc10"])


if __name__ == "__main__":
    unittest.main()
