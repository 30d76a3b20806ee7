// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null
// RUN: cnnc-opt %s --canonicalize | FileCheck %s --check-prefix=CANONICAL

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.anchors %{{.*}} {image_size = array<i64: 64, 96>, sizes = array<f64: 8.000000e+00, 1.600000e+01>} : (tensor<1x5x8x12xf32>) -> tensor<576x4xf32>
// CHECK: cnn.proposals %{{.*}}, %{{.*}} {image_size = array<i64: 64, 96>, post_nms_top_n = 50 : i64, sizes = array<f64: 8.000000e+00, 1.600000e+01>} : (tensor<4xi32>, tensor<1x3x8x12xf32>, tensor<1x3x4x6xf32>, tensor<1x12x8x12xf32>, tensor<1x12x4x6xf32>) -> (tensor<50x4xf32>, tensor<50xf32>, tensor<1xi32>)
// CANONICAL-LABEL: func @roundtrip
// CANONICAL-NOT: cnn.anchors
// CANONICAL: cnn.constant dense_resource<anchors> : tensor<576x4xf32>
func.func @roundtrip(%g: tensor<4xi32>, %f: tensor<1x5x8x12xf32>, %o0: tensor<1x3x8x12xf32>, %o1: tensor<1x3x4x6xf32>, %d0: tensor<1x12x8x12xf32>, %d1: tensor<1x12x4x6xf32>) -> (tensor<576x4xf32>, tensor<50x4xf32>, tensor<50xf32>, tensor<1xi32>) {
  %a = cnn.anchors %f {sizes = array<f64: 8.0, 16.0>, image_size = array<i64: 64, 96>} : (tensor<1x5x8x12xf32>) -> tensor<576x4xf32>
  %b, %s, %n = cnn.proposals %g, %o0, %o1, %d0, %d1 {sizes = array<f64: 8.0, 16.0>, image_size = array<i64: 64, 96>, post_nms_top_n = 50} : (tensor<4xi32>, tensor<1x3x8x12xf32>, tensor<1x3x4x6xf32>, tensor<1x12x8x12xf32>, tensor<1x12x4x6xf32>) -> (tensor<50x4xf32>, tensor<50xf32>, tensor<1xi32>)
  return %a, %b, %s, %n : tensor<576x4xf32>, tensor<50x4xf32>, tensor<50xf32>, tensor<1xi32>
}

// Sides 32 * 2 and 32 / 2 for the ratio 1/4; strides 16 = 33 / 2 and 20 = 60 / 3 rounded down.
func.func @anchors() {
  %f = cnn.constant dense<0.0> : tensor<1x1x2x3xf32>
  %0 = cnn.anchors %f {sizes = array<f64: 32.0>, aspect_ratios = array<f64: 0.25, 1.0>, image_size = array<i64: 33, 60>} : (tensor<1x1x2x3xf32>) -> tensor<12x4xf32>
  %e = cnn.constant dense<[[-32.0, -8.0, 32.0, 8.0], [-16.0, -16.0, 16.0, 16.0], [-12.0, -8.0, 52.0, 8.0], [4.0, -16.0, 36.0, 16.0],
                           [8.0, -8.0, 72.0, 8.0], [24.0, -16.0, 56.0, 16.0], [-32.0, 8.0, 32.0, 24.0], [-16.0, 0.0, 16.0, 32.0],
                           [-12.0, 8.0, 52.0, 24.0], [4.0, 0.0, 36.0, 32.0], [8.0, 8.0, 72.0, 24.0], [24.0, 0.0, 56.0, 32.0]]> : tensor<12x4xf32>
  check.expect_equal %0, %e : tensor<12x4xf32>
  return
}

// Ratio-major; halves of sides 2.5 and 3.5 are rounded to even; 22.627 / 2 and 45.255 / 2 to the nearest.
func.func @base_anchors() {
  %f = cnn.constant dense<0.0> : tensor<1x1x1x1xf32>
  %0 = cnn.anchors %f {sizes = array<f64: 5.0, 7.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 8, 8>} : (tensor<1x1x1x1xf32>) -> tensor<2x4xf32>
  %e0 = cnn.constant dense<[[-2.0, -2.0, 2.0, 2.0], [-4.0, -4.0, 4.0, 4.0]]> : tensor<2x4xf32>
  check.expect_equal %0, %e0 : tensor<2x4xf32>
  %1 = cnn.anchors %f {sizes = array<f64: 32.0, 64.0>, aspect_ratios = array<f64: 0.5, 2.0>, image_size = array<i64: 8, 8>} : (tensor<1x1x1x1xf32>) -> tensor<4x4xf32>
  %e1 = cnn.constant dense<[[-23.0, -11.0, 23.0, 11.0], [-45.0, -23.0, 45.0, 23.0], [-11.0, -23.0, 11.0, 23.0], [-23.0, -45.0, 23.0, 45.0]]> : tensor<4x4xf32>
  check.expect_equal %1, %e1 : tensor<4x4xf32>
  return
}

// The anchor of the second level equals the first of the first level, which does not suppress it: levels are apart.
func.func @levels() {
  %g = cnn.constant dense<[4, 8, 9, 9]> : tensor<4xi32>
  %o0 = cnn.constant dense<[[[[0.0, 2.0]]]]> : tensor<1x1x1x2xf32>
  %o1 = cnn.constant dense<1.0> : tensor<1x1x1x1xf32>
  %d0 = cnn.constant dense<0.0> : tensor<1x4x1x2xf32>
  %d1 = cnn.constant dense<0.0> : tensor<1x4x1x1xf32>
  %b, %s, %n = cnn.proposals %g, %o0, %o1, %d0, %d1 {sizes = array<f64: 4.0, 4.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 4, 8>, post_nms_top_n = 4} : (tensor<4xi32>, tensor<1x1x1x2xf32>, tensor<1x1x1x1xf32>, tensor<1x4x1x2xf32>, tensor<1x4x1x1xf32>) -> (tensor<4x4xf32>, tensor<4xf32>, tensor<1xi32>)
  %eb = cnn.constant dense<[[2.0, 0.0, 6.0, 2.0], [0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 0.0, 0.0]]> : tensor<4x4xf32>
  %es = cnn.constant dense<[0.880797078, 0.731058579, 0.5, 0.0]> : tensor<4xf32>
  %en = cnn.constant dense<3> : tensor<1xi32>
  check.expect_equal %b, %eb : tensor<4x4xf32>
  check.expect_close %s, %es : tensor<4xf32>
  check.expect_equal %n, %en : tensor<1xi32>
  return
}

// Logits 20, 21 and 30 are all of probability 1 in f32: the order is by level, then by logit. NaN is no proposal, nor is a box
// that the picture's border leaves without height, nor one that its deltas make smaller than min_size.
func.func @order_and_filters() {
  %g = cnn.constant dense<[4, 16, 9, 9]> : tensor<4xi32>
  %o0 = cnn.constant dense<[[[[20.0, 21.0, 0x7FC00000, 19.0]]]]> : tensor<1x1x1x4xf32>
  %o1 = cnn.constant dense<[[[[30.0, -1.0]]]]> : tensor<1x1x1x2xf32>
  %d0 = cnn.constant dense<[[[[0.0, 0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0, 2.0]], [[0.0, 0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0, 0.0]]]]> : tensor<1x4x1x4xf32>
  %d1 = cnn.constant dense<[[[[0.0, 0.0]], [[0.0, 0.0]], [[0.0, -20.0]], [[0.0, 0.0]]]]> : tensor<1x4x1x2xf32>
  %b, %s, %n = cnn.proposals %g, %o0, %o1, %d0, %d1 {sizes = array<f64: 4.0, 4.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 4, 16>, post_nms_top_n = 4} : (tensor<4xi32>, tensor<1x1x1x4xf32>, tensor<1x1x1x2xf32>, tensor<1x4x1x4xf32>, tensor<1x4x1x2xf32>) -> (tensor<4x4xf32>, tensor<4xf32>, tensor<1xi32>)
  %eb = cnn.constant dense<[[2.0, 0.0, 6.0, 2.0], [0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 0.0, 0.0]]> : tensor<4x4xf32>
  %en = cnn.constant dense<3> : tensor<1xi32>
  check.expect_equal %b, %eb : tensor<4x4xf32>
  check.expect_equal %n, %en : tensor<1xi32>
  return
}

// A growth of 125.76 is clipped to log(1000 / 16): a box 1000 wide, whose middle the picture keeps.
func.func @clipped_growth() {
  %g = cnn.constant dense<[600, 800, 600, 800]> : tensor<4xi32>
  %o = cnn.constant dense<0.0> : tensor<1x1x1x1xf32>
  %d = cnn.constant dense<[[[[0.5]], [[0.5]], [[125.76]], [[0.0]]]]> : tensor<1x4x1x1xf32>
  %b, %s, %n = cnn.proposals %g, %o, %d {sizes = array<f64: 16.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 600, 800>, post_nms_top_n = 1} : (tensor<4xi32>, tensor<1x1x1x1xf32>, tensor<1x4x1x1xf32>) -> (tensor<1x4xf32>, tensor<1xf32>, tensor<1xi32>)
  %eb = cnn.constant dense<[[0.0, 0.0, 508.0, 16.0]]> : tensor<1x4xf32>
  check.expect_close %b, %eb : tensor<1x4xf32>
  return
}

// More asked for than there is, one anchor allowed of three, and a threshold that nothing reaches.
func.func @caps() {
  %g = cnn.constant dense<[4, 12, 4, 12]> : tensor<4xi32>
  %o = cnn.constant dense<[[[[0.0, 2.0, 1.0]]]]> : tensor<1x1x1x3xf32>
  %d = cnn.constant dense<0.0> : tensor<1x4x1x3xf32>
  %b0, %s0, %n0 = cnn.proposals %g, %o, %d {sizes = array<f64: 4.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 4, 12>, pre_nms_top_n = 1, post_nms_top_n = 2} : (tensor<4xi32>, tensor<1x1x1x3xf32>, tensor<1x4x1x3xf32>) -> (tensor<2x4xf32>, tensor<2xf32>, tensor<1xi32>)
  %one = cnn.constant dense<1> : tensor<1xi32>
  check.expect_equal %n0, %one : tensor<1xi32>
  %b1, %s1, %n1 = cnn.proposals %g, %o, %d {sizes = array<f64: 4.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 4, 12>, post_nms_top_n = 2} : (tensor<4xi32>, tensor<1x1x1x3xf32>, tensor<1x4x1x3xf32>) -> (tensor<2x4xf32>, tensor<2xf32>, tensor<1xi32>)
  %e1 = cnn.constant dense<[[2.0, 0.0, 6.0, 2.0], [6.0, 0.0, 10.0, 2.0]]> : tensor<2x4xf32>
  check.expect_equal %b1, %e1 : tensor<2x4xf32>
  %b2, %s2, %n2 = cnn.proposals %g, %o, %d {sizes = array<f64: 4.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 4, 12>, post_nms_top_n = 2, score_threshold = 0.9} : (tensor<4xi32>, tensor<1x1x1x3xf32>, tensor<1x4x1x3xf32>) -> (tensor<2x4xf32>, tensor<2xf32>, tensor<1xi32>)
  %none = cnn.constant dense<0> : tensor<1xi32>
  %zeros = cnn.constant dense<0.0> : tensor<2x4xf32>
  check.expect_equal %n2, %none : tensor<1xi32>
  check.expect_equal %b2, %zeros : tensor<2x4xf32>
  return
}
