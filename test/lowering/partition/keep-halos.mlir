// RUN: cnnc-opt %s --keep-halos --verify-plan | FileCheck %s

// Two slots of the same type, in turn: each is zeroed once. A value of another type in the first slot ends its halo.
#halo = #cnn.layout<block = 16, halo = [1, 1, 1, 1]>
#wide = #cnn.layout<block = 16, halo = [2, 2, 2, 2]>
module attributes {exec.arena_bytes = 20480 : i64} {
  exec.kernel @k attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<1x16x4x4xf32, #halo>):
    %0 = cnn.relu %x : (tensor<1x16x4x4xf32, #halo>) -> tensor<1x16x4x4xf32, #halo>
    exec.yield %0 : tensor<1x16x4x4xf32, #halo>
  }
  exec.kernel @wide attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<1x16x4x4xf32, #halo>):
    %0 = cnn.convert_layout %x : (tensor<1x16x4x4xf32, #halo>) -> tensor<1x16x4x4xf32, #wide>
    exec.yield %0 : tensor<1x16x4x4xf32, #wide>
  }
  exec.kernel @in attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<1x16x4x4xf32>):
    %0 = cnn.convert_layout %x : (tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32, #halo>
    exec.yield %0 : tensor<1x16x4x4xf32, #halo>
  }
  exec.kernel @out attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<1x16x4x4xf32, #wide>):
    %0 = cnn.convert_layout %x : (tensor<1x16x4x4xf32, #wide>) -> tensor<1x16x4x4xf32>
    exec.yield %0 : tensor<1x16x4x4xf32>
  }
  func.func @main(%x: tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32> {
    // CHECK: "a" at <arena[0], offset = 0, bytes = 2304> :
    %a = exec.launch @in(%x) "a" at <arena[0], offset = 0, bytes = 2304> : (tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32, #halo>
    // CHECK: "b" at <arena[0], offset = 4096, bytes = 2304> :
    %b = exec.launch @k(%a) "b" at <arena[0], offset = 4096, bytes = 2304> : (tensor<1x16x4x4xf32, #halo>) -> tensor<1x16x4x4xf32, #halo>
    // CHECK: "c" at <arena[0], offset = 0, bytes = 2304> {halo_kept} :
    %c = exec.launch @k(%b) "c" at <arena[0], offset = 0, bytes = 2304> : (tensor<1x16x4x4xf32, #halo>) -> tensor<1x16x4x4xf32, #halo>
    // CHECK: "d" at <arena[0], offset = 4096, bytes = 2304> {halo_kept} :
    %d = exec.launch @k(%c) "d" at <arena[0], offset = 4096, bytes = 2304> : (tensor<1x16x4x4xf32, #halo>) -> tensor<1x16x4x4xf32, #halo>
    // CHECK: "e" at <arena[0], offset = 0, bytes = 4096> :
    %e = exec.launch @wide(%d) "e" at <arena[0], offset = 0, bytes = 4096> : (tensor<1x16x4x4xf32, #halo>) -> tensor<1x16x4x4xf32, #wide>
    // CHECK: "f" at <arena[0], offset = 8192, bytes = 4096> :
    %f = exec.launch @wide(%d) "f" at <arena[0], offset = 8192, bytes = 4096> : (tensor<1x16x4x4xf32, #halo>) -> tensor<1x16x4x4xf32, #wide>
    // CHECK: "g" at <arena[0], offset = 0, bytes = 2304> :
    %g = exec.launch @k(%d) "g" at <arena[0], offset = 0, bytes = 2304> : (tensor<1x16x4x4xf32, #halo>) -> tensor<1x16x4x4xf32, #halo>
    // CHECK: "h" at <output[0], offset = 0, bytes = 1024> :
    %h = exec.launch @out(%f) "h" at <output[0], offset = 0, bytes = 1024> : (tensor<1x16x4x4xf32, #wide>) -> tensor<1x16x4x4xf32>
    return %h : tensor<1x16x4x4xf32>
  }
}
