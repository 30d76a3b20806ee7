// RUN: cnnc-opt %s --plan-memory --verify-plan --split-input-file --verify-diagnostics | FileCheck %s

// Concatenations that are prefixes of each other share the bytes of the longest, and so do a suffix and a later whole around them. A slice
// is read while its neighbours are written.
// CHECK: exec.arena_bytes = 1024 : i64, exec.live_bytes = 1024 : i64
// CHECK: "a" at <arena[0], offset = 256, bytes = 256>
// CHECK: "b" at <arena[0], offset = 512, bytes = 256>
// CHECK: exec.concat %{{[^ ]*}}, %{{[^ ]*}} at <arena[0], offset = 256, bytes = 512>
// CHECK: "c" at <arena[0], offset = 768, bytes = 256>
// CHECK: exec.concat %{{.*}}, %{{.*}}, %{{.*}} at <arena[0], offset = 256, bytes = 768>
// CHECK: exec.concat %{{[^ ]*}}, %{{[^ ]*}} at <arena[0], offset = 512, bytes = 512>
// CHECK: "d" at <arena[0], offset = 0, bytes = 256>
// CHECK: exec.concat %{{[^ ]*}}, %{{[^ ]*}} at <arena[0], offset = 0, bytes = 1024>
module {
  exec.kernel @one attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<1x64xf32>):
    %0 = cnn.relu %x : (tensor<1x64xf32>) -> tensor<1x64xf32>
    exec.yield %0 : tensor<1x64xf32>
  }
  exec.kernel @two attributes {weights = array<i1: false, false>} {
  ^bb0(%x: tensor<1x64xf32>, %y: tensor<1x128xf32>):
    %0 = cnn.relu %x : (tensor<1x64xf32>) -> tensor<1x64xf32>
    exec.yield %0 : tensor<1x64xf32>
  }
  exec.kernel @four attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<1x256xf32>):
    %0 = cnn.relu %x : (tensor<1x256xf32>) -> tensor<1x256xf32>
    exec.yield %0 : tensor<1x256xf32>
  }
  func.func @main(%x: tensor<1x64xf32>) -> tensor<1x256xf32> {
    %a = exec.launch @one(%x) "a" : (tensor<1x64xf32>) -> tensor<1x64xf32>
    %b = exec.launch @one(%a) "b" : (tensor<1x64xf32>) -> tensor<1x64xf32>
    %ab = exec.concat %a, %b : (tensor<1x64xf32>, tensor<1x64xf32>) -> tensor<1x128xf32>
    %c = exec.launch @two(%b, %ab) "c" : (tensor<1x64xf32>, tensor<1x128xf32>) -> tensor<1x64xf32>
    %abc = exec.concat %a, %b, %c : (tensor<1x64xf32>, tensor<1x64xf32>, tensor<1x64xf32>) -> tensor<1x192xf32>
    %bc = exec.concat %b, %c : (tensor<1x64xf32>, tensor<1x64xf32>) -> tensor<1x128xf32>
    %d = exec.launch @two(%a, %bc) "d" : (tensor<1x64xf32>, tensor<1x128xf32>) -> tensor<1x64xf32>
    %dabc = exec.concat %d, %abc : (tensor<1x64xf32>, tensor<1x192xf32>) -> tensor<1x256xf32>
    %r = exec.launch @four(%dabc) "r" : (tensor<1x256xf32>) -> tensor<1x256xf32>
    return %r : tensor<1x256xf32>
  }
}

// -----

// No two places: a value that a concatenation holds twice, or in another order than an earlier one, needs a copy.
module {
  exec.kernel @one attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<1x64xf32>):
    %0 = cnn.relu %x : (tensor<1x64xf32>) -> tensor<1x64xf32>
    exec.yield %0 : tensor<1x64xf32>
  }
  func.func @main(%x: tensor<1x64xf32>) -> tensor<1x64xf32> {
    %a = exec.launch @one(%x) "a" : (tensor<1x64xf32>) -> tensor<1x64xf32>
    // expected-error @+1 {{a part of it cannot lie in its slice}}
    %aa = exec.concat %a, %a : (tensor<1x64xf32>, tensor<1x64xf32>) -> tensor<1x128xf32>
    %r = exec.launch @one(%a) "r" : (tensor<1x64xf32>) -> tensor<1x64xf32>
    return %r : tensor<1x64xf32>
  }
}

// -----

// Kernels read blocks in aligned vectors: a slice of a dense concatenation may lie anywhere.
module {
  exec.kernel @one attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<1x16xf32>):
    %0 = cnn.relu %x : (tensor<1x16xf32>) -> tensor<1x16xf32>
    exec.yield %0 : tensor<1x16xf32>
  }
  exec.kernel @odd attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<1x17xf32>):
    %0 = cnn.relu %x : (tensor<1x17xf32>) -> tensor<1x17xf32>
    exec.yield %0 : tensor<1x17xf32>
  }
  exec.kernel @pixel attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<1x16x1x1xf32, #cnn.layout<block = 16, halo = [0, 0, 0, 0]>>):
    %0 = cnn.global_avg_pool %x : (tensor<1x16x1x1xf32, #cnn.layout<block = 16, halo = [0, 0, 0, 0]>>) -> tensor<1x16x1x1xf32>
    exec.yield %0 : tensor<1x16x1x1xf32>
  }
  func.func @main(%x: tensor<1x16xf32>, %y: tensor<1x17xf32>) -> tensor<1x16x1x1xf32> {
    %a = exec.launch @odd(%y) "a" : (tensor<1x17xf32>) -> tensor<1x17xf32>
    %b = exec.launch @one(%x) "b" : (tensor<1x16xf32>) -> tensor<1x16xf32>
    %ab = exec.concat %a, %b : (tensor<1x17xf32>, tensor<1x16xf32>) -> tensor<1x33xf32>
    // expected-error @+1 {{its source lies at an address that is not aligned for 'tensor<1x16x1x1xf32, #cnn.layout<block = 16, halo = [0, 0, 0, 0]>>'}}
    %v = exec.view %b : tensor<1x16xf32> -> tensor<1x16x1x1xf32, #cnn.layout<block = 16, halo = [0, 0, 0, 0]>>
    %r = exec.launch @pixel(%v) "r" : (tensor<1x16x1x1xf32, #cnn.layout<block = 16, halo = [0, 0, 0, 0]>>) -> tensor<1x16x1x1xf32>
    return %r : tensor<1x16x1x1xf32>
  }
}
