// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.spatial_pyramid_pool %{{.*}} {levels = array<i64: 6, 3, 2, 1>} : (tensor<?x256x13x13xf32>) -> tensor<?x12800xf32>
func.func @roundtrip(%x: tensor<?x256x13x13xf32>) -> tensor<?x12800xf32> {
  %0 = cnn.spatial_pyramid_pool %x {levels = array<i64: 6, 3, 2, 1>} : (tensor<?x256x13x13xf32>) -> tensor<?x12800xf32>
  return %0 : tensor<?x12800xf32>
}

// Bins of a 3 x 5 map: two rows of bins share the middle row, two columns of bins the middle column.
func.func @overlapping_bins() {
  %x = cnn.constant dense<[[[[1.0, 2.0, 3.0, 4.0, 5.0], [6.0, 7.0, 8.0, 9.0, 10.0], [11.0, 12.0, 13.0, 14.0, 15.0]], [[-1.0, -2.0, -3.0, -4.0, -5.0], [-6.0, -7.0, -8.0, -9.0, -10.0], [-11.0, -12.0, -13.0, -14.0, -15.0]]]]> : tensor<1x2x3x5xf32>
  %max = cnn.spatial_pyramid_pool %x {levels = array<i64: 2, 1>} : (tensor<1x2x3x5xf32>) -> tensor<1x10xf32>
  %e0 = cnn.constant dense<[[8.0, 10.0, 13.0, 15.0, -1.0, -3.0, -6.0, -8.0, 15.0, -1.0]]> : tensor<1x10xf32>
  check.expect_equal %max, %e0 : tensor<1x10xf32>
  %average = cnn.spatial_pyramid_pool %x {levels = array<i64: 1, 2>, mode = "average"} : (tensor<1x2x3x5xf32>) -> tensor<1x10xf32>
  %e1 = cnn.constant dense<[[8.0, -8.0, 4.5, 6.5, 9.5, 11.5, -4.5, -6.5, -9.5, -11.5]]> : tensor<1x10xf32>
  check.expect_equal %average, %e1 : tensor<1x10xf32>
  return
}

// More bins than cells: cells repeat. NaN wins.
func.func @more_bins_than_cells() {
  %x = cnn.constant dense<[[[[1.0, 0x7FC00000]]]]> : tensor<1x1x1x2xf32>
  %y = cnn.spatial_pyramid_pool %x {levels = array<i64: 3>} : (tensor<1x1x1x2xf32>) -> tensor<1x9xf32>
  %e = cnn.constant dense<[[1.0, 0x7FC00000, 0x7FC00000, 1.0, 0x7FC00000, 0x7FC00000, 1.0, 0x7FC00000, 0x7FC00000]]> : tensor<1x9xf32>
  check.expect_equal %y, %e : tensor<1x9xf32>
  return
}
