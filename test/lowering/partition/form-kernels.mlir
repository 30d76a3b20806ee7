// RUN: cnnc-opt %s --set-target=name=x86-64-v3 --graph --form-kernels --split-input-file | FileCheck %s

// Two equal layers share one kernel; the input's layout change and the final one are launches of their own or parts of an epilogue.
// CHECK-LABEL: cnn.network = "twins"
// CHECK: exec.kernel @[[IN:k0_convert_layout]]
// CHECK: exec.kernel @[[CONV:k1_conv2d]] attributes {weights = array<i1: false, true>}
// CHECK: cnn.conv2d
// CHECK-NEXT: cnn.relu
// CHECK-NEXT: exec.yield
// CHECK: func.func @main
// CHECK-DAG: exec.weight "a.weight"
// CHECK-DAG: exec.weight "b.weight"
// CHECK: exec.launch @[[IN]]
// CHECK: exec.launch @[[CONV]]({{.*}}) "ra" {macs = 16384 : i64}
// CHECK: exec.launch @[[CONV]]({{.*}}) "rb"
// CHECK-NOT: {{cnn\.(conv2d|relu|convert_layout)}}
module attributes {cnn.network = "twins"} {
  func.func @main(%x: tensor<1x16x8x8xf32>) -> tensor<1x8x8x8xf32> {
    %a = cnn.constant "a.weight" dense<1.0> : tensor<16x16x1x1xf32>
    %b = cnn.constant "b.weight" dense<2.0> : tensor<16x16x1x1xf32>
    %c = cnn.constant "c.weight" dense<2.0> : tensor<8x16x1x1xf32>
    %0 = cnn.conv2d %x, %a {kernel = array<i64: 1, 1>, out_channels = 16 : i64, bias = false, layer = "ca"} : (tensor<1x16x8x8xf32>, tensor<16x16x1x1xf32>) -> tensor<1x16x8x8xf32>
    %1 = cnn.relu %0 {layer = "ra"} : (tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32>
    %2 = cnn.conv2d %1, %b {kernel = array<i64: 1, 1>, out_channels = 16 : i64, bias = false, layer = "cb"} : (tensor<1x16x8x8xf32>, tensor<16x16x1x1xf32>) -> tensor<1x16x8x8xf32>
    %3 = cnn.relu %2 {layer = "rb"} : (tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32>
    %4 = cnn.conv2d %3, %c {kernel = array<i64: 1, 1>, out_channels = 8 : i64, bias = false, layer = "cc"} : (tensor<1x16x8x8xf32>, tensor<8x16x1x1xf32>) -> tensor<1x8x8x8xf32>
    return %4 : tensor<1x8x8x8xf32>
  }
}

// -----

// Parts on whole channel blocks are written into the concatenation; flatten of a pixel only renames bytes.
// CHECK-LABEL: cnn.network = "slices"
// CHECK: [[A:%.*]] = exec.launch
// CHECK: [[B:%.*]] = exec.launch {{.*}} "pool"
// CHECK: [[R:%.*]] = exec.launch {{.*}} "act"
// CHECK: [[C:%.*]] = exec.concat [[B]], [[R]]
// CHECK: [[G:%.*]] = exec.launch {{.*}}([[C]]) "gap"
// CHECK: exec.view
module attributes {cnn.network = "slices"} {
  func.func @main(%x: tensor<1x16x8x8xf32>) -> tensor<1x32xf32> {
    %0 = cnn.max_pool %x {kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>, layer = "pool"} : (tensor<1x16x8x8xf32>) -> tensor<1x16x4x4xf32>
    %1 = cnn.relu %0 {layer = "act"} : (tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32>
    %2 = cnn.concat %0, %1 {axis = 1 : i64, layer = "cat"} : (tensor<1x16x4x4xf32>, tensor<1x16x4x4xf32>) -> tensor<1x32x4x4xf32>
    %3 = cnn.global_avg_pool %2 {layer = "gap"} : (tensor<1x32x4x4xf32>) -> tensor<1x32x1x1xf32>
    %4 = cnn.flatten %3 {axis = 1 : i64, layer = "flat"} : (tensor<1x32x1x1xf32>) -> tensor<1x32xf32>
    return %4 : tensor<1x32xf32>
  }
}

// -----

// An input that is also an output is copied, and so is a result returned twice.
// CHECK-LABEL: cnn.network = "copies"
// CHECK: func.func @main(%arg0
// CHECK: [[R:%.*]] = exec.launch {{.*}}(%arg0) "act"
// CHECK: [[X:%.*]] = exec.launch {{.*}}(%arg0) "output0"
// CHECK: [[S:%.*]] = exec.launch {{.*}}([[R]]) "output2"
// CHECK: return [[X]], [[R]], [[S]]
module attributes {cnn.network = "copies"} {
  func.func @main(%x: tensor<1x4xf32>) -> (tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>) {
    %0 = cnn.relu %x {layer = "act"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
    return %x, %0, %0 : tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>
  }
}

// -----

// A blocked pixel has the bytes of a dense one, but kernels move it in aligned vectors: between them and the caller stands a copy.
// CHECK-LABEL: cnn.network = "pixel"
// CHECK: [[B:%.*]] = exec.launch {{.*}}(%arg0) {{.*}} -> tensor<1x16x1x1xf32, #cnn.layout
// CHECK: [[C:%.*]] = exec.launch {{.*}}([[B]], {{.*}}) "c"
// CHECK: [[V:%.*]] = exec.view [[C]]
// CHECK: [[O:%.*]] = exec.launch {{.*}}([[V]]) "output0"
// CHECK: return [[O]]
module attributes {cnn.network = "pixel"} {
  func.func @main(%x: tensor<1x16x1x1xf32>) -> tensor<1x16x1x1xf32> {
    %w = cnn.constant "c.weight" dense<1.0> : tensor<16x16x1x1xf32>
    %0 = cnn.conv2d %x, %w {kernel = array<i64: 1, 1>, out_channels = 16 : i64, bias = false, layer = "c"} : (tensor<1x16x1x1xf32>, tensor<16x16x1x1xf32>) -> tensor<1x16x1x1xf32>
    return %0 : tensor<1x16x1x1xf32>
  }
}

// -----

// An input has a place of its own: it is copied into its slice. What a launch writes goes straight there.
// CHECK-LABEL: cnn.network = "inputs"
// CHECK: [[A:%.*]] = exec.launch {{.*}}(%arg0) "act"
// CHECK: [[B:%.*]] = exec.launch {{.*}}(%arg1) "cat"
// CHECK: [[C:%.*]] = exec.concat [[A]], [[B]]
// CHECK: exec.launch {{.*}}([[C]]) "soft"
module attributes {cnn.network = "inputs"} {
  func.func @main(%x: tensor<2x3xf32>, %y: tensor<2x5xf32>) -> tensor<2x8xf32> {
    %0 = cnn.relu %x {layer = "act"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
    %1 = cnn.concat %0, %y {axis = 1 : i64, layer = "cat"} : (tensor<2x3xf32>, tensor<2x5xf32>) -> tensor<2x8xf32>
    %2 = cnn.softmax %1 {axis = 1 : i64, layer = "soft"} : (tensor<2x8xf32>) -> tensor<2x8xf32>
    return %2 : tensor<2x8xf32>
  }
}

// -----

// A static batch may be regrouped without a copy.
// CHECK-LABEL: cnn.network = "regrouped"
// CHECK: exec.view {{.*}} : tensor<2x6xf32> -> tensor<3x4xf32>
module attributes {cnn.network = "regrouped"} {
  func.func @main(%x: tensor<2x6xf32>) -> tensor<3x4xf32> {
    %0 = cnn.softmax %x {axis = 1 : i64, layer = "a"} : (tensor<2x6xf32>) -> tensor<2x6xf32>
    %1 = cnn.reshape %0 {shape = array<i64: 3, 4>, layer = "r"} : (tensor<2x6xf32>) -> tensor<3x4xf32>
    %2 = cnn.softmax %1 {axis = 1 : i64, layer = "b"} : (tensor<3x4xf32>) -> tensor<3x4xf32>
    return %2 : tensor<3x4xf32>
  }
}
