// RUN: cnnc-opt %s --fold-batch-norm --split-input-file | FileCheck %s

// scale = gamma / sqrt(variance + epsilon) = 2 / sqrt(3 + 1) = 1; shift = beta - mean * scale = 5 - 1 = 4; the bias becomes 10 * 1 + 4.
// CHECK-LABEL: @conv
// CHECK-DAG: cnn.constant "c.weight"
// CHECK-DAG: cnn.constant "c.bias" dense_resource<[[BIAS:.*]]> : tensor<1xf32>
// CHECK: cnn.conv2d
// CHECK-NOT: bias = false
// CHECK-SAME: layer = "bn"
// CHECK-NOT: cnn.batch_norm
// CHECK: [[BIAS]]: "0x4000000000006041"
func.func @conv(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32> {
  %w = cnn.constant "c.weight" dense<3.0> : tensor<1x1x1x1xf32>
  %b = cnn.constant "c.bias" dense<10.0> : tensor<1xf32>
  %gamma = cnn.constant "bn.weight" dense<2.0> : tensor<1xf32>
  %beta = cnn.constant "bn.bias" dense<5.0> : tensor<1xf32>
  %mean = cnn.constant "bn.running_mean" dense<1.0> : tensor<1xf32>
  %variance = cnn.constant "bn.running_var" dense<3.0> : tensor<1xf32>
  %0 = cnn.conv2d %x, %w, %b {kernel = array<i64: 1, 1>, out_channels = 1 : i64, layer = "c"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  %1 = cnn.batch_norm %0, %gamma, %beta, %mean, %variance {epsilon = 1.0, layer = "bn"} : (tensor<1x1x2x2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  return %1 : tensor<1x1x2x2xf32>
}

// -----

// Mean and shift survive a convolution without a bias: 3 * 2 = 6, (6 - 1) * 2 / sqrt(4) + 5 = 10.
// CHECK-LABEL: @without_bias
// CHECK: [[W:%.*]] = cnn.constant "c.weight"
// CHECK: [[B:%.*]] = cnn.constant "c.bias"
// CHECK: cnn.conv2d %arg0, [[W]], [[B]]
// CHECK-NOT: cnn.batch_norm
func.func @without_bias(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32> {
  %w = cnn.constant "c.weight" dense<3.0> : tensor<1x1x1x1xf32>
  %gamma = cnn.constant dense<2.0> : tensor<1xf32>
  %beta = cnn.constant dense<5.0> : tensor<1xf32>
  %mean = cnn.constant dense<1.0> : tensor<1xf32>
  %variance = cnn.constant dense<4.0> : tensor<1xf32>
  %0 = cnn.conv2d %x, %w {kernel = array<i64: 1, 1>, out_channels = 1 : i64, bias = false} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %1 = cnn.batch_norm %0, %gamma, %beta, %mean, %variance : (tensor<1x1x2x2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  return %1 : tensor<1x1x2x2xf32>
}

// -----

// The convolution's own value is read elsewhere, so it must stay what it is.
// CHECK-LABEL: @second_use
// CHECK: cnn.conv2d
// CHECK: cnn.batch_norm
func.func @second_use(%x: tensor<1x1x2x2xf32>) -> (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) {
  %w = cnn.constant dense<3.0> : tensor<1x1x1x1xf32>
  %one = cnn.constant dense<1.0> : tensor<1xf32>
  %0 = cnn.conv2d %x, %w {kernel = array<i64: 1, 1>, out_channels = 1 : i64, bias = false} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %1 = cnn.batch_norm %0, %one, %one, %one, %one : (tensor<1x1x2x2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  return %0, %1 : tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>
}

// -----

// A bias op joins a dense layer; the weight itself is left alone.
// CHECK-LABEL: @dense_bias
// CHECK: cnn.constant "fc.weight" dense<2.000000e+00>
// CHECK: cnn.dense
// CHECK-NOT: cnn.bias
func.func @dense_bias(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %w = cnn.constant "fc.weight" dense<2.0> : tensor<2x3xf32>
  %b = cnn.constant "fc.bias" dense<1.0> : tensor<2xf32>
  %0 = cnn.dense %x, %w {out_features = 2 : i64, bias = false} : (tensor<1x3xf32>, tensor<2x3xf32>) -> tensor<1x2xf32>
  %1 = cnn.bias %0, %b : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}

// -----

// The weight of a transposed convolution is [I, O/groups, ...]: scales 1 and 2 of the first group, 4 and 8 of the second.
// CHECK-LABEL: @transposed
// CHECK-DAG: cnn.constant "t.weight" dense_resource<[[WEIGHT:.*]]> : tensor<2x2x1x1xf32>
// CHECK-DAG: cnn.constant "t.bias" dense_resource<[[SHIFT:.*]]> : tensor<4xf32>
// CHECK: cnn.conv_transpose2d
// CHECK-SAME: layer = "bn"
// CHECK-NOT: cnn.batch_norm
// CHECK-DAG: [[WEIGHT]]: "0x400000000000803F000000400000804000000041"
// CHECK-DAG: [[SHIFT]]: "0x400000000000803F000080BF000040C00000E0C0"
func.func @transposed(%x: tensor<1x2x2x2xf32>) -> tensor<1x4x2x2xf32> {
  %w = cnn.constant "t.weight" dense<1.0> : tensor<2x2x1x1xf32>
  %gamma = cnn.constant dense<[1.0, 2.0, 4.0, 8.0]> : tensor<4xf32>
  %beta = cnn.constant dense<[2.0, 1.0, 1.0, 1.0]> : tensor<4xf32>
  %mean = cnn.constant dense<1.0> : tensor<4xf32>
  %variance = cnn.constant dense<0.75> : tensor<4xf32>
  %0 = cnn.conv_transpose2d %x, %w {kernel = array<i64: 1, 1>, out_channels = 4 : i64, groups = 2 : i64, bias = false, layer = "t"} : (tensor<1x2x2x2xf32>, tensor<2x2x1x1xf32>) -> tensor<1x4x2x2xf32>
  %1 = cnn.batch_norm %0, %gamma, %beta, %mean, %variance {epsilon = 0.25, layer = "bn"} : (tensor<1x4x2x2xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x2x2xf32>
  return %1 : tensor<1x4x2x2xf32>
}
