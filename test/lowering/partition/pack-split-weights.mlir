// RUN: cnnc-opt %s --set-target=name=x86-64-v4-amx --graph --form-kernels --select-schedule --pack-weights | cnnc-opt | FileCheck %s

// Weights that are multiplied on tiles of bf16 are split into halves; what is printed is read back.
// CHECK: exec.kernel @{{.*}} schedule <"conv2d.bf16"
// CHECK: exec.weight "w" packed <split = true, dims = [0, 1, 2, 3, 1, 0], extents = [4, 2, 3, 3, 32, 16], steps = [16, 32, 1, 1, 1, 1]>
module attributes {exec.fast} {
  func.func @main(%x: tensor<1x64x28x28xf32>) -> tensor<1x64x28x28xf32> {
    %w = cnn.constant "w" dense<1.0> : tensor<64x64x3x3xf32>
    %0 = cnn.conv2d %x, %w {kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, out_channels = 64 : i64, bias = false} : (tensor<1x64x28x28xf32>, tensor<64x64x3x3xf32>) -> tensor<1x64x28x28xf32>
    return %0 : tensor<1x64x28x28xf32>
  }
}
