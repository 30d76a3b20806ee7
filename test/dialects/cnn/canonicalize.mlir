// RUN: cnnc-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: func @identities(
// CHECK-SAME: %[[X:.*]]: tensor<?x3x4x4xf32>
// CHECK-NEXT: return %[[X]]
func.func @identities(%x: tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32> {
  %0 = cnn.identity %x : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %1 = cnn.dropout %0 : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %2 = cnn.pad %1 {pad = array<i64: 0, 0, 0, 0>} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %3 = cnn.reshape %2 {shape = array<i64: 0, 3, -1, 4>} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %4 = cnn.transpose %3 {perm = array<i64: 0, 1, 2, 3>} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %5 = cnn.concat %4 : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %6 = cnn.resize %5 {size = array<i64: 4, 4>, antialias = true} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %7 = cnn.center_crop %6 {size = array<i64: 4, 4>} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %8 = cnn.convert_layout %7 : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %9 = cnn.clip %8 {min = 0xFFF0000000000000 : f64, max = 0x7FF0000000000000 : f64} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  return %9 : tensor<?x3x4x4xf32>
}

// A pad that shifts the plane keeps its shape and stays; so does a transposition of equal extents.
// CHECK-LABEL: func @no_identities
// CHECK: cnn.pad
// CHECK: cnn.transpose
func.func @no_identities(%x: tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32> {
  %0 = cnn.pad %x {pad = array<i64: 1, 0, -1, 0>} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %1 = cnn.transpose %0 {perm = array<i64: 0, 1, 3, 2>} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  return %1 : tensor<?x3x4x4xf32>
}

// CHECK-LABEL: func @flat(
// CHECK-SAME: %[[X:.*]]: tensor<?x3xf32>
// CHECK-NEXT: return %[[X]]
func.func @flat(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %0 = cnn.flatten %x : (tensor<?x3xf32>) -> tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}

// CHECK-LABEL: func @bounds(
// CHECK-SAME: %[[X:.*]]: tensor<?x3xf32>
// CHECK-DAG: %[[A:.*]] = cnn.relu %[[X]]
// CHECK-DAG: %[[B:.*]] = cnn.relu6 %[[X]]
// CHECK-DAG: %[[C:.*]] = cnn.clip %[[X]] {max = 2.000000e+00 : f64, min = 0.000000e+00 : f64}
// CHECK-DAG: %[[D:.*]] = cnn.clip %[[X]] {max = 7.000000e+00 : f64, min = 7.000000e+00 : f64}
// CHECK: return %[[A]], %[[B]], %[[C]], %[[D]]
func.func @bounds(%x: tensor<?x3xf32>) -> (tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>) {
  %0 = cnn.relu %x : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %a = cnn.relu %0 : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %b = cnn.clip %a {min = -1.0, max = 6.0} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %1 = cnn.clip %x {min = -2.0, max = 2.0} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %c = cnn.relu6 %1 : (tensor<?x3xf32>) -> tensor<?x3xf32>
  // Disjoint ranges leave one value.
  %d = cnn.clip %1 {min = 7.0, max = 8.0} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  return %a, %b, %c, %d : tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>
}

// CHECK-LABEL: func @rearrangements(
// CHECK-SAME: %[[X:.*]]: tensor<?x3x4x5xf32>
// CHECK: %[[T:.*]] = cnn.transpose %[[X]] {perm = array<i64: 0, 3, 1, 2>}
// CHECK: %[[R:.*]] = cnn.reshape %[[T]] {shape = array<i64: 0, 12, 5>}
// CHECK: return %[[R]]
func.func @rearrangements(%x: tensor<?x3x4x5xf32>) -> tensor<?x12x5xf32> {
  %0 = cnn.transpose %x {perm = array<i64: 0, 2, 3, 1>} : (tensor<?x3x4x5xf32>) -> tensor<?x4x5x3xf32>
  %1 = cnn.transpose %0 {perm = array<i64: 0, 2, 3, 1>} : (tensor<?x4x5x3xf32>) -> tensor<?x5x3x4xf32>
  %2 = cnn.flatten %1 : (tensor<?x5x3x4xf32>) -> tensor<?x60xf32>
  %3 = cnn.reshape %2 {shape = array<i64: -1, 12, 5>} : (tensor<?x60xf32>) -> tensor<?x12x5xf32>
  return %3 : tensor<?x12x5xf32>
}

// A transposition and its inverse vanish, and so does a reshape there and back.
// CHECK-LABEL: func @there_and_back(
// CHECK-SAME: %[[X:.*]]: tensor<?x3x4xf32>
// CHECK-NEXT: return %[[X]]
func.func @there_and_back(%x: tensor<?x3x4xf32>) -> tensor<?x3x4xf32> {
  %0 = cnn.transpose %x {perm = array<i64: 0, 2, 1>} : (tensor<?x3x4xf32>) -> tensor<?x4x3xf32>
  %1 = cnn.transpose %0 {perm = array<i64: 0, 2, 1>} : (tensor<?x4x3xf32>) -> tensor<?x3x4xf32>
  %2 = cnn.reshape %1 {shape = array<i64: 0, 12>} : (tensor<?x3x4xf32>) -> tensor<?x12xf32>
  %3 = cnn.reshape %2 {shape = array<i64: 0, 3, 4>} : (tensor<?x12xf32>) -> tensor<?x3x4xf32>
  return %3 : tensor<?x3x4xf32>
}

// CHECK-LABEL: func @layouts(
// CHECK-SAME: %[[X:.*]]: tensor<1x8x4x4xf32>
// CHECK-NEXT: %[[L:.*]] = cnn.convert_layout %[[X]] : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32, #cnn.layout<block = 8, halo = [1, 1, 1, 1]>>
// CHECK-NEXT: return %[[X]], %[[L]]
func.func @layouts(%x: tensor<1x8x4x4xf32>) -> (tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32, #cnn.layout<block = 8, halo = [1, 1, 1, 1]>>) {
  %0 = cnn.convert_layout %x : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>>
  %1 = cnn.convert_layout %0 : (tensor<1x8x4x4xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>>) -> tensor<1x8x4x4xf32>
  %2 = cnn.convert_layout %0 : (tensor<1x8x4x4xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>>) -> tensor<1x8x4x4xf32, #cnn.layout<block = 8, halo = [1, 1, 1, 1]>>
  return %1, %2 : tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32, #cnn.layout<block = 8, halo = [1, 1, 1, 1]>>
}

// Small constants are computed by the reference; NaN survives.
// CHECK-LABEL: func @constants
// CHECK-DAG: %[[S:.*]] = cnn.constant dense<[1.000000e+00, 0x7FC00000]> : tensor<2xf32>
// CHECK-DAG: %[[M:.*]] = cnn.constant dense<1.000000e+00> : tensor<1x1x1x1xf32>
// CHECK: return %[[S]], %[[M]]
func.func @constants() -> (tensor<2xf32>, tensor<1x1x1x1xf32>) {
  %0 = cnn.constant dense<[0.5, 0x7FC00000]> : tensor<2xf32>
  %1 = cnn.constant dense<2.0> : tensor<1xf32>
  %2 = cnn.mul %0, %1 : (tensor<2xf32>, tensor<1xf32>) -> tensor<2xf32>
  %4 = cnn.constant dense<1.0> : tensor<1x1x64x64xf32>
  %5 = cnn.global_avg_pool %4 : (tensor<1x1x64x64xf32>) -> tensor<1x1x1x1xf32>
  return %2, %5 : tensor<2xf32>, tensor<1x1x1x1xf32>
}

// 4097 elements are too many; a result with a layout has no dense constant.
// CHECK-LABEL: func @no_constants
// CHECK: cnn.relu {{.*}} -> tensor<4097xf32>
// CHECK: cnn.convert_layout
func.func @no_constants() -> (tensor<4097xf32>, tensor<1x1x1x1xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>>) {
  %0 = cnn.constant dense<-1.0> : tensor<4097xf32>
  %1 = cnn.relu %0 : (tensor<4097xf32>) -> tensor<4097xf32>
  %2 = cnn.constant dense<1.0> : tensor<1x1x1x1xf32>
  %3 = cnn.convert_layout %2 : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>>
  return %1, %3 : tensor<4097xf32>, tensor<1x1x1x1xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>>
}
