// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.max_pool %{{.*}} {ceil_mode = true, dilation = array<i64: 2, 2>, kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 2, 2>} : (tensor<?x4x9x9xf32>) -> tensor<?x4x4x4xf32>
// CHECK: cnn.avg_pool %{{.*}} {count_include_pad = true, kernel = array<i64: 2, 2>} : (tensor<?x4x4x4xf32>) -> tensor<?x4x3x3xf32>
// CHECK: cnn.global_avg_pool %{{.*}} : (tensor<?x4x3x3xf32>) -> tensor<?x4x1x1xf32>
func.func @roundtrip(%x: tensor<?x4x9x9xf32>) -> tensor<?x4x1x1xf32> {
  %0 = cnn.max_pool %x {kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, pad = array<i64: 1, 1, 1, 1>, dilation = array<i64: 2, 2>, ceil_mode = true} : (tensor<?x4x9x9xf32>) -> tensor<?x4x4x4xf32>
  %1 = cnn.avg_pool %0 {kernel = array<i64: 2, 2>, count_include_pad = true} : (tensor<?x4x4x4xf32>) -> tensor<?x4x3x3xf32>
  %2 = cnn.global_avg_pool %1 : (tensor<?x4x3x3xf32>) -> tensor<?x4x1x1xf32>
  return %2 : tensor<?x4x1x1xf32>
}

// The last window overhangs: cells beyond the input do not count.
func.func @average_overhang() {
  %x = cnn.constant dense<[[[[1.0, 2.0, 3.0, 4.0, 5.0]]]]> : tensor<1x1x1x5xf32>
  %y = cnn.avg_pool %x {kernel = array<i64: 1, 2>, stride = array<i64: 1, 2>, ceil_mode = true, count_include_pad = true} : (tensor<1x1x1x5xf32>) -> tensor<1x1x1x3xf32>
  %e = cnn.constant dense<[[[[1.5, 3.5, 5.0]]]]> : tensor<1x1x1x3xf32>
  check.expect_equal %y, %e : tensor<1x1x1x3xf32>
  return
}

// Pad cells count, cells beyond the end pad do not.
func.func @average_overhang_beyond_pad() {
  %x = cnn.constant dense<[[[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]]]]> : tensor<1x1x1x9xf32>
  %y = cnn.avg_pool %x {kernel = array<i64: 1, 7>, stride = array<i64: 1, 3>, pad = array<i64: 0, 3, 0, 3>, ceil_mode = true, count_include_pad = true} : (tensor<1x1x1x9xf32>) -> tensor<1x1x1x4xf32>
  %e = cnn.constant dense<[[[[1.4285715, 4.0, 5.5714286, 4.0]]]]> : tensor<1x1x1x4xf32>
  check.expect_close %y, %e : tensor<1x1x1x4xf32>
  return
}

// A window that starts inside the end pad is dropped: 3x3, not 4x4.
func.func @window_inside_end_pad() {
  %x = cnn.constant dense<[[[[1.0, 2.0, 3.0, 4.0, 5.0], [6.0, 7.0, 8.0, 9.0, 10.0], [11.0, 12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0, 20.0], [21.0, 22.0, 23.0, 24.0, 25.0]]]]> : tensor<1x1x5x5xf32>
  %y = cnn.max_pool %x {kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>, pad = array<i64: 1, 1, 1, 1>, ceil_mode = true} : (tensor<1x1x5x5xf32>) -> tensor<1x1x3x3xf32>
  %e = cnn.constant dense<[[[[1.0, 3.0, 5.0], [11.0, 13.0, 15.0], [21.0, 23.0, 25.0]]]]> : tensor<1x1x3x3xf32>
  check.expect_equal %y, %e : tensor<1x1x3x3xf32>
  return
}

func.func @kernel_1x1_with_ceil_mode() {
  %x = cnn.constant dense<[[[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0], [12.0, 13.0, 14.0, 15.0]]]]> : tensor<1x1x4x4xf32>
  %y = cnn.max_pool %x {kernel = array<i64: 1, 1>, stride = array<i64: 2, 2>, ceil_mode = true} : (tensor<1x1x4x4xf32>) -> tensor<1x1x2x2xf32>
  %e = cnn.constant dense<[[[[0.0, 2.0], [8.0, 10.0]]]]> : tensor<1x1x2x2xf32>
  check.expect_equal %y, %e : tensor<1x1x2x2xf32>
  return
}

// A kernel far larger than the map, as some exports of EfficientNet have it.
func.func @kernel_beyond_input() {
  %x = cnn.constant dense<[[[[1.0, 2.0, 3.0], [4.0, 5.0, 9.0]]]]> : tensor<1x1x2x3xf32>
  %y = cnn.avg_pool %x {kernel = array<i64: 1280, 1280>, stride = array<i64: 1280, 1280>, ceil_mode = true} : (tensor<1x1x2x3xf32>) -> tensor<1x1x1x1xf32>
  %e = cnn.constant dense<4.0> : tensor<1x1x1x1xf32>
  check.expect_equal %y, %e : tensor<1x1x1x1xf32>
  %g = cnn.global_avg_pool %x : (tensor<1x1x2x3xf32>) -> tensor<1x1x1x1xf32>
  check.expect_equal %g, %e : tensor<1x1x1x1xf32>
  return
}

// Windows of pad alone average to 0 when pads count.
func.func @average_of_pad_alone() {
  %x = cnn.constant dense<[[[[1.0, 2.0, 3.0, 4.0, 5.0]]]]> : tensor<1x1x1x5xf32>
  %y = cnn.avg_pool %x {kernel = array<i64: 1, 2>, stride = array<i64: 1, 2>, pad = array<i64: 0, 2, 0, 3>, count_include_pad = true} : (tensor<1x1x1x5xf32>) -> tensor<1x1x1x5xf32>
  %e = cnn.constant dense<[[[[0.0, 1.5, 3.5, 2.5, 0.0]]]]> : tensor<1x1x1x5xf32>
  check.expect_equal %y, %e : tensor<1x1x1x5xf32>
  return
}

// No average of ones exceeds 1.
func.func @average_of_ones() {
  %x = cnn.constant dense<1.0> : tensor<1x1x5x5xf32>
  %y = cnn.avg_pool %x {kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, pad = array<i64: 1, 1, 2, 2>, ceil_mode = true, count_include_pad = true} : (tensor<1x1x5x5xf32>) -> tensor<1x1x3x3xf32>
  %e = cnn.constant dense<[[[[0.444444444, 0.666666667, 0.444444444], [0.666666667, 1.0, 0.666666667], [0.444444444, 0.666666667, 0.444444444]]]]> : tensor<1x1x3x3xf32>
  check.expect_close %y, %e : tensor<1x1x3x3xf32>
  %z = cnn.avg_pool %x {kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, pad = array<i64: 1, 1, 2, 2>, ceil_mode = true} : (tensor<1x1x5x5xf32>) -> tensor<1x1x3x3xf32>
  %f = cnn.constant dense<1.0> : tensor<1x1x3x3xf32>
  check.expect_equal %z, %f : tensor<1x1x3x3xf32>
  return
}

// Pads are no zeros for a maximum, and NaN wins.
func.func @maximum_at_borders() {
  %x = cnn.constant dense<-1.0> : tensor<1x1x2x2xf32>
  %y = cnn.max_pool %x {kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>, pad = array<i64: 1, 1, 1, 1>} : (tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  check.expect_equal %y, %x : tensor<1x1x2x2xf32>
  %n = cnn.constant dense<[[[[3.0, 0x7FC00000, 5.0, 1.0, 4.0]]]]> : tensor<1x1x1x5xf32>
  %m = cnn.max_pool %n {kernel = array<i64: 1, 2>} : (tensor<1x1x1x5xf32>) -> tensor<1x1x1x4xf32>
  %e = cnn.constant dense<[[[[0x7FC00000, 0x7FC00000, 5.0, 4.0]]]]> : tensor<1x1x1x4xf32>
  check.expect_equal %m, %e : tensor<1x1x1x4xf32>
  return
}

// Dilated taps step from the pad into the input; a kernel of 2^20 costs no more than the cells that it covers.
func.func @maximum_of_taps() {
  %x = cnn.constant dense<[[[[1.0, 9.0, 2.0, 8.0, 3.0]]]]> : tensor<1x1x1x5xf32>
  %y = cnn.max_pool %x {kernel = array<i64: 1, 3>, dilation = array<i64: 1, 2>, pad = array<i64: 0, 2, 0, 1>} : (tensor<1x1x1x5xf32>) -> tensor<1x1x1x4xf32>
  %e = cnn.constant dense<[[[[2.0, 9.0, 3.0, 9.0]]]]> : tensor<1x1x1x4xf32>
  check.expect_equal %y, %e : tensor<1x1x1x4xf32>
  %z = cnn.max_pool %x {kernel = array<i64: 1048576, 1048576>, stride = array<i64: 1048576, 1048576>, ceil_mode = true} : (tensor<1x1x1x5xf32>) -> tensor<1x1x1x1xf32>
  %f = cnn.constant dense<9.0> : tensor<1x1x1x1xf32>
  check.expect_equal %z, %f : tensor<1x1x1x1xf32>
  return
}
