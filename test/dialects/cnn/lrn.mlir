// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.lrn %{{.*}} {alpha = 5.000000e-01 : f64, k = 2.000000e+00 : f64, size = 5 : i64} : (tensor<?x5x1x2xf32>) -> tensor<?x5x1x2xf32>
func.func @roundtrip(%x: tensor<?x5x1x2xf32>) -> tensor<?x5x1x2xf32> {
  %0 = cnn.lrn %x {size = 5 : i64, alpha = 0.5, k = 2.0} : (tensor<?x5x1x2xf32>) -> tensor<?x5x1x2xf32>
  return %0 : tensor<?x5x1x2xf32>
}

// Values of ONNX Runtime.
func.func @across_channels() {
  %x = cnn.constant dense<[[[[-2.0, 5.0]], [[1.0, -3.0]], [[4.0, 0.0]], [[-4.0, 3.0]], [[-1.0, -5.0]]]]> : tensor<1x5x1x2xf32>
  %0 = cnn.lrn %x {size = 3 : i64, alpha = 0.5, k = 2.0} : (tensor<1x5x1x2xf32>) -> tensor<1x5x1x2xf32>
  %e0 = cnn.constant dense<[[[[-0.91581285, 1.08521318]], [[0.27843764, -0.65112793]], [[0.88260025, 0.0]], [[-0.88260025, 0.65112793]], [[-0.30677143, -1.08521318]]]]> : tensor<1x5x1x2xf32>
  check.expect_close %0, %e0 : tensor<1x5x1x2xf32>
  %1 = cnn.lrn %x {size = 5 : i64, alpha = 0.5, k = 2.0} : (tensor<1x5x1x2xf32>) -> tensor<1x5x1x2xf32>
  %e1 = cnn.constant dense<[[[[-0.69413209, 1.41147983]], [[0.27107775, -0.75442457]], [[1.07025921, 0.0]], [[-1.12918401, 0.75442457]], [[-0.28628138, -1.41147983]]]]> : tensor<1x5x1x2xf32>
  check.expect_close %1, %e1 : tensor<1x5x1x2xf32>
  return
}

// An even size reaches one channel further up.
func.func @even_size() {
  %x = cnn.constant dense<[[[[1.0]], [[2.0]], [[3.0]]]]> : tensor<1x3x1x1xf32>
  %0 = cnn.lrn %x {size = 2 : i64, alpha = 2.0, beta = 1.0, k = 0.0} : (tensor<1x3x1x1xf32>) -> tensor<1x3x1x1xf32>
  %e = cnn.constant dense<[[[[0.2]], [[0.153846154]], [[0.333333333]]]]> : tensor<1x3x1x1xf32>
  check.expect_close %0, %e : tensor<1x3x1x1xf32>
  return
}
