// RUN: cnnc-opt %s --sink-into-concat --split-input-file | FileCheck %s

// The activation ends the kernels of both pools; one that is read elsewhere keeps its own value besides.
// CHECK-LABEL: @activation
// CHECK: %[[A:.*]] = cnn.max_pool %arg0
// CHECK-NEXT: %[[RA:.*]] = cnn.relu %[[A]] {layer = "r/0"}
// CHECK: %[[B:.*]] = cnn.avg_pool %arg0
// CHECK-NEXT: %[[RB:.*]] = cnn.relu %[[B]] {layer = "r/1"}
// CHECK: %[[C:.*]] = cnn.concat %[[RA]], %[[RB]] {layer = "r"}
// CHECK: return %[[C]]
func.func @activation(%x: tensor<1x8x4x4xf32>) -> tensor<1x16x3x3xf32> {
  %0 = cnn.max_pool %x {kernel = array<i64: 2, 2>, layer = "a"} : (tensor<1x8x4x4xf32>) -> tensor<1x8x3x3xf32>
  %1 = cnn.avg_pool %x {kernel = array<i64: 2, 2>, layer = "b"} : (tensor<1x8x4x4xf32>) -> tensor<1x8x3x3xf32>
  %2 = cnn.concat %0, %1 {layer = "c"} : (tensor<1x8x3x3xf32>, tensor<1x8x3x3xf32>) -> tensor<1x16x3x3xf32>
  %3 = cnn.relu %2 {layer = "r"} : (tensor<1x16x3x3xf32>) -> tensor<1x16x3x3xf32>
  return %3 : tensor<1x16x3x3xf32>
}

// -----

// Through a concatenation of concatenations.
// CHECK-LABEL: @nested
// CHECK: cnn.sigmoid {{.*}} -> tensor<1x4x3x3xf32>
// CHECK: cnn.sigmoid {{.*}} -> tensor<1x8x3x3xf32>
// CHECK: cnn.concat
// CHECK: cnn.sigmoid {{.*}} -> tensor<1x2x3x3xf32>
// CHECK: cnn.concat
// CHECK-NOT: cnn.sigmoid
func.func @nested(%x: tensor<1x4x4x4xf32>, %y: tensor<1x8x4x4xf32>, %z: tensor<1x2x4x4xf32>) -> tensor<1x14x3x3xf32> {
  %0 = cnn.max_pool %x {kernel = array<i64: 2, 2>} : (tensor<1x4x4x4xf32>) -> tensor<1x4x3x3xf32>
  %1 = cnn.max_pool %y {kernel = array<i64: 2, 2>} : (tensor<1x8x4x4xf32>) -> tensor<1x8x3x3xf32>
  %2 = cnn.concat %0, %1 : (tensor<1x4x3x3xf32>, tensor<1x8x3x3xf32>) -> tensor<1x12x3x3xf32>
  %3 = cnn.max_pool %z {kernel = array<i64: 2, 2>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32>
  %4 = cnn.concat %2, %3 : (tensor<1x12x3x3xf32>, tensor<1x2x3x3xf32>) -> tensor<1x14x3x3xf32>
  %5 = cnn.sigmoid %4 : (tensor<1x14x3x3xf32>) -> tensor<1x14x3x3xf32>
  return %5 : tensor<1x14x3x3xf32>
}

// -----

// Another reader wants the concatenation itself; where most parts are read by others, one pass over the whole is less work.
// CHECK-LABEL: @stays
// CHECK: %[[C:.*]] = cnn.concat
// CHECK: cnn.relu %[[C]]
// CHECK: %[[D:.*]] = cnn.concat
// CHECK: cnn.relu %[[D]]
func.func @stays(%x: tensor<1x2xf32>, %y: tensor<1x2xf32>) -> (tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>) {
  %0 = cnn.sigmoid %x : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = cnn.concat %0, %0 : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  %2 = cnn.relu %1 : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %3 = cnn.sigmoid %y : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %4 = cnn.sigmoid %y {layer = "again"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %5 = cnn.concat %3, %4 : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  %6 = cnn.relu %5 : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %2, %5, %6 : tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>
}
