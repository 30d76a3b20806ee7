// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.decode_boxes %{{.*}}, %{{.*}} {weights = array<f64: 1.000000e+00, 1.000000e+00, 1.000000e+00, 1.000000e+00>} : (tensor<9x4xf32>, tensor<9x12xf32>) -> tensor<9x3x4xf32>
// CHECK: cnn.clip_boxes %{{.*}}, %{{.*}} : (tensor<9x3x4xf32>, tensor<4xi32>) -> tensor<9x3x4xf32>
// CHECK: cnn.rescale_boxes %{{.*}}, %{{.*}} : (tensor<9x4xf32>, tensor<4xi32>) -> tensor<9x4xf32>
// CHECK: cnn.remove_small %{{.*}} {min_size = 1.000000e-03 : f64} : (tensor<9x4xf32>, tensor<9xf32>, tensor<1xi32>) -> (tensor<9x4xf32>, tensor<9xf32>, tensor<1xi32>)
func.func @roundtrip(%b: tensor<9x4xf32>, %d: tensor<9x12xf32>, %s: tensor<9xf32>, %g: tensor<4xi32>, %n: tensor<1xi32>) -> (tensor<9x3x4xf32>, tensor<9x4xf32>, tensor<1xi32>) {
  %0 = cnn.decode_boxes %b, %d {weights = array<f64: 1.0, 1.0, 1.0, 1.0>} : (tensor<9x4xf32>, tensor<9x12xf32>) -> tensor<9x3x4xf32>
  %1 = cnn.clip_boxes %0, %g : (tensor<9x3x4xf32>, tensor<4xi32>) -> tensor<9x3x4xf32>
  %2 = cnn.rescale_boxes %b, %g : (tensor<9x4xf32>, tensor<4xi32>) -> tensor<9x4xf32>
  %3:3 = cnn.remove_small %b, %s, %n {min_size = 0.001} : (tensor<9x4xf32>, tensor<9xf32>, tensor<1xi32>) -> (tensor<9x4xf32>, tensor<9xf32>, tensor<1xi32>)
  return %1, %2, %3#2 : tensor<9x3x4xf32>, tensor<9x4xf32>, tensor<1xi32>
}

// dx of 10 / 10 moves by one width; dw of 5 log 2 / 5 doubles it; 125.76 is clipped to log(1000 / 16); NaN passes through.
func.func @decode() {
  %b = cnn.constant dense<[[0.0, 0.0, 16.0, 16.0], [10.0, 20.0, 14.0, 28.0]]> : tensor<2x4xf32>
  %d = cnn.constant dense<[[0.0, 0.0, 628.8, 0.0, 10.0, -5.0, 3.4657359, 0.0], [0.0, 0.0, -1.0e30, -1.0e30, 0x7FC00000, 0.0, 0.0, 0.0]]> : tensor<2x8xf32>
  %0 = cnn.decode_boxes %b, %d : (tensor<2x4xf32>, tensor<2x8xf32>) -> tensor<2x2x4xf32>
  %e0 = cnn.constant dense<[[[-492.0, 0.0, 508.0, 16.0], [8.0, -8.0, 40.0, 8.0]], [[12.0, 24.0, 12.0, 24.0], [0x7FC00000, 20.0, 0x7FC00000, 28.0]]]> : tensor<2x2x4xf32>
  check.expect_close %0, %e0 {rtol = 1.0e-6, atol = 1.0e-5} : tensor<2x2x4xf32>
  %one = cnn.constant dense<[[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]> : tensor<2x4xf32>
  %1 = cnn.decode_boxes %b, %one {weights = array<f64: 2.0, 1.0, 1.0, 1.0>} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  %e1 = cnn.constant dense<[[8.0, 0.0, 24.0, 16.0], [10.0, 20.0, 14.0, 28.0]]> : tensor<2x4xf32>
  check.expect_equal %1, %e1 : tensor<2x4xf32>
  return
}

// The geometry holds height before width, scaled before original.
func.func @clip_and_rescale() {
  %g = cnn.constant dense<[10, 20, 30, 40]> : tensor<4xi32>
  %b = cnn.constant dense<[[-5.0, -6.0, 25.0, 12.0], [1.0, 2.0, 3.0, 4.0], [0x7FC00000, 11.0, 0x7F800000, 0xFF800000]]> : tensor<3x4xf32>
  %0 = cnn.clip_boxes %b, %g : (tensor<3x4xf32>, tensor<4xi32>) -> tensor<3x4xf32>
  %e0 = cnn.constant dense<[[0.0, 0.0, 20.0, 10.0], [1.0, 2.0, 3.0, 4.0], [0x7FC00000, 10.0, 20.0, 0.0]]> : tensor<3x4xf32>
  check.expect_equal %0, %e0 : tensor<3x4xf32>
  %1 = cnn.rescale_boxes %0, %g : (tensor<3x4xf32>, tensor<4xi32>) -> tensor<3x4xf32>
  %e1 = cnn.constant dense<[[0.0, 0.0, 40.0, 30.0], [2.0, 6.0, 6.0, 12.0], [0x7FC00000, 30.0, 40.0, 0.0]]> : tensor<3x4xf32>
  check.expect_equal %1, %e1 : tensor<3x4xf32>
  %empty = cnn.constant dense<[0, 0, 30, 40]> : tensor<4xi32>
  %2 = cnn.rescale_boxes %b, %empty : (tensor<3x4xf32>, tensor<4xi32>) -> tensor<3x4xf32>
  check.expect_equal %2, %b : tensor<3x4xf32>
  %4 = cnn.rescale_boxes %1, %g {to_scaled = true} : (tensor<3x4xf32>, tensor<4xi32>) -> tensor<3x4xf32>
  check.expect_close %4, %0 {rtol = 1.0e-6, atol = 1.0e-6} : tensor<3x4xf32>
  %nothing = cnn.constant dense<[30, 40, 0, 0]> : tensor<4xi32>
  %5 = cnn.rescale_boxes %b, %nothing {to_scaled = true} : (tensor<3x4xf32>, tensor<4xi32>) -> tensor<3x4xf32>
  check.expect_equal %5, %b : tensor<3x4xf32>
  return
}

// A side equal to min_size stays, also where it is so in f32 only; flat, inverted and NaN boxes and the row past the count go.
func.func @remove_small() {
  %b = cnn.constant dense<[[0.0, 0.0, 0.01, 5.0], [0.0, 0.0, 5.0, 0.0], [5.0, 5.0, 1.0, 1.0], [0.0, 0x7FC00000, 5.0, 5.0], [1.0, 1.0, 2.0, 3.0], [0.0, 0.0, 9.0, 9.0]]> : tensor<6x4xf32>
  %s = cnn.constant dense<[0.9, 0.8, 0.7, 0.6, 0x7FC00000, 0.4]> : tensor<6xf32>
  %n = cnn.constant dense<5> : tensor<1xi32>
  %0:3 = cnn.remove_small %b, %s, %n {min_size = 0.01} : (tensor<6x4xf32>, tensor<6xf32>, tensor<1xi32>) -> (tensor<6x4xf32>, tensor<6xf32>, tensor<1xi32>)
  %eb = cnn.constant dense<[[0.0, 0.0, 0.01, 5.0], [1.0, 1.0, 2.0, 3.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]> : tensor<6x4xf32>
  %es = cnn.constant dense<[0.9, 0x7FC00000, 0.0, 0.0, 0.0, 0.0]> : tensor<6xf32>
  %en = cnn.constant dense<2> : tensor<1xi32>
  check.expect_equal %0#0, %eb : tensor<6x4xf32>
  check.expect_equal %0#1, %es : tensor<6xf32>
  check.expect_equal %0#2, %en : tensor<1xi32>
  return
}

func.func @no_rows() {
  %b = cnn.constant dense<> : tensor<0x4xf32>
  %d = cnn.constant dense<> : tensor<0x8xf32>
  %s = cnn.constant dense<> : tensor<0xf32>
  %n = cnn.constant dense<0> : tensor<1xi32>
  %g = cnn.constant dense<[10, 20, 30, 40]> : tensor<4xi32>
  %0 = cnn.decode_boxes %b, %d : (tensor<0x4xf32>, tensor<0x8xf32>) -> tensor<0x2x4xf32>
  %1 = cnn.clip_boxes %0, %g : (tensor<0x2x4xf32>, tensor<4xi32>) -> tensor<0x2x4xf32>
  %2 = cnn.rescale_boxes %1, %g : (tensor<0x2x4xf32>, tensor<4xi32>) -> tensor<0x2x4xf32>
  %e = cnn.constant dense<> : tensor<0x2x4xf32>
  check.expect_equal %2, %e : tensor<0x2x4xf32>
  %3:3 = cnn.remove_small %b, %s, %n {min_size = 0.01} : (tensor<0x4xf32>, tensor<0xf32>, tensor<1xi32>) -> (tensor<0x4xf32>, tensor<0xf32>, tensor<1xi32>)
  check.expect_equal %3#2, %n : tensor<1xi32>
  return
}
