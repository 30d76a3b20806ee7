// RUN: cnnc-opt %s --split-input-file --set-target=name=x86-64-v3 --graph --form-kernels --select-schedule --pack-weights | FileCheck %s

// Offsets are cache lines apart; the weight of a convolution is blocked by output and input channels.
// CHECK: exec.weights_bytes = [[#BYTES:]] : i64
// CHECK: exec.weight "c.weight" packed <dims = [{{[0-9, ]+}}], extents = [{{[0-9, ]+}}], steps = [{{[0-9, ]+}}]{{.*}}> offset {{(0|[0-9]*(0|4|8|2|6))}} : tensor<16x16x3x3xf32>
// CHECK: exec.weight "c.bias" packed {{.*}} offset {{[0-9]+}} : tensor<16xf32>
func.func @main(%x: tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> {
  %w = cnn.constant "c.weight" dense<1.0> : tensor<16x16x3x3xf32>
  %b = cnn.constant "c.bias" dense<1.0> : tensor<16xf32>
  %0 = cnn.conv2d %x, %w, %b {kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, out_channels = 16 : i64} : (tensor<1x16x8x8xf32>, tensor<16x16x3x3xf32>, tensor<16xf32>) -> tensor<1x16x8x8xf32>
  return %0 : tensor<1x16x8x8xf32>
}

// -----

// Filters of minimal filtering are transformed: 3x3 become 6x6 for tiles of four.
// CHECK: exec.kernel @{{.*}} schedule <"conv2d.winograd", {{.*}}tile = 4 : i64{{.*}}> scratch [{{[0-9]+}}, {{[0-9]+}}]
// CHECK: exec.weight "filtered" packed <dims = [0, 2, 3, 1, 1, 0], extents = [8, 6, 6, 8, 8, 8], steps = [8, 1, 1, 8, 1, 1], winograd = [4, 4]>
func.func @main(%x: tensor<1x64x32x32xf32>) -> tensor<1x64x32x32xf32> {
  %w = cnn.constant "filtered" dense<1.0> : tensor<64x64x3x3xf32>
  %0 = cnn.conv2d %x, %w {kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, out_channels = 64 : i64, bias = false} : (tensor<1x64x32x32xf32>, tensor<64x64x3x3xf32>) -> tensor<1x64x32x32xf32>
  return %0 : tensor<1x64x32x32xf32>
}
