// RUN: cnnc-opt %s --set-target=name=x86-64-v3 --split-batch --assign-layout --fuse-epilogue --split-input-file | FileCheck %s

// conv + add + relu form one group; the branch that the add reads keeps its own.
// CHECK-LABEL: @residual
// CHECK: cnn.convert_layout {{.*}}group = [[#G0:]] : i64
// CHECK: cnn.conv2d {{.*}}group = [[#G1:]] : i64
// CHECK: cnn.add {{.*}}group = [[#G1]] : i64
// CHECK: cnn.relu {{.*}}group = [[#G1]] : i64
func.func @residual(%x: tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> {
  %w = cnn.constant dense<1.0> : tensor<16x16x3x3xf32>
  %0 = cnn.conv2d %x, %w {kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, out_channels = 16 : i64, bias = false} : (tensor<1x16x8x8xf32>, tensor<16x16x3x3xf32>) -> tensor<1x16x8x8xf32>
  %1 = cnn.add %0, %x : (tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32>
  %2 = cnn.relu %1 : (tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32>
  return %2 : tensor<1x16x8x8xf32>
}

// -----

// A convolution with a second reader keeps its value: the skip branch must not see the activated one.
// CHECK-LABEL: @second_reader
// CHECK: cnn.conv2d {{.*}}group = [[#C:]] : i64
// CHECK-NOT: cnn.relu {{.*}}group = [[#C]] : i64
// CHECK: cnn.relu {{.*}}group = [[#R:]] : i64
// CHECK: cnn.add {{.*}}group = [[#R]] : i64
func.func @second_reader(%x: tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> {
  %w = cnn.constant dense<1.0> : tensor<16x16x1x1xf32>
  %0 = cnn.conv2d %x, %w {kernel = array<i64: 1, 1>, out_channels = 16 : i64, bias = false} : (tensor<1x16x8x8xf32>, tensor<16x16x1x1xf32>) -> tensor<1x16x8x8xf32>
  %1 = cnn.relu %0 : (tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32>
  %2 = cnn.add %0, %1 : (tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32>
  return %2 : tensor<1x16x8x8xf32>
}

// -----

// CHECK-LABEL: @transposed
// CHECK: cnn.conv_transpose2d {{.*}}group = [[#G:]] : i64
// CHECK: cnn.bias {{.*}}group = [[#G]] : i64
// CHECK: cnn.relu {{.*}}group = [[#G]] : i64
func.func @transposed(%x: tensor<1x16x8x8xf32>) -> tensor<1x16x16x16xf32> {
  %w = cnn.constant dense<1.0> : tensor<16x16x2x2xf32>
  %b = cnn.constant dense<1.0> : tensor<16xf32>
  %0 = cnn.conv_transpose2d %x, %w {kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>, out_channels = 16 : i64, bias = false} : (tensor<1x16x8x8xf32>, tensor<16x16x2x2xf32>) -> tensor<1x16x16x16xf32>
  %1 = cnn.bias %0, %b : (tensor<1x16x16x16xf32>, tensor<16xf32>) -> tensor<1x16x16x16xf32>
  %2 = cnn.relu %1 : (tensor<1x16x16x16xf32>) -> tensor<1x16x16x16xf32>
  return %2 : tensor<1x16x16x16xf32>
}

// -----

// The merge of a feature pyramid ends the kernel of the lateral convolution; what comes from above keeps its own.
// CHECK-LABEL: @merge
// CHECK: cnn.conv2d %{{.*}} {{.*}}group = [[#TOP:]] : i64
// CHECK: cnn.conv2d %{{.*}} {{.*}}group = [[#LATERAL:]] : i64
// CHECK-NOT: cnn.upsample_add {{.*}}group = [[#TOP]] : i64
// CHECK: cnn.upsample_add {{.*}}group = [[#LATERAL]] : i64
func.func @merge(%x: tensor<1x16x4x4xf32>, %y: tensor<1x16x7x8xf32>) -> tensor<1x16x7x8xf32> {
  %w = cnn.constant dense<1.0> : tensor<16x16x1x1xf32>
  %0 = cnn.conv2d %x, %w {kernel = array<i64: 1, 1>, out_channels = 16 : i64, bias = false} : (tensor<1x16x4x4xf32>, tensor<16x16x1x1xf32>) -> tensor<1x16x4x4xf32>
  %1 = cnn.conv2d %y, %w {kernel = array<i64: 1, 1>, out_channels = 16 : i64, bias = false} : (tensor<1x16x7x8xf32>, tensor<16x16x1x1xf32>) -> tensor<1x16x7x8xf32>
  %2 = cnn.upsample_add %0, %1 : (tensor<1x16x4x4xf32>, tensor<1x16x7x8xf32>) -> tensor<1x16x7x8xf32>
  return %2 : tensor<1x16x7x8xf32>
}
