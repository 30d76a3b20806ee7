// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.dense %{{.*}}, %{{.*}}, %{{.*}} {out_features = 10 : i64} : (tensor<?x8xf32>, tensor<10x8xf32>, tensor<10xf32>) -> tensor<?x10xf32>
func.func @roundtrip(%x: tensor<?x8xf32>, %w: tensor<10x8xf32>, %b: tensor<10xf32>) -> tensor<?x10xf32> {
  %0 = cnn.dense %x, %w, %b {out_features = 10 : i64} : (tensor<?x8xf32>, tensor<10x8xf32>, tensor<10xf32>) -> tensor<?x10xf32>
  return %0 : tensor<?x10xf32>
}

func.func @rows_of_the_weight_are_features() {
  %x = cnn.constant dense<[[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]]> : tensor<2x3xf32>
  %w = cnn.constant dense<[[1.0, 1.0, 1.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %b = cnn.constant dense<[10.0, 20.0]> : tensor<2xf32>
  %y = cnn.dense %x, %w, %b {out_features = 2 : i64} : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  %e = cnn.constant dense<[[16.0, 52.0], [11.0, 25.0]]> : tensor<2x2xf32>
  check.expect_equal %y, %e : tensor<2x2xf32>
  %z = cnn.dense %x, %w {out_features = 2 : i64, bias = false} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x2xf32>
  %f = cnn.constant dense<[[6.0, 32.0], [1.0, 5.0]]> : tensor<2x2xf32>
  check.expect_equal %z, %f : tensor<2x2xf32>
  return
}
