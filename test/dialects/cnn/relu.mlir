// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.relu %{{.*}} : (tensor<?x3xf32>) -> tensor<?x3xf32>
// CHECK: cnn.relu6 %{{.*}} : (tensor<?x3xf32>) -> tensor<?x3xf32>
// CHECK: cnn.clip %{{.*}} {max = 1.000000e+00 : f64, min = -1.000000e+00 : f64} : (tensor<?x3xf32>) -> tensor<?x3xf32>
// CHECK: cnn.leaky_relu %{{.*}} {alpha = 2.000000e-01 : f64} : (tensor<?x3xf32>) -> tensor<?x3xf32>
func.func @roundtrip(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %0 = cnn.relu %x : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %1 = cnn.relu6 %0 : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %2 = cnn.clip %1 {min = -1.0, max = 1.0} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %3 = cnn.leaky_relu %2 {alpha = 0.2} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  return %3 : tensor<?x3xf32>
}

func.func @nan_passes() {
  %x = cnn.constant dense<[0x7FC00000, -1.0, 2.0, 0x7FC00000]> : tensor<4xf32>
  %e = cnn.constant dense<[0x7FC00000, 0.0, 2.0, 0x7FC00000]> : tensor<4xf32>
  %0 = cnn.relu %x : (tensor<4xf32>) -> tensor<4xf32>
  check.expect_equal %0, %e : tensor<4xf32>
  %1 = cnn.relu6 %x : (tensor<4xf32>) -> tensor<4xf32>
  check.expect_equal %1, %e : tensor<4xf32>
  %2 = cnn.clip %x {min = 0.0, max = 6.0} : (tensor<4xf32>) -> tensor<4xf32>
  check.expect_equal %2, %e : tensor<4xf32>
  %3 = cnn.leaky_relu %x : (tensor<4xf32>) -> tensor<4xf32>
  %f = cnn.constant dense<[0x7FC00000, -0.01, 2.0, 0x7FC00000]> : tensor<4xf32>
  check.expect_close %3, %f : tensor<4xf32>
  return
}

func.func @bounds() {
  %x = cnn.constant dense<[-7.0, -0.5, 5.0, 0x7F800000, 0xFF800000]> : tensor<5xf32>
  %0 = cnn.relu6 %x : (tensor<5xf32>) -> tensor<5xf32>
  %e = cnn.constant dense<[0.0, 0.0, 5.0, 6.0, 0.0]> : tensor<5xf32>
  check.expect_equal %0, %e : tensor<5xf32>
  %1 = cnn.clip %x {min = -1.0, max = 0x7FF0000000000000 : f64} : (tensor<5xf32>) -> tensor<5xf32>
  %f = cnn.constant dense<[-1.0, -0.5, 5.0, 0x7F800000, -1.0]> : tensor<5xf32>
  check.expect_equal %1, %f : tensor<5xf32>
  return
}
