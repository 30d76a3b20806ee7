// RUN: cnnc-opt %s --verify-plan --split-input-file --verify-diagnostics

module attributes {exec.arena_bytes = 512 : i64} {
  exec.kernel @k attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<1x64xf32>):
    %0 = cnn.relu %x : (tensor<1x64xf32>) -> tensor<1x64xf32>
    exec.yield %0 : tensor<1x64xf32>
  }
  exec.kernel @add attributes {weights = array<i1: false, false>} {
  ^bb0(%x: tensor<1x64xf32>, %y: tensor<1x64xf32>):
    %0 = cnn.add %x, %y : (tensor<1x64xf32>, tensor<1x64xf32>) -> tensor<1x64xf32>
    exec.yield %0 : tensor<1x64xf32>
  }
  func.func @main(%x: tensor<1x64xf32>) -> tensor<1x64xf32> {
    %a = exec.launch @k(%x) "a" at <arena[0], offset = 0, bytes = 256> : (tensor<1x64xf32>) -> tensor<1x64xf32>
    %b = exec.launch @k(%x) "b" at <arena[0], offset = 128, bytes = 256> : (tensor<1x64xf32>) -> tensor<1x64xf32>
    // expected-error @+1 {{but they were overwritten by layer b}}
    %c = exec.launch @add(%a, %b) "c" at <output[0], offset = 0, bytes = 256> : (tensor<1x64xf32>, tensor<1x64xf32>) -> tensor<1x64xf32>
    return %c : tensor<1x64xf32>
  }
}

// -----

module attributes {exec.arena_bytes = 512 : i64} {
  exec.kernel @k attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<1x64xf32>):
    %0 = cnn.relu %x : (tensor<1x64xf32>) -> tensor<1x64xf32>
    exec.yield %0 : tensor<1x64xf32>
  }
  func.func @main(%x: tensor<1x64xf32>) -> tensor<1x64xf32> {
    %a = exec.launch @k(%x) "a" at <arena[0], offset = 0, bytes = 256> : (tensor<1x64xf32>) -> tensor<1x64xf32>
    // expected-error @+1 {{over its operand at}}
    %b = exec.launch @k(%a) "b" at <arena[0], offset = 192, bytes = 256> : (tensor<1x64xf32>) -> tensor<1x64xf32>
    return %b : tensor<1x64xf32>
  }
}

// -----

module attributes {exec.arena_bytes = 320 : i64} {
  exec.kernel @k attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<1x64xf32>):
    %0 = cnn.relu %x : (tensor<1x64xf32>) -> tensor<1x64xf32>
    exec.yield %0 : tensor<1x64xf32>
  }
  func.func @main(%x: tensor<1x64xf32>) -> tensor<1x64xf32> {
    // expected-error @+1 {{outside the arena of 320 bytes}}
    %a = exec.launch @k(%x) "a" at <arena[0], offset = 128, bytes = 256> : (tensor<1x64xf32>) -> tensor<1x64xf32>
    return %a : tensor<1x64xf32>
  }
}

// -----

// expected-error @+1 {{has no memory plan: run --plan-memory first}}
module {
  func.func @main(%x: tensor<1x64xf32>) -> tensor<1x64xf32> {
    return %x : tensor<1x64xf32>
  }
}

// -----

#halo = #cnn.layout<block = 16, halo = [1, 1, 1, 1]>
module attributes {exec.arena_bytes = 4096 : i64} {
  exec.kernel @in attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<1x16x4x4xf32>):
    %0 = cnn.convert_layout %x : (tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32, #halo>
    exec.yield %0 : tensor<1x16x4x4xf32, #halo>
  }
  func.func @main(%x: tensor<1x16x4x4xf32>) {
    %a = exec.launch @in(%x) "a" at <arena[0], offset = 0, bytes = 2304> : (tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32, #halo>
    %b = exec.launch @in(%x) "b" at <arena[0], offset = 0, bytes = 2304> {halo_kept} : (tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32, #halo>
    // expected-error @+1 {{keeps the halo at}}
    %c = exec.launch @in(%x) "c" at <arena[0], offset = 64, bytes = 2304> {halo_kept} : (tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32, #halo>
    return
  }
}

// -----

// Four images pass through the arena before a launch that takes all of them.
module attributes {exec.per_image, exec.arena_bytes = 2048 : i64} {
  exec.kernel @k attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<?x64xf32>):
    %0 = cnn.relu %x : (tensor<?x64xf32>) -> tensor<?x64xf32>
    exec.yield %0 : tensor<?x64xf32>
  }
  exec.kernel @both counted 1 images 4 attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<?x64xf32>):
    %0 = cnn.relu %x : (tensor<?x64xf32>) -> tensor<?x64xf32>
    exec.yield %0 : tensor<?x64xf32>
  }
  func.func @main(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
    %a = exec.launch @k(%x) "a" at <arena[0], offset = 0, bytes = 256> : (tensor<?x64xf32>) -> tensor<?x64xf32>
    // expected-error @+1 {{but those bytes were never written}}
    %b = exec.launch @both(%a) "b" at <output[0], offset = 0, bytes = 1024> {images = 4 : i64} : (tensor<?x64xf32>) -> tensor<?x64xf32>
    return %b : tensor<?x64xf32>
  }
}

// -----

// Where it gathers them, all is well.
module attributes {exec.per_image, exec.arena_bytes = 2048 : i64} {
  exec.kernel @k attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<?x64xf32>):
    %0 = cnn.relu %x : (tensor<?x64xf32>) -> tensor<?x64xf32>
    exec.yield %0 : tensor<?x64xf32>
  }
  exec.kernel @both counted 1 images 4 attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<?x64xf32>):
    %0 = cnn.relu %x : (tensor<?x64xf32>) -> tensor<?x64xf32>
    exec.yield %0 : tensor<?x64xf32>
  }
  func.func @main(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
    %a = exec.launch @k(%x) "a" at <gathered[0], offset = 64, bytes = 1024> : (tensor<?x64xf32>) -> tensor<?x64xf32>
    %b = exec.launch @both(%a) "b" at <output[0], offset = 0, bytes = 1024> {images = 4 : i64} : (tensor<?x64xf32>) -> tensor<?x64xf32>
    return %b : tensor<?x64xf32>
  }
}

// -----

// The value of one image takes the place of four.
module attributes {exec.per_image, exec.arena_bytes = 2048 : i64} {
  exec.kernel @k attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<?x64xf32>):
    %0 = cnn.relu %x : (tensor<?x64xf32>) -> tensor<?x64xf32>
    exec.yield %0 : tensor<?x64xf32>
  }
  exec.kernel @both counted 1 images 4 attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<?x64xf32>):
    %0 = cnn.relu %x : (tensor<?x64xf32>) -> tensor<?x64xf32>
    exec.yield %0 : tensor<?x64xf32>
  }
  func.func @main(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
    // expected-error @+1 {{needs a slot of 1024 bytes}}
    %a = exec.launch @k(%x) "a" at <gathered[0], offset = 64, bytes = 256> : (tensor<?x64xf32>) -> tensor<?x64xf32>
    %b = exec.launch @both(%a) "b" at <output[0], offset = 0, bytes = 1024> {images = 4 : i64} : (tensor<?x64xf32>) -> tensor<?x64xf32>
    return %b : tensor<?x64xf32>
  }
}

// -----

// Nobody keeps an input.
module attributes {exec.per_image, exec.arena_bytes = 2048 : i64} {
  exec.kernel @k attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<?x64xf32>):
    %0 = cnn.relu %x : (tensor<?x64xf32>) -> tensor<?x64xf32>
    exec.yield %0 : tensor<?x64xf32>
  }
  exec.kernel @both counted 1 images 4 attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<?x64xf32>):
    %0 = cnn.relu %x : (tensor<?x64xf32>) -> tensor<?x64xf32>
    exec.yield %0 : tensor<?x64xf32>
  }
  func.func @main(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
    // expected-error @+1 {{gathers an input, which is not kept for all images}}
    %b = exec.launch @both(%x) "b" at <output[0], offset = 0, bytes = 1024> {images = 4 : i64} : (tensor<?x64xf32>) -> tensor<?x64xf32>
    return %b : tensor<?x64xf32>
  }
}

// -----

// Launches that gather are the last.
module attributes {exec.per_image, exec.arena_bytes = 2048 : i64} {
  exec.kernel @k attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<?x64xf32>):
    %0 = cnn.relu %x : (tensor<?x64xf32>) -> tensor<?x64xf32>
    exec.yield %0 : tensor<?x64xf32>
  }
  exec.kernel @both counted 1 images 4 attributes {weights = array<i1: false>} {
  ^bb0(%x: tensor<?x64xf32>):
    %0 = cnn.relu %x : (tensor<?x64xf32>) -> tensor<?x64xf32>
    exec.yield %0 : tensor<?x64xf32>
  }
  func.func @main(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
    %a = exec.launch @k(%x) "a" at <gathered[0], offset = 64, bytes = 1024> : (tensor<?x64xf32>) -> tensor<?x64xf32>
    %b = exec.launch @both(%a) "b" at <output[0], offset = 0, bytes = 1024> {images = 4 : i64} : (tensor<?x64xf32>) -> tensor<?x64xf32>
    // expected-error @+1 {{takes one image and runs after layer b, which gathers}}
    %c = exec.launch @k(%x) "c" at <arena[0], offset = 0, bytes = 256> : (tensor<?x64xf32>) -> tensor<?x64xf32>
    return %b : tensor<?x64xf32>
  }
}
