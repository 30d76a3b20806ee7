// RUN: cnnc-opt %s --set-target=name=x86-64-v3 --graph --form-kernels --select-schedule --pack-weights | FileCheck %s

// Offsets are cache lines apart; the weight of a convolution is blocked by output and input channels.
// CHECK: exec.weights_bytes = [[#BYTES:]] : i64
// CHECK: exec.weight "c.weight" packed <dims = [{{[0-9, ]+}}], extents = [{{[0-9, ]+}}], steps = [{{[0-9, ]+}}]> offset {{(0|[0-9]*(0|4|8|2|6))}} : tensor<16x16x3x3xf32>
// CHECK: exec.weight "c.bias" packed {{.*}} offset {{[0-9]+}} : tensor<16xf32>
func.func @main(%x: tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> {
  %w = cnn.constant "c.weight" dense<1.0> : tensor<16x16x3x3xf32>
  %b = cnn.constant "c.bias" dense<1.0> : tensor<16xf32>
  %0 = cnn.conv2d %x, %w, %b {kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, out_channels = 16 : i64} : (tensor<1x16x8x8xf32>, tensor<16x16x3x3xf32>, tensor<16xf32>) -> tensor<1x16x8x8xf32>
  return %0 : tensor<1x16x8x8xf32>
}
