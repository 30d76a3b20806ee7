// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.reshape %{{.*}} {shape = array<i64: 0, -1, 6>} : (tensor<?x4x3x2xf32>) -> tensor<?x4x6xf32>
// CHECK: cnn.transpose %{{.*}} {perm = array<i64: 0, 2, 1>} : (tensor<?x4x6xf32>) -> tensor<?x6x4xf32>
// CHECK: cnn.flatten %{{.*}} : (tensor<?x6x4xf32>) -> tensor<?x24xf32>
func.func @roundtrip(%x: tensor<?x4x3x2xf32>) -> tensor<?x24xf32> {
  %0 = cnn.reshape %x {shape = array<i64: 0, -1, 6>} : (tensor<?x4x3x2xf32>) -> tensor<?x4x6xf32>
  %1 = cnn.transpose %0 {perm = array<i64: 0, 2, 1>} : (tensor<?x4x6xf32>) -> tensor<?x6x4xf32>
  %2 = cnn.flatten %1 : (tensor<?x6x4xf32>) -> tensor<?x24xf32>
  return %2 : tensor<?x24xf32>
}

// The batch may be what -1 stands for.
// CHECK-LABEL: func @inferred_batch
func.func @inferred_batch(%x: tensor<?x4x3xf32>) -> tensor<?x12xf32> {
  %0 = cnn.reshape %x {shape = array<i64: -1, 12>} : (tensor<?x4x3xf32>) -> tensor<?x12xf32>
  return %0 : tensor<?x12xf32>
}

func.func @row_major() {
  %x = cnn.constant dense<[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]> : tensor<1x2x3xf32>
  %0 = cnn.reshape %x {shape = array<i64: 3, -1>} : (tensor<1x2x3xf32>) -> tensor<3x2xf32>
  %e0 = cnn.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
  check.expect_equal %0, %e0 : tensor<3x2xf32>
  %1 = cnn.transpose %x {perm = array<i64: 2, 0, 1>} : (tensor<1x2x3xf32>) -> tensor<3x1x2xf32>
  %e1 = cnn.constant dense<[[[1.0, 4.0]], [[2.0, 5.0]], [[3.0, 6.0]]]> : tensor<3x1x2xf32>
  check.expect_equal %1, %e1 : tensor<3x1x2xf32>
  %2 = cnn.flatten %x {axis = -1 : i64} : (tensor<1x2x3xf32>) -> tensor<2x3xf32>
  %e2 = cnn.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  check.expect_equal %2, %e2 : tensor<2x3xf32>
  return
}
