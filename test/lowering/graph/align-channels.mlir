// RUN: cnnc-opt %s --set-target=name=x86-64-v3 --align-channels --split-input-file | FileCheck %s
// RUN: cnnc-opt %s --set-target=name=x86-64-v3 --align-channels --run-checks -o /dev/null

// Blocks of 8: the second part starts inside one. Channel 4 of the reader's weights becomes channel 8. The pool and the relu between are widened.
// CHECK-LABEL: @reader
// CHECK: cnn.conv2d {{.*}}layer = "a/padded", out_channels = 8
// CHECK: cnn.conv2d {{.*}}layer = "b/padded", out_channels = 8
// CHECK: cnn.concat {{.*}} -> tensor<1x16x32x32xf32>
// CHECK: cnn.relu {{.*}} -> tensor<1x16x32x32xf32>
// CHECK: cnn.max_pool {{.*}}layer = "p/padded"{{.*}} -> tensor<1x16x31x31xf32>
// CHECK: cnn.conv2d {{.*}}layer = "d", out_channels = 3 {{.*}}tensor<3x16x1x1xf32>
func.func @reader(%x: tensor<1x3x32x32xf32>) -> tensor<1x3x31x31xf32> {
  %wa = cnn.constant dense<1.0> : tensor<4x3x1x1xf32>
  %ba = cnn.constant dense<0.5> : tensor<4xf32>
  %wb = cnn.constant dense<2.0> : tensor<5x3x1x1xf32>
  %wd = cnn.constant dense<1.0> : tensor<3x9x1x1xf32>
  %0 = cnn.conv2d %x, %wa, %ba {kernel = array<i64: 1, 1>, out_channels = 4 : i64, layer = "a"} : (tensor<1x3x32x32xf32>, tensor<4x3x1x1xf32>, tensor<4xf32>) -> tensor<1x4x32x32xf32>
  %1 = cnn.conv2d %x, %wb {kernel = array<i64: 1, 1>, out_channels = 5 : i64, bias = false, layer = "b"} : (tensor<1x3x32x32xf32>, tensor<5x3x1x1xf32>) -> tensor<1x5x32x32xf32>
  %2 = cnn.concat %0, %1 : (tensor<1x4x32x32xf32>, tensor<1x5x32x32xf32>) -> tensor<1x9x32x32xf32>
  %3 = cnn.relu %2 : (tensor<1x9x32x32xf32>) -> tensor<1x9x32x32xf32>
  %4 = cnn.max_pool %3 {kernel = array<i64: 2, 2>, layer = "p"} : (tensor<1x9x32x32xf32>) -> tensor<1x9x31x31xf32>
  %5 = cnn.conv2d %4, %wd {kernel = array<i64: 1, 1>, out_channels = 3 : i64, bias = false, layer = "d"} : (tensor<1x9x31x31xf32>, tensor<3x9x1x1xf32>) -> tensor<1x3x31x31xf32>
  return %5 : tensor<1x3x31x31xf32>
}

// -----

// The values stay: (1, 2) and (3, 4, 5) through a depthwise convolution, (11, 24, 39, 56, 75), joined with the first two again, normalised to
// x / 2 + c, and read by a convolution and by a dense layer: 5.5 + 2 * 13 + 3 * 21.5 + 4 * 31 + 5 * 41.5 + 6 * 5.5 + 7 * 7.
// CHECK-LABEL: @values
// CHECK: cnn.conv2d {{.*}}groups = 16
// CHECK: cnn.batch_norm {{.*}} -> tensor<1x24x1x1xf32>
// CHECK: cnn.conv2d {{.*}}tensor<1x24x1x1xf32>) -> tensor<1x1x1x1xf32>
// CHECK: cnn.dense {{.*}}(tensor<1x24xf32>, tensor<1x24xf32>)
func.func @values() {
  %x = cnn.constant dense<1.0> : tensor<1x1x1x1xf32>
  %wa = cnn.constant dense<[[[[1.0]]], [[[2.0]]]]> : tensor<2x1x1x1xf32>
  %wb = cnn.constant dense<[[[[3.0]]], [[[4.0]]], [[[5.0]]]]> : tensor<3x1x1x1xf32>
  %a = cnn.conv2d %x, %wa {kernel = array<i64: 1, 1>, out_channels = 2 : i64, bias = false} : (tensor<1x1x1x1xf32>, tensor<2x1x1x1xf32>) -> tensor<1x2x1x1xf32>
  %b = cnn.conv2d %x, %wb {kernel = array<i64: 1, 1>, out_channels = 3 : i64, bias = false} : (tensor<1x1x1x1xf32>, tensor<3x1x1x1xf32>) -> tensor<1x3x1x1xf32>
  %c = cnn.concat %a, %b : (tensor<1x2x1x1xf32>, tensor<1x3x1x1xf32>) -> tensor<1x5x1x1xf32>
  %wc = cnn.constant dense<[[[[1.0]]], [[[2.0]]], [[[3.0]]], [[[4.0]]], [[[5.0]]]]> : tensor<5x1x1x1xf32>
  %bc = cnn.constant dense<[10.0, 20.0, 30.0, 40.0, 50.0]> : tensor<5xf32>
  %d = cnn.conv2d %c, %wc, %bc {kernel = array<i64: 1, 1>, out_channels = 5 : i64, groups = 5 : i64} : (tensor<1x5x1x1xf32>, tensor<5x1x1x1xf32>, tensor<5xf32>) -> tensor<1x5x1x1xf32>
  %e = cnn.concat %d, %a : (tensor<1x5x1x1xf32>, tensor<1x2x1x1xf32>) -> tensor<1x7x1x1xf32>
  %ones = cnn.constant dense<1.0> : tensor<7xf32>
  %zeros = cnn.constant dense<0.0> : tensor<7xf32>
  %threes = cnn.constant dense<3.0> : tensor<7xf32>
  %beta = cnn.constant dense<[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]> : tensor<7xf32>
  %n = cnn.batch_norm %e, %ones, %beta, %zeros, %threes {epsilon = 1.0} : (tensor<1x7x1x1xf32>, tensor<7xf32>, tensor<7xf32>, tensor<7xf32>, tensor<7xf32>) -> tensor<1x7x1x1xf32>
  %wr = cnn.constant dense<[[[[1.0]], [[2.0]], [[3.0]], [[4.0]], [[5.0]], [[6.0]], [[7.0]]]]> : tensor<1x7x1x1xf32>
  %r = cnn.conv2d %n, %wr {kernel = array<i64: 1, 1>, out_channels = 1 : i64, bias = false} : (tensor<1x7x1x1xf32>, tensor<1x7x1x1xf32>) -> tensor<1x1x1x1xf32>
  %expected = cnn.constant dense<509.5> : tensor<1x1x1x1xf32>
  check.expect_equal %r, %expected : tensor<1x1x1x1xf32>
  %p = cnn.global_avg_pool %n : (tensor<1x7x1x1xf32>) -> tensor<1x7x1x1xf32>
  %f = cnn.flatten %p : (tensor<1x7x1x1xf32>) -> tensor<1x7xf32>
  %wf = cnn.constant dense<[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]]> : tensor<1x7xf32>
  %y = cnn.dense %f, %wf {out_features = 1 : i64, bias = false} : (tensor<1x7xf32>, tensor<1x7xf32>) -> tensor<1x1xf32>
  %sum = cnn.constant dense<509.5> : tensor<1x1xf32>
  check.expect_equal %y, %sum : tensor<1x1xf32>
  return
}

// -----

// A returned value keeps its channels, and so does all that hangs together with it.
// CHECK-LABEL: @returned
// CHECK: cnn.concat {{.*}} -> tensor<1x9x4x4xf32>
func.func @returned(%x: tensor<1x3x4x4xf32>) -> tensor<1x9x4x4xf32> {
  %wa = cnn.constant dense<1.0> : tensor<4x3x1x1xf32>
  %wb = cnn.constant dense<2.0> : tensor<5x3x1x1xf32>
  %0 = cnn.conv2d %x, %wa {kernel = array<i64: 1, 1>, out_channels = 4 : i64, bias = false} : (tensor<1x3x4x4xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x4x4xf32>
  %1 = cnn.conv2d %x, %wb {kernel = array<i64: 1, 1>, out_channels = 5 : i64, bias = false} : (tensor<1x3x4x4xf32>, tensor<5x3x1x1xf32>) -> tensor<1x5x4x4xf32>
  %2 = cnn.concat %0, %1 : (tensor<1x4x4x4xf32>, tensor<1x5x4x4xf32>) -> tensor<1x9x4x4xf32>
  return %2 : tensor<1x9x4x4xf32>
}

// -----

// Normalisation across channels sees them all: nothing may stand between them.
// CHECK-LABEL: @neighbours
// CHECK: cnn.concat {{.*}} -> tensor<1x9x4x4xf32>
// CHECK: cnn.conv2d {{.*}}tensor<1x9x1x1xf32>
func.func @neighbours(%x: tensor<1x3x4x4xf32>) -> tensor<1x1x4x4xf32> {
  %wa = cnn.constant dense<1.0> : tensor<4x3x1x1xf32>
  %wb = cnn.constant dense<2.0> : tensor<5x3x1x1xf32>
  %wc = cnn.constant dense<2.0> : tensor<1x9x1x1xf32>
  %0 = cnn.conv2d %x, %wa {kernel = array<i64: 1, 1>, out_channels = 4 : i64, bias = false} : (tensor<1x3x4x4xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x4x4xf32>
  %1 = cnn.conv2d %x, %wb {kernel = array<i64: 1, 1>, out_channels = 5 : i64, bias = false} : (tensor<1x3x4x4xf32>, tensor<5x3x1x1xf32>) -> tensor<1x5x4x4xf32>
  %2 = cnn.concat %0, %1 : (tensor<1x4x4x4xf32>, tensor<1x5x4x4xf32>) -> tensor<1x9x4x4xf32>
  %3 = cnn.lrn %2 {size = 5 : i64} : (tensor<1x9x4x4xf32>) -> tensor<1x9x4x4xf32>
  %4 = cnn.conv2d %3, %wc {kernel = array<i64: 1, 1>, out_channels = 1 : i64, bias = false} : (tensor<1x9x4x4xf32>, tensor<1x9x1x1xf32>) -> tensor<1x1x4x4xf32>
  return %4 : tensor<1x1x4x4xf32>
}

// -----

// Copying 3 channels costs less than multiplying 16 more, three blocks for one, by 9 * 128 weights.
// CHECK-LABEL: @costly
// CHECK: cnn.concat {{.*}} -> tensor<1x3x4x4xf32>
func.func @costly(%x: tensor<1x3x4x4xf32>) -> tensor<1x128x4x4xf32> {
  %wa = cnn.constant dense<1.0> : tensor<1x3x1x1xf32>
  %wc = cnn.constant dense<2.0> : tensor<128x3x3x3xf32>
  %0 = cnn.conv2d %x, %wa {kernel = array<i64: 1, 1>, out_channels = 1 : i64, bias = false} : (tensor<1x3x4x4xf32>, tensor<1x3x1x1xf32>) -> tensor<1x1x4x4xf32>
  %1 = cnn.relu %0 : (tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32>
  %2 = cnn.sigmoid %0 : (tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32>
  %3 = cnn.concat %0, %1, %2 : (tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x3x4x4xf32>
  %4 = cnn.conv2d %3, %wc {kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, out_channels = 128 : i64, bias = false} : (tensor<1x3x4x4xf32>, tensor<128x3x3x3xf32>) -> tensor<1x128x4x4xf32>
  return %4 : tensor<1x128x4x4xf32>
}
