// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.warp_rois %{{.*}} {mean = array<f64: 1.040000e+02, 1.170000e+02, 1.230000e+02>, reverse_channels = true, scale = 1.000000e+00 : f64, std = array<f64: 1.000000e+00, 1.000000e+00, 1.000000e+00>} : (tensor<500x500x3xui8, #cnn.capped<[0, 1]>>, tensor<20x4xf32>, tensor<1xi32>) -> tensor<20x3x227x227xf32>
func.func @roundtrip(%x: tensor<500x500x3xui8, #cnn.capped<[0, 1]>>, %b: tensor<20x4xf32>, %n: tensor<1xi32>) -> tensor<20x3x227x227xf32> {
  %0 = cnn.warp_rois %x, %b, %n {mean = array<f64: 104.0, 117.0, 123.0>, std = array<f64: 1.0, 1.0, 1.0>, scale = 1.0, reverse_channels = true} : (tensor<500x500x3xui8, #cnn.capped<[0, 1]>>, tensor<20x4xf32>, tensor<1xi32>) -> tensor<20x3x227x227xf32>
  return %0 : tensor<20x3x227x227xf32>
}

// The box 1..3 fills the middle two of four samples: with one of context on each side they lie on the pixels 0 to 3. The mirrored box reads them
// backwards; the third has a NaN; the fourth is past the count.
func.func @context() {
  %x = cnn.constant dense<[[[0, 1, 10], [2, 1, 20], [4, 1, 30], [6, 1, 40]], [[0, 1, 10], [2, 1, 20], [4, 1, 30], [6, 1, 40]],
                           [[0, 1, 10], [2, 1, 20], [4, 1, 30], [6, 1, 40]], [[0, 1, 10], [2, 1, 20], [4, 1, 30], [6, 1, 40]]]> : tensor<4x4x3xui8>
  %b = cnn.constant dense<[[1.0, 1.0, 3.0, 3.0], [3.0, 1.0, 1.0, 3.0], [0x7FC00000, 1.0, 1.0, 3.0], [1.0, 1.0, 3.0, 3.0]]> : tensor<4x4xf32>
  %n = cnn.constant dense<3> : tensor<1xi32>
  %0 = cnn.warp_rois %x, %b, %n {size = array<i64: 4, 4>, context_padding = 1, mean = array<f64: 1.0, 2.0, 0.0>, std = array<f64: 1.0, 1.0, 10.0>, scale = 1.0} : (tensor<4x4x3xui8>, tensor<4x4xf32>, tensor<1xi32>) -> tensor<4x3x4x4xf32>
  %e = cnn.constant dense<[[[[-1.0, 1.0, 3.0, 5.0], [-1.0, 1.0, 3.0, 5.0], [-1.0, 1.0, 3.0, 5.0], [-1.0, 1.0, 3.0, 5.0]],
                            [[-1.0, -1.0, -1.0, -1.0], [-1.0, -1.0, -1.0, -1.0], [-1.0, -1.0, -1.0, -1.0], [-1.0, -1.0, -1.0, -1.0]],
                            [[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0]]],
                           [[[5.0, 3.0, 1.0, -1.0], [5.0, 3.0, 1.0, -1.0], [5.0, 3.0, 1.0, -1.0], [5.0, 3.0, 1.0, -1.0]],
                            [[-1.0, -1.0, -1.0, -1.0], [-1.0, -1.0, -1.0, -1.0], [-1.0, -1.0, -1.0, -1.0], [-1.0, -1.0, -1.0, -1.0]],
                            [[4.0, 3.0, 2.0, 1.0], [4.0, 3.0, 2.0, 1.0], [4.0, 3.0, 2.0, 1.0], [4.0, 3.0, 2.0, 1.0]]],
                           [[[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]],
                            [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]],
                            [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]],
                           [[[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]],
                            [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]],
                            [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]]]> : tensor<4x3x4x4xf32>
  check.expect_equal %0, %e : tensor<4x3x4x4xf32>
  return
}

// What lies outside the picture is the mean, and blends into its border. Channels reversed.
func.func @outside() {
  %x = cnn.constant dense<[[[3, 5, 7]]]> : tensor<1x1x3xui8>
  %b = cnn.constant dense<[[-0.5, 0.0, 1.5, 1.0]]> : tensor<1x4xf32>
  %n = cnn.constant dense<1> : tensor<1xi32>
  %0 = cnn.warp_rois %x, %b, %n {size = array<i64: 1, 4>, context_padding = 0, mean = array<f64: 1.0, 1.0, 1.0>, std = array<f64: 1.0, 1.0, 1.0>, scale = 1.0, reverse_channels = true} : (tensor<1x1x3xui8>, tensor<1x4xf32>, tensor<1xi32>) -> tensor<1x3x1x4xf32>
  %e = cnn.constant dense<[[[[1.5, 4.5, 4.5, 1.5]], [[1.0, 3.0, 3.0, 1.0]], [[0.5, 1.5, 1.5, 0.5]]]]> : tensor<1x3x1x4xf32>
  check.expect_equal %0, %e : tensor<1x3x1x4xf32>
  return
}
