// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --canonicalize | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// Checks survive canonicalisation although nothing reads them.
// CHECK-LABEL: func @holds
// CHECK: check.expect_close %{{.*}}, %{{.*}} {atol = 1.000000e-03 : f64, rtol = 0.000000e+00 : f64} : tensor<4xf32>
// CHECK: check.expect_equal %{{.*}}, %{{.*}} : tensor<4xf32>
func.func @holds() {
  %a = cnn.constant dense<[1.0, 0x7FC00000, 0x7F800000, -2.0]> : tensor<4xf32>
  %b = cnn.constant dense<[1.0009, 0x7FC00000, 0x7F800000, -2.0]> : tensor<4xf32>
  check.expect_close %a, %b {rtol = 0.0, atol = 1.0e-3} : tensor<4xf32>
  check.expect_equal %a, %a : tensor<4xf32>
  return
}

// A function with arguments is no test case.
func.func @not_run(%a: tensor<?x4xf32>, %b: tensor<?x4xf32>) {
  check.expect_equal %a, %b : tensor<?x4xf32>
  return
}
