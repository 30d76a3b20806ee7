// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.softmax %{{.*}} {axis = 1 : i64} : (tensor<?x10x2xf32>) -> tensor<?x10x2xf32>
func.func @roundtrip(%x: tensor<?x10x2xf32>) -> tensor<?x10x2xf32> {
  %0 = cnn.softmax %x {axis = 1 : i64} : (tensor<?x10x2xf32>) -> tensor<?x10x2xf32>
  return %0 : tensor<?x10x2xf32>
}

func.func @large_logits() {
  %x = cnn.constant dense<[[1000.0, 1001.0, 1002.0], [800.0, 1.0, 1.0]]> : tensor<2x3xf32>
  %y = cnn.softmax %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %e = cnn.constant dense<[[0.09003057, 0.24472847, 0.66524096], [1.0, 0.0, 0.0]]> : tensor<2x3xf32>
  check.expect_close %y, %e : tensor<2x3xf32>
  return
}

func.func @masked_logits() {
  %x = cnn.constant dense<[[0xFF800000, 0.0], [0xFF800000, 0xFF800000]]> : tensor<2x2xf32>
  %y = cnn.softmax %x : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %e = cnn.constant dense<[[0.0, 1.0], [0x7FC00000, 0x7FC00000]]> : tensor<2x2xf32>
  check.expect_equal %y, %e : tensor<2x2xf32>
  return
}

// Along one axis, not over the flattened rest.
func.func @axis() {
  %x = cnn.constant dense<0.0> : tensor<2x4x2xf32>
  %y = cnn.softmax %x {axis = 1 : i64} : (tensor<2x4x2xf32>) -> tensor<2x4x2xf32>
  %e = cnn.constant dense<0.25> : tensor<2x4x2xf32>
  check.expect_equal %y, %e : tensor<2x4x2xf32>
  %z = cnn.softmax %x {axis = -3 : i64} : (tensor<2x4x2xf32>) -> tensor<2x4x2xf32>
  %f = cnn.constant dense<0.5> : tensor<2x4x2xf32>
  check.expect_equal %z, %f : tensor<2x4x2xf32>
  return
}
