// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.constant "fc.bias" dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK: cnn.constant dense_resource<weight> : tensor<2x1xf32>
func.func @roundtrip() -> (tensor<2xf32>, tensor<2x1xf32>) {
  %0 = cnn.constant "fc.bias" dense<[1.0, 2.0]> : tensor<2xf32>
  %1 = cnn.constant dense_resource<weight> : tensor<2x1xf32>
  return %0, %1 : tensor<2xf32>, tensor<2x1xf32>
}

func.func @bytes_and_resources() {
  %bytes = cnn.constant dense<[0, 255, 7]> : tensor<3xui8>
  check.expect_equal %bytes, %bytes : tensor<3xui8>
  %0 = cnn.constant dense_resource<weight> : tensor<2x1xf32>
  %e = cnn.constant dense<[[1.0], [-2.0]]> : tensor<2x1xf32>
  check.expect_equal %0, %e : tensor<2x1xf32>
  return
}

{-#
  dialect_resources: {
    builtin: { weight: "0x040000000000803F000000C0" }
  }
#-}
