// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.upsample_add %{{.*}}, %{{.*}} : (tensor<?x256x13x21xf32>, tensor<?x256x25x42xf32>) -> tensor<?x256x25x42xf32>
// CHECK: cnn.resize %{{.*}} {mode = "nearest", size = array<i64: 50, 84>}
func.func @roundtrip(%top: tensor<?x256x13x21xf32>, %lateral: tensor<?x256x25x42xf32>) -> tensor<?x256x50x84xf32> {
  %0 = cnn.upsample_add %top, %lateral : (tensor<?x256x13x21xf32>, tensor<?x256x25x42xf32>) -> tensor<?x256x25x42xf32>
  %1 = cnn.resize %0 {size = array<i64: 50, 84>, mode = "nearest"} : (tensor<?x256x25x42xf32>) -> tensor<?x256x50x84xf32>
  return %1 : tensor<?x256x50x84xf32>
}

// Three columns to five, one row to two.
func.func @odd() {
  %top = cnn.constant dense<[[[[1.0, 2.0, 3.0]]]]> : tensor<1x1x1x3xf32>
  %lateral = cnn.constant dense<[[[[10.0, 20.0, 30.0, 40.0, 50.0], [60.0, 70.0, 80.0, 90.0, 100.0]]]]> : tensor<1x1x2x5xf32>
  %y = cnn.upsample_add %top, %lateral : (tensor<1x1x1x3xf32>, tensor<1x1x2x5xf32>) -> tensor<1x1x2x5xf32>
  %e = cnn.constant dense<[[[[11.0, 21.0, 32.0, 42.0, 53.0], [61.0, 71.0, 82.0, 92.0, 103.0]]]]> : tensor<1x1x2x5xf32>
  check.expect_equal %y, %e : tensor<1x1x2x5xf32>
  return
}

// Whole-number scales, odd sizes and a reduction.
func.func @nearest() {
  %x = cnn.constant dense<[[[[0.0, 1.0, 2.0, 3.0]]]]> : tensor<1x1x1x4xf32>
  %0 = cnn.resize %x {size = array<i64: 1, 12>, mode = "nearest"} : (tensor<1x1x1x4xf32>) -> tensor<1x1x1x12xf32>
  %e0 = cnn.constant dense<[[[[0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 3.0, 3.0]]]]> : tensor<1x1x1x12xf32>
  check.expect_equal %0, %e0 : tensor<1x1x1x12xf32>
  %1 = cnn.resize %x {size = array<i64: 2, 8>, mode = "nearest"} : (tensor<1x1x1x4xf32>) -> tensor<1x1x2x8xf32>
  %e1 = cnn.constant dense<[[[[0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0], [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0]]]]> : tensor<1x1x2x8xf32>
  check.expect_equal %1, %e1 : tensor<1x1x2x8xf32>
  %2 = cnn.resize %x {size = array<i64: 1, 3>, mode = "nearest"} : (tensor<1x1x1x4xf32>) -> tensor<1x1x1x3xf32>
  %e2 = cnn.constant dense<[[[[0.0, 1.0, 2.0]]]]> : tensor<1x1x1x3xf32>
  check.expect_equal %2, %e2 : tensor<1x1x1x3xf32>
  return
}
