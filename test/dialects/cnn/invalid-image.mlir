// RUN: cnnc-opt %s -split-input-file -verify-diagnostics

func.func @convert_layout_c1(%x: tensor<1x4xf32>) {
  // expected-error @+1 {{convert_layout C1: the input must have rank 4 (N, C, H, W), got shape 1x4}}
  %r = cnn.convert_layout %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @image_to_nchw_c1(%x: tensor<4x4x3xui8>) {
  // expected-error @+1 {{image_to_nchw C1: the input must have rank 4 (N, H, W, C), got shape 4x4x3}}
  %r = cnn.image_to_nchw %x : (tensor<4x4x3xui8>) -> tensor<3x4x4xf32>
  return
}

// -----

func.func @resize_c1(%x: tensor<3x4x4xf32>) {
  // expected-error @+1 {{resize C1: the input must have rank 4 (N, C, H, W), got shape 3x4x4}}
  %r = cnn.resize %x {size = array<i64: 2, 2>} : (tensor<3x4x4xf32>) -> tensor<3x2x2xf32>
  return
}

// -----

func.func @resize_c2(%x: tensor<1x3x4x4xf32>) {
  // expected-error @+1 {{resize C2: size must be two extents (height, width) from 1 to 2^20}}
  %r = cnn.resize %x {size = array<i64: 0, 2>} : (tensor<1x3x4x4xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @resize_c3(%x: tensor<1x3x4x4xf32>) {
  // expected-error @+1 {{resize C3: mode must be "bilinear" or "nearest", got "cubic"}}
  %r = cnn.resize %x {size = array<i64: 2, 2>, mode = "cubic"} : (tensor<1x3x4x4xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @resize_c3_2(%x: tensor<1x3x4x4xf32>) {
  // expected-error @+1 {{resize C3: antialias needs mode "bilinear"}}
  %r = cnn.resize %x {size = array<i64: 2, 2>, mode = "nearest", antialias = true} : (tensor<1x3x4x4xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @center_crop_c1(%x: tensor<3x4x4xf32>) {
  // expected-error @+1 {{center_crop C1: the input must have rank 4 (N, C, H, W), got shape 3x4x4}}
  %r = cnn.center_crop %x {size = array<i64: 2, 2>} : (tensor<3x4x4xf32>) -> tensor<3x2x2xf32>
  return
}

// -----

func.func @center_crop_c2(%x: tensor<1x3x4x4xf32>) {
  // expected-error @+1 {{center_crop C2: size must be two extents from 1 to those of the input of 1x3x4x4; pad it first for a larger crop}}
  %r = cnn.center_crop %x {size = array<i64: 2, 5>} : (tensor<1x3x4x4xf32>) -> tensor<1x3x2x5xf32>
  return
}

// -----

func.func @normalize_c1(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{normalize C1: the input must have rank 4 (N, C, H, W), got shape 1x2}}
  %r = cnn.normalize %x {mean = array<f64: 0.0, 0.0>, std = array<f64: 1.0, 1.0>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @normalize_c2(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{normalize C2: mean and std need one value for each of the 2 channels}}
  %r = cnn.normalize %x {mean = array<f64: 0.0, 0.0>, std = array<f64: 1.0>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return
}

// -----

func.func @normalize_c3(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{normalize C3: mean, std and scale must be finite, and no std 0}}
  %r = cnn.normalize %x {mean = array<f64: 0.0, 0.0>, std = array<f64: 1.0, 0.0>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return
}

// -----

func.func @normalize_c3_2(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{normalize C3: mean, std and scale must be finite, and no std 0}}
  %r = cnn.normalize %x {mean = array<f64: 0.0, 0.0>, std = array<f64: 1.0, 1.0>, scale = 0x7FF0000000000000 : f64} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return
}

// -----

func.func @upsample_add_c1(%x: tensor<3x4x4xf32>, %y: tensor<1x3x8x7xf32>) {
  // expected-error @+1 {{upsample_add C1: the input must have rank 4 (N, C, H, W), got shape 3x4x4}}
  %r = cnn.upsample_add %x, %y : (tensor<3x4x4xf32>, tensor<1x3x8x7xf32>) -> tensor<1x3x8x7xf32>
  return
}

// -----

func.func @upsample_add_c2(%x: tensor<1x2x4x4xf32>, %y: tensor<1x3x8x7xf32>) {
  // expected-error @+1 {{upsample_add C2: top and lateral must have the same batch and channels, got 1x2x4x4 and 1x3x8x7}}
  %r = cnn.upsample_add %x, %y : (tensor<1x2x4x4xf32>, tensor<1x3x8x7xf32>) -> tensor<1x3x8x7xf32>
  return
}

// -----

func.func @upsample_add_c3(%x: tensor<1x3x4x8xf32>, %y: tensor<1x3x8x7xf32>) {
  // expected-error @+1 {{upsample_add C3: top of 1x3x4x8 must be no larger than lateral of 1x3x8x7}}
  %r = cnn.upsample_add %x, %y : (tensor<1x3x4x8xf32>, tensor<1x3x8x7xf32>) -> tensor<1x3x8x7xf32>
  return
}
