// RUN: cnnc-opt %s -split-input-file -verify-diagnostics

func.func @anchors_c1(%f: tensor<2x2x4x4xf32>) {
  // expected-error @+1 {{anchors C1: a map must be of one image, [1, C, H, W], got shape 2x2x4x4}}
  %r = cnn.anchors %f {sizes = array<f64: 8.0>, image_size = array<i64: 16, 16>} : (tensor<2x2x4x4xf32>) -> tensor<48x4xf32>
  return
}

// -----

func.func @anchors_c2(%f: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{anchors C2: sizes and aspect_ratios must be 1 to 1024 finite numbers above 0}}
  %r = cnn.anchors %f {sizes = array<f64>, image_size = array<i64: 16, 16>} : (tensor<1x2x4x4xf32>) -> tensor<48x4xf32>
  return
}

// -----

func.func @anchors_c2_2(%f: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{anchors C2: sizes and aspect_ratios must be 1 to 1024 finite numbers above 0}}
  %r = cnn.anchors %f {sizes = array<f64: -8.0>, image_size = array<i64: 16, 16>} : (tensor<1x2x4x4xf32>) -> tensor<48x4xf32>
  return
}

// -----

func.func @anchors_c2_3(%f: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{anchors C2: sizes and aspect_ratios must be 1 to 1024 finite numbers above 0}}
  %r = cnn.anchors %f {sizes = array<f64: 8.0>, aspect_ratios = array<f64: 0.0>, image_size = array<i64: 16, 16>} : (tensor<1x2x4x4xf32>) -> tensor<48x4xf32>
  return
}

// -----

func.func @anchors_c3(%f: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{anchors C3: image_size must be two extents (height, width) from 1 to 2^20}}
  %r = cnn.anchors %f {sizes = array<f64: 8.0>, image_size = array<i64: 16>} : (tensor<1x2x4x4xf32>) -> tensor<48x4xf32>
  return
}

// -----

func.func @anchors_c3_2(%f: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{anchors C3: a map of shape 1x2x4x4 has more cells than image_size = 16x3 has pixels}}
  %r = cnn.anchors %f {sizes = array<f64: 8.0>, image_size = array<i64: 16, 3>} : (tensor<1x2x4x4xf32>) -> tensor<48x4xf32>
  return
}

// -----

func.func @anchors_c4(%f: tensor<1x2x4096x4096xf32>) {
  // expected-error @+1 {{anchors C4: a map of shape 1x2x4096x4096 gives 50331648 anchors, more than 2^24}}
  %r = cnn.anchors %f {sizes = array<f64: 8.0>, image_size = array<i64: 4096, 4096>} : (tensor<1x2x4096x4096xf32>) -> tensor<48x4xf32>
  return
}

// -----

func.func @proposals_c1(%g: tensor<4xi32>) {
  // expected-error @+1 {{proposals C1: takes logits of 1 to 8 levels and as many maps of deltas, got 0 maps}}
  %b, %s, %n = cnn.proposals %g {sizes = array<f64: 8.0, 16.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 16, 16>} : (tensor<4xi32>) -> (tensor<1000x4xf32>, tensor<1000xf32>, tensor<1xi32>)
  return
}

// -----

func.func @proposals_c1_2(%g: tensor<4xi32>, %m0: tensor<1x1x4x4xf32>, %m1: tensor<1x1x4x4xf32>, %m2: tensor<1x1x4x4xf32>, %m3: tensor<1x1x4x4xf32>, %m4: tensor<1x1x4x4xf32>, %m5: tensor<1x1x4x4xf32>, %m6: tensor<1x1x4x4xf32>, %m7: tensor<1x1x4x4xf32>, %m8: tensor<1x1x4x4xf32>, %m9: tensor<1x4x4x4xf32>, %m10: tensor<1x4x4x4xf32>, %m11: tensor<1x4x4x4xf32>, %m12: tensor<1x4x4x4xf32>, %m13: tensor<1x4x4x4xf32>, %m14: tensor<1x4x4x4xf32>, %m15: tensor<1x4x4x4xf32>, %m16: tensor<1x4x4x4xf32>, %m17: tensor<1x4x4x4xf32>) {
  // expected-error @+1 {{proposals C1: takes logits of 1 to 8 levels and as many maps of deltas, got 18 maps}}
  %b, %s, %n = cnn.proposals %g, %m0, %m1, %m2, %m3, %m4, %m5, %m6, %m7, %m8, %m9, %m10, %m11, %m12, %m13, %m14, %m15, %m16, %m17 {sizes = array<f64: 8.0, 16.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 16, 16>} : (tensor<4xi32>, tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>, tensor<1x4x4x4xf32>, tensor<1x4x4x4xf32>, tensor<1x4x4x4xf32>, tensor<1x4x4x4xf32>, tensor<1x4x4x4xf32>, tensor<1x4x4x4xf32>, tensor<1x4x4x4xf32>, tensor<1x4x4x4xf32>, tensor<1x4x4x4xf32>) -> (tensor<1000x4xf32>, tensor<1000xf32>, tensor<1xi32>)
  return
}

// -----

func.func @proposals_c2(%g: tensor<4xi32>, %m0: tensor<1x4x4xf32>, %m1: tensor<1x1x2x2xf32>, %m2: tensor<1x4x4x4xf32>, %m3: tensor<1x4x2x2xf32>) {
  // expected-error @+1 {{proposals C2: a map must be of one image, [1, C, H, W], got shape 1x4x4}}
  %b, %s, %n = cnn.proposals %g, %m0, %m1, %m2, %m3 {sizes = array<f64: 8.0, 16.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 16, 16>} : (tensor<4xi32>, tensor<1x4x4xf32>, tensor<1x1x2x2xf32>, tensor<1x4x4x4xf32>, tensor<1x4x2x2xf32>) -> (tensor<1000x4xf32>, tensor<1000xf32>, tensor<1xi32>)
  return
}

// -----

func.func @proposals_c2_2(%g: tensor<4xi32>, %m0: tensor<1x1x4x4xf32>, %m1: tensor<1x1x2x2xf32>, %m2: tensor<1x4x4x4xf32>, %m3: tensor<1x4x2x3xf32>) {
  // expected-error @+1 {{proposals C2: deltas must have shape 1x4x2x2, got 1x4x2x3}}
  %b, %s, %n = cnn.proposals %g, %m0, %m1, %m2, %m3 {sizes = array<f64: 8.0, 16.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 16, 16>} : (tensor<4xi32>, tensor<1x1x4x4xf32>, tensor<1x1x2x2xf32>, tensor<1x4x4x4xf32>, tensor<1x4x2x3xf32>) -> (tensor<1000x4xf32>, tensor<1000xf32>, tensor<1xi32>)
  return
}

// -----

func.func @proposals_c3(%g: tensor<4xi32>, %m0: tensor<1x1x4x4xf32>, %m1: tensor<1x1x2x2xf32>, %m2: tensor<1x4x4x4xf32>, %m3: tensor<1x4x2x2xf32>) {
  // expected-error @+1 {{proposals C3: sizes and aspect_ratios must be 1 to 1024 finite numbers above 0}}
  %b, %s, %n = cnn.proposals %g, %m0, %m1, %m2, %m3 {sizes = array<f64: 8.0, 16.0>, aspect_ratios = array<f64>, image_size = array<i64: 16, 16>} : (tensor<4xi32>, tensor<1x1x4x4xf32>, tensor<1x1x2x2xf32>, tensor<1x4x4x4xf32>, tensor<1x4x2x2xf32>) -> (tensor<1000x4xf32>, tensor<1000xf32>, tensor<1xi32>)
  return
}

// -----

func.func @proposals_c3_2(%g: tensor<4xi32>, %m0: tensor<1x1x4x4xf32>, %m1: tensor<1x1x2x2xf32>, %m2: tensor<1x4x4x4xf32>, %m3: tensor<1x4x2x2xf32>) {
  // expected-error @+1 {{proposals C3: 3 sizes and 1 aspect_ratios must give each of the 2 levels 1 to 16 anchors}}
  %b, %s, %n = cnn.proposals %g, %m0, %m1, %m2, %m3 {sizes = array<f64: 1.0, 2.0, 3.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 16, 16>} : (tensor<4xi32>, tensor<1x1x4x4xf32>, tensor<1x1x2x2xf32>, tensor<1x4x4x4xf32>, tensor<1x4x2x2xf32>) -> (tensor<1000x4xf32>, tensor<1000xf32>, tensor<1xi32>)
  return
}

// -----

func.func @proposals_c3_3(%g: tensor<4xi32>, %m0: tensor<1x1x4x4xf32>, %m1: tensor<1x1x2x2xf32>, %m2: tensor<1x4x4x4xf32>, %m3: tensor<1x4x2x2xf32>) {
  // expected-error @+1 {{proposals C3: 2 sizes and 17 aspect_ratios must give each of the 2 levels 1 to 16 anchors}}
  %b, %s, %n = cnn.proposals %g, %m0, %m1, %m2, %m3 {sizes = array<f64: 8.0, 16.0>, aspect_ratios = array<f64: 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0>, image_size = array<i64: 16, 16>} : (tensor<4xi32>, tensor<1x1x4x4xf32>, tensor<1x1x2x2xf32>, tensor<1x4x4x4xf32>, tensor<1x4x2x2xf32>) -> (tensor<1000x4xf32>, tensor<1000xf32>, tensor<1xi32>)
  return
}

// -----

func.func @proposals_c3_4(%g: tensor<4xi32>, %m0: tensor<1x1x4x4xf32>, %m1: tensor<1x2x2x2xf32>, %m2: tensor<1x4x4x4xf32>, %m3: tensor<1x8x2x2xf32>) {
  // expected-error @+1 {{proposals C3: logits of shape 1x2x2x2 are of another number of anchors than 1}}
  %b, %s, %n = cnn.proposals %g, %m0, %m1, %m2, %m3 {sizes = array<f64: 8.0, 16.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 16, 16>} : (tensor<4xi32>, tensor<1x1x4x4xf32>, tensor<1x2x2x2xf32>, tensor<1x4x4x4xf32>, tensor<1x8x2x2xf32>) -> (tensor<1000x4xf32>, tensor<1000xf32>, tensor<1xi32>)
  return
}

// -----

func.func @proposals_c4(%g: tensor<4xi32>, %m0: tensor<1x1x4x4xf32>, %m1: tensor<1x1x2x2xf32>, %m2: tensor<1x4x4x4xf32>, %m3: tensor<1x4x2x2xf32>) {
  // expected-error @+1 {{proposals C4: a map of shape 1x1x4x4 has more cells than image_size = 3x16 has pixels}}
  %b, %s, %n = cnn.proposals %g, %m0, %m1, %m2, %m3 {sizes = array<f64: 8.0, 16.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 3, 16>} : (tensor<4xi32>, tensor<1x1x4x4xf32>, tensor<1x1x2x2xf32>, tensor<1x4x4x4xf32>, tensor<1x4x2x2xf32>) -> (tensor<1000x4xf32>, tensor<1000xf32>, tensor<1xi32>)
  return
}

// -----

func.func @proposals_c4_2(%g: tensor<4xi32>, %m0: tensor<1x1x4x4xf32>, %m1: tensor<1x1x2x2xf32>, %m2: tensor<1x4x4x4xf32>, %m3: tensor<1x4x2x2xf32>) {
  // expected-error @+1 {{proposals C4: image_size must be two extents (height, width) from 1 to 2^20}}
  %b, %s, %n = cnn.proposals %g, %m0, %m1, %m2, %m3 {sizes = array<f64: 8.0, 16.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 3, -16>} : (tensor<4xi32>, tensor<1x1x4x4xf32>, tensor<1x1x2x2xf32>, tensor<1x4x4x4xf32>, tensor<1x4x2x2xf32>) -> (tensor<1000x4xf32>, tensor<1000xf32>, tensor<1xi32>)
  return
}

// -----

func.func @proposals_c5(%g: tensor<4xi32>, %m0: tensor<1x1x4x4xf32>, %m1: tensor<1x1x2x2xf32>, %m2: tensor<1x4x4x4xf32>, %m3: tensor<1x4x2x2xf32>) {
  // expected-error @+1 {{proposals C5: pre_nms_top_n must lie in [1, 2^20], got 0}}
  %b, %s, %n = cnn.proposals %g, %m0, %m1, %m2, %m3 {sizes = array<f64: 8.0, 16.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 16, 16>, pre_nms_top_n = 0} : (tensor<4xi32>, tensor<1x1x4x4xf32>, tensor<1x1x2x2xf32>, tensor<1x4x4x4xf32>, tensor<1x4x2x2xf32>) -> (tensor<1000x4xf32>, tensor<1000xf32>, tensor<1xi32>)
  return
}

// -----

func.func @proposals_c5_2(%g: tensor<4xi32>, %m0: tensor<1x1x4x4xf32>, %m1: tensor<1x1x2x2xf32>, %m2: tensor<1x4x4x4xf32>, %m3: tensor<1x4x2x2xf32>) {
  // expected-error @+1 {{proposals C5: post_nms_top_n must lie in [1, 2^20], got 1048577}}
  %b, %s, %n = cnn.proposals %g, %m0, %m1, %m2, %m3 {sizes = array<f64: 8.0, 16.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 16, 16>, post_nms_top_n = 1048577} : (tensor<4xi32>, tensor<1x1x4x4xf32>, tensor<1x1x2x2xf32>, tensor<1x4x4x4xf32>, tensor<1x4x2x2xf32>) -> (tensor<1000x4xf32>, tensor<1000xf32>, tensor<1xi32>)
  return
}

// -----

func.func @proposals_c5_3(%g: tensor<4xi32>, %m0: tensor<1x1x4096x4096xf32>, %m1: tensor<1x1x4096x4096xf32>, %m2: tensor<1x4x4096x4096xf32>, %m3: tensor<1x4x4096x4096xf32>) {
  // expected-error @+1 {{proposals C5: the maps give 33554432 anchors, more than 2^24}}
  %b, %s, %n = cnn.proposals %g, %m0, %m1, %m2, %m3 {sizes = array<f64: 8.0, 16.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 4096, 4096>} : (tensor<4xi32>, tensor<1x1x4096x4096xf32>, tensor<1x1x4096x4096xf32>, tensor<1x4x4096x4096xf32>, tensor<1x4x4096x4096xf32>) -> (tensor<1000x4xf32>, tensor<1000xf32>, tensor<1xi32>)
  return
}

// -----

func.func @proposals_c6(%g: tensor<4xi32>, %m0: tensor<1x1x4x4xf32>, %m1: tensor<1x1x2x2xf32>, %m2: tensor<1x4x4x4xf32>, %m3: tensor<1x4x2x2xf32>) {
  // expected-error @+1 {{proposals C6: iou_threshold must be finite}}
  %b, %s, %n = cnn.proposals %g, %m0, %m1, %m2, %m3 {sizes = array<f64: 8.0, 16.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 16, 16>, iou_threshold = 0x7FF0000000000000 : f64} : (tensor<4xi32>, tensor<1x1x4x4xf32>, tensor<1x1x2x2xf32>, tensor<1x4x4x4xf32>, tensor<1x4x2x2xf32>) -> (tensor<1000x4xf32>, tensor<1000xf32>, tensor<1xi32>)
  return
}

// -----

func.func @proposals_c6_2(%g: tensor<4xi32>, %m0: tensor<1x1x4x4xf32>, %m1: tensor<1x1x2x2xf32>, %m2: tensor<1x4x4x4xf32>, %m3: tensor<1x4x2x2xf32>) {
  // expected-error @+1 {{proposals C6: score_threshold must be finite}}
  %b, %s, %n = cnn.proposals %g, %m0, %m1, %m2, %m3 {sizes = array<f64: 8.0, 16.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 16, 16>, score_threshold = 0x7FF0000000000000 : f64} : (tensor<4xi32>, tensor<1x1x4x4xf32>, tensor<1x1x2x2xf32>, tensor<1x4x4x4xf32>, tensor<1x4x2x2xf32>) -> (tensor<1000x4xf32>, tensor<1000xf32>, tensor<1xi32>)
  return
}

// -----

func.func @proposals_c6_3(%g: tensor<4xi32>, %m0: tensor<1x1x4x4xf32>, %m1: tensor<1x1x2x2xf32>, %m2: tensor<1x4x4x4xf32>, %m3: tensor<1x4x2x2xf32>) {
  // expected-error @+1 {{proposals C6: min_size must be finite}}
  %b, %s, %n = cnn.proposals %g, %m0, %m1, %m2, %m3 {sizes = array<f64: 8.0, 16.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 16, 16>, min_size = 0x7FF0000000000000 : f64} : (tensor<4xi32>, tensor<1x1x4x4xf32>, tensor<1x1x2x2xf32>, tensor<1x4x4x4xf32>, tensor<1x4x2x2xf32>) -> (tensor<1000x4xf32>, tensor<1000xf32>, tensor<1xi32>)
  return
}

// -----

func.func @proposals_c7(%g: tensor<4xi32>, %m0: tensor<1x1x4x4xf32>, %m1: tensor<1x1x2x2xf32>, %m2: tensor<1x4x4x4xf32>, %m3: tensor<1x4x2x2xf32>) {
  // expected-error @+1 {{proposals C7: weights must be four finite numbers other than 0, and clip finite}}
  %b, %s, %n = cnn.proposals %g, %m0, %m1, %m2, %m3 {sizes = array<f64: 8.0, 16.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 16, 16>, weights = array<f64: 1.0, 1.0, 1.0>} : (tensor<4xi32>, tensor<1x1x4x4xf32>, tensor<1x1x2x2xf32>, tensor<1x4x4x4xf32>, tensor<1x4x2x2xf32>) -> (tensor<1000x4xf32>, tensor<1000xf32>, tensor<1xi32>)
  return
}

// -----

func.func @proposals_c7_2(%g: tensor<4xi32>, %m0: tensor<1x1x4x4xf32>, %m1: tensor<1x1x2x2xf32>, %m2: tensor<1x4x4x4xf32>, %m3: tensor<1x4x2x2xf32>) {
  // expected-error @+1 {{proposals C7: weights must be four finite numbers other than 0, and clip finite}}
  %b, %s, %n = cnn.proposals %g, %m0, %m1, %m2, %m3 {sizes = array<f64: 8.0, 16.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 16, 16>, weights = array<f64: 1.0, 1.0, 0.0, 1.0>} : (tensor<4xi32>, tensor<1x1x4x4xf32>, tensor<1x1x2x2xf32>, tensor<1x4x4x4xf32>, tensor<1x4x2x2xf32>) -> (tensor<1000x4xf32>, tensor<1000xf32>, tensor<1xi32>)
  return
}

// -----

func.func @proposals_c7_3(%g: tensor<4xi32>, %m0: tensor<1x1x4x4xf32>, %m1: tensor<1x1x2x2xf32>, %m2: tensor<1x4x4x4xf32>, %m3: tensor<1x4x2x2xf32>) {
  // expected-error @+1 {{proposals C7: weights must be four finite numbers other than 0, and clip finite}}
  %b, %s, %n = cnn.proposals %g, %m0, %m1, %m2, %m3 {sizes = array<f64: 8.0, 16.0>, aspect_ratios = array<f64: 1.0>, image_size = array<i64: 16, 16>, clip = 0x7FF0000000000000 : f64} : (tensor<4xi32>, tensor<1x1x4x4xf32>, tensor<1x1x2x2xf32>, tensor<1x4x4x4xf32>, tensor<1x4x2x2xf32>) -> (tensor<1000x4xf32>, tensor<1000xf32>, tensor<1xi32>)
  return
}
