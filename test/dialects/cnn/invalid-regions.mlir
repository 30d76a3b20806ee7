// RUN: cnnc-opt %s -split-input-file -verify-diagnostics

func.func @roi_pool_c1(%b: tensor<4x5xf32>, %n: tensor<1xi32>, %f: tensor<1x2x8x8xf32>) {
  // expected-error @+1 {{roi_pool C1: boxes must have shape [R, 4] with R up to 2^24, got 4x5}}
  %r = cnn.roi_pool %b, %n, %f {size = array<i64: 2, 2>, scale = 1.0} : (tensor<4x5xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @roi_pool_c1_2(%b: tensor<?x4xf32>, %n: tensor<1xi32>, %f: tensor<1x2x8x8xf32>) {
  // expected-error @+1 {{roi_pool C1: boxes must have shape [R, 4] with R up to 2^24, got ?x4}}
  %r = cnn.roi_pool %b, %n, %f {size = array<i64: 2, 2>, scale = 1.0} : (tensor<?x4xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>) -> tensor<?x2x2x2xf32>
  return
}

// -----

func.func @roi_pool_c2(%b: tensor<4x4xf32>, %n: tensor<1xi32>, %f: tensor<2x2x8x8xf32>) {
  // expected-error @+1 {{roi_pool C2: a map must be of one image, [1, C, H, W], got shape 2x2x8x8}}
  %r = cnn.roi_pool %b, %n, %f {size = array<i64: 2, 2>, scale = 1.0} : (tensor<4x4xf32>, tensor<1xi32>, tensor<2x2x8x8xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @roi_pool_c3(%b: tensor<4x4xf32>, %n: tensor<1xi32>, %f: tensor<1x2x8x8xf32>) {
  // expected-error @+1 {{roi_pool C3: size must be two extents (height, width) from 1 to 2^20}}
  %r = cnn.roi_pool %b, %n, %f {size = array<i64: 2, 0>, scale = 1.0} : (tensor<4x4xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @roi_pool_c4(%b: tensor<4x4xf32>, %n: tensor<1xi32>, %f: tensor<1x2x8x8xf32>) {
  // expected-error @+1 {{roi_pool C4: scale must be finite and above 0}}
  %r = cnn.roi_pool %b, %n, %f {size = array<i64: 2, 2>, scale = 0.0} : (tensor<4x4xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @roi_pool_c4_2(%b: tensor<4x4xf32>, %n: tensor<1xi32>, %f: tensor<1x2x8x8xf32>) {
  // expected-error @+1 {{roi_pool C4: scale must be finite and above 0}}
  %r = cnn.roi_pool %b, %n, %f {size = array<i64: 2, 2>, scale = 0x7FF0000000000000 : f64} : (tensor<4x4xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @roi_align_c1(%b: tensor<4x5xf32>, %n: tensor<1xi32>, %f: tensor<1x2x8x8xf32>) {
  // expected-error @+1 {{roi_align C1: boxes must have shape [R, 4] with R up to 2^24, got 4x5}}
  %r = cnn.roi_align %b, %n, %f {size = array<i64: 2, 2>, scale = 1.0} : (tensor<4x5xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @roi_align_c1_2(%b: tensor<?x4xf32>, %n: tensor<1xi32>, %f: tensor<1x2x8x8xf32>) {
  // expected-error @+1 {{roi_align C1: boxes must have shape [R, 4] with R up to 2^24, got ?x4}}
  %r = cnn.roi_align %b, %n, %f {size = array<i64: 2, 2>, scale = 1.0} : (tensor<?x4xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>) -> tensor<?x2x2x2xf32>
  return
}

// -----

func.func @roi_align_c2(%b: tensor<4x4xf32>, %n: tensor<1xi32>, %f: tensor<2x2x8x8xf32>) {
  // expected-error @+1 {{roi_align C2: a map must be of one image, [1, C, H, W], got shape 2x2x8x8}}
  %r = cnn.roi_align %b, %n, %f {size = array<i64: 2, 2>, scale = 1.0} : (tensor<4x4xf32>, tensor<1xi32>, tensor<2x2x8x8xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @roi_align_c3(%b: tensor<4x4xf32>, %n: tensor<1xi32>, %f: tensor<1x2x8x8xf32>) {
  // expected-error @+1 {{roi_align C3: size must be two extents (height, width) from 1 to 2^20}}
  %r = cnn.roi_align %b, %n, %f {size = array<i64: 2, 0>, scale = 1.0} : (tensor<4x4xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @roi_align_c4(%b: tensor<4x4xf32>, %n: tensor<1xi32>, %f: tensor<1x2x8x8xf32>) {
  // expected-error @+1 {{roi_align C4: scale must be finite and above 0}}
  %r = cnn.roi_align %b, %n, %f {size = array<i64: 2, 2>, scale = 0.0} : (tensor<4x4xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @roi_align_c4_2(%b: tensor<4x4xf32>, %n: tensor<1xi32>, %f: tensor<1x2x8x8xf32>) {
  // expected-error @+1 {{roi_align C4: scale must be finite and above 0}}
  %r = cnn.roi_align %b, %n, %f {size = array<i64: 2, 2>, scale = 0x7FF0000000000000 : f64} : (tensor<4x4xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @roi_align_c5(%b: tensor<4x4xf32>, %n: tensor<1xi32>, %f: tensor<1x2x8x8xf32>) {
  // expected-error @+1 {{roi_align C5: sampling_ratio must lie in [0, 1024], got -1}}
  %r = cnn.roi_align %b, %n, %f {size = array<i64: 2, 2>, scale = 1.0, sampling_ratio = -1} : (tensor<4x4xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @roi_align_count(%b: tensor<4x4xf32>, %n: tensor<2xi32>, %f: tensor<1x2x8x8xf32>) {
  // expected-error @+1 {{'cnn.roi_align' op operand #1 must be tensor<1xi32>, but got 'tensor<2xi32>'}}
  %r = cnn.roi_align %b, %n, %f {size = array<i64: 2, 2>, scale = 1.0} : (tensor<4x4xf32>, tensor<2xi32>, tensor<1x2x8x8xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @assign_levels_c1(%b: tensor<4xf32>) {
  // expected-error @+1 {{assign_levels C1: boxes must have shape [R, 4] with R up to 2^24, got 4}}
  %r = cnn.assign_levels %b {min_level = 2, max_level = 5} : (tensor<4xf32>) -> tensor<4xi32>
  return
}

// -----

func.func @assign_levels_c2(%b: tensor<4x4xf32>) {
  // expected-error @+1 {{assign_levels C2: levels must lie in [0, 62], min_level not above max_level, canonical_size in [1, 2^20], and eps be finite; got levels 5 to 2}}
  %r = cnn.assign_levels %b {min_level = 5, max_level = 2} : (tensor<4x4xf32>) -> tensor<4xi32>
  return
}

// -----

func.func @assign_levels_c2_2(%b: tensor<4x4xf32>) {
  // expected-error @+1 {{assign_levels C2: levels must lie in [0, 62], min_level not above max_level, canonical_size in [1, 2^20], and eps be finite; got levels -1 to 2}}
  %r = cnn.assign_levels %b {min_level = -1, max_level = 2} : (tensor<4x4xf32>) -> tensor<4xi32>
  return
}

// -----

func.func @assign_levels_c2_3(%b: tensor<4x4xf32>) {
  // expected-error @+1 {{assign_levels C2: levels must lie in [0, 62], min_level not above max_level, canonical_size in [1, 2^20], and eps be finite; got levels 2 to 63}}
  %r = cnn.assign_levels %b {min_level = 2, max_level = 63} : (tensor<4x4xf32>) -> tensor<4xi32>
  return
}

// -----

func.func @assign_levels_c2_4(%b: tensor<4x4xf32>) {
  // expected-error @+1 {{assign_levels C2: levels must lie in [0, 62], min_level not above max_level, canonical_size in [1, 2^20], and eps be finite; got levels 2 to 5}}
  %r = cnn.assign_levels %b {min_level = 2, max_level = 5, canonical_size = 0} : (tensor<4x4xf32>) -> tensor<4xi32>
  return
}

// -----

func.func @assign_levels_c2_5(%b: tensor<4x4xf32>) {
  // expected-error @+1 {{assign_levels C2: levels must lie in [0, 62], min_level not above max_level, canonical_size in [1, 2^20], and eps be finite; got levels 2 to 5}}
  %r = cnn.assign_levels %b {min_level = 2, max_level = 5, canonical_level = 63} : (tensor<4x4xf32>) -> tensor<4xi32>
  return
}

// -----

func.func @assign_levels_c2_6(%b: tensor<4x4xf32>) {
  // expected-error @+1 {{assign_levels C2: levels must lie in [0, 62], min_level not above max_level, canonical_size in [1, 2^20], and eps be finite; got levels 2 to 5}}
  %r = cnn.assign_levels %b {min_level = 2, max_level = 5, eps = 0x7FF8000000000000 : f64} : (tensor<4x4xf32>) -> tensor<4xi32>
  return
}

// -----

func.func @multiscale_roi_align_c1(%b: tensor<4x3xf32>, %n: tensor<1xi32>, %f0: tensor<1x2x8x8xf32>, %f1: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{multiscale_roi_align C1: boxes must have shape [R, 4] with R up to 2^24, got 4x3}}
  %r = cnn.multiscale_roi_align %b, %n, %f0, %f1 {size = array<i64: 2, 2>, image_size = array<i64: 16, 16>} : (tensor<4x3xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>, tensor<1x2x4x4xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @multiscale_roi_align_c2(%b: tensor<4x4xf32>, %n: tensor<1xi32>) {
  // expected-error @+1 {{multiscale_roi_align C2: takes 1 to 8 maps, got 0}}
  %r = cnn.multiscale_roi_align %b, %n {size = array<i64: 2, 2>, image_size = array<i64: 16, 16>} : (tensor<4x4xf32>, tensor<1xi32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @multiscale_roi_align_c2_2(%b: tensor<4x4xf32>, %n: tensor<1xi32>, %f0: tensor<1x2x8x8xf32>, %f1: tensor<1x2x8x8xf32>, %f2: tensor<1x2x8x8xf32>, %f3: tensor<1x2x8x8xf32>, %f4: tensor<1x2x8x8xf32>, %f5: tensor<1x2x8x8xf32>, %f6: tensor<1x2x8x8xf32>, %f7: tensor<1x2x8x8xf32>, %f8: tensor<1x2x8x8xf32>) {
  // expected-error @+1 {{multiscale_roi_align C2: takes 1 to 8 maps, got 9}}
  %r = cnn.multiscale_roi_align %b, %n, %f0, %f1, %f2, %f3, %f4, %f5, %f6, %f7, %f8 {size = array<i64: 2, 2>, image_size = array<i64: 16, 16>} : (tensor<4x4xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>, tensor<1x2x8x8xf32>, tensor<1x2x8x8xf32>, tensor<1x2x8x8xf32>, tensor<1x2x8x8xf32>, tensor<1x2x8x8xf32>, tensor<1x2x8x8xf32>, tensor<1x2x8x8xf32>, tensor<1x2x8x8xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @multiscale_roi_align_c2_3(%b: tensor<4x4xf32>, %n: tensor<1xi32>, %f0: tensor<1x2x8x8xf32>, %f1: tensor<1x3x4x4xf32>) {
  // expected-error @+1 {{multiscale_roi_align C2: maps differ in channels: shapes 1x2x8x8 and 1x3x4x4}}
  %r = cnn.multiscale_roi_align %b, %n, %f0, %f1 {size = array<i64: 2, 2>, image_size = array<i64: 16, 16>} : (tensor<4x4xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>, tensor<1x3x4x4xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @multiscale_roi_align_c2_4(%b: tensor<4x4xf32>, %n: tensor<1xi32>, %f0: tensor<1x2x8x8xf32>, %f1: tensor<2x4x4xf32>) {
  // expected-error @+1 {{multiscale_roi_align C2: a map must be of one image, [1, C, H, W], got shape 2x4x4}}
  %r = cnn.multiscale_roi_align %b, %n, %f0, %f1 {size = array<i64: 2, 2>, image_size = array<i64: 16, 16>} : (tensor<4x4xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>, tensor<2x4x4xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @multiscale_roi_align_c3(%b: tensor<4x4xf32>, %n: tensor<1xi32>, %f0: tensor<1x2x8x8xf32>, %f1: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{multiscale_roi_align C3: size must be two extents (height, width) from 1 to 2^20}}
  %r = cnn.multiscale_roi_align %b, %n, %f0, %f1 {size = array<i64: 2>, image_size = array<i64: 16, 16>} : (tensor<4x4xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>, tensor<1x2x4x4xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @multiscale_roi_align_c4(%b: tensor<4x4xf32>, %n: tensor<1xi32>, %f0: tensor<1x2x8x8xf32>, %f1: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{multiscale_roi_align C4: image_size must be two extents (height, width) from 1 to 2^20}}
  %r = cnn.multiscale_roi_align %b, %n, %f0, %f1 {size = array<i64: 2, 2>, image_size = array<i64: 0, 16>} : (tensor<4x4xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>, tensor<1x2x4x4xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @multiscale_roi_align_c4_2(%b: tensor<4x4xf32>, %n: tensor<1xi32>, %f0: tensor<1x2x8x8xf32>, %f1: tensor<1x2x2x2xf32>) {
  // expected-error @+1 {{multiscale_roi_align C4: map 1 of shape 1x2x2x2 must have half the scale of the map before it, and none above 1; of a picture of 16x16 its scale is 2^-3}}
  %r = cnn.multiscale_roi_align %b, %n, %f0, %f1 {size = array<i64: 2, 2>, image_size = array<i64: 16, 16>} : (tensor<4x4xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>, tensor<1x2x2x2xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @multiscale_roi_align_c4_3(%b: tensor<4x4xf32>, %n: tensor<1xi32>, %f0: tensor<1x2x8x8xf32>, %f1: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{multiscale_roi_align C4: map 0 of shape 1x2x8x8 must have half the scale of the map before it, and none above 1; of a picture of 2x2 its scale is 2^2}}
  %r = cnn.multiscale_roi_align %b, %n, %f0, %f1 {size = array<i64: 2, 2>, image_size = array<i64: 2, 2>} : (tensor<4x4xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>, tensor<1x2x4x4xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @multiscale_roi_align_c5(%b: tensor<4x4xf32>, %n: tensor<1xi32>, %f0: tensor<1x2x8x8xf32>, %f1: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{multiscale_roi_align C5: sampling_ratio must lie in [0, 1024], got 1025}}
  %r = cnn.multiscale_roi_align %b, %n, %f0, %f1 {size = array<i64: 2, 2>, image_size = array<i64: 16, 16>, sampling_ratio = 1025} : (tensor<4x4xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>, tensor<1x2x4x4xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @multiscale_roi_align_c5_2(%b: tensor<4x4xf32>, %n: tensor<1xi32>, %f0: tensor<1x2x8x8xf32>, %f1: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{multiscale_roi_align C5: canonical_level must lie in [0, 62], canonical_size in [1, 2^20]}}
  %r = cnn.multiscale_roi_align %b, %n, %f0, %f1 {size = array<i64: 2, 2>, image_size = array<i64: 16, 16>, canonical_level = -1} : (tensor<4x4xf32>, tensor<1xi32>, tensor<1x2x8x8xf32>, tensor<1x2x4x4xf32>) -> tensor<4x2x2x2xf32>
  return
}
