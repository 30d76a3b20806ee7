// RUN: cnnc-opt %s --set-target=name=x86-64-v4 --split-batch --assign-layout --fuse-epilogue --fuse-chains --split-input-file | FileCheck %s

// What lies between the two convolutions would come back from beyond L2 more slowly than it is computed: they become one kernel, with the epilogues of
// both.
// CHECK-LABEL: @separable
// CHECK: cnn.conv2d {{.*}}group = [[#G:]] : i64
// CHECK: cnn.relu {{.*}}group = [[#G]] : i64
// CHECK: cnn.conv2d {{.*}}group = [[#G]] : i64
// CHECK: cnn.relu {{.*}}group = [[#G]] : i64
func.func @separable(%x: tensor<1x64x112x112xf32>) -> tensor<1x64x112x112xf32> {
  %d = cnn.constant dense<1.0> : tensor<64x1x3x3xf32>
  %p = cnn.constant dense<1.0> : tensor<64x64x1x1xf32>
  %0 = cnn.conv2d %x, %d {kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, groups = 64 : i64, out_channels = 64 : i64, bias = false} : (tensor<1x64x112x112xf32>, tensor<64x1x3x3xf32>) -> tensor<1x64x112x112xf32>
  %1 = cnn.relu %0 : (tensor<1x64x112x112xf32>) -> tensor<1x64x112x112xf32>
  %2 = cnn.conv2d %1, %p {kernel = array<i64: 1, 1>, out_channels = 64 : i64, bias = false} : (tensor<1x64x112x112xf32>, tensor<64x64x1x1xf32>) -> tensor<1x64x112x112xf32>
  %3 = cnn.relu %2 : (tensor<1x64x112x112xf32>) -> tensor<1x64x112x112xf32>
  return %3 : tensor<1x64x112x112xf32>
}

// -----

// Somebody else reads the first result: it must be in memory.
// CHECK-LABEL: @second_reader
// CHECK: cnn.conv2d {{.*}}group = [[#D:]] : i64
// CHECK-NOT: cnn.conv2d {{.*}}group = [[#D]] : i64
func.func @second_reader(%x: tensor<1x64x112x112xf32>) -> (tensor<1x64x112x112xf32>, tensor<1x64x112x112xf32>) {
  %d = cnn.constant dense<1.0> : tensor<64x1x3x3xf32>
  %p = cnn.constant dense<1.0> : tensor<64x64x1x1xf32>
  %0 = cnn.conv2d %x, %d {kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, groups = 64 : i64, out_channels = 64 : i64, bias = false} : (tensor<1x64x112x112xf32>, tensor<64x1x3x3xf32>) -> tensor<1x64x112x112xf32>
  %1 = cnn.conv2d %0, %p {kernel = array<i64: 1, 1>, out_channels = 64 : i64, bias = false} : (tensor<1x64x112x112xf32>, tensor<64x64x1x1xf32>) -> tensor<1x64x112x112xf32>
  return %0, %1 : tensor<1x64x112x112xf32>, tensor<1x64x112x112xf32>
}

// -----

// Two full convolutions have no kernel of their own.
// CHECK-LABEL: @dense
// CHECK: cnn.conv2d {{.*}}group = [[#A:]] : i64
// CHECK-NOT: cnn.conv2d {{.*}}group = [[#A]] : i64
func.func @dense(%x: tensor<1x64x112x112xf32>) -> tensor<1x64x112x112xf32> {
  %w = cnn.constant dense<1.0> : tensor<64x64x3x3xf32>
  %p = cnn.constant dense<1.0> : tensor<64x64x1x1xf32>
  %0 = cnn.conv2d %x, %w {kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, out_channels = 64 : i64, bias = false} : (tensor<1x64x112x112xf32>, tensor<64x64x3x3xf32>) -> tensor<1x64x112x112xf32>
  %1 = cnn.conv2d %0, %p {kernel = array<i64: 1, 1>, out_channels = 64 : i64, bias = false} : (tensor<1x64x112x112xf32>, tensor<64x64x1x1xf32>) -> tensor<1x64x112x112xf32>
  return %1 : tensor<1x64x112x112xf32>
}

// -----

// What fits L2 stays there between two kernels as well.
// CHECK-LABEL: @small
// CHECK: cnn.conv2d {{.*}}group = [[#S:]] : i64
// CHECK-NOT: cnn.conv2d {{.*}}group = [[#S]] : i64
func.func @small(%x: tensor<1x64x14x14xf32>) -> tensor<1x64x14x14xf32> {
  %d = cnn.constant dense<1.0> : tensor<64x1x3x3xf32>
  %p = cnn.constant dense<1.0> : tensor<64x64x1x1xf32>
  %0 = cnn.conv2d %x, %d {kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, groups = 64 : i64, out_channels = 64 : i64, bias = false} : (tensor<1x64x14x14xf32>, tensor<64x1x3x3xf32>) -> tensor<1x64x14x14xf32>
  %1 = cnn.conv2d %0, %p {kernel = array<i64: 1, 1>, out_channels = 64 : i64, bias = false} : (tensor<1x64x14x14xf32>, tensor<64x64x1x1xf32>) -> tensor<1x64x14x14xf32>
  return %1 : tensor<1x64x14x14xf32>
}
