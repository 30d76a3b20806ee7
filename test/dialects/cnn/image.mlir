// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.image_to_nchw %{{.*}} : (tensor<?x300x400x3xui8>) -> tensor<?x3x300x400xf32>
// CHECK: cnn.resize %{{.*}} {antialias = true, size = array<i64: 256, 342>} : (tensor<?x3x300x400xf32>) -> tensor<?x3x256x342xf32>
// CHECK: cnn.center_crop %{{.*}} {size = array<i64: 224, 224>} : (tensor<?x3x256x342xf32>) -> tensor<?x3x224x224xf32>
// CHECK: cnn.normalize %{{.*}} {mean = array<f64: 5.000000e-01, 4.000000e-01, 3.000000e-01>, scale = 3.906250e-03 : f64, std = array<f64: 2.000000e-01, 2.500000e-01, 3.000000e-01>} : (tensor<?x3x224x224xf32>) -> tensor<?x3x224x224xf32>
func.func @roundtrip(%x: tensor<?x300x400x3xui8>) -> tensor<?x3x224x224xf32> {
  %0 = cnn.image_to_nchw %x : (tensor<?x300x400x3xui8>) -> tensor<?x3x300x400xf32>
  %1 = cnn.resize %0 {size = array<i64: 256, 342>, antialias = true} : (tensor<?x3x300x400xf32>) -> tensor<?x3x256x342xf32>
  %2 = cnn.center_crop %1 {size = array<i64: 224, 224>} : (tensor<?x3x256x342xf32>) -> tensor<?x3x224x224xf32>
  %3 = cnn.normalize %2 {mean = array<f64: 0.5, 0.4, 0.3>, std = array<f64: 0.2, 0.25, 0.3>, scale = 0.00390625} : (tensor<?x3x224x224xf32>) -> tensor<?x3x224x224xf32>
  return %3 : tensor<?x3x224x224xf32>
}

func.func @bytes_to_planes() {
  %x = cnn.constant dense<[[[[0, 1, 2], [253, 254, 255]]]]> : tensor<1x1x2x3xui8>
  %y = cnn.image_to_nchw %x : (tensor<1x1x2x3xui8>) -> tensor<1x3x1x2xf32>
  %e = cnn.constant dense<[[[[0.0, 253.0]], [[1.0, 254.0]], [[2.0, 255.0]]]]> : tensor<1x3x1x2xf32>
  check.expect_equal %y, %e : tensor<1x3x1x2xf32>
  %bgr = cnn.image_to_nchw %x {reverse_channels = true} : (tensor<1x1x2x3xui8>) -> tensor<1x3x1x2xf32>
  %r = cnn.constant dense<[[[[2.0, 255.0]], [[1.0, 254.0]], [[0.0, 253.0]]]]> : tensor<1x3x1x2xf32>
  check.expect_equal %bgr, %r : tensor<1x3x1x2xf32>
  %z = cnn.normalize %y {mean = array<f64: 1.0, 0.0, 2.0>, std = array<f64: 2.0, 1.0, 0.5>, scale = 2.0} : (tensor<1x3x1x2xf32>) -> tensor<1x3x1x2xf32>
  %f = cnn.constant dense<[[[[-0.5, 252.5]], [[2.0, 508.0]], [[4.0, 1016.0]]]]> : tensor<1x3x1x2xf32>
  check.expect_equal %z, %f : tensor<1x3x1x2xf32>
  return
}

// Values of ONNX Runtime (with antialias, exclude_outside = 1).
func.func @resize() {
  %x = cnn.constant dense<[[[[-2.0, 5.0, 1.0, -3.0, 4.0], [0.0, -4.0, 3.0, -1.0, -5.0], [2.0, -2.0, 5.0, 1.0, -3.0], [4.0, 0.0, -4.0, 3.0, -1.0]]]]> : tensor<1x1x4x5xf32>
  %down = cnn.resize %x {size = array<i64: 2, 3>} : (tensor<1x1x4x5xf32>) -> tensor<1x1x2x3xf32>
  %e0 = cnn.constant dense<[[[[-0.5, 2.0, -1.0], [1.66666667, 0.5, -0.66666667]]]]> : tensor<1x1x2x3xf32>
  check.expect_close %down, %e0 : tensor<1x1x2x3xf32>
  %smooth = cnn.resize %x {size = array<i64: 2, 3>, antialias = true} : (tensor<1x1x4x5xf32>) -> tensor<1x1x2x3xf32>
  %e1 = cnn.constant dense<[[[[-0.26530612, 1.03174603, -1.16326531], [0.85714286, 0.50793651, -0.71428571]]]]> : tensor<1x1x2x3xf32>
  check.expect_close %smooth, %e1 : tensor<1x1x2x3xf32>
  // Height grows, width shrinks: the filter widens along the width alone.
  %mixed = cnn.resize %x {size = array<i64: 6, 2>, antialias = true} : (tensor<1x1x4x5xf32>) -> tensor<1x1x6x2xf32>
  %e2 = cnn.constant dense<[[[[1.5, 0.5], [0.25, -0.5], [-0.66666667, -1.16666667], [0.66666667, 0.16666667], [0.75, 0.25], [0.5, 0.0]]]]> : tensor<1x1x6x2xf32>
  check.expect_close %mixed, %e2 : tensor<1x1x6x2xf32>
  return
}

// Rests of 1 and 3: halves go to the even neighbour, so 0 and 2 cells are left out in front.
func.func @crop_rounds_half_to_even() {
  %x = cnn.constant dense<[[[[0.0, 1.0, 2.0, 3.0]]]]> : tensor<1x1x1x4xf32>
  %0 = cnn.center_crop %x {size = array<i64: 1, 3>} : (tensor<1x1x1x4xf32>) -> tensor<1x1x1x3xf32>
  %e0 = cnn.constant dense<[[[[0.0, 1.0, 2.0]]]]> : tensor<1x1x1x3xf32>
  check.expect_equal %0, %e0 : tensor<1x1x1x3xf32>
  %1 = cnn.center_crop %x {size = array<i64: 1, 1>} : (tensor<1x1x1x4xf32>) -> tensor<1x1x1x1xf32>
  %e1 = cnn.constant dense<2.0> : tensor<1x1x1x1xf32>
  check.expect_equal %1, %e1 : tensor<1x1x1x1xf32>
  %2 = cnn.center_crop %x {size = array<i64: 1, 2>} : (tensor<1x1x1x4xf32>) -> tensor<1x1x1x2xf32>
  %e2 = cnn.constant dense<[[[[1.0, 2.0]]]]> : tensor<1x1x1x2xf32>
  check.expect_equal %2, %e2 : tensor<1x1x1x2xf32>
  return
}
