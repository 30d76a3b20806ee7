// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.conv_transpose2d %{{.*}}, %{{.*}}, %{{.*}} {kernel = array<i64: 3, 3>, out_channels = 8 : i64, output_padding = array<i64: 1, 0>, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 2, 2>} : (tensor<?x4x5x5xf32>, tensor<4x8x3x3xf32>, tensor<8xf32>) -> tensor<?x8x10x9xf32>
func.func @roundtrip(%x: tensor<?x4x5x5xf32>, %w: tensor<4x8x3x3xf32>, %b: tensor<8xf32>) -> tensor<?x8x10x9xf32> {
  %0 = cnn.conv_transpose2d %x, %w, %b {out_channels = 8 : i64, kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, pad = array<i64: 1, 1, 1, 1>, output_padding = array<i64: 1, 0>} : (tensor<?x4x5x5xf32>, tensor<4x8x3x3xf32>, tensor<8xf32>) -> tensor<?x8x10x9xf32>
  return %0 : tensor<?x8x10x9xf32>
}

// Both stride and dilation: (2 - 1) * 2 + 3 * 2 + 1 rows.
func.func @dilation_with_stride() {
  %x = cnn.constant dense<[[[[1.0], [10.0]]]]> : tensor<1x1x2x1xf32>
  %w = cnn.constant dense<[[[[1.0], [2.0], [3.0]]]]> : tensor<1x1x3x1xf32>
  %y = cnn.conv_transpose2d %x, %w {out_channels = 1 : i64, kernel = array<i64: 3, 1>, stride = array<i64: 2, 1>, dilation = array<i64: 3, 1>, bias = false} : (tensor<1x1x2x1xf32>, tensor<1x1x3x1xf32>) -> tensor<1x1x9x1xf32>
  %e = cnn.constant dense<[[[[1.0], [0.0], [10.0], [2.0], [0.0], [20.0], [3.0], [0.0], [30.0]]]]> : tensor<1x1x9x1xf32>
  check.expect_equal %y, %e : tensor<1x1x9x1xf32>
  return
}

// The bias applies to the padding of the output too.
func.func @output_padding() {
  %x = cnn.constant dense<[[[[1.0, 2.0]]]]> : tensor<1x1x1x2xf32>
  %w = cnn.constant dense<1.0> : tensor<1x1x1x3xf32>
  %b = cnn.constant dense<0.5> : tensor<1xf32>
  %y = cnn.conv_transpose2d %x, %w, %b {out_channels = 1 : i64, kernel = array<i64: 1, 3>, stride = array<i64: 1, 2>, output_padding = array<i64: 0, 1>} : (tensor<1x1x1x2xf32>, tensor<1x1x1x3xf32>, tensor<1xf32>) -> tensor<1x1x1x6xf32>
  %e = cnn.constant dense<[[[[1.5, 1.5, 3.5, 2.5, 2.5, 0.5]]]]> : tensor<1x1x1x6xf32>
  check.expect_equal %y, %e : tensor<1x1x1x6xf32>
  return
}

// Of an odd total of pad, either side may take the larger half: the whole result is 1, 2, 13, 20, 30.
func.func @pads() {
  %x = cnn.constant dense<[[[[1.0, 10.0]]]]> : tensor<1x1x1x2xf32>
  %w = cnn.constant dense<[[[[1.0, 2.0, 3.0]]]]> : tensor<1x1x1x3xf32>
  %y = cnn.conv_transpose2d %x, %w {out_channels = 1 : i64, kernel = array<i64: 1, 3>, stride = array<i64: 1, 2>, pad = array<i64: 0, 0, 0, 1>, bias = false} : (tensor<1x1x1x2xf32>, tensor<1x1x1x3xf32>) -> tensor<1x1x1x4xf32>
  %e = cnn.constant dense<[[[[1.0, 2.0, 13.0, 20.0]]]]> : tensor<1x1x1x4xf32>
  check.expect_equal %y, %e : tensor<1x1x1x4xf32>
  %z = cnn.conv_transpose2d %x, %w {out_channels = 1 : i64, kernel = array<i64: 1, 3>, stride = array<i64: 1, 2>, pad = array<i64: 0, 1, 0, 0>, bias = false} : (tensor<1x1x1x2xf32>, tensor<1x1x1x3xf32>) -> tensor<1x1x1x4xf32>
  %f = cnn.constant dense<[[[[2.0, 13.0, 20.0, 30.0]]]]> : tensor<1x1x1x4xf32>
  check.expect_equal %z, %f : tensor<1x1x1x4xf32>
  return
}

// Group g of the outputs reads group g of the inputs.
func.func @groups() {
  %x = cnn.constant dense<[[[[3.0]], [[5.0]], [[7.0]], [[11.0]]]]> : tensor<1x4x1x1xf32>
  %w = cnn.constant dense<[[[[1.0, 0.0]], [[2.0, 0.0]], [[3.0, 0.0]]], [[[0.0, 1.0]], [[0.0, 2.0]], [[0.0, 3.0]]], [[[1.0, 0.0]], [[2.0, 0.0]], [[3.0, 0.0]]], [[[0.0, 1.0]], [[0.0, 2.0]], [[0.0, 3.0]]]]> : tensor<4x3x1x2xf32>
  %y = cnn.conv_transpose2d %x, %w {out_channels = 6 : i64, kernel = array<i64: 1, 2>, groups = 2 : i64, bias = false} : (tensor<1x4x1x1xf32>, tensor<4x3x1x2xf32>) -> tensor<1x6x1x2xf32>
  %e = cnn.constant dense<[[[[3.0, 5.0]], [[6.0, 10.0]], [[9.0, 15.0]], [[7.0, 11.0]], [[14.0, 22.0]], [[21.0, 33.0]]]]> : tensor<1x6x1x2xf32>
  check.expect_equal %y, %e : tensor<1x6x1x2xf32>
  return
}
