// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.concat %{{.*}}, %{{.*}} : (tensor<?x2x3x3xf32>, tensor<?x5x3x3xf32>) -> tensor<?x7x3x3xf32>
// CHECK: cnn.concat %{{.*}} {axis = -1 : i64} : (tensor<?x7x3x3xf32>, tensor<?x7x3x3xf32>, tensor<?x7x3x3xf32>) -> tensor<?x7x3x9xf32>
func.func @roundtrip(%x: tensor<?x2x3x3xf32>, %y: tensor<?x5x3x3xf32>) -> tensor<?x7x3x9xf32> {
  %0 = cnn.concat %x, %y : (tensor<?x2x3x3xf32>, tensor<?x5x3x3xf32>) -> tensor<?x7x3x3xf32>
  %1 = cnn.concat %0, %0, %0 {axis = -1 : i64} : (tensor<?x7x3x3xf32>, tensor<?x7x3x3xf32>, tensor<?x7x3x3xf32>) -> tensor<?x7x3x9xf32>
  return %1 : tensor<?x7x3x9xf32>
}

func.func @images_stay_apart() {
  %x = cnn.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %y = cnn.constant dense<[[3.0, 4.0], [5.0, 6.0]]> : tensor<2x2xf32>
  %0 = cnn.concat %x, %y : (tensor<2x1xf32>, tensor<2x2xf32>) -> tensor<2x3xf32>
  %e0 = cnn.constant dense<[[1.0, 3.0, 4.0], [2.0, 5.0, 6.0]]> : tensor<2x3xf32>
  check.expect_equal %0, %e0 : tensor<2x3xf32>
  %1 = cnn.concat %y, %y {axis = 0 : i64} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  %e1 = cnn.constant dense<[[3.0, 4.0], [5.0, 6.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<4x2xf32>
  check.expect_equal %1, %e1 : tensor<4x2xf32>
  return
}
