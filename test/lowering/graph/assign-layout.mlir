// RUN: cnnc-opt %s --set-target=name=x86-64-v3 --assign-layout --split-input-file | FileCheck %s
// RUN: cnnc-opt %s --set-target=name=x86-64-v4 --assign-layout --split-input-file | FileCheck %s --check-prefix=V4

// Channels are blocked by the lanes of the target, a value's halo is the padding its consumers read, a thin input keeps its channels apart, and
// the result is dense again.
// CHECK-LABEL: @chain
// CHECK: cnn.convert_layout %arg0 : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8xf32, #cnn.layout<block = 1, halo = [1, 1, 1, 1]>>
// CHECK: cnn.conv2d {{.*}} -> tensor<1x32x8x8xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>>
// CHECK: cnn.relu {{.*}} -> tensor<1x32x8x8xf32, #cnn.layout<block = 8, halo = [2, 1, 0, 1]>>
// CHECK: cnn.conv2d {{.*}} -> tensor<1x16x8x8xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>>
// CHECK: cnn.convert_layout {{.*}} -> tensor<1x16x8x8xf32>
// V4-LABEL: @chain
// V4: cnn.conv2d {{.*}} -> tensor<1x32x8x8xf32, #cnn.layout<block = 16, halo = [0, 0, 0, 0]>>
func.func @chain(%x: tensor<1x3x8x8xf32>) -> tensor<1x16x8x8xf32> {
  %w = cnn.constant dense<1.0> : tensor<32x3x3x3xf32>
  %v = cnn.constant dense<1.0> : tensor<16x32x3x3xf32>
  %0 = cnn.conv2d %x, %w {kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, out_channels = 32 : i64, bias = false} : (tensor<1x3x8x8xf32>, tensor<32x3x3x3xf32>) -> tensor<1x32x8x8xf32>
  %1 = cnn.relu %0 : (tensor<1x32x8x8xf32>) -> tensor<1x32x8x8xf32>
  %2 = cnn.conv2d %1, %v {kernel = array<i64: 3, 3>, pad = array<i64: 2, 1, 0, 1>, out_channels = 16 : i64, bias = false} : (tensor<1x32x8x8xf32>, tensor<16x32x3x3xf32>) -> tensor<1x16x8x8xf32>
  return %2 : tensor<1x16x8x8xf32>
}

// -----

// The parts of a concatenation share its halo, so that they can lie inside it. Max pooling reads no halo.
// CHECK-LABEL: @concat
// CHECK: [[P:%.*]] = cnn.max_pool {{.*}} -> tensor<1x16x4x4xf32, #cnn.layout<block = 8, halo = [1, 1, 1, 1]>>
// CHECK: [[R:%.*]] = cnn.relu [[P]] : {{.*}} -> tensor<1x16x4x4xf32, #cnn.layout<block = 8, halo = [1, 1, 1, 1]>>
// CHECK: cnn.concat [[P]], [[R]] {{.*}} -> tensor<1x32x4x4xf32, #cnn.layout<block = 8, halo = [1, 1, 1, 1]>>
func.func @concat(%x: tensor<1x16x8x8xf32>) -> tensor<1x8x4x4xf32> {
  %w = cnn.constant dense<1.0> : tensor<8x32x3x3xf32>
  %0 = cnn.max_pool %x {kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, pad = array<i64: 1, 1, 1, 1>} : (tensor<1x16x8x8xf32>) -> tensor<1x16x4x4xf32>
  %1 = cnn.relu %0 : (tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32>
  %2 = cnn.concat %0, %1 {axis = 1 : i64} : (tensor<1x16x4x4xf32>, tensor<1x16x4x4xf32>) -> tensor<1x32x4x4xf32>
  %3 = cnn.conv2d %2, %w {kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, out_channels = 8 : i64, bias = false} : (tensor<1x32x4x4xf32>, tensor<8x32x3x3xf32>) -> tensor<1x8x4x4xf32>
  return %3 : tensor<1x8x4x4xf32>
}

// -----

// Pointwise ops alone stay dense: nothing forces a layout.
// CHECK-LABEL: @pointwise
// CHECK-NOT: cnn.layout
func.func @pointwise(%x: tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> {
  %0 = cnn.relu %x : (tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32>
  return %0 : tensor<1x16x8x8xf32>
}

// -----

// Normalisation across channels follows its operand, and so does the pool behind it: no change of layout between them.
// CHECK-LABEL: @lrn
// CHECK: cnn.max_pool
// CHECK-NOT: cnn.convert_layout
// CHECK: cnn.lrn {{.*}} -> tensor<1x16x4x4xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>>
// CHECK-NEXT: cnn.max_pool
func.func @lrn(%x: tensor<1x16x8x8xf32>) -> tensor<1x16x2x2xf32> {
  %0 = cnn.max_pool %x {kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>} : (tensor<1x16x8x8xf32>) -> tensor<1x16x4x4xf32>
  %1 = cnn.lrn %0 {size = 5 : i64} : (tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32>
  %2 = cnn.max_pool %1 {kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>} : (tensor<1x16x4x4xf32>) -> tensor<1x16x2x2xf32>
  return %2 : tensor<1x16x2x2xf32>
}

// -----

// Results of two phases: the first reads cells y and y - 1, the second y and y + 1.
// CHECK-LABEL: @transposed
// CHECK: cnn.convert_layout {{.*}} -> tensor<1x16x8x8xf32, #cnn.layout<block = 8, halo = [1, 1, 1, 1]>>
// CHECK: cnn.conv_transpose2d {{.*}} -> tensor<1x16x16x16xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>>
func.func @transposed(%x: tensor<1x16x8x8xf32>) -> tensor<1x16x16x16xf32> {
  %w = cnn.constant dense<1.0> : tensor<16x16x4x4xf32>
  %0 = cnn.conv_transpose2d %x, %w {kernel = array<i64: 4, 4>, stride = array<i64: 2, 2>, pad = array<i64: 1, 1, 1, 1>, out_channels = 16 : i64, bias = false} : (tensor<1x16x8x8xf32>, tensor<16x16x4x4xf32>) -> tensor<1x16x16x16xf32>
  return %0 : tensor<1x16x16x16xf32>
}
