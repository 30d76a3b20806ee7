// RUN: cnnc-opt %s -split-input-file -verify-diagnostics

func.func @relu_c0(%x: tensor<1x?x4x4xf32>) {
  // expected-error @+1 {{relu C0: operand 0 has shape 1x?x4x4, but only dimension 0, the batch, may be dynamic}}
  %r = cnn.relu %x : (tensor<1x?x4x4xf32>) -> tensor<1x?x4x4xf32>
  return
}

// -----

func.func @relu_c0_2(%x: tensor<1x0x4x4xf32>) {
  // expected-error @+1 {{relu C0: operand 0 has shape 1x0x4x4, but only dimension 0, the batch, may be 0}}
  %r = cnn.relu %x : (tensor<1x0x4x4xf32>) -> tensor<1x0x4x4xf32>
  return
}

// -----

func.func @relu_c0_3(%x: tensor<?x1048576x1048577xf32>) {
  // expected-error @+1 {{relu C0: operand 0 has shape ?x1048576x1048577, more than 2^40 elements an image}}
  %r = cnn.relu %x : (tensor<?x1048576x1048577xf32>) -> tensor<?x1048576x1048577xf32>
  return
}

// -----

func.func @relu_c0_4(%x: tensor<2x1048576x1048576xf32>) {
  // expected-error @+1 {{relu C0: operand 0 has shape 2x1048576x1048576, more than 2^40 elements}}
  %r = cnn.relu %x : (tensor<2x1048576x1048576xf32>) -> tensor<2x1048576x1048576xf32>
  return
}

// -----

func.func @resize_c0(%x: tensor<?x2x4x4xf32>) {
  // expected-error @+1 {{resize C0: the result has shape ?x2x1048576x1048576, more than 2^40 elements an image}}
  %r = cnn.resize %x {size = array<i64: 1048576, 1048576>} : (tensor<?x2x4x4xf32>) -> tensor<?x2x1048576x1048576xf32>
  return
}

// -----

func.func @softmax_c0(%x: tensor<1x4x4x4xf32, #cnn.layout<block = 4, halo = [0, 0, 0, 0]>>) {
  // expected-error @+1 {{softmax C0: has no kernel for blocked channels; convert its tensors to dense with cnn.convert_layout}}
  %r = cnn.softmax %x {axis = 1 : i64} : (tensor<1x4x4x4xf32, #cnn.layout<block = 4, halo = [0, 0, 0, 0]>>) -> tensor<1x4x4x4xf32>
  return
}

// -----

// A result that contradicts the operands.
func.func @relu_c0_5(%x: tensor<1x4xf32>) {
  // expected-error @+1 {{relu C0: the result has shape 1x5, but its operands and attributes give 1x4}}
  %r = cnn.relu %x : (tensor<1x4xf32>) -> tensor<1x5xf32>
  return
}

// -----

// A missing attribute.
func.func @missing_attribute(%x: tensor<1x4x4x4xf32>) {
  // expected-error @+1 {{'cnn.max_pool' op requires attribute 'kernel'}}
  %r = cnn.max_pool %x : (tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  return
}

// -----

// Another element type.
func.func @wrong_element(%x: tensor<1x4xui8>) {
  // expected-error @+1 {{'cnn.relu' op operand #0 must be ranked tensor of 32-bit float values, but got 'tensor<1x4xui8>'}}
  %r = cnn.relu %x : (tensor<1x4xui8>) -> tensor<1x4xf32>
  return
}

// -----

// expected-error @+1 {{layout block must lie from 1 to 2^20, got 0}}
func.func private @layout_block(tensor<1x2x4x4xf32, #cnn.layout<block = 0, halo = [0, 0, 0, 0]>>)

// -----

// expected-error @+1 {{layout halo must be four counts (top, left, bottom, right) from 0 to 2^20}}
func.func private @layout_halo(tensor<1x2x4x4xf32, #cnn.layout<block = 1, halo = [0, 0]>>)

// -----

// expected-error @+1 {{#cnn.layout needs a rank-4 tensor, got rank 2}}
func.func private @layout_rank(tensor<1x2xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>>)
