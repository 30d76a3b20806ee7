// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.add %{{.*}}, %{{.*}} : (tensor<?x2x3x3xf32>, tensor<2x1x1xf32>) -> tensor<?x2x3x3xf32>
// CHECK: cnn.mul %{{.*}}, %{{.*}} : (tensor<?x2x3x3xf32>, tensor<?x2x1x1xf32>) -> tensor<?x2x3x3xf32>
func.func @roundtrip(%x: tensor<?x2x3x3xf32>, %b: tensor<2x1x1xf32>, %s: tensor<?x2x1x1xf32>) -> tensor<?x2x3x3xf32> {
  %0 = cnn.add %x, %b : (tensor<?x2x3x3xf32>, tensor<2x1x1xf32>) -> tensor<?x2x3x3xf32>
  %1 = cnn.mul %0, %s : (tensor<?x2x3x3xf32>, tensor<?x2x1x1xf32>) -> tensor<?x2x3x3xf32>
  return %1 : tensor<?x2x3x3xf32>
}

func.func @broadcast_both_ways() {
  %column = cnn.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %row = cnn.constant dense<[10.0, 20.0, 30.0]> : tensor<3xf32>
  %0 = cnn.add %column, %row : (tensor<2x1xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %e0 = cnn.constant dense<[[11.0, 21.0, 31.0], [12.0, 22.0, 32.0]]> : tensor<2x3xf32>
  check.expect_equal %0, %e0 : tensor<2x3xf32>
  %1 = cnn.mul %row, %column : (tensor<3xf32>, tensor<2x1xf32>) -> tensor<2x3xf32>
  %e1 = cnn.constant dense<[[10.0, 20.0, 30.0], [20.0, 40.0, 60.0]]> : tensor<2x3xf32>
  check.expect_equal %1, %e1 : tensor<2x3xf32>
  return
}

// A full-size constant after a grouped convolution is not a bias.
func.func @full_size_addend() {
  %x = cnn.constant dense<[[[[1.0, 2.0]], [[3.0, 4.0]]]]> : tensor<1x2x1x2xf32>
  %w = cnn.constant dense<1.0> : tensor<2x1x1x1xf32>
  %c = cnn.conv2d %x, %w {out_channels = 2 : i64, kernel = array<i64: 1, 1>, groups = 2 : i64, bias = false} : (tensor<1x2x1x2xf32>, tensor<2x1x1x1xf32>) -> tensor<1x2x1x2xf32>
  %a = cnn.constant dense<[[[[10.0, 20.0]], [[30.0, 40.0]]]]> : tensor<1x2x1x2xf32>
  %y = cnn.add %c, %a : (tensor<1x2x1x2xf32>, tensor<1x2x1x2xf32>) -> tensor<1x2x1x2xf32>
  %e = cnn.constant dense<[[[[11.0, 22.0]], [[33.0, 44.0]]]]> : tensor<1x2x1x2xf32>
  check.expect_equal %y, %e : tensor<1x2x1x2xf32>
  return
}

// The convolution keeps its sign for its second reader.
func.func @two_readers() {
  %x = cnn.constant dense<-1.0> : tensor<1x1x1x1xf32>
  %w = cnn.constant dense<1.0> : tensor<1x1x1x1xf32>
  %c = cnn.conv2d %x, %w {out_channels = 1 : i64, kernel = array<i64: 1, 1>, bias = false} : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  %r = cnn.relu %c : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  %y = cnn.add %c, %r : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  check.expect_equal %y, %x : tensor<1x1x1x1xf32>
  return
}
