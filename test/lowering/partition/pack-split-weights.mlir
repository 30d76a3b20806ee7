// RUN: cnnc-opt %s --set-target=name=x86-64-v4-amx --graph --form-kernels --select-schedule --pack-weights | cnnc-opt | FileCheck %s
// RUN: sed 's/{exec.fast}/{}/' %s | cnnc-opt --set-target=name=x86-64-v4-amx --graph --form-kernels --select-schedule --pack-weights | cnnc-opt | FileCheck %s --check-prefix=THREE

// Weights that are multiplied on tiles of bf16 are split into pieces; what is printed is read back.
// CHECK: exec.kernel @{{.*}} schedule <"conv2d.bf16", {{.*}}pieces = 2
// CHECK: exec.weight "w" packed <split = 2, dims = [0, 1, 2, 3, 1, 0], extents = [16, 8, 1, 1, 32, 16], steps = [16, 32, 1, 1, 1, 1]>
// THREE: exec.kernel @{{.*}} schedule <"conv2d.bf16", {{.*}}pieces = 3
// THREE: exec.weight "w" packed <split = 3, dims = [0, 1, 2, 3, 1, 0], extents = [16, 8, 1, 1, 48, 16], steps = [16, 32, 1, 1, 1, 1]>
module attributes {exec.fast} {
  func.func @main(%x: tensor<1x256x28x28xf32>) -> tensor<1x256x28x28xf32> {
    %w = cnn.constant "w" dense<1.0> : tensor<256x256x1x1xf32>
    %0 = cnn.conv2d %x, %w {kernel = array<i64: 1, 1>, out_channels = 256 : i64, bias = false} : (tensor<1x256x28x28xf32>, tensor<256x256x1x1xf32>) -> tensor<1x256x28x28xf32>
    return %0 : tensor<1x256x28x28xf32>
  }
}
