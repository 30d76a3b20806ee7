// RUN: cnnc-opt %s -split-input-file -verify-diagnostics

func.func @add_c1(%x: tensor<1x3x4x4xf32>, %y: tensor<2x4x4xf32>) {
  // expected-error @+1 {{add C1: shapes 1x3x4x4 and 2x4x4 do not broadcast: dimension 1 of the result differs}}
  %r = cnn.add %x, %y : (tensor<1x3x4x4xf32>, tensor<2x4x4xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @mul_c1(%x: tensor<1x3x4x4xf32>, %y: tensor<2x4x4xf32>) {
  // expected-error @+1 {{mul C1: shapes 1x3x4x4 and 2x4x4 do not broadcast: dimension 1 of the result differs}}
  %r = cnn.mul %x, %y : (tensor<1x3x4x4xf32>, tensor<2x4x4xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

// A dynamic batch equals only itself.
func.func @add_c1_2(%x: tensor<?x3xf32>, %y: tensor<2x3xf32>) {
  // expected-error @+1 {{add C1: shapes ?x3 and 2x3 do not broadcast: dimension 0 of the result differs}}
  %r = cnn.add %x, %y : (tensor<?x3xf32>, tensor<2x3xf32>) -> tensor<?x3xf32>
  return
}

// -----

func.func @batch_norm_c1(%x: tensor<3xf32>, %y: tensor<3xf32>, %z: tensor<3xf32>, %u: tensor<3xf32>, %v: tensor<3xf32>) {
  // expected-error @+1 {{batch_norm C1: the input needs a channel dimension (N, C, ...), got shape 3}}
  %r = cnn.batch_norm %x, %y, %z, %u, %v : (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @batch_norm_c2(%x: tensor<1x3xf32>, %y: tensor<3xf32>, %z: tensor<3xf32>, %u: tensor<3xf32>, %v: tensor<3xf32>) {
  // expected-error @+1 {{batch_norm C2: epsilon must be finite and not negative}}
  %r = cnn.batch_norm %x, %y, %z, %u, %v {epsilon = -1.0} : (tensor<1x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @batch_norm_c3(%x: tensor<1x3xf32>, %y: tensor<4xf32>, %z: tensor<3xf32>, %u: tensor<3xf32>, %v: tensor<3xf32>) {
  // expected-error @+1 {{batch_norm C3: weight must have shape 3, got 4}}
  %r = cnn.batch_norm %x, %y, %z, %u, %v : (tensor<1x3xf32>, tensor<4xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @batch_norm_c3_2(%x: tensor<1x3xf32>, %y: tensor<3xf32>, %z: tensor<4xf32>, %u: tensor<3xf32>, %v: tensor<3xf32>) {
  // expected-error @+1 {{batch_norm C3: bias must have shape 3, got 4}}
  %r = cnn.batch_norm %x, %y, %z, %u, %v : (tensor<1x3xf32>, tensor<3xf32>, tensor<4xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @batch_norm_c3_3(%x: tensor<1x3xf32>, %y: tensor<3xf32>, %z: tensor<3xf32>, %u: tensor<4xf32>, %v: tensor<3xf32>) {
  // expected-error @+1 {{batch_norm C3: running_mean must have shape 3, got 4}}
  %r = cnn.batch_norm %x, %y, %z, %u, %v : (tensor<1x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<4xf32>, tensor<3xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @batch_norm_c3_4(%x: tensor<1x3xf32>, %y: tensor<3xf32>, %z: tensor<3xf32>, %u: tensor<3xf32>, %v: tensor<4xf32>) {
  // expected-error @+1 {{batch_norm C3: running_var must have shape 3, got 4}}
  %r = cnn.batch_norm %x, %y, %z, %u, %v : (tensor<1x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<4xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @bias_c1(%x: tensor<3xf32>, %y: tensor<3xf32>) {
  // expected-error @+1 {{bias C1: the input needs a channel dimension (N, C, ...), got shape 3}}
  %r = cnn.bias %x, %y : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @bias_c2(%x: tensor<1x3xf32>, %y: tensor<1xf32>) {
  // expected-error @+1 {{bias C2: the bias must have shape 3, got 1}}
  %r = cnn.bias %x, %y : (tensor<1x3xf32>, tensor<1xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @concat_c1() {
  // expected-error @+1 {{concat C1: needs at least one operand}}
  %r = cnn.concat : () -> tensor<1x3xf32>
  return
}

// -----

func.func @concat_c2(%x: tensor<1x3xf32>, %y: tensor<1x3xf32>) {
  // expected-error @+1 {{concat C2: axis = 2 must name a dimension of shape 1x3 other than a dynamic batch}}
  %r = cnn.concat %x, %y {axis = 2 : i64} : (tensor<1x3xf32>, tensor<1x3xf32>) -> tensor<1x6xf32>
  return
}

// -----

func.func @concat_c2_2(%x: tensor<?x3xf32>, %y: tensor<?x3xf32>) {
  // expected-error @+1 {{concat C2: axis = 0 must name a dimension of shape ?x3 other than a dynamic batch}}
  %r = cnn.concat %x, %y {axis = 0 : i64} : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
  return
}

// -----

func.func @concat_c3(%x: tensor<1x3x4xf32>, %y: tensor<1x3x5xf32>) {
  // expected-error @+1 {{concat C3: shapes 1x3x4 and 1x3x5 differ outside axis 1}}
  %r = cnn.concat %x, %y : (tensor<1x3x4xf32>, tensor<1x3x5xf32>) -> tensor<1x6x4xf32>
  return
}

// -----

func.func @concat_c3_2(%x: tensor<?x3xf32>, %y: tensor<2x3xf32>) {
  // expected-error @+1 {{concat C3: shapes ?x3 and 2x3 differ outside axis 1}}
  %r = cnn.concat %x, %y : (tensor<?x3xf32>, tensor<2x3xf32>) -> tensor<?x6xf32>
  return
}

// -----

func.func @constant_c1() {
  // expected-error @+1 {{constant C1: the value must be a tensor of static shape}}
  %r = cnn.constant dense<1.0> : vector<2xf32>
  return
}

// -----

func.func @dense_c1(%x: tensor<1x4x1x1xf32>, %y: tensor<2x4xf32>) {
  // expected-error @+1 {{dense C1: the input must have rank 2 (N, K), got shape 1x4x1x1; flatten it first}}
  %r = cnn.dense %x, %y {out_features = 2 : i64, bias = false} : (tensor<1x4x1x1xf32>, tensor<2x4xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @dense_c2(%x: tensor<1x4xf32>, %y: tensor<2x4xf32>) {
  // expected-error @+1 {{dense C2: out_features must be at least 1, got 0}}
  %r = cnn.dense %x, %y {out_features = 0 : i64, bias = false} : (tensor<1x4xf32>, tensor<2x4xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @dense_c3(%x: tensor<1x4xf32>, %y: tensor<4x2xf32>) {
  // expected-error @+1 {{dense C3: the weight must have shape 2x4, got 4x2}}
  %r = cnn.dense %x, %y {out_features = 2 : i64, bias = false} : (tensor<1x4xf32>, tensor<4x2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @dense_c4(%x: tensor<1x4xf32>, %y: tensor<2x4xf32>) {
  // expected-error @+1 {{dense C4: bias = true needs a bias operand}}
  %r = cnn.dense %x, %y {out_features = 2 : i64} : (tensor<1x4xf32>, tensor<2x4xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @dense_c4_2(%x: tensor<1x4xf32>, %y: tensor<2x4xf32>, %z: tensor<4xf32>) {
  // expected-error @+1 {{dense C4: the bias must have shape 2, got 4}}
  %r = cnn.dense %x, %y, %z {out_features = 2 : i64} : (tensor<1x4xf32>, tensor<2x4xf32>, tensor<4xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @dropout_c1(%x: tensor<1x4xf32>) {
  // expected-error @+1 {{dropout C1: p must lie from 0 to 1}}
  %r = cnn.dropout %x {p = 1.5} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @clip_c1(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{clip C1: min must be at most max}}
  %r = cnn.clip %x {min = 1.0, max = 0.0} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @clip_c1_2(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{clip C1: min must be at most max}}
  %r = cnn.clip %x {min = 0x7FF8000000000000 : f64, max = 0.0} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @flatten_c1(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{flatten C1: axis = 3 must lie from -2 to 2}}
  %r = cnn.flatten %x {axis = 3 : i64} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @flatten_c2(%x: tensor<?x2x3xf32>) {
  // expected-error @+1 {{flatten C2: a dynamic batch needs axis = 1, got 2}}
  %r = cnn.flatten %x {axis = 2 : i64} : (tensor<?x2x3xf32>) -> tensor<?x3xf32>
  return
}

// -----

func.func @reshape_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{reshape C1: shape -1x-1 must have entries of at least -1, one -1 at most, and each 0 within rank 2}}
  %r = cnn.reshape %x {shape = array<i64: -1, -1>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @reshape_c1_2(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{reshape C1: shape 2x3x0 must have entries of at least -1, one -1 at most, and each 0 within rank 2}}
  %r = cnn.reshape %x {shape = array<i64: 2, 3, 0>} : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
  return
}

// -----

func.func @reshape_c2(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{reshape C2: 2x3 has 6 elements, which shape 4x-1 does not keep}}
  %r = cnn.reshape %x {shape = array<i64: 4, -1>} : (tensor<2x3xf32>) -> tensor<4x1xf32>
  return
}

// -----

// Images would mix.
func.func @reshape_c2_2(%x: tensor<?x6xf32>) {
  // expected-error @+1 {{reshape C2: ?x6 has 6 elements an image, which shape -1x2 does not keep}}
  %r = cnn.reshape %x {shape = array<i64: -1, 2>} : (tensor<?x6xf32>) -> tensor<?x2xf32>
  return
}

// -----

func.func @reshape_c3(%x: tensor<?x6xf32>) {
  // expected-error @+1 {{reshape C3: a dynamic batch needs 0 or -1 as the first entry of shape}}
  %r = cnn.reshape %x {shape = array<i64: 2, -1>} : (tensor<?x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @transpose_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{transpose C1: perm must hold each of 0 .. 1 once}}
  %r = cnn.transpose %x {perm = array<i64: 0, 0>} : (tensor<2x3xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @transpose_c2(%x: tensor<?x3xf32>) {
  // expected-error @+1 {{transpose C2: a dynamic batch must stay dimension 0}}
  %r = cnn.transpose %x {perm = array<i64: 1, 0>} : (tensor<?x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @softmax_c1(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{softmax C1: axis = 2 must name a dimension of shape 1x2 other than a dynamic batch}}
  %r = cnn.softmax %x {axis = 2 : i64} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @softmax_c1_2(%x: tensor<?x2xf32>) {
  // expected-error @+1 {{softmax C1: axis = 0 must name a dimension of shape ?x2 other than a dynamic batch}}
  %r = cnn.softmax %x {axis = 0 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return
}
