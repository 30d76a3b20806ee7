// RUN: cnnc-opt %s -split-input-file -verify-diagnostics

func.func @top_k_c1(%a0: tensor<4x1xf32>, %a1: tensor<1xi32>) {
  // expected-error @+1 {{top_k C1: scores must have a static shape [R] with R up to 2^24, got 4x1}}
  %r:3 = cnn.top_k %a0, %a1 {k = 2} : (tensor<4x1xf32>, tensor<1xi32>) -> (tensor<2xf32>, tensor<2xi32>, tensor<1xi32>)
  return
}

// -----

func.func @top_k_c1_2(%a0: tensor<?xf32>, %a1: tensor<1xi32>) {
  // expected-error @+1 {{top_k C1: scores must have a static shape [R] with R up to 2^24, got ?}}
  %r:3 = cnn.top_k %a0, %a1 {k = 2} : (tensor<?xf32>, tensor<1xi32>) -> (tensor<2xf32>, tensor<2xi32>, tensor<1xi32>)
  return
}

// -----

func.func @top_k_c2(%a0: tensor<4xf32>, %a1: tensor<1xi32>) {
  // expected-error @+1 {{top_k C2: k must lie in [1, 2^20], got 0}}
  %r:3 = cnn.top_k %a0, %a1 {k = 0} : (tensor<4xf32>, tensor<1xi32>) -> (tensor<2xf32>, tensor<2xi32>, tensor<1xi32>)
  return
}

// -----

func.func @gather_rows_c1(%a0: tensor<f32>, %a1: tensor<2xi32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{gather_rows C1: x must have a static shape [R, ...], got }}
  %r = cnn.gather_rows %a0, %a1, %a2 : (tensor<f32>, tensor<2xi32>, tensor<1xi32>) -> tensor<2xf32>
  return
}

// -----

func.func @gather_rows_c1_2(%a0: tensor<?x2xf32>, %a1: tensor<2xi32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{gather_rows C1: x must have a static shape [R, ...], got ?x2}}
  %r = cnn.gather_rows %a0, %a1, %a2 : (tensor<?x2xf32>, tensor<2xi32>, tensor<1xi32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @gather_rows_c2(%a0: tensor<4x2xf32>, %a1: tensor<2x1xi32>, %a2: tensor<1xi32>) {
  // expected-error @+1 {{gather_rows C2: indices must have a static shape [k], got 2x1}}
  %r = cnn.gather_rows %a0, %a1, %a2 : (tensor<4x2xf32>, tensor<2x1xi32>, tensor<1xi32>) -> tensor<2x2xf32>
  return
}
