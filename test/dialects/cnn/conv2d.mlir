// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.conv2d %{{.*}}, %{{.*}}, %{{.*}} {kernel = array<i64: 3, 3>, out_channels = 8 : i64, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 2, 2>} : (tensor<?x4x9x9xf32>, tensor<8x4x3x3xf32>, tensor<8xf32>) -> tensor<?x8x5x5xf32>
func.func @roundtrip(%x: tensor<?x4x9x9xf32>, %w: tensor<8x4x3x3xf32>, %b: tensor<8xf32>) -> tensor<?x8x5x5xf32> {
  %0 = cnn.conv2d %x, %w, %b {out_channels = 8 : i64, kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, pad = array<i64: 1, 1, 1, 1>} : (tensor<?x4x9x9xf32>, tensor<8x4x3x3xf32>, tensor<8xf32>) -> tensor<?x8x5x5xf32>
  return %0 : tensor<?x8x5x5xf32>
}

// A layout takes no part in shape inference.
// CHECK-LABEL: func @layout
// CHECK: cnn.conv2d {{.*}} -> tensor<1x8x7x7xf32, #cnn.layout<block = 16, halo = [0, 0, 0, 0]>>
func.func @layout(%x: tensor<1x4x9x9xf32, #cnn.layout<block = 16, halo = [1, 1, 1, 1]>>, %w: tensor<8x4x3x3xf32>) -> tensor<1x8x7x7xf32, #cnn.layout<block = 16, halo = [0, 0, 0, 0]>> {
  %0 = cnn.conv2d %x, %w {out_channels = 8 : i64, kernel = array<i64: 3, 3>, bias = false} : (tensor<1x4x9x9xf32, #cnn.layout<block = 16, halo = [1, 1, 1, 1]>>, tensor<8x4x3x3xf32>) -> tensor<1x8x7x7xf32, #cnn.layout<block = 16, halo = [0, 0, 0, 0]>>
  return %0 : tensor<1x8x7x7xf32, #cnn.layout<block = 16, halo = [0, 0, 0, 0]>>
}

func.func @four_pads() {
  %x = cnn.constant dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>
  %w = cnn.constant dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>
  %y = cnn.conv2d %x, %w {out_channels = 1 : i64, kernel = array<i64: 2, 2>, pad = array<i64: 1, 2, 0, 3>, bias = false} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x6xf32>
  %e = cnn.constant dense<[[[[0.0, 4.0, 11.0, 6.0, 0.0, 0.0], [0.0, 14.0, 30.0, 14.0, 0.0, 0.0]]]]> : tensor<1x1x2x6xf32>
  check.expect_equal %y, %e : tensor<1x1x2x6xf32>
  return
}

func.func @stride_beyond_kernel() {
  %x = cnn.constant dense<[[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]]> : tensor<1x1x3x3xf32>
  %w = cnn.constant dense<1.0> : tensor<1x1x1x1xf32>
  %y = cnn.conv2d %x, %w {out_channels = 1 : i64, kernel = array<i64: 1, 1>, stride = array<i64: 2, 2>, bias = false} : (tensor<1x1x3x3xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %e = cnn.constant dense<[[[[1.0, 3.0], [7.0, 9.0]]]]> : tensor<1x1x2x2xf32>
  check.expect_equal %y, %e : tensor<1x1x2x2xf32>
  return
}

// Channel multiplier 3: outputs of one group stand side by side.
func.func @depthwise_multiplier() {
  %x = cnn.constant dense<[[[[3.0]], [[5.0]]]]> : tensor<1x2x1x1xf32>
  %w = cnn.constant dense<[[[[1.0]]], [[[2.0]]], [[[3.0]]], [[[4.0]]], [[[5.0]]], [[[6.0]]]]> : tensor<6x1x1x1xf32>
  %y = cnn.conv2d %x, %w {out_channels = 6 : i64, kernel = array<i64: 1, 1>, groups = 2 : i64, bias = false} : (tensor<1x2x1x1xf32>, tensor<6x1x1x1xf32>) -> tensor<1x6x1x1xf32>
  %e = cnn.constant dense<[[[[3.0]], [[6.0]], [[9.0]], [[20.0]], [[25.0]], [[30.0]]]]> : tensor<1x6x1x1xf32>
  check.expect_equal %y, %e : tensor<1x6x1x1xf32>
  return
}

func.func @uneven_pads_with_stride() {
  %x = cnn.constant dense<1.0> : tensor<1x1x7x5xf32>
  %w = cnn.constant dense<1.0> : tensor<1x1x3x3xf32>
  %b = cnn.constant dense<0.5> : tensor<1xf32>
  %y = cnn.conv2d %x, %w, %b {out_channels = 1 : i64, kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, pad = array<i64: 1, 0, 1, 0>} : (tensor<1x1x7x5xf32>, tensor<1x1x3x3xf32>, tensor<1xf32>) -> tensor<1x1x4x2xf32>
  %e = cnn.constant dense<[[[[6.5, 6.5], [9.5, 9.5], [9.5, 9.5], [6.5, 6.5]]]]> : tensor<1x1x4x2xf32>
  check.expect_equal %y, %e : tensor<1x1x4x2xf32>
  return
}
