// RUN: cnnc-opt %s --set-target=name=x86-64-v3 --select-schedule --split-input-file --verify-diagnostics | FileCheck %s

// CHECK: exec.kernel @k schedule <"elementwise.loops"
exec.kernel @k attributes {weights = array<i1: false>} {
^bb0(%x: tensor<1x64xf32>):
  %0 = cnn.relu %x : (tensor<1x64xf32>) -> tensor<1x64xf32>
  exec.yield %0 : tensor<1x64xf32>
}

// -----

// A schedule in the IR stays, if it is legal.
// expected-error @+1 {{its schedule is illegal}}
exec.kernel @k schedule <"conv2d.direct", {tile_c = 2 : i64}> attributes {weights = array<i1: false>} {
^bb0(%x: tensor<1x64xf32>):
  %0 = cnn.relu %x : (tensor<1x64xf32>) -> tensor<1x64xf32>
  exec.yield %0 : tensor<1x64xf32>
}

// -----

// Minimal filtering takes scratch memory and enlarges weights, up to the limit that it is given.
// RUN: cnnc-opt %s --set-target=name=x86-64-v3 --select-schedule=max-weights-bytes=500000 --split-input-file --verify-diagnostics | FileCheck %s --check-prefix=LIMITED
// RUN: not cnnc-opt %s --set-target=name=x86-64-v3 --select-schedule=max-weights-bytes=100000 --split-input-file 2>&1 | FileCheck %s --check-prefix=REFUSED
// CHECK: exec.kernel @filtered schedule <"conv2d.winograd", {{.*}}> scratch [{{[0-9]+}}, {{[0-9]+}}]
// LIMITED: exec.kernel @filtered schedule <"conv2d.direct", {{.*}}}> attributes
// REFUSED: its weights take 147456 bytes however they are packed, more than the limit of 100000
exec.kernel @filtered attributes {weights = array<i1: false, true>} {
^bb0(%x: tensor<1x64x32x32xf32, #cnn.layout<block = 8, halo = [1, 1, 1, 1]>>, %w: tensor<64x64x3x3xf32>):
  %0 = cnn.conv2d %x, %w {kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, out_channels = 64 : i64, bias = false} : (tensor<1x64x32x32xf32, #cnn.layout<block = 8, halo = [1, 1, 1, 1]>>, tensor<64x64x3x3xf32>) -> tensor<1x64x32x32xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>>
  exec.yield %0 : tensor<1x64x32x32xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>>
}
func.func @main(%x: tensor<1x64x32x32xf32, #cnn.layout<block = 8, halo = [1, 1, 1, 1]>>) -> tensor<1x64x32x32xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>> {
  %w = exec.weight "w" : tensor<64x64x3x3xf32>, dense<1.0> : tensor<64x64x3x3xf32>
  %0 = exec.launch @filtered(%x, %w) "c" : (tensor<1x64x32x32xf32, #cnn.layout<block = 8, halo = [1, 1, 1, 1]>>, tensor<64x64x3x3xf32>) -> tensor<1x64x32x32xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>>
  return %0 : tensor<1x64x32x32xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>>
}

// -----

// expected-error @+1 {{its region has no kernel form}}
exec.kernel @empty attributes {weights = array<i1: false>} {
^bb0(%x: tensor<1x64xf32>):
  exec.yield %x : tensor<1x64xf32>
}
