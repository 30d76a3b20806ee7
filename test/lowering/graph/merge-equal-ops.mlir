// RUN: cnnc-opt %s --merge-equal-ops --split-input-file | FileCheck %s

// Layer names do not tell computations apart; attributes do.
// CHECK-LABEL: @twice
// CHECK: %[[R:.*]] = cnn.relu %arg0 {layer = "a"}
// CHECK-NOT: cnn.relu
// CHECK: %[[P:.*]] = cnn.max_pool %[[R]] {kernel = array<i64: 2, 2>, layer = "p"}
// CHECK: %[[Q:.*]] = cnn.max_pool %[[R]] {kernel = array<i64: 2, 2>, layer = "q", pad = array<i64: 1, 1, 0, 0>}
// CHECK: return %[[P]], %[[P]], %[[Q]]
func.func @twice(%x: tensor<1x16x4x4xf32>) -> (tensor<1x16x3x3xf32>, tensor<1x16x3x3xf32>, tensor<1x16x4x4xf32>) {
  %0 = cnn.relu %x {layer = "a"} : (tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32>
  %1 = cnn.relu %x {layer = "b"} : (tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32>
  %2 = cnn.max_pool %0 {kernel = array<i64: 2, 2>, layer = "p"} : (tensor<1x16x4x4xf32>) -> tensor<1x16x3x3xf32>
  %3 = cnn.max_pool %1 {kernel = array<i64: 2, 2>, layer = "r"} : (tensor<1x16x4x4xf32>) -> tensor<1x16x3x3xf32>
  %4 = cnn.max_pool %1 {kernel = array<i64: 2, 2>, pad = array<i64: 1, 1, 0, 0>, layer = "q"} : (tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32>
  return %2, %3, %4 : tensor<1x16x3x3xf32>, tensor<1x16x3x3xf32>, tensor<1x16x4x4xf32>
}

// -----

// Operands in another order, and one value of several ops.
// CHECK-LABEL: @order
// CHECK-COUNT-2: cnn.concat
// CHECK-NOT: cnn.concat
func.func @order(%x: tensor<1x2xf32>, %y: tensor<1x2xf32>) -> (tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>) {
  %0 = cnn.concat %x, %y : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  %1 = cnn.concat %y, %x : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  %2 = cnn.concat %x, %y {axis = 1 : i64} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  return %0, %1, %2 : tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>
}
