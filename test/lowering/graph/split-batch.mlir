// RUN: cnnc-opt %s --split-batch --split-input-file --verify-diagnostics | FileCheck %s

// CHECK: module attributes {exec.per_image}
module {
  func.func @main(%x: tensor<?x4x2x2xf32>) -> tensor<?x16xf32> {
    %0 = cnn.relu %x : (tensor<?x4x2x2xf32>) -> tensor<?x4x2x2xf32>
    %1 = cnn.flatten %0 {axis = 1 : i64} : (tensor<?x4x2x2xf32>) -> tensor<?x16xf32>
    %2 = cnn.softmax %1 {axis = -1 : i64} : (tensor<?x16xf32>) -> tensor<?x16xf32>
    return %2 : tensor<?x16xf32>
  }
}

// -----

// A softmax along the batch mixes images, which a static batch allows.
// CHECK: module {
module {
  func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
    %0 = cnn.softmax %x {axis = 0 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
    return %0 : tensor<2x3xf32>
  }
}

// -----

// CHECK: module {
module {
  func.func @main(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
    %0 = cnn.transpose %x {perm = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
    return %0 : tensor<3x2xf32>
  }
}

// -----

// expected-error @+1 {{images of a dynamic batch are mixed: a constant is returned for each image; declare a static batch}}
func.func @main(%x: tensor<?x3xf32>) -> tensor<3xf32> {
  %0 = cnn.constant dense<1.0> : tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

func.func @main(%x: tensor<?x3xf32>, %y: tensor<4x3xf32>) -> tensor<4x3xf32> {
  // expected-error @-1 {{images of a dynamic batch are mixed: inputs have different batch dimensions}}
  return %y : tensor<4x3xf32>
}
