// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.assign_levels %{{.*}} {max_level = 5 : i64, min_level = 2 : i64} : (tensor<10x4xf32>) -> tensor<10xi32>
// CHECK: cnn.roi_pool %{{.*}}, %{{.*}}, %{{.*}} {scale = 6.250000e-02 : f64, size = array<i64: 6, 6>} : (tensor<10x4xf32>, tensor<1xi32>, tensor<1x3x20x30xf32>) -> tensor<10x3x6x6xf32>
// CHECK: cnn.roi_align %{{.*}}, %{{.*}}, %{{.*}} {aligned = true, sampling_ratio = 2 : i64, scale = 6.250000e-02 : f64, size = array<i64: 7, 5>}
// CHECK: cnn.multiscale_roi_align %{{.*}} {image_size = array<i64: 320, 480>, size = array<i64: 7, 7>} : (tensor<10x4xf32>, tensor<1xi32>, tensor<1x3x20x30xf32>, tensor<1x3x10x15xf32>, tensor<1x3x5x8xf32>) -> tensor<10x3x7x7xf32>
func.func @roundtrip(%b: tensor<10x4xf32>, %n: tensor<1xi32>, %f: tensor<1x3x20x30xf32>, %g: tensor<1x3x10x15xf32>, %h: tensor<1x3x5x8xf32>) -> tensor<10x3x7x7xf32> {
  %0 = cnn.assign_levels %b {min_level = 2, max_level = 5} : (tensor<10x4xf32>) -> tensor<10xi32>
  %1 = cnn.roi_pool %b, %n, %f {size = array<i64: 6, 6>, scale = 0.0625} : (tensor<10x4xf32>, tensor<1xi32>, tensor<1x3x20x30xf32>) -> tensor<10x3x6x6xf32>
  %2 = cnn.roi_align %b, %n, %f {size = array<i64: 7, 5>, scale = 0.0625, sampling_ratio = 2, aligned = true} : (tensor<10x4xf32>, tensor<1xi32>, tensor<1x3x20x30xf32>) -> tensor<10x3x7x5xf32>
  %3 = cnn.multiscale_roi_align %b, %n, %f, %g, %h {size = array<i64: 7, 7>, image_size = array<i64: 320, 480>} : (tensor<10x4xf32>, tensor<1xi32>, tensor<1x3x20x30xf32>, tensor<1x3x10x15xf32>, tensor<1x3x5x8xf32>) -> tensor<10x3x7x7xf32>
  return %3 : tensor<10x3x7x7xf32>
}

// Maps and results may be blocked.
func.func @blocked(%b: tensor<4x4xf32>, %n: tensor<1xi32>, %f: tensor<1x20x8x8xf32, #cnn.layout<block = 16, halo = [0, 0, 0, 0]>>) -> tensor<4x20x2x2xf32, #cnn.layout<block = 16, halo = [1, 1, 1, 1]>> {
  %0 = cnn.roi_align %b, %n, %f {size = array<i64: 2, 2>, scale = 1.0} : (tensor<4x4xf32>, tensor<1xi32>, tensor<1x20x8x8xf32, #cnn.layout<block = 16, halo = [0, 0, 0, 0]>>) -> tensor<4x20x2x2xf32, #cnn.layout<block = 16, halo = [1, 1, 1, 1]>>
  return %0 : tensor<4x20x2x2xf32, #cnn.layout<block = 16, halo = [1, 1, 1, 1]>>
}

// Frames of torchvision and of ONNX half_pixel. The second row lies past the count.
func.func @frames() {
  %x = cnn.constant dense<[[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]]> : tensor<1x1x3x3xf32>
  %b = cnn.constant dense<[[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 2.0]]> : tensor<2x4xf32>
  %n = cnn.constant dense<1> : tensor<1xi32>
  %0 = cnn.roi_align %b, %n, %x {size = array<i64: 2, 2>, scale = 1.0, sampling_ratio = 1} : (tensor<2x4xf32>, tensor<1xi32>, tensor<1x1x3x3xf32>) -> tensor<2x1x2x2xf32>
  %e0 = cnn.constant dense<[[[[3.0, 4.0], [6.0, 7.0]]], [[[0.0, 0.0], [0.0, 0.0]]]]> : tensor<2x1x2x2xf32>
  check.expect_equal %0, %e0 : tensor<2x1x2x2xf32>
  %1 = cnn.roi_align %b, %n, %x {size = array<i64: 2, 2>, scale = 1.0, sampling_ratio = 1, aligned = true} : (tensor<2x4xf32>, tensor<1xi32>, tensor<1x1x3x3xf32>) -> tensor<2x1x2x2xf32>
  %e1 = cnn.constant dense<[[[[1.0, 2.0], [4.0, 5.0]]], [[[0.0, 0.0], [0.0, 0.0]]]]> : tensor<2x1x2x2xf32>
  check.expect_equal %1, %e1 : tensor<2x1x2x2xf32>
  return
}

// x * x in each row: an adaptive grid of 2 x 3 samples a bin, and one of 2 x 2.
func.func @adaptive() {
  %x = cnn.constant dense<[[[[0.0, 1.0, 4.0, 9.0, 16.0, 25.0, 36.0, 49.0], [0.0, 1.0, 4.0, 9.0, 16.0, 25.0, 36.0, 49.0],
                             [0.0, 1.0, 4.0, 9.0, 16.0, 25.0, 36.0, 49.0], [0.0, 1.0, 4.0, 9.0, 16.0, 25.0, 36.0, 49.0]]]]> : tensor<1x1x4x8xf32>
  %b = cnn.constant dense<[[0.0, 0.0, 6.0, 3.0]]> : tensor<1x4xf32>
  %n = cnn.constant dense<1> : tensor<1xi32>
  %0 = cnn.roi_align %b, %n, %x {size = array<i64: 2, 2>, scale = 1.0} : (tensor<1x4xf32>, tensor<1xi32>, tensor<1x1x4x8xf32>) -> tensor<1x1x2x2xf32>
  %e0 = cnn.constant dense<[[[[3.1666667, 21.166667], [3.1666667, 21.166667]]]]> : tensor<1x1x2x2xf32>
  check.expect_close %0, %e0 : tensor<1x1x2x2xf32>
  %1 = cnn.roi_align %b, %n, %x {size = array<i64: 2, 2>, scale = 1.0, sampling_ratio = 2} : (tensor<1x4xf32>, tensor<1xi32>, tensor<1x1x4x8xf32>) -> tensor<1x1x2x2xf32>
  %e1 = cnn.constant dense<[[[[3.0, 21.0], [3.0, 21.0]]]]> : tensor<1x1x2x2xf32>
  check.expect_close %1, %e1 : tensor<1x1x2x2xf32>
  return
}

// Below -1 and above the extent a sample is 0, in between it takes the border cell. NaN and infinite corners give 0.
func.func @outside() {
  %x = cnn.constant dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>
  %b = cnn.constant dense<[[-3.0, -3.0, -1.5, -1.5], [-1.0, -1.0, 0.0, 0.0], [1.5, 1.5, 3.0, 3.0], [1.0, 1.0, 3.0, 3.0],
                           [0x7FC00000, 0.0, 1.0, 1.0], [0.0, 0.0, 0x7F800000, 1.0]]> : tensor<6x4xf32>
  %n = cnn.constant dense<6> : tensor<1xi32>
  %0 = cnn.roi_align %b, %n, %x {size = array<i64: 1, 1>, scale = 1.0, sampling_ratio = 1} : (tensor<6x4xf32>, tensor<1xi32>, tensor<1x1x2x2xf32>) -> tensor<6x1x1x1xf32>
  %e = cnn.constant dense<[[[[0.0]]], [[[1.0]]], [[[0.0]]], [[[4.0]]], [[[0.0]]], [[[0.0]]]]> : tensor<6x1x1x1xf32>
  check.expect_equal %0, %e : tensor<6x1x1x1xf32>
  return
}

// Without `aligned` a degenerate region is a cell wide; with it an adaptive grid is empty.
func.func @degenerate() {
  %x = cnn.constant dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>
  %b = cnn.constant dense<[[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0]]> : tensor<2x4xf32>
  %n = cnn.constant dense<2> : tensor<1xi32>
  %0 = cnn.roi_align %b, %n, %x {size = array<i64: 1, 1>, scale = 1.0} : (tensor<2x4xf32>, tensor<1xi32>, tensor<1x1x2x2xf32>) -> tensor<2x1x1x1xf32>
  %e0 = cnn.constant dense<[[[[2.5]]], [[[4.0]]]]> : tensor<2x1x1x1xf32>
  check.expect_equal %0, %e0 : tensor<2x1x1x1xf32>
  %1 = cnn.roi_align %b, %n, %x {size = array<i64: 1, 1>, scale = 1.0, aligned = true} : (tensor<2x4xf32>, tensor<1xi32>, tensor<1x1x2x2xf32>) -> tensor<2x1x1x1xf32>
  %e1 = cnn.constant dense<0.0> : tensor<2x1x1x1xf32>
  check.expect_equal %1, %e1 : tensor<2x1x1x1xf32>
  return
}

// Halves are rounded away from zero: cells 1 to 5. The last region lies outside the map, the one before has a NaN and an infinite corner.
func.func @pool() {
  %x = cnn.constant dense<[[[[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0],
                             [16.0, 17.0, 18.0, 19.0, 20.0, 21.0, 22.0, 23.0], [24.0, 25.0, 26.0, 27.0, 28.0, 29.0, 30.0, 31.0],
                             [32.0, 33.0, 34.0, 35.0, 36.0, 37.0, 38.0, 39.0], [40.0, 41.0, 42.0, 43.0, 44.0, 45.0, 46.0, 47.0],
                             [48.0, 49.0, 50.0, 51.0, 52.0, 53.0, 54.0, 55.0], [56.0, 57.0, 58.0, 59.0, 60.0, 61.0, 62.0, 63.0]]]]> : tensor<1x1x8x8xf32>
  %b = cnn.constant dense<[[1.0, 1.0, 9.0, 9.0], [4.0, 4.0, 2.0, 2.0], [0x7FC00000, 0.0, 0x7F800000, 2.0], [40.0, 40.0, 60.0, 60.0]]> : tensor<4x4xf32>
  %n = cnn.constant dense<4> : tensor<1xi32>
  %0 = cnn.roi_pool %b, %n, %x {size = array<i64: 1, 1>, scale = 0.5} : (tensor<4x4xf32>, tensor<1xi32>, tensor<1x1x8x8xf32>) -> tensor<4x1x1x1xf32>
  %e0 = cnn.constant dense<[[[[45.0]]], [[[18.0]]], [[[15.0]]], [[[0.0]]]]> : tensor<4x1x1x1xf32>
  check.expect_equal %0, %e0 : tensor<4x1x1x1xf32>
  // Five cells in two bins: 1 to 3 and 3 to 5.
  %one = cnn.constant dense<1> : tensor<1xi32>
  %1 = cnn.roi_pool %b, %one, %x {size = array<i64: 2, 2>, scale = 0.5} : (tensor<4x4xf32>, tensor<1xi32>, tensor<1x1x8x8xf32>) -> tensor<4x1x2x2xf32>
  %e1 = cnn.constant dense<[[[[27.0, 29.0], [43.0, 45.0]]], [[[0.0, 0.0], [0.0, 0.0]]], [[[0.0, 0.0], [0.0, 0.0]]], [[[0.0, 0.0], [0.0, 0.0]]]]> : tensor<4x1x2x2xf32>
  check.expect_equal %1, %e1 : tensor<4x1x2x2xf32>
  return
}

func.func @pool_passes_over_nan() {
  %x = cnn.constant dense<[[[[0x7FC00000, -5.0]], [[0x7FC00000, 0x7FC00000]]]]> : tensor<1x2x1x2xf32>
  %b = cnn.constant dense<[[0.0, 0.0, 1.0, 0.0]]> : tensor<1x4xf32>
  %n = cnn.constant dense<1> : tensor<1xi32>
  %0 = cnn.roi_pool %b, %n, %x {size = array<i64: 1, 1>, scale = 1.0} : (tensor<1x4xf32>, tensor<1xi32>, tensor<1x2x1x2xf32>) -> tensor<1x2x1x1xf32>
  %e = cnn.constant dense<[[[[-5.0]], [[-3.40282347e+38]]]]> : tensor<1x2x1x1xf32>
  check.expect_equal %0, %e : tensor<1x2x1x1xf32>
  return
}

// Sides of 112 and 224 lie on the borders of levels; no area, a negative one and NaN are of the first level, inf of the last.
func.func @levels() {
  %b = cnn.constant dense<[[0.0, 0.0, 111.0, 112.0], [0.0, 0.0, 112.0, 112.0], [10.0, 10.0, 233.0, 233.0], [0.0, 0.0, 224.0, 224.0], [0.0, 0.0, 448.0, 448.0],
                           [0.0, 0.0, 4000.0, 4000.0], [3.0, 3.0, 3.0, 9.0], [3.0, 3.0, 1.0, 9.0], [0x7FC00000, 0.0, 448.0, 448.0],
                           [0.0, 0.0, 0x7F800000, 448.0]]> : tensor<10x4xf32>
  %0 = cnn.assign_levels %b {min_level = 2, max_level = 5} : (tensor<10x4xf32>) -> tensor<10xi32>
  %e = cnn.constant dense<[0, 1, 1, 2, 3, 3, 0, 0, 0, 3]> : tensor<10xi32>
  check.expect_equal %0, %e : tensor<10xi32>
  return
}

// Maps hold their numbers; the canonical size 16 is of level 1.
func.func @multiscale() {
  %f0 = cnn.constant dense<1.0> : tensor<1x1x32x32xf32>
  %f1 = cnn.constant dense<2.0> : tensor<1x1x16x16xf32>
  %f2 = cnn.constant dense<3.0> : tensor<1x1x8x8xf32>
  %b = cnn.constant dense<[[0.0, 0.0, 15.0, 15.0], [0.0, 0.0, 16.0, 16.0], [0.0, 0.0, 32.0, 31.0], [0.0, 0.0, 32.0, 32.0], [0.0, 0.0, 32.0, 32.0]]> : tensor<5x4xf32>
  %n = cnn.constant dense<4> : tensor<1xi32>
  %0 = cnn.multiscale_roi_align %b, %n, %f0, %f1, %f2 {size = array<i64: 1, 1>, image_size = array<i64: 32, 32>, canonical_size = 16, canonical_level = 1} : (tensor<5x4xf32>, tensor<1xi32>, tensor<1x1x32x32xf32>, tensor<1x1x16x16xf32>, tensor<1x1x8x8xf32>) -> tensor<5x1x1x1xf32>
  %e = cnn.constant dense<[[[[1.0]]], [[[2.0]]], [[[2.0]]], [[[3.0]]], [[[0.0]]]]> : tensor<5x1x1x1xf32>
  check.expect_equal %0, %e : tensor<5x1x1x1xf32>
  return
}

// One map needs no level; its scale is 1/4.
func.func @one_map() {
  %f = cnn.constant dense<[[[[0.0, 1.0], [2.0, 3.0]]]]> : tensor<1x1x2x2xf32>
  %b = cnn.constant dense<[[0.0, 0.0, 4.0, 4.0]]> : tensor<1x4xf32>
  %n = cnn.constant dense<1> : tensor<1xi32>
  %0 = cnn.multiscale_roi_align %b, %n, %f {size = array<i64: 1, 1>, image_size = array<i64: 8, 8>} : (tensor<1x4xf32>, tensor<1xi32>, tensor<1x1x2x2xf32>) -> tensor<1x1x1x1xf32>
  %e = cnn.constant dense<1.5> : tensor<1x1x1x1xf32>
  check.expect_equal %0, %e : tensor<1x1x1x1xf32>
  return
}

// No rows at all, no meant rows, and counts outside [0, R].
func.func @counts() {
  %f = cnn.constant dense<1.0> : tensor<1x2x4x4xf32>
  %none = cnn.constant dense<0> : tensor<1xi32>
  %b0 = cnn.constant dense<> : tensor<0x4xf32>
  %0 = cnn.roi_align %b0, %none, %f {size = array<i64: 2, 2>, scale = 1.0} : (tensor<0x4xf32>, tensor<1xi32>, tensor<1x2x4x4xf32>) -> tensor<0x2x2x2xf32>
  %e0 = cnn.constant dense<> : tensor<0x2x2x2xf32>
  check.expect_equal %0, %e0 : tensor<0x2x2x2xf32>
  %l0 = cnn.assign_levels %b0 {min_level = 2, max_level = 5} : (tensor<0x4xf32>) -> tensor<0xi32>
  %e1 = cnn.constant dense<> : tensor<0xi32>
  check.expect_equal %l0, %e1 : tensor<0xi32>
  %b = cnn.constant dense<[[0.0, 0.0, 2.0, 2.0]]> : tensor<1x4xf32>
  %negative = cnn.constant dense<-7> : tensor<1xi32>
  %many = cnn.constant dense<9> : tensor<1xi32>
  %zero = cnn.constant dense<0.0> : tensor<1x2x1x1xf32>
  %ones = cnn.constant dense<1.0> : tensor<1x2x1x1xf32>
  %1 = cnn.roi_pool %b, %negative, %f {size = array<i64: 1, 1>, scale = 1.0} : (tensor<1x4xf32>, tensor<1xi32>, tensor<1x2x4x4xf32>) -> tensor<1x2x1x1xf32>
  check.expect_equal %1, %zero : tensor<1x2x1x1xf32>
  %2 = cnn.roi_pool %b, %many, %f {size = array<i64: 1, 1>, scale = 1.0} : (tensor<1x4xf32>, tensor<1xi32>, tensor<1x2x4x4xf32>) -> tensor<1x2x1x1xf32>
  check.expect_equal %2, %ones : tensor<1x2x1x1xf32>
  return
}
