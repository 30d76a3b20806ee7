"""VOC's average precision on cases whose figures follow by hand."""
import math
import unittest

import numpy as np

from cnnc.eval import EvalError, Matches, average_precision, box_iou, match, mean

HERE, THERE = [0, 0, 10, 10], [20, 20, 30, 30]


def truths(*boxes, difficult=()):
    return {"a": (np.array(boxes, float).reshape(-1, 4), np.array([i in difficult for i in range(len(boxes))], bool))}


def sequence(text, objects):
    return Matches(np.array([letter == "+" for letter in text], bool), objects)


class Overlap(unittest.TestCase):
    def test_with_and_without_the_last_pixel(self):
        self.assertEqual(box_iou([[0, 0, 10, 10]], [[5, 0, 15, 10]])[0, 0], 50 / 150)
        self.assertEqual(box_iou([[0, 0, 9, 9]], [[5, 0, 14, 9]], plus_one=True)[0, 0], 50 / 150)
        self.assertEqual(box_iou([[0, 0, 10, 10]], [[10, 0, 20, 10]])[0, 0], 0)
        self.assertEqual(box_iou([[0, 0, 10, 10]], [[10, 0, 20, 10]], plus_one=True)[0, 0], 11 / (2 * 121 - 11))

    def test_without_area(self):
        np.testing.assert_array_equal(box_iou([[3, 3, 3, 3], [9, 9, 1, 1]], [[3, 3, 3, 3], [0, 0, 9, 9]]), np.zeros((2, 2)))
        self.assertEqual(box_iou([[3, 3, 3, 3]], [[3, 3, 3, 3]], plus_one=True)[0, 0], 1)
        self.assertEqual(box_iou([], HERE).shape, (0, 1))

    def test_disjoint_on_both_axes(self):
        self.assertEqual(box_iou([HERE], [THERE])[0, 0], 0)


class Matching(unittest.TestCase):
    def correct(self, detections, of, **options):
        return match(detections, of, **options).correct.tolist()

    def test_a_duplicate_is_false(self):
        self.assertEqual(self.correct([("a", 0.5, HERE), ("a", 0.9, [0, 0, 10, 9])], truths(HERE)), [True, False])

    def test_an_overlap_of_exactly_the_threshold_counts(self):
        self.assertEqual(self.correct([("a", 0.9, [0, 0, 10, 5])], truths(HERE)), [True])
        self.assertEqual(self.correct([("a", 0.9, [0, 0, 10, 4.999])], truths(HERE)), [False])

    def test_the_last_pixel_decides(self):
        # 0..9 by 0..4 are 50 of 100 pixels; without the last pixel of each they are 36 of 81.
        self.assertEqual(self.correct([("a", 0.9, [0, 0, 9, 4])], truths([0, 0, 9, 9]), plus_one=True), [True])
        self.assertEqual(self.correct([("a", 0.9, [0, 0, 9, 4])], truths([0, 0, 9, 9])), [False])

    def test_the_largest_overlap_takes_the_detection_even_when_it_is_taken(self):
        # Both detections overlap object 0 most: the second is a duplicate, although object 1 is free and overlaps it by 0.5 or more.
        objects = truths([0, 0, 10, 10], [0, 0, 10, 14])
        self.assertEqual(self.correct([("a", 0.9, HERE), ("a", 0.8, [0, 0, 10, 11])], objects), [True, False])

    def test_difficult_objects_do_not_count(self):
        result = match([("a", 0.9, HERE), ("a", 0.8, HERE), ("a", 0.7, THERE)], truths(HERE, THERE, difficult=[0]))
        self.assertEqual((result.correct.tolist(), result.objects), ([True], 1))

    def test_all_difficult(self):
        result = match([("a", 0.9, HERE)], truths(HERE, difficult=[0]))
        self.assertEqual((result.correct.tolist(), result.objects), ([], 0))
        self.assertTrue(math.isnan(average_precision(result)) and math.isnan(average_precision(result, points=11)))

    def test_equal_scores_stay_in_order(self):
        self.assertEqual(self.correct([("a", 0.5, THERE), ("a", 0.5, HERE), ("a", 0.5, HERE)], truths(HERE)), [False, True, False])

    def test_another_image_is_another_matter(self):
        self.assertEqual(self.correct([("b", 0.9, HERE)], truths(HERE)), [False])

    def test_no_ground_truth_in_the_image(self):
        self.assertEqual(self.correct([("a", 0.9, HERE)], {"a": (np.zeros((0, 4)), np.zeros(0, bool))}), [False])

    def test_not_finite(self):
        for score, box in ((float("nan"), HERE), (0.9, [0, 0, float("inf"), 1])):
            with self.assertRaisesRegex(EvalError, "not finite"):
                match([("a", score, box)], truths(HERE))


class Precision(unittest.TestCase):
    def test_the_textbook_curve(self):
        # 7 images, 15 objects, 24 detections: the example of Padilla et al. 2020, "A Survey on Performance Metrics for Object-Detection
        # Algorithms", which gives 24.56 % and 26.84 %. Precision at the correct ones: 1, 2/3, 6/14 (raised from 3/10, 4/11, 5/13), 7/23.
        result = sequence("+-+------++" + "-" + "++" + "-" * 8 + "+-", 15)
        found = np.flatnonzero(result.correct) + 1
        np.testing.assert_array_equal(found, [1, 3, 10, 11, 13, 14, 23])
        self.assertAlmostEqual(average_precision(result), (1 + 2 / 3 + 4 * 6 / 14 + 7 / 23) / 15, places=12)
        # Recalls 0, 0.1, 0.2, 0.3, 0.4 are reached at 1, 2 (2/15 = 0.133), 3, 5 and 6 objects; 0.5 needs 8.
        self.assertAlmostEqual(average_precision(result, points=11), (1 + 2 / 3 + 3 * 6 / 14) / 11, places=12)
        self.assertEqual((round(average_precision(result), 4), round(average_precision(result, points=11), 4)), (0.2457, 0.2684))

    def test_perfect_and_none(self):
        self.assertEqual((average_precision(sequence("++", 2)), average_precision(sequence("++", 2), points=11)), (1, 1))
        self.assertEqual((average_precision(sequence("--", 2)), average_precision(sequence("--", 2), points=11)), (0, 0))
        self.assertEqual((average_precision(sequence("", 2)), average_precision(sequence("", 2), points=11)), (0, 0))

    def test_recall_of_three_tenths_is_reached(self):
        # 3 of 10 is the recall 0.3, and 0.1 * 3 is more than 0.3 in f64.
        self.assertAlmostEqual(average_precision(sequence("+++", 10), points=11), 4 / 11, places=12)
        self.assertAlmostEqual(average_precision(sequence("+++", 10)), 3 / 10, places=12)

    def test_a_later_rise_lifts_the_earlier(self):
        self.assertAlmostEqual(average_precision(sequence("-+++", 3)), 3 / 4, places=12)
        self.assertAlmostEqual(average_precision(sequence("-+++", 3), points=11), 3 / 4, places=12)

    def test_curves(self):
        result = sequence("+-+", 4)
        np.testing.assert_allclose(result.recall, [0.25, 0.25, 0.5])
        np.testing.assert_allclose(result.precision, [1, 0.5, 2 / 3])
        self.assertTrue(np.isnan(sequence("-", 0).recall).all())

    def test_mean_leaves_out_classes_without_objects(self):
        self.assertEqual(mean([1.0, float("nan"), 0.5]), 0.75)
        self.assertTrue(math.isnan(mean([float("nan")])) and math.isnan(mean([])))

    def test_other_points(self):
        with self.assertRaisesRegex(ValueError, "points is 11 or None, got 101"):
            average_precision(sequence("+", 1), points=101)


if __name__ == "__main__":
    unittest.main()
