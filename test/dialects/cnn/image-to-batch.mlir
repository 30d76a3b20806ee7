// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.image_to_batch %{{.*}} {size = array<i64: 1344, 1344>} : (tensor<2000x2000x3xui8, #cnn.capped<[0, 1]>>) -> (tensor<1x3x1344x1344xf32>, tensor<4xi32>)
func.func @roundtrip(%x: tensor<2000x2000x3xui8, #cnn.capped<[0, 1]>>) -> (tensor<1x3x1344x1344xf32>, tensor<4xi32>) {
  %0:2 = cnn.image_to_batch %x {size = array<i64: 1344, 1344>, mean = array<f64: 0.485, 0.456, 0.406>, std = array<f64: 0.229, 0.224, 0.225>} : (tensor<2000x2000x3xui8, #cnn.capped<[0, 1]>>) -> (tensor<1x3x1344x1344xf32>, tensor<4xi32>)
  return %0#0, %0#1 : tensor<1x3x1344x1344xf32>, tensor<4xi32>
}

// Twice as large: weights are 1/4 and 3/4, the border pixel stands in for those outside. The rest of the canvas is 0, not the mean.
func.func @scales_up() {
  %x = cnn.constant dense<[[[0, 0, 8], [16, 4, 8]]]> : tensor<1x2x3xui8>
  %0:2 = cnn.image_to_batch %x {size = array<i64: 2, 5>, min_size = 2, max_size = 4, mean = array<f64: 0.0, 1.0, 0.0>, std = array<f64: 1.0, 2.0, 1.0>, scale = 1.0} : (tensor<1x2x3xui8>) -> (tensor<1x3x2x5xf32>, tensor<4xi32>)
  %e = cnn.constant dense<[[[[0.0, 4.0, 12.0, 16.0, 0.0], [0.0, 4.0, 12.0, 16.0, 0.0]],
                            [[-0.5, 0.0, 1.0, 1.5, 0.0], [-0.5, 0.0, 1.0, 1.5, 0.0]],
                            [[8.0, 8.0, 8.0, 8.0, 0.0], [8.0, 8.0, 8.0, 8.0, 0.0]]]]> : tensor<1x3x2x5xf32>
  %g = cnn.constant dense<[2, 4, 1, 2]> : tensor<4xi32>
  check.expect_equal %0#0, %e : tensor<1x3x2x5xf32>
  check.expect_equal %0#1, %g : tensor<4xi32>
  return
}

// Half as large without antialias: the mean of the two middle pixels of each pair. Channels reversed, mean and std those of the network's.
func.func @scales_down() {
  %x = cnn.constant dense<[[[1, 10, 100], [3, 30, 200], [5, 50, 40], [7, 70, 60]], [[1, 10, 100], [3, 30, 200], [5, 50, 40], [7, 70, 60]]]> : tensor<2x4x3xui8>
  %0:2 = cnn.image_to_batch %x {size = array<i64: 1, 2>, min_size = 1, max_size = 9, mean = array<f64: 50.0, 0.0, 0.0>, std = array<f64: 10.0, 1.0, 1.0>, scale = 1.0, reverse_channels = true} : (tensor<2x4x3xui8>) -> (tensor<1x3x1x2xf32>, tensor<4xi32>)
  %e = cnn.constant dense<[[[[10.0, 0.0]], [[20.0, 60.0]], [[2.0, 6.0]]]]> : tensor<1x3x1x2xf32>
  check.expect_equal %0#0, %e : tensor<1x3x1x2xf32>
  return
}

// The default scale is 1/255. A side of 11 becomes floor(11 * (30 / 11)) = 29 in f64; max_size bounds the longer side.
func.func @rounds_down() {
  %x = cnn.constant dense<255> : tensor<11x12x3xui8>
  %0:2 = cnn.image_to_batch %x {size = array<i64: 31, 33>, min_size = 30, mean = array<f64: 0.0, 0.0, 0.0>, std = array<f64: 1.0, 1.0, 1.0>} : (tensor<11x12x3xui8>) -> (tensor<1x3x31x33xf32>, tensor<4xi32>)
  %g0 = cnn.constant dense<[29, 32, 11, 12]> : tensor<4xi32>
  check.expect_equal %0#1, %g0 : tensor<4xi32>
  %y = cnn.constant dense<255> : tensor<10x40x3xui8>
  %1:2 = cnn.image_to_batch %y {size = array<i64: 7, 25>, min_size = 10, max_size = 25, mean = array<f64: 0.0, 0.0, 0.0>, std = array<f64: 1.0, 1.0, 1.0>} : (tensor<10x40x3xui8>) -> (tensor<1x3x7x25xf32>, tensor<4xi32>)
  %g1 = cnn.constant dense<[6, 25, 10, 40]> : tensor<4xi32>
  check.expect_equal %1#1, %g1 : tensor<4xi32>
  return
}
