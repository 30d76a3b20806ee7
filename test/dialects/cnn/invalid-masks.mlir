// RUN: cnnc-opt %s -split-input-file -verify-diagnostics

func.func @select_masks_c1(%a0: tensor<?x3x2x2xf32>, %a1: tensor<4xi32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{select_masks C1: logits must have a static shape [D, K, h, w], got ?x3x2x2}}
  %r = cnn.select_masks %a0, %a1, %a2 : (tensor<?x3x2x2xf32>, tensor<4xi32>, tensor<1xi32>) -> tensor<4x2x2xf32>
  return
}

// -----

func.func @select_masks_c2(%a0: tensor<4x3x2x2xf32>, %a1: tensor<5xi32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{select_masks C2: labels must have shape 4, got 5}}
  %r = cnn.select_masks %a0, %a1, %a2 : (tensor<4x3x2x2xf32>, tensor<5xi32>, tensor<1xi32>) -> tensor<4x2x2xf32>
  return
}

// -----

func.func @paste_masks_c1(%a0: tensor<4x2x3xf32>, %a1: tensor<4x4xf32>, %a2: tensor<4xi32>, %a3: tensor<1xi32>) {
  // expected-error @+1 {{paste_masks C1: masks must have a static shape [D, M, M], got 4x2x3}}
  %r = cnn.paste_masks %a0, %a1, %a2, %a3 {size = array<i64: 8, 8>} : (tensor<4x2x3xf32>, tensor<4x4xf32>, tensor<4xi32>, tensor<1xi32>) -> tensor<4x8x8xui8>
  return
}

// -----

func.func @paste_masks_c2(%a0: tensor<4x2x2xf32>, %a1: tensor<4xf32>, %a2: tensor<4xi32>, %a3: tensor<1xi32>) {
  // expected-error @+1 {{paste_masks C2: boxes must have shape [R, 4] with R up to 2^24, got 4}}
  %r = cnn.paste_masks %a0, %a1, %a2, %a3 {size = array<i64: 8, 8>} : (tensor<4x2x2xf32>, tensor<4xf32>, tensor<4xi32>, tensor<1xi32>) -> tensor<4x8x8xui8>
  return
}

// -----

func.func @paste_masks_c2_2(%a0: tensor<4x2x2xf32>, %a1: tensor<5x4xf32>, %a2: tensor<4xi32>, %a3: tensor<1xi32>) {
  // expected-error @+1 {{paste_masks C2: boxes must have shape 4x4, got 5x4}}
  %r = cnn.paste_masks %a0, %a1, %a2, %a3 {size = array<i64: 8, 8>} : (tensor<4x2x2xf32>, tensor<5x4xf32>, tensor<4xi32>, tensor<1xi32>) -> tensor<4x8x8xui8>
  return
}

// -----

func.func @paste_masks_c3(%a0: tensor<4x2x2xf32>, %a1: tensor<4x4xf32>, %a2: tensor<4xi32>, %a3: tensor<1xi32>) {
  // expected-error @+1 {{paste_masks C3: size must be two extents (height, width) from 1 to 2^20}}
  %r = cnn.paste_masks %a0, %a1, %a2, %a3 {size = array<i64: 8, 0>} : (tensor<4x2x2xf32>, tensor<4x4xf32>, tensor<4xi32>, tensor<1xi32>) -> tensor<4x8x8xui8>
  return
}

// -----

func.func @paste_masks_c4(%a0: tensor<4x2x2xf32>, %a1: tensor<4x4xf32>, %a2: tensor<4xi32>, %a3: tensor<1xi32>) {
  // expected-error @+1 {{paste_masks C4: threshold must be finite}}
  %r = cnn.paste_masks %a0, %a1, %a2, %a3 {size = array<i64: 8, 8>, threshold = 0x7FF0000000000000 : f64} : (tensor<4x2x2xf32>, tensor<4x4xf32>, tensor<4xi32>, tensor<1xi32>) -> tensor<4x8x8xui8>
  return
}
