// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.sigmoid %{{.*}} : (tensor<?x3xf32>) -> tensor<?x3xf32>
// CHECK: cnn.silu
// CHECK: cnn.tanh
// CHECK: cnn.hard_sigmoid %{{.*}} {alpha = 2.000000e-01 : f64} :
// CHECK: cnn.hard_swish
func.func @roundtrip(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %0 = cnn.sigmoid %x : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %1 = cnn.silu %0 : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %2 = cnn.tanh %1 : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %3 = cnn.hard_sigmoid %2 {alpha = 0.2} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %4 = cnn.hard_swish %3 : (tensor<?x3xf32>) -> tensor<?x3xf32>
  return %4 : tensor<?x3xf32>
}

func.func @nan_passes() {
  %x = cnn.constant dense<[0x7FC00000, -1.0, 2.0, 0x7FC00000]> : tensor<4xf32>
  %0 = cnn.sigmoid %x : (tensor<4xf32>) -> tensor<4xf32>
  %e0 = cnn.constant dense<[0x7FC00000, 0.268941421, 0.880797078, 0x7FC00000]> : tensor<4xf32>
  check.expect_close %0, %e0 : tensor<4xf32>
  %1 = cnn.silu %x : (tensor<4xf32>) -> tensor<4xf32>
  %e1 = cnn.constant dense<[0x7FC00000, -0.268941421, 1.761594156, 0x7FC00000]> : tensor<4xf32>
  check.expect_close %1, %e1 : tensor<4xf32>
  %2 = cnn.tanh %x : (tensor<4xf32>) -> tensor<4xf32>
  %e2 = cnn.constant dense<[0x7FC00000, -0.761594156, 0.96402758, 0x7FC00000]> : tensor<4xf32>
  check.expect_close %2, %e2 : tensor<4xf32>
  %3 = cnn.hard_sigmoid %x : (tensor<4xf32>) -> tensor<4xf32>
  %e3 = cnn.constant dense<[0x7FC00000, 0.333333333, 0.833333333, 0x7FC00000]> : tensor<4xf32>
  check.expect_close %3, %e3 : tensor<4xf32>
  %4 = cnn.hard_swish %x : (tensor<4xf32>) -> tensor<4xf32>
  %e4 = cnn.constant dense<[0x7FC00000, -0.333333333, 1.666666667, 0x7FC00000]> : tensor<4xf32>
  check.expect_close %4, %e4 : tensor<4xf32>
  return
}

func.func @infinities() {
  %x = cnn.constant dense<[0x7F800000, 0xFF800000, 1.0e4, -1.0e4]> : tensor<4xf32>
  %0 = cnn.tanh %x : (tensor<4xf32>) -> tensor<4xf32>
  %e0 = cnn.constant dense<[1.0, -1.0, 1.0, -1.0]> : tensor<4xf32>
  check.expect_equal %0, %e0 : tensor<4xf32>
  %1 = cnn.sigmoid %x : (tensor<4xf32>) -> tensor<4xf32>
  %e1 = cnn.constant dense<[1.0, 0.0, 1.0, 0.0]> : tensor<4xf32>
  check.expect_equal %1, %e1 : tensor<4xf32>
  return
}
