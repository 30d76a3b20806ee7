// RUN: cnnc-opt %s -split-input-file -verify-diagnostics

func.func @image_to_batch_c1(%a0: tensor<8x8x4xui8>) {
  // expected-error @+1 {{image_to_batch C1: the image must have shape [H, W, 3], got 8x8x4}}
  %r:2 = cnn.image_to_batch %a0 {size = array<i64: 64, 64>, min_size = 32, max_size = 64, mean = array<f64: 0.0, 0.0, 0.0>, std = array<f64: 1.0, 1.0, 1.0>} : (tensor<8x8x4xui8>) -> (tensor<1x3x64x64xf32>, tensor<4xi32>)
  return
}

// -----

func.func @image_to_batch_c1_2(%a0: tensor<1x8x8x3xui8>) {
  // expected-error @+1 {{image_to_batch C1: the image must have shape [H, W, 3], got 1x8x8x3}}
  %r:2 = cnn.image_to_batch %a0 {size = array<i64: 64, 64>, min_size = 32, max_size = 64, mean = array<f64: 0.0, 0.0, 0.0>, std = array<f64: 1.0, 1.0, 1.0>} : (tensor<1x8x8x3xui8>) -> (tensor<1x3x64x64xf32>, tensor<4xi32>)
  return
}

// -----

func.func @image_to_batch_c1_3(%a0: tensor<8x8x3xui8, #cnn.capped<[0, 2]>>) {
  // expected-error @+1 {{image_to_batch C1: the image must have shape [H, W, 3], got 8x8x3}}
  %r:2 = cnn.image_to_batch %a0 {size = array<i64: 64, 64>, min_size = 32, max_size = 64, mean = array<f64: 0.0, 0.0, 0.0>, std = array<f64: 1.0, 1.0, 1.0>} : (tensor<8x8x3xui8, #cnn.capped<[0, 2]>>) -> (tensor<1x3x64x64xf32>, tensor<4xi32>)
  return
}

// -----

func.func @image_to_batch_c2(%a0: tensor<8x8x3xui8>) {
  // expected-error @+1 {{image_to_batch C2: size must be two extents (height, width) from 1 to 2^20}}
  %r:2 = cnn.image_to_batch %a0 {size = array<i64: 64>, mean = array<f64: 0.0, 0.0, 0.0>, std = array<f64: 1.0, 1.0, 1.0>} : (tensor<8x8x3xui8>) -> (tensor<1x3x64x64xf32>, tensor<4xi32>)
  return
}

// -----

func.func @image_to_batch_c3(%a0: tensor<8x8x3xui8>) {
  // expected-error @+1 {{image_to_batch C3: min_size must lie in [1, 2^20], got 0}}
  %r:2 = cnn.image_to_batch %a0 {size = array<i64: 64, 64>, min_size = 0, mean = array<f64: 0.0, 0.0, 0.0>, std = array<f64: 1.0, 1.0, 1.0>} : (tensor<8x8x3xui8>) -> (tensor<1x3x64x64xf32>, tensor<4xi32>)
  return
}

// -----

func.func @image_to_batch_c3_2(%a0: tensor<8x8x3xui8>) {
  // expected-error @+1 {{image_to_batch C3: max_size must lie in [1, 2^20], got -1}}
  %r:2 = cnn.image_to_batch %a0 {size = array<i64: 64, 64>, max_size = -1, mean = array<f64: 0.0, 0.0, 0.0>, std = array<f64: 1.0, 1.0, 1.0>} : (tensor<8x8x3xui8>) -> (tensor<1x3x64x64xf32>, tensor<4xi32>)
  return
}

// -----

func.func @image_to_batch_c4(%a0: tensor<8x8x3xui8>) {
  // expected-error @+1 {{image_to_batch C4: mean and std must be three finite values each, scale finite, and no std 0}}
  %r:2 = cnn.image_to_batch %a0 {size = array<i64: 64, 64>, min_size = 32, max_size = 64, mean = array<f64: 0.0, 0.0>, std = array<f64: 1.0, 1.0, 1.0>} : (tensor<8x8x3xui8>) -> (tensor<1x3x64x64xf32>, tensor<4xi32>)
  return
}

// -----

func.func @image_to_batch_c4_2(%a0: tensor<8x8x3xui8>) {
  // expected-error @+1 {{image_to_batch C4: mean and std must be three finite values each, scale finite, and no std 0}}
  %r:2 = cnn.image_to_batch %a0 {size = array<i64: 64, 64>, min_size = 32, max_size = 64, mean = array<f64: 0.0, 0.0, 0.0>, std = array<f64: 1.0, 0.0, 1.0>} : (tensor<8x8x3xui8>) -> (tensor<1x3x64x64xf32>, tensor<4xi32>)
  return
}

// -----

func.func @image_to_batch_c4_3(%a0: tensor<8x8x3xui8>) {
  // expected-error @+1 {{image_to_batch C4: mean and std must be three finite values each, scale finite, and no std 0}}
  %r:2 = cnn.image_to_batch %a0 {size = array<i64: 64, 64>, min_size = 32, max_size = 64, mean = array<f64: 0.0, 0.0, 0.0>, std = array<f64: 1.0, 1.0, 1.0>, scale = 0x7FF0000000000000 : f64} : (tensor<8x8x3xui8>) -> (tensor<1x3x64x64xf32>, tensor<4xi32>)
  return
}

// -----

func.func @image_to_batch_c5(%a0: tensor<8x8x3xui8>) {
  // expected-error @+1 {{image_to_batch C5: a picture of 8x8 is scaled to 800x800, which does not fit the canvas of 64x64}}
  %r:2 = cnn.image_to_batch %a0 {size = array<i64: 64, 64>, mean = array<f64: 0.0, 0.0, 0.0>, std = array<f64: 1.0, 1.0, 1.0>} : (tensor<8x8x3xui8>) -> (tensor<1x3x64x64xf32>, tensor<4xi32>)
  return
}

// -----

func.func @image_to_batch_c5_2(%a0: tensor<1x99x3xui8>) {
  // expected-error @+1 {{image_to_batch C5: a picture of 1x99 is scaled to 0x64, which is empty}}
  %r:2 = cnn.image_to_batch %a0 {size = array<i64: 64, 64>, min_size = 32, max_size = 64, mean = array<f64: 0.0, 0.0, 0.0>, std = array<f64: 1.0, 1.0, 1.0>} : (tensor<1x99x3xui8>) -> (tensor<1x3x64x64xf32>, tensor<4xi32>)
  return
}

// -----

func.func @warp_rois_c1(%a0: tensor<9x9x1xui8>, %a1: tensor<4x4xf32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{warp_rois C1: the image must have shape [H, W, 3], got 9x9x1}}
  %r = cnn.warp_rois %a0, %a1, %a2 {size = array<i64: 8, 8>, context_padding = 1, mean = array<f64: 0.0, 0.0, 0.0>, std = array<f64: 1.0, 1.0, 1.0>} : (tensor<9x9x1xui8>, tensor<4x4xf32>, tensor<1xi32>) -> tensor<4x3x8x8xf32>
  return
}

// -----

func.func @warp_rois_c2(%a0: tensor<9x9x3xui8>, %a1: tensor<4x5xf32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{warp_rois C2: boxes must have shape [R, 4] with R up to 2^24, got 4x5}}
  %r = cnn.warp_rois %a0, %a1, %a2 {size = array<i64: 8, 8>, context_padding = 1, mean = array<f64: 0.0, 0.0, 0.0>, std = array<f64: 1.0, 1.0, 1.0>} : (tensor<9x9x3xui8>, tensor<4x5xf32>, tensor<1xi32>) -> tensor<4x3x8x8xf32>
  return
}

// -----

func.func @warp_rois_c3(%a0: tensor<9x9x3xui8>, %a1: tensor<4x4xf32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{warp_rois C3: size must be two extents (height, width) from 1 to 2^20}}
  %r = cnn.warp_rois %a0, %a1, %a2 {size = array<i64: 8, 8, 8>, mean = array<f64: 0.0, 0.0, 0.0>, std = array<f64: 1.0, 1.0, 1.0>} : (tensor<9x9x3xui8>, tensor<4x4xf32>, tensor<1xi32>) -> tensor<4x3x8x8xf32>
  return
}

// -----

func.func @warp_rois_c4(%a0: tensor<9x9x3xui8>, %a1: tensor<4x4xf32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{warp_rois C4: context_padding = 4 must be at least 0 and leave a pixel of 8x8}}
  %r = cnn.warp_rois %a0, %a1, %a2 {size = array<i64: 8, 8>, context_padding = 4, mean = array<f64: 0.0, 0.0, 0.0>, std = array<f64: 1.0, 1.0, 1.0>} : (tensor<9x9x3xui8>, tensor<4x4xf32>, tensor<1xi32>) -> tensor<4x3x8x8xf32>
  return
}

// -----

func.func @warp_rois_c4_2(%a0: tensor<9x9x3xui8>, %a1: tensor<4x4xf32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{warp_rois C4: context_padding = -1 must be at least 0 and leave a pixel of 8x8}}
  %r = cnn.warp_rois %a0, %a1, %a2 {size = array<i64: 8, 8>, context_padding = -1, mean = array<f64: 0.0, 0.0, 0.0>, std = array<f64: 1.0, 1.0, 1.0>} : (tensor<9x9x3xui8>, tensor<4x4xf32>, tensor<1xi32>) -> tensor<4x3x8x8xf32>
  return
}

// -----

func.func @warp_rois_c5(%a0: tensor<9x9x3xui8>, %a1: tensor<4x4xf32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{warp_rois C5: mean and std must be three finite values each, scale finite, and no std 0}}
  %r = cnn.warp_rois %a0, %a1, %a2 {size = array<i64: 8, 8>, context_padding = 1, mean = array<f64: 0.0, 0.0>, std = array<f64: 1.0, 1.0, 1.0>} : (tensor<9x9x3xui8>, tensor<4x4xf32>, tensor<1xi32>) -> tensor<4x3x8x8xf32>
  return
}

// -----

func.func @capped_needs_an_op_that_takes_it(%x: tensor<8x8x3xui8, #cnn.capped<[0, 1]>>) {
  // expected-error @+1 {{image_to_nchw C0: needs operands of one size; cnn.image_to_batch brings a picture of any size to one}}
  %r = cnn.image_to_nchw %x : (tensor<8x8x3xui8, #cnn.capped<[0, 1]>>) -> tensor<8x3x8xf32>
  return
}
