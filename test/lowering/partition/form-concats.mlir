// RUN: cnnc-opt %s --set-target=name=x86-64-v3 --graph --partition --split-input-file | FileCheck %s

// A dense block, as a chain and as concatenations of all earlier results: no byte is copied, and batch norms do not join concatenations.
// CHECK-LABEL: cnn.network = "chain"
// CHECK: [[A:%.*]] = exec.launch {{.*}} "a" at
// CHECK: [[B:%.*]] = exec.launch {{.*}}([[A]]) "b" at
// CHECK: [[AB:%.*]] = exec.concat [[A]], [[B]] at <arena[0], offset = [[#BLOCK:]],
// CHECK: [[C:%.*]] = exec.launch {{.*}}([[AB]], {{.*}}) "c" at
// CHECK: [[ABC:%.*]] = exec.concat [[AB]], [[C]] at <arena[0], offset = [[#BLOCK]],
// CHECK-NEXT: exec.launch {{.*}}([[ABC]]) "d"
module attributes {cnn.network = "chain"} {
  func.func @main(%x: tensor<1x8x7x7xf32>) -> tensor<1x24x1x1xf32> {
    %a = cnn.max_pool %x {kernel = array<i64: 1, 1>, layer = "a"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
    %b = cnn.max_pool %a {kernel = array<i64: 3, 3>, stride = array<i64: 1, 1>, pad = array<i64: 1, 1, 1, 1>, layer = "b"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
    %ab = cnn.concat %a, %b {layer = "ab"} : (tensor<1x8x7x7xf32>, tensor<1x8x7x7xf32>) -> tensor<1x16x7x7xf32>
    %w = cnn.constant "w" dense<1.0> : tensor<8x16x1x1xf32>
    %c = cnn.conv2d %ab, %w {kernel = array<i64: 1, 1>, out_channels = 8 : i64, bias = false, layer = "c"} : (tensor<1x16x7x7xf32>, tensor<8x16x1x1xf32>) -> tensor<1x8x7x7xf32>
    %abc = cnn.concat %ab, %c {layer = "abc"} : (tensor<1x16x7x7xf32>, tensor<1x8x7x7xf32>) -> tensor<1x24x7x7xf32>
    %d = cnn.relu %abc {layer = "d"} : (tensor<1x24x7x7xf32>) -> tensor<1x24x7x7xf32>
    %e = cnn.global_avg_pool %d {layer = "e"} : (tensor<1x24x7x7xf32>) -> tensor<1x24x1x1xf32>
    return %e : tensor<1x24x1x1xf32>
  }
}

// -----

// CHECK-LABEL: cnn.network = "flat"
// CHECK: [[A:%.*]] = exec.launch {{.*}} "a" at
// CHECK: [[B:%.*]] = exec.launch {{.*}}([[A]]) "b" at
// CHECK: [[AB:%.*]] = exec.concat [[A]], [[B]] at <arena[0], offset = [[#BLOCK:]],
// CHECK: [[C:%.*]] = exec.launch {{.*}}([[AB]], {{.*}}) "c" at
// CHECK: [[ABC:%.*]] = exec.concat [[A]], [[B]], [[C]] at <arena[0], offset = [[#BLOCK]],
// CHECK-NEXT: exec.launch {{.*}}([[ABC]]) "e"
module attributes {cnn.network = "flat"} {
  func.func @main(%x: tensor<1x8x7x7xf32>) -> tensor<1x24x1x1xf32> {
    %a = cnn.max_pool %x {kernel = array<i64: 1, 1>, layer = "a"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
    %b = cnn.max_pool %a {kernel = array<i64: 3, 3>, stride = array<i64: 1, 1>, pad = array<i64: 1, 1, 1, 1>, layer = "b"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
    %ab = cnn.concat %a, %b {layer = "ab"} : (tensor<1x8x7x7xf32>, tensor<1x8x7x7xf32>) -> tensor<1x16x7x7xf32>
    %w = cnn.constant "w" dense<1.0> : tensor<8x16x1x1xf32>
    %c = cnn.conv2d %ab, %w {kernel = array<i64: 1, 1>, out_channels = 8 : i64, bias = false, layer = "c"} : (tensor<1x16x7x7xf32>, tensor<8x16x1x1xf32>) -> tensor<1x8x7x7xf32>
    %abc = cnn.concat %a, %b, %c {layer = "abc"} : (tensor<1x8x7x7xf32>, tensor<1x8x7x7xf32>, tensor<1x8x7x7xf32>) -> tensor<1x24x7x7xf32>
    %e = cnn.global_avg_pool %abc {layer = "e"} : (tensor<1x24x7x7xf32>) -> tensor<1x24x1x1xf32>
    return %e : tensor<1x24x1x1xf32>
  }
}

// -----

// A value cannot lie in two places: in the concatenation with the order turned round one of the two is a copy.
// CHECK-LABEL: cnn.network = "turned"
// CHECK: [[A:%.*]] = exec.launch {{.*}}(%arg0) "a" at
// CHECK: [[B:%.*]] = exec.launch {{.*}}([[A]]) "b" at
// CHECK: exec.concat [[A]], [[B]] at
// CHECK: exec.launch {{.*}} "ba" at
// CHECK-NOT: exec.launch {{.*}} "ba" at
// CHECK: exec.concat
module attributes {cnn.network = "turned"} {
  func.func @main(%x: tensor<1x64xf32>) -> (tensor<1x128xf32>, tensor<1x128xf32>) {
    %a = cnn.softmax %x {layer = "a"} : (tensor<1x64xf32>) -> tensor<1x64xf32>
    %b = cnn.softmax %a {layer = "b"} : (tensor<1x64xf32>) -> tensor<1x64xf32>
    %ab = cnn.concat %a, %b {layer = "ab"} : (tensor<1x64xf32>, tensor<1x64xf32>) -> tensor<1x128xf32>
    %ba = cnn.concat %b, %a {layer = "ba"} : (tensor<1x64xf32>, tensor<1x64xf32>) -> tensor<1x128xf32>
    %c = cnn.softmax %ab {layer = "c"} : (tensor<1x128xf32>) -> tensor<1x128xf32>
    %d = cnn.softmax %ba {layer = "d"} : (tensor<1x128xf32>) -> tensor<1x128xf32>
    return %c, %d : tensor<1x128xf32>, tensor<1x128xf32>
  }
}

// -----

// A launch touches sixteen tensors: seventeen inputs of an axis that is not contiguous are concatenated in two groups.
// CHECK-LABEL: cnn.network = "wide"
// CHECK: func.func @main
// CHECK-COUNT-3: exec.launch {{.*}} "cat" at
// CHECK-NOT: exec.launch
module attributes {cnn.network = "wide"} {
  func.func @main(%a0: tensor<1x2x3xf32>, %a1: tensor<1x2x3xf32>, %a2: tensor<1x2x3xf32>, %a3: tensor<1x2x3xf32>, %a4: tensor<1x2x3xf32>, %a5: tensor<1x2x3xf32>, %a6: tensor<1x2x3xf32>, %a7: tensor<1x2x3xf32>, %a8: tensor<1x2x3xf32>, %a9: tensor<1x2x3xf32>, %a10: tensor<1x2x3xf32>, %a11: tensor<1x2x3xf32>, %a12: tensor<1x2x3xf32>, %a13: tensor<1x2x3xf32>, %a14: tensor<1x2x3xf32>, %a15: tensor<1x2x3xf32>, %a16: tensor<1x2x3xf32>) -> tensor<1x2x51xf32> {
    %c = cnn.concat %a0, %a1, %a2, %a3, %a4, %a5, %a6, %a7, %a8, %a9, %a10, %a11, %a12, %a13, %a14, %a15, %a16 {axis = 2 : i64, layer = "cat"}
      : (tensor<1x2x3xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>) -> tensor<1x2x51xf32>
    return %c : tensor<1x2x51xf32>
  }
}
