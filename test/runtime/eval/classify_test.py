"""Accuracy of a classifier, and how pictures are prepared for it."""
import pathlib
import tempfile
import types
import unittest

import numpy as np
from PIL import Image

from cnnc.eval import EvalError
from cnnc.eval.classify import Classifier, accuracy
from cnnc.eval.pictures import covered, normalised, read_picture


def info(name, dtype, *shape):
    return types.SimpleNamespace(name=name, dtype=np.dtype(dtype), min_shape=shape, max_shape=shape)


class Fake:
    """Scores of the mean of each channel, and the arrays that it has been called with."""

    def __init__(self, *inputs, outputs=(info("scores", np.float32, 1, 3),)):
        self.inputs, self.outputs, self.seen = inputs, outputs, []

    def __call__(self, array):
        self.seen.append(array)
        return array.astype(np.float32).mean(axis=(1, 2) if array.dtype == np.uint8 else (2, 3))


class Pictures(unittest.TestCase):
    def test_covered_keeps_proportions_and_the_middle(self):
        picture = np.zeros((10, 30, 3), np.uint8)
        picture[:, 10:20] = 255
        self.assertTrue((covered(picture, 10, 10) == 255).all())
        self.assertEqual(covered(picture, 7, 5).shape, (7, 5, 3))
        self.assertEqual(covered(picture, 224, 224, 256, 224).shape, (224, 224, 3))
        self.assertTrue(np.shares_memory(covered(picture, 10, 30), picture))
        for size in ((1, 1), (1, 9), (9, 1), (333, 500)):
            self.assertEqual(covered(np.zeros((*size, 3), np.uint8), 17, 13, 256, 224).shape, (17, 13, 3))

    def test_normalised(self):
        got = normalised(np.full((2, 3, 3), 255, np.uint8))
        np.testing.assert_allclose(got[:, 0, 0], (1 - np.array([0.485, 0.456, 0.406])) / [0.229, 0.224, 0.225], rtol=1e-6)
        self.assertEqual((got.shape, got.dtype), ((3, 2, 3), np.float32))

    def test_pictures_are_read_as_rgb(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a.png"
            Image.fromarray(np.full((2, 3), 7, np.uint8)).save(path)
            self.assertEqual(read_picture(path).tolist(), [[[7, 7, 7]] * 3] * 2)
            path.write_bytes(path.read_bytes()[:40])
            for wrong in (path, pathlib.Path(folder) / "nosuch.png"):
                with self.assertRaisesRegex(EvalError, f"{wrong.name} cannot be read"):
                    read_picture(wrong)


class Accuracy(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.samples = []
        for number, colour in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 200, 0)]):
            self.samples.append((pathlib.Path(folder.name) / f"{number}.png", number % 3))
            Image.new("RGB", (20, 10), colour).save(self.samples[-1][0])

    def test_bytes_and_floats(self):
        for shape in (info("image", np.uint8, 1, 6, 8, 3), info("image", np.float32, 1, 3, 6, 8)):
            fake = Fake(shape)
            self.assertEqual(accuracy(Classifier(fake), self.samples, [0, 1, 2]), {"images": 4, "top1": 1, "top5": 1})
            self.assertEqual(fake.seen[0].shape, shape.max_shape)
            self.assertEqual(accuracy(Classifier(fake), self.samples, [1, 0, 2])["top1"], 0.25)

    def test_top_five_is_not_top_six(self):
        fake = Fake(info("image", np.uint8, 1, 6, 8, 3), outputs=(info("scores", np.float32, 1, 7),))
        for rank, expected in ((4, 1), (5, 0)):
            scores = np.full((1, 7), 0.5, np.float32)
            fake.__class__ = type("Fixed", (Fake,), {"__call__": lambda self, array, scores=scores: scores})
            self.assertEqual(accuracy(Classifier(fake), self.samples[:1], [rank]), {"images": 1, "top1": 0, "top5": expected})

    def test_what_is_refused(self):
        image = info("image", np.float32, 1, 3, 6, 8)
        for fake in (Fake(image, image), Fake(image, outputs=(info("x", np.float32, 1, 3, 1, 1),)), Fake(info("x", np.float32, 1, 4, 6, 8)), Fake(info("x", np.int32, 1, 3, 6, 8))):
            with self.assertRaises(EvalError):
                Classifier(fake)
        fake = Fake(image)
        fake.__class__ = type("Nan", (Fake,), {"__call__": lambda self, array: np.full((1, 3), np.nan)})
        with self.assertRaisesRegex(EvalError, "gives NaN"):
            accuracy(Classifier(fake), self.samples, [0, 1, 2])


if __name__ == "__main__":
    unittest.main()
