// RUN: cnnc-opt %s --verify-plan --split-input-file -verify-diagnostics

module attributes {exec.arena_bytes = 256 : i64} {
  func.func @main(%x: tensor<8xf32>, %n: tensor<1xi32>) -> tensor<4xi32> {
    // expected-error@+1 {{writes two results at #exec.slot<arena[0], offset = 0, bytes = 16>}}
    %0:3 = exec.routine "top_k"(%x, %n) {k = 4 : i64} "top" at [#exec.slot<arena[0], offset = 0, bytes = 16>, #exec.slot<arena[0], offset = 0, bytes = 16>, #exec.slot<arena[0], offset = 64, bytes = 4>] : (tensor<8xf32>, tensor<1xi32>) -> (tensor<4xf32>, tensor<4xi32>, tensor<1xi32>)
    return %0#1 : tensor<4xi32>
  }
}

// -----

module attributes {exec.arena_bytes = 256 : i64} {
  func.func @main(%x: tensor<8xf32>, %n: tensor<1xi32>) -> tensor<4xi32> {
    // expected-error@+1 {{needs a slot for each result}}
    %0:3 = exec.routine "top_k"(%x, %n) {k = 4 : i64} "top" : (tensor<8xf32>, tensor<1xi32>) -> (tensor<4xf32>, tensor<4xi32>, tensor<1xi32>)
    return %0#1 : tensor<4xi32>
  }
}

// -----

// The scratch memory of one routine may lie where another's results were, but not under what is still read.
module attributes {exec.arena_bytes = 256 : i64} {
  func.func @main(%x: tensor<8xf32>, %n: tensor<1xi32>) -> tensor<4xf32> {
    %0:2 = exec.routine "first"(%x, %n) {} "first" at [#exec.slot<arena[0], offset = 0, bytes = 16>, #exec.slot<arena[0], offset = 64, bytes = 4>] : (tensor<8xf32>, tensor<1xi32>) -> (tensor<4xf32>, tensor<1xi32>)
    %1:2 = exec.routine "second"(%x, %0#1) {} "second" at [#exec.slot<arena[0], offset = 128, bytes = 16>, #exec.slot<arena[0], offset = 0, bytes = 64>] : (tensor<8xf32>, tensor<1xi32>) -> (tensor<4xf32>, tensor<64xui8>)
    // expected-error@+1 {{reads #exec.slot<arena[0], offset = 0, bytes = 16>, but they were overwritten by layer second}}
    %2 = exec.routine "third"(%0#0, %1#0) {} "third" at [#exec.slot<output[0], offset = 0, bytes = 16>] : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    return %2 : tensor<4xf32>
  }
}
