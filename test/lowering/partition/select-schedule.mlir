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
