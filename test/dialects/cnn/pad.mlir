// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.pad %{{.*}} {mode = "edge", pad = array<i64: 1, 2, 0, -1>} : (tensor<?x3x4x4xf32>) -> tensor<?x3x5x5xf32>
func.func @roundtrip(%x: tensor<?x3x4x4xf32>) -> tensor<?x3x5x5xf32> {
  %0 = cnn.pad %x {pad = array<i64: 1, 2, 0, -1>, mode = "edge"} : (tensor<?x3x4x4xf32>) -> tensor<?x3x5x5xf32>
  return %0 : tensor<?x3x5x5xf32>
}

func.func @negative_amounts_crop() {
  %x = cnn.constant dense<[[[[1.0, 2.0, 3.0, 4.0]]]]> : tensor<1x1x1x4xf32>
  %0 = cnn.pad %x {pad = array<i64: 0, -1, 0, 2>} : (tensor<1x1x1x4xf32>) -> tensor<1x1x1x5xf32>
  %e0 = cnn.constant dense<[[[[2.0, 3.0, 4.0, 0.0, 0.0]]]]> : tensor<1x1x1x5xf32>
  check.expect_equal %0, %e0 : tensor<1x1x1x5xf32>
  %r = cnn.constant dense<[[[[0.0, 1.0, 2.0, 3.0, 4.0]]]]> : tensor<1x1x1x5xf32>
  %1 = cnn.pad %r {pad = array<i64: 0, -2, 0, 1>, mode = "reflect"} : (tensor<1x1x1x5xf32>) -> tensor<1x1x1x4xf32>
  %e1 = cnn.constant dense<[[[[2.0, 3.0, 4.0, 3.0]]]]> : tensor<1x1x1x4xf32>
  check.expect_equal %1, %e1 : tensor<1x1x1x4xf32>
  return
}

func.func @modes() {
  %x = cnn.constant dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>
  %0 = cnn.pad %x {pad = array<i64: 1, 0, 0, 1>, value = 9.0} : (tensor<1x1x2x2xf32>) -> tensor<1x1x3x3xf32>
  %e0 = cnn.constant dense<[[[[9.0, 9.0, 9.0], [1.0, 2.0, 9.0], [3.0, 4.0, 9.0]]]]> : tensor<1x1x3x3xf32>
  check.expect_equal %0, %e0 : tensor<1x1x3x3xf32>
  %1 = cnn.pad %x {pad = array<i64: 1, 0, 0, 2>, mode = "edge"} : (tensor<1x1x2x2xf32>) -> tensor<1x1x3x4xf32>
  %e1 = cnn.constant dense<[[[[1.0, 2.0, 2.0, 2.0], [1.0, 2.0, 2.0, 2.0], [3.0, 4.0, 4.0, 4.0]]]]> : tensor<1x1x3x4xf32>
  check.expect_equal %1, %e1 : tensor<1x1x3x4xf32>
  %2 = cnn.pad %x {pad = array<i64: 1, 1, 0, 0>, mode = "reflect"} : (tensor<1x1x2x2xf32>) -> tensor<1x1x3x3xf32>
  %e2 = cnn.constant dense<[[[[4.0, 3.0, 4.0], [2.0, 1.0, 2.0], [4.0, 3.0, 4.0]]]]> : tensor<1x1x3x3xf32>
  check.expect_equal %2, %e2 : tensor<1x1x3x3xf32>
  return
}
