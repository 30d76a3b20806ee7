// RUN: cnnc-opt %s --verify-roundtrip | FileCheck %s
// RUN: cnnc-opt %s --run-checks -o /dev/null

// CHECK-LABEL: func @roundtrip
// CHECK: cnn.batch_norm %{{.*}} {epsilon = 1.000000e-03 : f64} : (tensor<?x2x3x3xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2x3x3xf32>
// CHECK: cnn.bias %{{.*}}, %{{.*}} : (tensor<?x2x3x3xf32>, tensor<2xf32>) -> tensor<?x2x3x3xf32>
func.func @roundtrip(%x: tensor<?x2x3x3xf32>, %p: tensor<2xf32>) -> tensor<?x2x3x3xf32> {
  %0 = cnn.batch_norm %x, %p, %p, %p, %p {epsilon = 1.0e-3} : (tensor<?x2x3x3xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2x3x3xf32>
  %1 = cnn.bias %0, %p : (tensor<?x2x3x3xf32>, tensor<2xf32>) -> tensor<?x2x3x3xf32>
  return %1 : tensor<?x2x3x3xf32>
}

// x = 6 after a convolution of 2 by 3.
func.func @mean_and_shift() {
  %x = cnn.constant dense<6.0> : tensor<1x1x1x1xf32>
  %gamma = cnn.constant dense<2.0> : tensor<1xf32>
  %beta = cnn.constant dense<5.0> : tensor<1xf32>
  %mean = cnn.constant dense<1.0> : tensor<1xf32>
  %var = cnn.constant dense<4.0> : tensor<1xf32>
  %y = cnn.batch_norm %x, %gamma, %beta, %mean, %var : (tensor<1x1x1x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x1x1xf32>
  %e = cnn.constant dense<9.9999938> : tensor<1x1x1x1xf32>
  check.expect_close %y, %e {rtol = 1.0e-7, atol = 0.0} : tensor<1x1x1x1xf32>
  return
}

// Channel 0: no variance, so epsilon decides; channel 1: gamma = 0 leaves beta alone.
func.func @zero_variance_and_zero_gamma() {
  %x = cnn.constant dense<0.501> : tensor<1x2x1x1xf32>
  %gamma = cnn.constant dense<[1.0, 0.0]> : tensor<2xf32>
  %beta = cnn.constant dense<[0.0, 7.0]> : tensor<2xf32>
  %mean = cnn.constant dense<0.5> : tensor<2xf32>
  %var = cnn.constant dense<0.0> : tensor<2xf32>
  %y = cnn.batch_norm %x, %gamma, %beta, %mean, %var {epsilon = 1.0e-3} : (tensor<1x2x1x1xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x1x1xf32>
  %e = cnn.constant dense<[[[[0.0316228]], [[7.0]]]]> : tensor<1x2x1x1xf32>
  check.expect_close %y, %e {rtol = 1.0e-4, atol = 0.0} : tensor<1x2x1x1xf32>
  return
}

func.func @bias_is_per_channel() {
  %x = cnn.constant dense<[[[[1.0, 2.0]], [[3.0, 4.0]]]]> : tensor<1x2x1x2xf32>
  %b = cnn.constant dense<[10.0, 20.0]> : tensor<2xf32>
  %y = cnn.bias %x, %b : (tensor<1x2x1x2xf32>, tensor<2xf32>) -> tensor<1x2x1x2xf32>
  %e = cnn.constant dense<[[[[11.0, 12.0]], [[23.0, 24.0]]]]> : tensor<1x2x1x2xf32>
  check.expect_equal %y, %e : tensor<1x2x1x2xf32>
  return
}
