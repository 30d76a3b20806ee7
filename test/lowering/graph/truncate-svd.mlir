// RUN: cnnc-opt %s --truncate-svd=layers=fc=1 --split-input-file | FileCheck %s

// diag-like weights of singular values 4 and 3 at rank 1: 16 of 25 are kept, 3 of 5 are lost. The bias stays with the second layer.
// CHECK: module attributes {cnnc.svd = [{after = 5 : i64, before = 6 : i64, energy = {{6.4|6.39999}}{{[0-9]*}}{{[eE]}}-01 : f64, error = {{6.0|5.9999}}{{[0-9]*}}{{[eE]}}-01 : f64, layer = "fc", rank = 1 : i64}]}
// CHECK-LABEL: @falling
// CHECK-DAG: %[[B:.*]] = cnn.constant "fc.bias"
// CHECK-DAG: %[[V:.*]] = cnn.constant "fc/svd_v.weight" {{.*}} : tensor<1x3xf32>
// CHECK-DAG: %[[U:.*]] = cnn.constant "fc/svd_u.weight" {{.*}} : tensor<2x1xf32>
// CHECK-NOT: cnn.constant "fc.weight"
// CHECK: %[[X:.*]] = cnn.dense %arg0, %[[V]] {bias = false, layer = "fc/svd_v", out_features = 1 : i64}
// CHECK: cnn.dense %[[X]], %[[U]], %[[B]] {layer = "fc/svd_u", out_features = 2 : i64}
func.func @falling(%x: tensor<5x3xf32>) -> tensor<5x2xf32> {
  %w = cnn.constant "fc.weight" dense<[[0.0, 4.0, 0.0], [0.0, 0.0, -3.0]]> : tensor<2x3xf32>
  %b = cnn.constant "fc.bias" dense<1.0> : tensor<2xf32>
  %0 = cnn.dense %x, %w, %b {out_features = 2 : i64, layer = "fc"} : (tensor<5x3xf32>, tensor<2x3xf32>, tensor<2xf32>) -> tensor<5x2xf32>
  return %0 : tensor<5x2xf32>
}

// -----

// Weights of rank 1 keep all, and a layer whose normalisation was folded is known by its weights' name.
// CHECK: energy = 1.000000e+00 : f64
// CHECK-LABEL: @exact
// CHECK: cnn.dense {{.*}} {bias = false, layer = "fc/svd_v", out_features = 1 : i64}
// CHECK: cnn.dense {{.*}} {bias = false, layer = "fc/svd_u", out_features = 3 : i64}
func.func @exact(%x: tensor<1x4xf32>) -> tensor<1x3xf32> {
  %w = cnn.constant "fc.weight" dense<[[2.0, 4.0, 6.0, 0.0], [1.0, 2.0, 3.0, 0.0], [-2.0, -4.0, -6.0, 0.0]]> : tensor<3x4xf32>
  %0 = cnn.dense %x, %w {out_features = 3 : i64, bias = false, layer = "bn"} : (tensor<1x4xf32>, tensor<3x4xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}
