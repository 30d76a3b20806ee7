// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.convert_layout %{{.*}} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32, #cnn.layout<block = 16, halo = [1, 1, 0, 0]>>
func.func @roundtrip(%x: tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32, #cnn.layout<block = 16, halo = [1, 1, 0, 0]>> {
  %0 = cnn.convert_layout %x : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32, #cnn.layout<block = 16, halo = [1, 1, 0, 0]>>
  return %0 : tensor<?x3x4x4xf32, #cnn.layout<block = 16, halo = [1, 1, 0, 0]>>
}

func.func @values_stay() {
  %x = cnn.constant dense<[[[[1.0, 2.0]], [[3.0, 4.0]]]]> : tensor<1x2x1x2xf32>
  %0 = cnn.convert_layout %x : (tensor<1x2x1x2xf32>) -> tensor<1x2x1x2xf32, #cnn.layout<block = 8, halo = [1, 1, 1, 1]>>
  %1 = cnn.convert_layout %0 : (tensor<1x2x1x2xf32, #cnn.layout<block = 8, halo = [1, 1, 1, 1]>>) -> tensor<1x2x1x2xf32>
  check.expect_equal %1, %x : tensor<1x2x1x2xf32>
  return
}
