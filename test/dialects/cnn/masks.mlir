// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.select_masks %{{.*}}, %{{.*}}, %{{.*}} : (tensor<5x7x28x28xf32>, tensor<5xi32>, tensor<1xi32>) -> tensor<5x28x28xf32>
// CHECK: cnn.paste_masks %{{.*}} {size = array<i64: 30, 40>} : (tensor<5x28x28xf32>, tensor<5x4xf32>, tensor<4xi32>, tensor<1xi32>) -> tensor<5x30x40xui8>
func.func @roundtrip(%x: tensor<5x7x28x28xf32>, %l: tensor<5xi32>, %b: tensor<5x4xf32>, %g: tensor<4xi32>, %n: tensor<1xi32>) -> tensor<5x30x40xui8> {
  %0 = cnn.select_masks %x, %l, %n : (tensor<5x7x28x28xf32>, tensor<5xi32>, tensor<1xi32>) -> tensor<5x28x28xf32>
  %1 = cnn.paste_masks %0, %b, %g, %n {size = array<i64: 30, 40>} : (tensor<5x28x28xf32>, tensor<5x4xf32>, tensor<4xi32>, tensor<1xi32>) -> tensor<5x30x40xui8>
  return %1 : tensor<5x30x40xui8>
}

// Labels 1 and 0, two outside, and a row past the count.
func.func @select() {
  %x = cnn.constant dense<[[[[5.0, 5.0]], [[0.0, 1.0]]], [[[-1.0, 0x7FC00000]], [[5.0, 5.0]]], [[[1.0, 1.0]], [[1.0, 1.0]]], [[[1.0, 1.0]], [[1.0, 1.0]]],
                           [[[1.0, 1.0]], [[1.0, 1.0]]]]> : tensor<5x2x1x2xf32>
  %l = cnn.constant dense<[1, 0, 2, -1, 0]> : tensor<5xi32>
  %n = cnn.constant dense<4> : tensor<1xi32>
  %0 = cnn.select_masks %x, %l, %n : (tensor<5x2x1x2xf32>, tensor<5xi32>, tensor<1xi32>) -> tensor<5x1x2xf32>
  %e = cnn.constant dense<[[[0.5, 0.731058579]], [[0.268941421, 0x7FC00000]], [[0.0, 0.0]], [[0.0, 0.0]], [[0.0, 0.0]]]> : tensor<5x1x2xf32>
  check.expect_close %0, %e : tensor<5x1x2xf32>
  return
}

// A box of 2 x 2 about (4, 3), enlarged to twice its size, covers the pixels 2 to 6 and 1 to 5: a mask of ones is 1 in their middle, 0.7 beside it,
// 0.49 on the diagonal. The picture ends after 5 rows and 6 columns. The second box begins outside it, the third lies past the count.
func.func @paste() {
  %m = cnn.constant dense<1.0> : tensor<3x2x2xf32>
  %b = cnn.constant dense<[[3.0, 2.0, 5.0, 4.0], [-3.0, -3.0, 1.0, 1.0], [0.0, 0.0, 9.0, 9.0]]> : tensor<3x4xf32>
  %g = cnn.constant dense<[9, 9, 5, 6]> : tensor<4xi32>
  %n = cnn.constant dense<2> : tensor<1xi32>
  %0 = cnn.paste_masks %m, %b, %g, %n {size = array<i64: 6, 7>} : (tensor<3x2x2xf32>, tensor<3x4xf32>, tensor<4xi32>, tensor<1xi32>) -> tensor<3x6x7xui8>
  %e = cnn.constant dense<[[[0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0, 0], [0, 0, 0, 1, 1, 1, 0], [0, 0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0, 0, 0]],
                           [[1, 1, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0]],
                           [[0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0]]]> : tensor<3x6x7xui8>
  check.expect_equal %0, %e : tensor<3x6x7xui8>
  return
}

// One pixel, probability 1/2: not above the threshold of 1/2, above one of 1/4. NaN, infinite, inverted and far boxes cover nothing.
func.func @threshold_and_hostile_boxes() {
  %m = cnn.constant dense<0.5> : tensor<5x2x2xf32>
  %b = cnn.constant dense<[[0.0, 0.0, 0.0, 0.0], [0x7FC00000, 0.0, 1.0, 1.0], [0.0, 0.0, 0x7F800000, 1.0], [1.0, 1.0, -4.0, -4.0], [1.0e30, 1.0e30, 2.0e30, 2.0e30]]> : tensor<5x4xf32>
  %g = cnn.constant dense<[1, 1, 1, 1]> : tensor<4xi32>
  %n = cnn.constant dense<5> : tensor<1xi32>
  %0 = cnn.paste_masks %m, %b, %g, %n {size = array<i64: 1, 1>} : (tensor<5x2x2xf32>, tensor<5x4xf32>, tensor<4xi32>, tensor<1xi32>) -> tensor<5x1x1xui8>
  %e0 = cnn.constant dense<0> : tensor<5x1x1xui8>
  check.expect_equal %0, %e0 : tensor<5x1x1xui8>
  %1 = cnn.paste_masks %m, %b, %g, %n {size = array<i64: 1, 1>, threshold = 0.25} : (tensor<5x2x2xf32>, tensor<5x4xf32>, tensor<4xi32>, tensor<1xi32>) -> tensor<5x1x1xui8>
  %e1 = cnn.constant dense<[[[1]], [[0]], [[0]], [[0]], [[0]]]> : tensor<5x1x1xui8>
  check.expect_equal %1, %e1 : tensor<5x1x1xui8>
  return
}

func.func @no_detections() {
  %x = cnn.constant dense<> : tensor<0x3x2x2xf32>
  %l = cnn.constant dense<> : tensor<0xi32>
  %b = cnn.constant dense<> : tensor<0x4xf32>
  %n = cnn.constant dense<0> : tensor<1xi32>
  %g = cnn.constant dense<[1, 1, 1, 1]> : tensor<4xi32>
  %0 = cnn.select_masks %x, %l, %n : (tensor<0x3x2x2xf32>, tensor<0xi32>, tensor<1xi32>) -> tensor<0x2x2xf32>
  %1 = cnn.paste_masks %0, %b, %g, %n {size = array<i64: 4, 4>} : (tensor<0x2x2xf32>, tensor<0x4xf32>, tensor<4xi32>, tensor<1xi32>) -> tensor<0x4x4xui8>
  %e = cnn.constant dense<> : tensor<0x4x4xui8>
  check.expect_equal %1, %e : tensor<0x4x4xui8>
  return
}
