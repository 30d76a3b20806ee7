// RUN: cnnc-opt %s --set-target=name=x86-64-v4-amx --graph --form-kernels --select-schedule --pack-weights | cnnc-opt | FileCheck %s
// RUN: sed 's/{exec.fast}/{}/' %s | cnnc-opt --set-target=name=x86-64-v4-amx --graph --form-kernels --select-schedule --pack-weights | cnnc-opt | FileCheck %s --check-prefix=THREE

// Weights that are multiplied on tiles of bf16 are split into pieces, those of a small map in the kernel only; what is printed is read back.
// CHECK-DAG: exec.kernel @{{.*}} schedule <"conv2d.bf16", {{.*}}packed = 1 : i64, pieces = 2
// CHECK-DAG: exec.kernel @{{.*}} schedule <"conv2d.bf16", {{.*}}packed = 0 : i64, pieces = 2
// CHECK-DAG: exec.weight "w" packed <split = 2, dims = [0, 1, 2, 3, 1, 0], extents = [16, 8, 1, 1, 32, 16], steps = [16, 32, 1, 1, 1, 1]>
// CHECK-DAG: exec.weight "v" packed <dims = [0, 1, 2, 3, 1, 0], extents = [32, 16, 3, 3, 32, 16], steps = [16, 32, 1, 1, 1, 1]>
// THREE-DAG: exec.kernel @{{.*}} schedule <"conv2d.bf16", {{.*}}packed = 1 : i64, pieces = 3
// THREE-DAG: exec.kernel @{{.*}} schedule <"conv2d.bf16", {{.*}}packed = 0 : i64, pieces = 3
// THREE-DAG: exec.weight "w" packed <split = 3, dims = [0, 1, 2, 3, 1, 0], extents = [16, 8, 1, 1, 48, 16], steps = [16, 32, 1, 1, 1, 1]>
// THREE-DAG: exec.weight "v" packed <dims = [0, 1, 2, 3, 1, 0], extents = [32, 16, 3, 3, 32, 16], steps = [16, 32, 1, 1, 1, 1]>
module attributes {exec.fast} {
  func.func @main(%x: tensor<1x256x28x28xf32>, %y: tensor<1x512x7x7xf32>) -> (tensor<1x256x28x28xf32>, tensor<1x512x7x7xf32>) {
    %w = cnn.constant "w" dense<1.0> : tensor<256x256x1x1xf32>
    %v = cnn.constant "v" dense<1.0> : tensor<512x512x3x3xf32>
    %0 = cnn.conv2d %x, %w {kernel = array<i64: 1, 1>, out_channels = 256 : i64, bias = false} : (tensor<1x256x28x28xf32>, tensor<256x256x1x1xf32>) -> tensor<1x256x28x28xf32>
    %1 = cnn.conv2d %y, %v {kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, out_channels = 512 : i64, bias = false} : (tensor<1x512x7x7xf32>, tensor<512x512x3x3xf32>) -> tensor<1x512x7x7xf32>
    return %0, %1 : tensor<1x256x28x28xf32>, tensor<1x512x7x7xf32>
  }
}
