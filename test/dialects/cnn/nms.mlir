// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.nms %{{.*}} {cap = 5 : i64, iou_threshold = 5.000000e-01 : f64} : (tensor<9x4xf32>, tensor<9xf32>, tensor<9xi32>, tensor<1xi32>) -> (tensor<5xi32>, tensor<1xi32>)
// CHECK: cnn.detections %{{.*}} {cap = 20 : i64} : (tensor<9x3x4xf32>, tensor<9x3xf32>, tensor<1xi32>) -> (tensor<20x4xf32>, tensor<20xf32>, tensor<20xi32>, tensor<1xi32>)
func.func @roundtrip(%b: tensor<9x4xf32>, %s: tensor<9xf32>, %g: tensor<9xi32>, %n: tensor<1xi32>, %k: tensor<9x3x4xf32>, %p: tensor<9x3xf32>) -> (tensor<5xi32>, tensor<20xi32>) {
  %i, %c = cnn.nms %b, %s, %g, %n {iou_threshold = 0.5, cap = 5} : (tensor<9x4xf32>, tensor<9xf32>, tensor<9xi32>, tensor<1xi32>) -> (tensor<5xi32>, tensor<1xi32>)
  %0:4 = cnn.detections %k, %p, %n {cap = 20} : (tensor<9x3x4xf32>, tensor<9x3xf32>, tensor<1xi32>) -> (tensor<20x4xf32>, tensor<20xf32>, tensor<20xi32>, tensor<1xi32>)
  return %i, %0#2 : tensor<5xi32>, tensor<20xi32>
}

// Equal scores: the smaller index is visited first.
func.func @equal_scores() {
  %b = cnn.constant dense<[[0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 9.9], [0.1, 0.0, 10.0, 10.0]]> : tensor<3x4xf32>
  %s = cnn.constant dense<[1.0, 1.0, 1.0]> : tensor<3xf32>
  %g = cnn.constant dense<[0, 0, 0]> : tensor<3xi32>
  %n = cnn.constant dense<[3]> : tensor<1xi32>
  %i, %c = cnn.nms %b, %s, %g, %n {iou_threshold = 0.2, cap = 3} : (tensor<3x4xf32>, tensor<3xf32>, tensor<3xi32>, tensor<1xi32>) -> (tensor<3xi32>, tensor<1xi32>)
  %ei = cnn.constant dense<[0, 0, 0]> : tensor<3xi32>
  %ec = cnn.constant dense<[1]> : tensor<1xi32>
  check.expect_equal %i, %ei : tensor<3xi32>
  check.expect_equal %c, %ec : tensor<1xi32>
  return
}

// Without overlap equal scores keep the order of rows; -0 equals 0.
func.func @equal_scores_apart() {
  %b = cnn.constant dense<[[0.0, 0.0, 1.0, 1.0], [2.0, 0.0, 3.0, 1.0], [4.0, 0.0, 5.0, 1.0], [6.0, 0.0, 7.0, 1.0]]> : tensor<4x4xf32>
  %s = cnn.constant dense<[-0.0, 0.5, 0.0, 0.5]> : tensor<4xf32>
  %g = cnn.constant dense<[0, 0, 0, 0]> : tensor<4xi32>
  %n = cnn.constant dense<[4]> : tensor<1xi32>
  %i, %c = cnn.nms %b, %s, %g, %n {iou_threshold = 0.5, cap = 4} : (tensor<4x4xf32>, tensor<4xf32>, tensor<4xi32>, tensor<1xi32>) -> (tensor<4xi32>, tensor<1xi32>)
  %ei = cnn.constant dense<[1, 3, 0, 2]> : tensor<4xi32>
  %ec = cnn.constant dense<[4]> : tensor<1xi32>
  check.expect_equal %i, %ei : tensor<4xi32>
  check.expect_equal %c, %ec : tensor<1xi32>
  return
}

// An IoU of exactly 1/2 does not suppress.
func.func @iou_at_the_threshold() {
  %b = cnn.constant dense<[[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 2.0], [9.0, 9.0, 10.0, 10.0]]> : tensor<3x4xf32>
  %s = cnn.constant dense<[0.9, 0.8, 0.7]> : tensor<3xf32>
  %g = cnn.constant dense<[0, 0, 0]> : tensor<3xi32>
  %n = cnn.constant dense<[3]> : tensor<1xi32>
  %i, %c = cnn.nms %b, %s, %g, %n {iou_threshold = 0.5, cap = 3} : (tensor<3x4xf32>, tensor<3xf32>, tensor<3xi32>, tensor<1xi32>) -> (tensor<3xi32>, tensor<1xi32>)
  %ei = cnn.constant dense<[0, 1, 2]> : tensor<3xi32>
  %ec = cnn.constant dense<[3]> : tensor<1xi32>
  check.expect_equal %i, %ei : tensor<3xi32>
  check.expect_equal %c, %ec : tensor<1xi32>
  return
}

// An IoU of 1/10 is above the f64 number 0.1 once it is rounded to f32; the threshold is not rounded.
func.func @iou_rounds_in_f32() {
  %b = cnn.constant dense<[[0.0, 0.0, 10.0, 1.0], [0.0, 0.0, 1.0, 1.0]]> : tensor<2x4xf32>
  %s = cnn.constant dense<[0.9, 0.8]> : tensor<2xf32>
  %g = cnn.constant dense<[0, 0]> : tensor<2xi32>
  %n = cnn.constant dense<[2]> : tensor<1xi32>
  %i, %c = cnn.nms %b, %s, %g, %n {iou_threshold = 0.1, cap = 2} : (tensor<2x4xf32>, tensor<2xf32>, tensor<2xi32>, tensor<1xi32>) -> (tensor<2xi32>, tensor<1xi32>)
  %ei = cnn.constant dense<[0, 0]> : tensor<2xi32>
  %ec = cnn.constant dense<[1]> : tensor<1xi32>
  check.expect_equal %i, %ei : tensor<2xi32>
  check.expect_equal %c, %ec : tensor<1xi32>
  return
}

// A threshold of 0 leaves disjoint and touching boxes.
func.func @zero_threshold() {
  %b = cnn.constant dense<[[0.0, 0.0, 1.0, 1.0], [1.0, 0.0, 2.0, 1.0], [5.0, 5.0, 6.0, 6.0]]> : tensor<3x4xf32>
  %s = cnn.constant dense<[0.9, 0.8, 0.7]> : tensor<3xf32>
  %g = cnn.constant dense<[0, 0, 0]> : tensor<3xi32>
  %n = cnn.constant dense<[3]> : tensor<1xi32>
  %i, %c = cnn.nms %b, %s, %g, %n {iou_threshold = 0.0, cap = 3} : (tensor<3x4xf32>, tensor<3xf32>, tensor<3xi32>, tensor<1xi32>) -> (tensor<3xi32>, tensor<1xi32>)
  %ei = cnn.constant dense<[0, 1, 2]> : tensor<3xi32>
  %ec = cnn.constant dense<[3]> : tensor<1xi32>
  check.expect_equal %i, %ei : tensor<3xi32>
  check.expect_equal %c, %ec : tensor<1xi32>
  return
}

// Boxes without area suppress nothing, an equal one neither: 0 / 0 is no overlap.
func.func @without_area() {
  %b = cnn.constant dense<[[0.1, 0.1, 0.2, 0.2], [0.3, 0.3, 0.3, 0.4], [0.5, 0.5, 0.6, 0.6], [0.7, 0.7, 0.8, 0.8], [0.3, 0.3, 0.3, 0.4]]> : tensor<5x4xf32>
  %s = cnn.constant dense<[0.9, 0.8, 0.7, 0.6, 0.5]> : tensor<5xf32>
  %g = cnn.constant dense<[0, 0, 0, 0, 0]> : tensor<5xi32>
  %n = cnn.constant dense<[5]> : tensor<1xi32>
  %i, %c = cnn.nms %b, %s, %g, %n {iou_threshold = 0.5, cap = 8} : (tensor<5x4xf32>, tensor<5xf32>, tensor<5xi32>, tensor<1xi32>) -> (tensor<8xi32>, tensor<1xi32>)
  %ei = cnn.constant dense<[0, 1, 2, 3, 4, 0, 0, 0]> : tensor<8xi32>
  %ec = cnn.constant dense<[5]> : tensor<1xi32>
  check.expect_equal %i, %ei : tensor<8xi32>
  check.expect_equal %c, %ec : tensor<1xi32>
  return
}

// A suppressed box suppresses nothing.
func.func @suppressed_suppress_not() {
  %b = cnn.constant dense<[[0.0, 0.0, 10.0, 10.0], [0.0, 5.0, 10.0, 15.0], [0.0, 10.0, 10.0, 20.0]]> : tensor<3x4xf32>
  %s = cnn.constant dense<[0.9, 0.8, 0.7]> : tensor<3xf32>
  %g = cnn.constant dense<[0, 0, 0]> : tensor<3xi32>
  %n = cnn.constant dense<[3]> : tensor<1xi32>
  %i, %c = cnn.nms %b, %s, %g, %n {iou_threshold = 0.3, cap = 3} : (tensor<3x4xf32>, tensor<3xf32>, tensor<3xi32>, tensor<1xi32>) -> (tensor<3xi32>, tensor<1xi32>)
  %ei = cnn.constant dense<[0, 2, 0]> : tensor<3xi32>
  %ec = cnn.constant dense<[2]> : tensor<1xi32>
  check.expect_equal %i, %ei : tensor<3xi32>
  check.expect_equal %c, %ec : tensor<1xi32>
  return
}

// Two negative overlaps are no overlap.
func.func @disjoint_on_both_axes() {
  %b = cnn.constant dense<[[0.0, 0.0, 1.0, 1.0], [10.0, 10.0, 20.0, 20.0]]> : tensor<2x4xf32>
  %s = cnn.constant dense<[0.9, 0.8]> : tensor<2xf32>
  %g = cnn.constant dense<[0, 0]> : tensor<2xi32>
  %n = cnn.constant dense<[2]> : tensor<1xi32>
  %i, %c = cnn.nms %b, %s, %g, %n {iou_threshold = 0.5, cap = 2} : (tensor<2x4xf32>, tensor<2xf32>, tensor<2xi32>, tensor<1xi32>) -> (tensor<2xi32>, tensor<1xi32>)
  %ei = cnn.constant dense<[0, 1]> : tensor<2xi32>
  %ec = cnn.constant dense<[2]> : tensor<1xi32>
  check.expect_equal %i, %ei : tensor<2xi32>
  check.expect_equal %c, %ec : tensor<1xi32>
  return
}

// IoU is 1 / 7: coordinates are points, not inclusive pixels, which gave 4 / 14.
func.func @pixels_are_points() {
  %b = cnn.constant dense<[[0.0, 0.0, 2.0, 2.0], [1.0, 1.0, 3.0, 3.0]]> : tensor<2x4xf32>
  %s = cnn.constant dense<[0.9, 0.8]> : tensor<2xf32>
  %g = cnn.constant dense<[0, 0]> : tensor<2xi32>
  %n = cnn.constant dense<[2]> : tensor<1xi32>
  %i, %c = cnn.nms %b, %s, %g, %n {iou_threshold = 0.2, cap = 2} : (tensor<2x4xf32>, tensor<2xf32>, tensor<2xi32>, tensor<1xi32>) -> (tensor<2xi32>, tensor<1xi32>)
  %ei = cnn.constant dense<[0, 1]> : tensor<2xi32>
  %ec = cnn.constant dense<[2]> : tensor<1xi32>
  check.expect_equal %i, %ei : tensor<2xi32>
  check.expect_equal %c, %ec : tensor<1xi32>
  return
}

// Areas above the range of f16.
func.func @large_areas() {
  %b = cnn.constant dense<[[0.0, 0.0, 300.0, 300.0], [0.0, 0.0, 300.0, 290.0]]> : tensor<2x4xf32>
  %s = cnn.constant dense<[0.9, 0.8]> : tensor<2xf32>
  %g = cnn.constant dense<[0, 0]> : tensor<2xi32>
  %n = cnn.constant dense<[2]> : tensor<1xi32>
  %i, %c = cnn.nms %b, %s, %g, %n {iou_threshold = 0.5, cap = 2} : (tensor<2x4xf32>, tensor<2xf32>, tensor<2xi32>, tensor<1xi32>) -> (tensor<2xi32>, tensor<1xi32>)
  %ei = cnn.constant dense<[0, 0]> : tensor<2xi32>
  %ec = cnn.constant dense<[1]> : tensor<1xi32>
  check.expect_equal %i, %ei : tensor<2xi32>
  check.expect_equal %c, %ec : tensor<1xi32>
  return
}

// Groups are apart, whatever their numbers; the order is that of scores over all groups.
func.func @groups() {
  %b = cnn.constant dense<[[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.9], [0.0, 0.0, 1.0, 1.0], [0.0, 2.0, 1.0, 3.0], [0.0, 0.0, 1.0, 1.0]]> : tensor<5x4xf32>
  %s = cnn.constant dense<[0.2, 0.9, 0.8, 0.7, 0.6]> : tensor<5xf32>
  %g = cnn.constant dense<[-3, 7, -3, 7, 2147483647]> : tensor<5xi32>
  %n = cnn.constant dense<[5]> : tensor<1xi32>
  %i, %c = cnn.nms %b, %s, %g, %n {iou_threshold = 0.5, cap = 5} : (tensor<5x4xf32>, tensor<5xf32>, tensor<5xi32>, tensor<1xi32>) -> (tensor<5xi32>, tensor<1xi32>)
  %ei = cnn.constant dense<[1, 2, 3, 4, 0]> : tensor<5xi32>
  %ec = cnn.constant dense<[4]> : tensor<1xi32>
  check.expect_equal %i, %ei : tensor<5xi32>
  check.expect_equal %c, %ec : tensor<1xi32>
  return
}

// NaN scores come last; a NaN box suppresses nothing and is not suppressed.
func.func @nan() {
  %b = cnn.constant dense<[[0.0, 0.0, 1.0, 1.0], [0x7FC00000, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0], [4.0, 4.0, 5.0, 5.0]]> : tensor<4x4xf32>
  %s = cnn.constant dense<[0x7FC00000, 0.5, 0.4, 0x7FC00000]> : tensor<4xf32>
  %g = cnn.constant dense<[0, 0, 0, 0]> : tensor<4xi32>
  %n = cnn.constant dense<[4]> : tensor<1xi32>
  %i, %c = cnn.nms %b, %s, %g, %n {iou_threshold = 0.5, cap = 4} : (tensor<4x4xf32>, tensor<4xf32>, tensor<4xi32>, tensor<1xi32>) -> (tensor<4xi32>, tensor<1xi32>)
  %ei = cnn.constant dense<[1, 2, 3, 0]> : tensor<4xi32>
  %ec = cnn.constant dense<[3]> : tensor<1xi32>
  check.expect_equal %i, %ei : tensor<4xi32>
  check.expect_equal %c, %ec : tensor<1xi32>
  return
}

// Rows past the count are no candidates; the cap ends the search.
func.func @count_and_cap() {
  %b = cnn.constant dense<[[0.0, 0.0, 1.0, 1.0], [2.0, 0.0, 3.0, 1.0], [4.0, 0.0, 5.0, 1.0], [6.0, 0.0, 7.0, 1.0]]> : tensor<4x4xf32>
  %s = cnn.constant dense<[0.1, 0.2, 0.3, 0.9]> : tensor<4xf32>
  %g = cnn.constant dense<[0, 0, 0, 0]> : tensor<4xi32>
  %n = cnn.constant dense<[3]> : tensor<1xi32>
  %i, %c = cnn.nms %b, %s, %g, %n {iou_threshold = 0.5, cap = 2} : (tensor<4x4xf32>, tensor<4xf32>, tensor<4xi32>, tensor<1xi32>) -> (tensor<2xi32>, tensor<1xi32>)
  %ei = cnn.constant dense<[2, 1]> : tensor<2xi32>
  %ec = cnn.constant dense<[2]> : tensor<1xi32>
  check.expect_equal %i, %ei : tensor<2xi32>
  check.expect_equal %c, %ec : tensor<1xi32>
  return
}

// A score equal to the threshold is a candidate, in f32; a lower one and NaN are not, and suppress nothing.
func.func @score_threshold() {
  %b = cnn.constant dense<[[0.0, 0.0, 1.0, 1.0], [2.0, 0.0, 3.0, 1.0], [4.0, 0.0, 5.0, 1.0], [0.0, 0.0, 1.0, 1.0]]> : tensor<4x4xf32>
  %s = cnn.constant dense<[0.7, 0.6, 0x7FC00000, 0.9]> : tensor<4xf32>
  %g = cnn.constant dense<[0, 0, 0, 0]> : tensor<4xi32>
  %n = cnn.constant dense<[4]> : tensor<1xi32>
  %i, %c = cnn.nms %b, %s, %g, %n {iou_threshold = 0.5, score_threshold = 0.6, cap = 4} : (tensor<4x4xf32>, tensor<4xf32>, tensor<4xi32>, tensor<1xi32>) -> (tensor<4xi32>, tensor<1xi32>)
  %ei = cnn.constant dense<[3, 1, 0, 0]> : tensor<4xi32>
  %ec = cnn.constant dense<[2]> : tensor<1xi32>
  check.expect_equal %i, %ei : tensor<4xi32>
  check.expect_equal %c, %ec : tensor<1xi32>
  return
}

// No rows.
func.func @no_rows() {
  %b = cnn.constant dense<> : tensor<0x4xf32>
  %s = cnn.constant dense<> : tensor<0xf32>
  %g = cnn.constant dense<> : tensor<0xi32>
  %n = cnn.constant dense<[0]> : tensor<1xi32>
  %i, %c = cnn.nms %b, %s, %g, %n {iou_threshold = 0.5, cap = 3} : (tensor<0x4xf32>, tensor<0xf32>, tensor<0xi32>, tensor<1xi32>) -> (tensor<3xi32>, tensor<1xi32>)
  %ei = cnn.constant dense<[0, 0, 0]> : tensor<3xi32>
  %ec = cnn.constant dense<[0]> : tensor<1xi32>
  check.expect_equal %i, %ei : tensor<3xi32>
  check.expect_equal %c, %ec : tensor<1xi32>
  return
}

// Row 0 gives classes 1 and 2; row 1 class 2, equal to row 0's in score and apart from it; row 2's class 1 is suppressed by row 0's, its
// class 2 has the threshold's score, which is not above it; row 3 is small, row 4 a NaN, row 5 past the count.
func.func @detections() {
  %b = cnn.constant dense<[[[0.0, 0.0, 9.0, 9.0], [0.0, 0.0, 4.0, 4.0], [1.0, 1.0, 5.0, 5.0]],
                           [[0.0, 0.0, 9.0, 9.0], [8.0, 8.0, 9.0, 9.0], [8.0, 8.0, 9.0, 9.0]],
                           [[0.0, 0.0, 9.0, 9.0], [0.0, 0.0, 4.0, 3.0], [20.0, 20.0, 22.0, 22.0]],
                           [[0.0, 0.0, 9.0, 9.0], [9.0, 9.0, 9.0, 12.0], [9.0, 9.0, 8.0, 8.0]],
                           [[0.0, 0.0, 9.0, 9.0], [0x7FC00000, 30.0, 40.0, 40.0], [30.0, 30.0, 40.0, 40.0]],
                           [[0.0, 0.0, 9.0, 9.0], [50.0, 50.0, 60.0, 60.0], [50.0, 50.0, 60.0, 60.0]]]> : tensor<6x3x4xf32>
  %s = cnn.constant dense<[[0.9, 0.7, 0.5], [0.9, 0.01, 0.5], [0.9, 0.6, 0.05], [0.9, 0.9, 0.9], [0.9, 0.9, 0x7FC00000], [0.9, 0.9, 0.9]]> : tensor<6x3xf32>
  %n = cnn.constant dense<5> : tensor<1xi32>
  %0:4 = cnn.detections %b, %s, %n {cap = 4} : (tensor<6x3x4xf32>, tensor<6x3xf32>, tensor<1xi32>) -> (tensor<4x4xf32>, tensor<4xf32>, tensor<4xi32>, tensor<1xi32>)
  %eb = cnn.constant dense<[[0.0, 0.0, 4.0, 4.0], [1.0, 1.0, 5.0, 5.0], [8.0, 8.0, 9.0, 9.0], [0.0, 0.0, 0.0, 0.0]]> : tensor<4x4xf32>
  %es = cnn.constant dense<[0.7, 0.5, 0.5, 0.0]> : tensor<4xf32>
  %el = cnn.constant dense<[1, 2, 2, 0]> : tensor<4xi32>
  %en = cnn.constant dense<3> : tensor<1xi32>
  check.expect_equal %0#0, %eb : tensor<4x4xf32>
  check.expect_equal %0#1, %es : tensor<4xf32>
  check.expect_equal %0#2, %el : tensor<4xi32>
  check.expect_equal %0#3, %en : tensor<1xi32>
  return
}

// One box for all classes: equal scores stand in order of class, and the cap ends the list.
func.func @shared_boxes() {
  %b = cnn.constant dense<[[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 4.0]]> : tensor<2x4xf32>
  %s = cnn.constant dense<[[0.2, 0.4, 0.4], [0.2, 0.3, 0.5]]> : tensor<2x3xf32>
  %n = cnn.constant dense<2> : tensor<1xi32>
  %0:4 = cnn.detections %b, %s, %n : (tensor<2x4xf32>, tensor<2x3xf32>, tensor<1xi32>) -> (tensor<100x4xf32>, tensor<100xf32>, tensor<100xi32>, tensor<1xi32>)
  %en = cnn.constant dense<2> : tensor<1xi32>
  check.expect_equal %0#3, %en : tensor<1xi32>
  %1:4 = cnn.detections %b, %s, %n {cap = 3, iou_threshold = 1.0} : (tensor<2x4xf32>, tensor<2x3xf32>, tensor<1xi32>) -> (tensor<3x4xf32>, tensor<3xf32>, tensor<3xi32>, tensor<1xi32>)
  %es = cnn.constant dense<[0.5, 0.4, 0.4]> : tensor<3xf32>
  %el = cnn.constant dense<[2, 1, 2]> : tensor<3xi32>
  check.expect_equal %1#1, %es : tensor<3xf32>
  check.expect_equal %1#2, %el : tensor<3xi32>
  return
}

// No meant rows, and no rows.
func.func @no_detections() {
  %b = cnn.constant dense<1.0> : tensor<2x4xf32>
  %s = cnn.constant dense<1.0> : tensor<2x3xf32>
  %n = cnn.constant dense<0> : tensor<1xi32>
  %zeros = cnn.constant dense<0.0> : tensor<2x4xf32>
  %0:4 = cnn.detections %b, %s, %n {cap = 2} : (tensor<2x4xf32>, tensor<2x3xf32>, tensor<1xi32>) -> (tensor<2x4xf32>, tensor<2xf32>, tensor<2xi32>, tensor<1xi32>)
  check.expect_equal %0#0, %zeros : tensor<2x4xf32>
  check.expect_equal %0#3, %n : tensor<1xi32>
  %b0 = cnn.constant dense<> : tensor<0x3x4xf32>
  %s0 = cnn.constant dense<> : tensor<0x3xf32>
  %1:4 = cnn.detections %b0, %s0, %n {cap = 2} : (tensor<0x3x4xf32>, tensor<0x3xf32>, tensor<1xi32>) -> (tensor<2x4xf32>, tensor<2xf32>, tensor<2xi32>, tensor<1xi32>)
  check.expect_equal %1#0, %zeros : tensor<2x4xf32>
  check.expect_equal %1#3, %n : tensor<1xi32>
  return
}

// A picture without proposals passes through the second stage: no regions, no rows, no detections.
func.func @second_stage_without_regions() {
  %f = cnn.constant dense<1.0> : tensor<1x2x4x4xf32>
  %b = cnn.constant dense<> : tensor<0x4xf32>
  %n = cnn.constant dense<0> : tensor<1xi32>
  %w = cnn.constant dense<1.0> : tensor<3x8xf32>
  %d = cnn.constant dense<> : tensor<0x12xf32>
  %0 = cnn.roi_align %b, %n, %f {size = array<i64: 2, 2>, scale = 1.0} : (tensor<0x4xf32>, tensor<1xi32>, tensor<1x2x4x4xf32>) -> tensor<0x2x2x2xf32>
  %1 = cnn.flatten %0 : (tensor<0x2x2x2xf32>) -> tensor<0x8xf32>
  %2 = cnn.dense %1, %w {out_features = 3, bias = false} : (tensor<0x8xf32>, tensor<3x8xf32>) -> tensor<0x3xf32>
  %3 = cnn.softmax %2 : (tensor<0x3xf32>) -> tensor<0x3xf32>
  %4 = cnn.decode_boxes %b, %d : (tensor<0x4xf32>, tensor<0x12xf32>) -> tensor<0x3x4xf32>
  %5:4 = cnn.detections %4, %3, %n {cap = 5} : (tensor<0x3x4xf32>, tensor<0x3xf32>, tensor<1xi32>) -> (tensor<5x4xf32>, tensor<5xf32>, tensor<5xi32>, tensor<1xi32>)
  check.expect_equal %5#3, %n : tensor<1xi32>
  return
}
