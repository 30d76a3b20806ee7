// RUN: cnnc-opt %s -split-input-file -verify-diagnostics

func.func @decode_boxes_c1(%a0: tensor<4x5xf32>, %a1: tensor<4x8xf32>) {
  // expected-error @+1 {{decode_boxes C1: boxes must have shape [R, 4] with R up to 2^24, got 4x5}}
  %r = cnn.decode_boxes %a0, %a1 : (tensor<4x5xf32>, tensor<4x8xf32>) -> tensor<4x2x4xf32>
  return
}

// -----

func.func @decode_boxes_c1_2(%a0: tensor<16777217x4xf32>, %a1: tensor<4x8xf32>) {
  // expected-error @+1 {{decode_boxes C1: boxes must have shape [R, 4] with R up to 2^24, got 16777217x4}}
  %r = cnn.decode_boxes %a0, %a1 : (tensor<16777217x4xf32>, tensor<4x8xf32>) -> tensor<4x2x4xf32>
  return
}

// -----

func.func @decode_boxes_c2(%a0: tensor<4x4xf32>, %a1: tensor<4x6xf32>) {
  // expected-error @+1 {{decode_boxes C2: deltas must have shape [4, 4K], got 4x6}}
  %r = cnn.decode_boxes %a0, %a1 : (tensor<4x4xf32>, tensor<4x6xf32>) -> tensor<4x2x4xf32>
  return
}

// -----

func.func @decode_boxes_c2_2(%a0: tensor<4x4xf32>, %a1: tensor<5x8xf32>) {
  // expected-error @+1 {{decode_boxes C2: deltas must have shape [4, 4K], got 5x8}}
  %r = cnn.decode_boxes %a0, %a1 : (tensor<4x4xf32>, tensor<5x8xf32>) -> tensor<4x2x4xf32>
  return
}

// -----

func.func @decode_boxes_c2_3(%a0: tensor<4x4xf32>, %a1: tensor<4x2x4xf32>) {
  // expected-error @+1 {{decode_boxes C2: deltas must have shape [4, 4K], got 4x2x4}}
  %r = cnn.decode_boxes %a0, %a1 : (tensor<4x4xf32>, tensor<4x2x4xf32>) -> tensor<4x2x4xf32>
  return
}

// -----

func.func @decode_boxes_c3(%a0: tensor<4x4xf32>, %a1: tensor<4x8xf32>) {
  // expected-error @+1 {{decode_boxes C3: weights must be four finite numbers other than 0, and clip finite}}
  %r = cnn.decode_boxes %a0, %a1 {weights = array<f64: 1.0, 1.0, 1.0, 0.0>} : (tensor<4x4xf32>, tensor<4x8xf32>) -> tensor<4x2x4xf32>
  return
}

// -----

func.func @decode_boxes_c3_2(%a0: tensor<4x4xf32>, %a1: tensor<4x8xf32>) {
  // expected-error @+1 {{decode_boxes C3: weights must be four finite numbers other than 0, and clip finite}}
  %r = cnn.decode_boxes %a0, %a1 {clip = 0x7FF0000000000000 : f64} : (tensor<4x4xf32>, tensor<4x8xf32>) -> tensor<4x2x4xf32>
  return
}

// -----

func.func @clip_boxes_c1(%a0: tensor<4xf32>, %a1: tensor<4xi32>) {
  // expected-error @+1 {{clip_boxes C1: boxes must have a shape [.., 4] of rank 2 or more with up to 2^24 boxes, got 4}}
  %r = cnn.clip_boxes %a0, %a1 : (tensor<4xf32>, tensor<4xi32>) -> tensor<4xf32>
  return
}

// -----

func.func @clip_boxes_c1_2(%a0: tensor<4x3xf32>, %a1: tensor<4xi32>) {
  // expected-error @+1 {{clip_boxes C1: boxes must have a shape [.., 4] of rank 2 or more with up to 2^24 boxes, got 4x3}}
  %r = cnn.clip_boxes %a0, %a1 : (tensor<4x3xf32>, tensor<4xi32>) -> tensor<4x3xf32>
  return
}

// -----

func.func @clip_boxes_c1_3(%a0: tensor<?x4xf32>, %a1: tensor<4xi32>) {
  // expected-error @+1 {{clip_boxes C1: boxes must have a shape [.., 4] of rank 2 or more with up to 2^24 boxes, got ?x4}}
  %r = cnn.clip_boxes %a0, %a1 : (tensor<?x4xf32>, tensor<4xi32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @rescale_boxes_c1(%a0: tensor<4xf32>, %a1: tensor<4xi32>) {
  // expected-error @+1 {{rescale_boxes C1: boxes must have a shape [.., 4] of rank 2 or more with up to 2^24 boxes, got 4}}
  %r = cnn.rescale_boxes %a0, %a1 : (tensor<4xf32>, tensor<4xi32>) -> tensor<4xf32>
  return
}

// -----

func.func @rescale_boxes_c1_2(%a0: tensor<4x3xf32>, %a1: tensor<4xi32>) {
  // expected-error @+1 {{rescale_boxes C1: boxes must have a shape [.., 4] of rank 2 or more with up to 2^24 boxes, got 4x3}}
  %r = cnn.rescale_boxes %a0, %a1 : (tensor<4x3xf32>, tensor<4xi32>) -> tensor<4x3xf32>
  return
}

// -----

func.func @rescale_boxes_c1_3(%a0: tensor<?x4xf32>, %a1: tensor<4xi32>) {
  // expected-error @+1 {{rescale_boxes C1: boxes must have a shape [.., 4] of rank 2 or more with up to 2^24 boxes, got ?x4}}
  %r = cnn.rescale_boxes %a0, %a1 : (tensor<?x4xf32>, tensor<4xi32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @remove_small_c1(%a0: tensor<4x3xf32>, %a1: tensor<4xf32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{remove_small C1: boxes must have shape [R, 4] with R up to 2^24, got 4x3}}
  %r:3 = cnn.remove_small %a0, %a1, %a2 {min_size = 1.0} : (tensor<4x3xf32>, tensor<4xf32>, tensor<1xi32>) -> (tensor<4x4xf32>, tensor<4xf32>, tensor<1xi32>)
  return
}

// -----

func.func @remove_small_c2(%a0: tensor<4x4xf32>, %a1: tensor<5xf32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{remove_small C2: scores must have shape 4, got 5}}
  %r:3 = cnn.remove_small %a0, %a1, %a2 {min_size = 1.0} : (tensor<4x4xf32>, tensor<5xf32>, tensor<1xi32>) -> (tensor<4x4xf32>, tensor<4xf32>, tensor<1xi32>)
  return
}

// -----

func.func @remove_small_c3(%a0: tensor<4x4xf32>, %a1: tensor<4xf32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{remove_small C3: min_size must be finite}}
  %r:3 = cnn.remove_small %a0, %a1, %a2 {min_size = 0x7FF0000000000000 : f64} : (tensor<4x4xf32>, tensor<4xf32>, tensor<1xi32>) -> (tensor<4x4xf32>, tensor<4xf32>, tensor<1xi32>)
  return
}

// -----

func.func @nms_c1(%a0: tensor<4x3xf32>, %a1: tensor<4xf32>, %a2: tensor<4xi32>, %a3: tensor<1xi32>) {
  // expected-error @+1 {{nms C1: boxes must have shape [R, 4] with R up to 2^24, got 4x3}}
  %r:2 = cnn.nms %a0, %a1, %a2, %a3 {iou_threshold = 0.5, cap = 3} : (tensor<4x3xf32>, tensor<4xf32>, tensor<4xi32>, tensor<1xi32>) -> (tensor<3xi32>, tensor<1xi32>)
  return
}

// -----

func.func @nms_c2(%a0: tensor<4x4xf32>, %a1: tensor<4x1xf32>, %a2: tensor<4xi32>, %a3: tensor<1xi32>) {
  // expected-error @+1 {{nms C2: scores must have shape 4, got 4x1}}
  %r:2 = cnn.nms %a0, %a1, %a2, %a3 {iou_threshold = 0.5, cap = 3} : (tensor<4x4xf32>, tensor<4x1xf32>, tensor<4xi32>, tensor<1xi32>) -> (tensor<3xi32>, tensor<1xi32>)
  return
}

// -----

func.func @nms_c2_2(%a0: tensor<4x4xf32>, %a1: tensor<4xf32>, %a2: tensor<3xi32>, %a3: tensor<1xi32>) {
  // expected-error @+1 {{nms C2: groups must have shape 4, got 3}}
  %r:2 = cnn.nms %a0, %a1, %a2, %a3 {iou_threshold = 0.5, cap = 3} : (tensor<4x4xf32>, tensor<4xf32>, tensor<3xi32>, tensor<1xi32>) -> (tensor<3xi32>, tensor<1xi32>)
  return
}

// -----

func.func @nms_c3(%a0: tensor<4x4xf32>, %a1: tensor<4xf32>, %a2: tensor<4xi32>, %a3: tensor<1xi32>) {
  // expected-error @+1 {{nms C3: cap must lie in [1, 2^20], got 0}}
  %r:2 = cnn.nms %a0, %a1, %a2, %a3 {iou_threshold = 0.5, cap = 0} : (tensor<4x4xf32>, tensor<4xf32>, tensor<4xi32>, tensor<1xi32>) -> (tensor<3xi32>, tensor<1xi32>)
  return
}

// -----

func.func @nms_c4(%a0: tensor<4x4xf32>, %a1: tensor<4xf32>, %a2: tensor<4xi32>, %a3: tensor<1xi32>) {
  // expected-error @+1 {{nms C4: iou_threshold must be finite}}
  %r:2 = cnn.nms %a0, %a1, %a2, %a3 {cap = 3, iou_threshold = 0x7FF0000000000000 : f64} : (tensor<4x4xf32>, tensor<4xf32>, tensor<4xi32>, tensor<1xi32>) -> (tensor<3xi32>, tensor<1xi32>)
  return
}

// -----

func.func @nms_c4_2(%a0: tensor<4x4xf32>, %a1: tensor<4xf32>, %a2: tensor<4xi32>, %a3: tensor<1xi32>) {
  // expected-error @+1 {{nms C4: score_threshold must be finite}}
  %r:2 = cnn.nms %a0, %a1, %a2, %a3 {cap = 3, iou_threshold = 0.5, score_threshold = 0x7FF0000000000000 : f64} : (tensor<4x4xf32>, tensor<4xf32>, tensor<4xi32>, tensor<1xi32>) -> (tensor<3xi32>, tensor<1xi32>)
  return
}

// -----

func.func @detections_c1(%a0: tensor<4x1x4xf32>, %a1: tensor<4x1xf32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{detections C1: scores must have shape [R, K] with K at least 2 and R * K up to 2^24, got 4x1}}
  %r:4 = cnn.detections %a0, %a1, %a2 : (tensor<4x1x4xf32>, tensor<4x1xf32>, tensor<1xi32>) -> (tensor<100x4xf32>, tensor<100xf32>, tensor<100xi32>, tensor<1xi32>)
  return
}

// -----

func.func @detections_c1_2(%a0: tensor<4x3x4xf32>, %a1: tensor<?x3xf32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{detections C1: scores must have shape [R, K] with K at least 2 and R * K up to 2^24, got ?x3}}
  %r:4 = cnn.detections %a0, %a1, %a2 : (tensor<4x3x4xf32>, tensor<?x3xf32>, tensor<1xi32>) -> (tensor<100x4xf32>, tensor<100xf32>, tensor<100xi32>, tensor<1xi32>)
  return
}

// -----

func.func @detections_c1_3(%a0: tensor<4x3x4xf32>, %a1: tensor<16777216x2xf32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{detections C1: scores must have shape [R, K] with K at least 2 and R * K up to 2^24, got 16777216x2}}
  %r:4 = cnn.detections %a0, %a1, %a2 : (tensor<4x3x4xf32>, tensor<16777216x2xf32>, tensor<1xi32>) -> (tensor<100x4xf32>, tensor<100xf32>, tensor<100xi32>, tensor<1xi32>)
  return
}

// -----

func.func @detections_c2(%a0: tensor<4x2x4xf32>, %a1: tensor<4x3xf32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{detections C2: boxes must have shape 4x3x4 or 4x4, got 4x2x4}}
  %r:4 = cnn.detections %a0, %a1, %a2 : (tensor<4x2x4xf32>, tensor<4x3xf32>, tensor<1xi32>) -> (tensor<100x4xf32>, tensor<100xf32>, tensor<100xi32>, tensor<1xi32>)
  return
}

// -----

func.func @detections_c3(%a0: tensor<4x3x4xf32>, %a1: tensor<4x3xf32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{detections C3: cap must lie in [1, 2^20], got -1}}
  %r:4 = cnn.detections %a0, %a1, %a2 {cap = -1} : (tensor<4x3x4xf32>, tensor<4x3xf32>, tensor<1xi32>) -> (tensor<100x4xf32>, tensor<100xf32>, tensor<100xi32>, tensor<1xi32>)
  return
}

// -----

func.func @detections_c4(%a0: tensor<4x3x4xf32>, %a1: tensor<4x3xf32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{detections C4: score_threshold must be finite}}
  %r:4 = cnn.detections %a0, %a1, %a2 {score_threshold = 0x7FF0000000000000 : f64} : (tensor<4x3x4xf32>, tensor<4x3xf32>, tensor<1xi32>) -> (tensor<100x4xf32>, tensor<100xf32>, tensor<100xi32>, tensor<1xi32>)
  return
}

// -----

func.func @detections_c4_2(%a0: tensor<4x3x4xf32>, %a1: tensor<4x3xf32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{detections C4: iou_threshold must be finite}}
  %r:4 = cnn.detections %a0, %a1, %a2 {iou_threshold = 0x7FF0000000000000 : f64} : (tensor<4x3x4xf32>, tensor<4x3xf32>, tensor<1xi32>) -> (tensor<100x4xf32>, tensor<100xf32>, tensor<100xi32>, tensor<1xi32>)
  return
}

// -----

func.func @detections_c4_3(%a0: tensor<4x3x4xf32>, %a1: tensor<4x3xf32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{detections C4: min_size must be finite}}
  %r:4 = cnn.detections %a0, %a1, %a2 {min_size = 0x7FF0000000000000 : f64} : (tensor<4x3x4xf32>, tensor<4x3xf32>, tensor<1xi32>) -> (tensor<100x4xf32>, tensor<100xf32>, tensor<100xi32>, tensor<1xi32>)
  return
}
