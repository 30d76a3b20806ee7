// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.top_k %{{.*}}, %{{.*}} {k = 3 : i64} : (tensor<9xf32>, tensor<1xi32>) -> (tensor<3xf32>, tensor<3xi32>, tensor<1xi32>)
// CHECK: cnn.gather_rows %{{.*}}, %{{.*}}, %{{.*}} : (tensor<9x2x4xf32>, tensor<3xi32>, tensor<1xi32>) -> tensor<3x2x4xf32>
func.func @roundtrip(%s: tensor<9xf32>, %n: tensor<1xi32>, %x: tensor<9x2x4xf32>) -> tensor<3x2x4xf32> {
  %v, %i, %c = cnn.top_k %s, %n {k = 3} : (tensor<9xf32>, tensor<1xi32>) -> (tensor<3xf32>, tensor<3xi32>, tensor<1xi32>)
  %r = cnn.gather_rows %x, %i, %c : (tensor<9x2x4xf32>, tensor<3xi32>, tensor<1xi32>) -> tensor<3x2x4xf32>
  return %r : tensor<3x2x4xf32>
}

// Equal scores stand in order of index; NaN is last, an infinity first, -0 equals 0.
func.func @order() {
  %s = cnn.constant dense<[0x7FC00000, -0.0, 2.0, 0x7F800000, 0.0, 2.0, 0xFF800000, 9.0]> : tensor<8xf32>
  %n = cnn.constant dense<7> : tensor<1xi32>
  %v, %i, %c = cnn.top_k %s, %n {k = 10} : (tensor<8xf32>, tensor<1xi32>) -> (tensor<10xf32>, tensor<10xi32>, tensor<1xi32>)
  %ev = cnn.constant dense<[0x7F800000, 2.0, 2.0, 0.0, 0.0, 0xFF800000, 0x7FC00000, 0.0, 0.0, 0.0]> : tensor<10xf32>
  %ei = cnn.constant dense<[3, 2, 5, 1, 4, 6, 0, 0, 0, 0]> : tensor<10xi32>
  check.expect_equal %v, %ev : tensor<10xf32>
  check.expect_equal %i, %ei : tensor<10xi32>
  check.expect_equal %c, %n : tensor<1xi32>
  return
}

func.func @ties() {
  %s = cnn.constant dense<[0.0, 1.0, 2.0, 2.0]> : tensor<4xf32>
  %n = cnn.constant dense<4> : tensor<1xi32>
  %v1, %i1, %c1 = cnn.top_k %s, %n {k = 1} : (tensor<4xf32>, tensor<1xi32>) -> (tensor<1xf32>, tensor<1xi32>, tensor<1xi32>)
  %e1 = cnn.constant dense<[2]> : tensor<1xi32>
  check.expect_equal %i1, %e1 : tensor<1xi32>
  %v2, %i2, %c2 = cnn.top_k %s, %n {k = 2} : (tensor<4xf32>, tensor<1xi32>) -> (tensor<2xf32>, tensor<2xi32>, tensor<1xi32>)
  %e2 = cnn.constant dense<[2, 3]> : tensor<2xi32>
  check.expect_equal %i2, %e2 : tensor<2xi32>
  return
}

// An index outside gives zeros, as does a row past the count.
func.func @gather() {
  %x = cnn.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
  %i = cnn.constant dense<[2, 0, 2, 3, -1, 1]> : tensor<6xi32>
  %n = cnn.constant dense<5> : tensor<1xi32>
  %0 = cnn.gather_rows %x, %i, %n : (tensor<3x2xf32>, tensor<6xi32>, tensor<1xi32>) -> tensor<6x2xf32>
  %e = cnn.constant dense<[[5.0, 6.0], [1.0, 2.0], [5.0, 6.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]> : tensor<6x2xf32>
  check.expect_equal %0, %e : tensor<6x2xf32>
  return
}

func.func @no_rows() {
  %s = cnn.constant dense<> : tensor<0xf32>
  %n = cnn.constant dense<0> : tensor<1xi32>
  %v, %i, %c = cnn.top_k %s, %n {k = 2} : (tensor<0xf32>, tensor<1xi32>) -> (tensor<2xf32>, tensor<2xi32>, tensor<1xi32>)
  check.expect_equal %c, %n : tensor<1xi32>
  %x = cnn.constant dense<> : tensor<0x3xf32>
  %many = cnn.constant dense<2> : tensor<1xi32>
  %0 = cnn.gather_rows %x, %i, %many : (tensor<0x3xf32>, tensor<2xi32>, tensor<1xi32>) -> tensor<2x3xf32>
  %e = cnn.constant dense<0.0> : tensor<2x3xf32>
  check.expect_equal %0, %e : tensor<2x3xf32>
  return
}
