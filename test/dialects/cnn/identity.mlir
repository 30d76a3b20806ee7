// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.identity %{{.*}} : (tensor<?x3xf32>) -> tensor<?x3xf32>
// CHECK: cnn.dropout %{{.*}} {p = 2.000000e-01 : f64} : (tensor<?x3xf32>) -> tensor<?x3xf32>
func.func @roundtrip(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %0 = cnn.identity %x : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %1 = cnn.dropout %0 {p = 0.2} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  return %1 : tensor<?x3xf32>
}

func.func @nothing_is_dropped() {
  %x = cnn.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = cnn.dropout %x : (tensor<2xf32>) -> tensor<2xf32>
  check.expect_equal %0, %x : tensor<2xf32>
  %1 = cnn.identity %x : (tensor<2xf32>) -> tensor<2xf32>
  check.expect_equal %1, %x : tensor<2xf32>
  return
}
