// RUN: cnnc-opt %s --set-target=name=x86-64-v4 --split-batch --assign-layout --fuse-epilogue --partition --split-input-file | FileCheck %s

// The pool's result is read through a view, image by image; between the layers that gather lie all images. An input is not kept: it is copied.
// CHECK-LABEL: cnn.network = "pooled"
// CHECK-SAME: exec.gathered_bytes = 3520 : i64
// CHECK: exec.kernel @[[FC:k[0-9]+_dense]] counted 3 schedule <"dense.rows", {{.*}}> images 3
// CHECK: func.func @main
// CHECK: [[G:%.*]] = exec.launch {{.*}} "gap" at <gathered[0], offset = 64, bytes = 3072>
// CHECK: [[V:%.*]] = exec.view [[G]]
// CHECK: [[W:%.*]] = exec.view [[V]]
// CHECK: exec.launch {{.*}} "gathered0" at <gathered[0], offset = 3136, bytes = 384>
// CHECK: exec.launch @[[FC]]([[W]], {{.*}}) "fc" at <arena[0], offset = {{[0-9]+}}, bytes = 24576> {images = 3 : i64
// CHECK: exec.launch {{.*}} "last" at <output[0], offset = 0, bytes = 384> {images = 3 : i64
module attributes {cnn.network = "pooled"} {
  func.func @main(%x: tensor<?x256x8x8xf32>, %y: tensor<?x32xf32>) -> tensor<?x32xf32> attributes {cnn.max_batch = 3 : i64} {
    %w = cnn.constant dense<1.0> : tensor<2048x256xf32>
    %l = cnn.constant dense<1.0> : tensor<32x2048xf32>
    %0 = cnn.global_avg_pool %x {layer = "gap"} : (tensor<?x256x8x8xf32>) -> tensor<?x256x1x1xf32>
    %1 = cnn.flatten %0 {axis = 1 : i64} : (tensor<?x256x1x1xf32>) -> tensor<?x256xf32>
    %2 = cnn.dense %1, %w {out_features = 2048 : i64, bias = false, layer = "fc"} : (tensor<?x256xf32>, tensor<2048x256xf32>) -> tensor<?x2048xf32>
    %3 = cnn.dense %2, %l {out_features = 32 : i64, bias = false, layer = "last"} : (tensor<?x2048xf32>, tensor<32x2048xf32>) -> tensor<?x32xf32>
    %4 = cnn.add %3, %y {layer = "last"} : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
    return %4 : tensor<?x32xf32>
  }
}

// -----

// What is returned, too, is copied, and so is a concatenation that its parts are written into. A returned value that does not gather comes before those that do.
// CHECK-LABEL: cnn.network = "shared"
// CHECK: func.func @main
// CHECK: [[R:%.*]] = exec.launch {{.*}} "act" at <output[1], offset = 0, bytes = 4096>
// CHECK: [[K:%.*]] = exec.concat
// CHECK: exec.launch {{.*}}([[K]]) "output2" at <output[2], offset = 0, bytes = 4096>
// CHECK: [[A:%.*]] = exec.launch {{.*}}([[R]]) "gathered0" at <gathered[0]
// CHECK: [[B:%.*]] = exec.launch {{.*}} "gathered1" at <gathered[0]
// CHECK: exec.launch {{.*}}([[A]], {{.*}}) "fa" {{.*}}images = 2 : i64
// CHECK: exec.launch {{.*}}([[B]], {{.*}} at <output[0], offset = 0, bytes = 4096> {images = 2 : i64
module attributes {cnn.network = "shared"} {
  func.func @main(%x: tensor<?x1024xf32>, %y: tensor<?x16x4x4xf32>, %z: tensor<?x48x4x4xf32>) -> (tensor<?x512xf32>, tensor<?x1024xf32>, tensor<?x64x4x4xf32>)
      attributes {cnn.max_batch = 2 : i64} {
    %w = cnn.constant dense<1.0> : tensor<512x1024xf32>
    %v = cnn.constant dense<2.0> : tensor<512x1024xf32>
    %a = cnn.relu %x {layer = "act"} : (tensor<?x1024xf32>) -> tensor<?x1024xf32>
    %p = cnn.relu %y {layer = "p"} : (tensor<?x16x4x4xf32>) -> tensor<?x16x4x4xf32>
    %q = cnn.relu %z {layer = "q"} : (tensor<?x48x4x4xf32>) -> tensor<?x48x4x4xf32>
    %c = cnn.concat %p, %q {axis = 1 : i64, layer = "cat"} : (tensor<?x16x4x4xf32>, tensor<?x48x4x4xf32>) -> tensor<?x64x4x4xf32>
    %f = cnn.flatten %c {axis = 1 : i64} : (tensor<?x64x4x4xf32>) -> tensor<?x1024xf32>
    %0 = cnn.dense %a, %w {out_features = 512 : i64, bias = false, layer = "fa"} : (tensor<?x1024xf32>, tensor<512x1024xf32>) -> tensor<?x512xf32>
    %1 = cnn.dense %f, %v {out_features = 512 : i64, bias = false, layer = "fb"} : (tensor<?x1024xf32>, tensor<512x1024xf32>) -> tensor<?x512xf32>
    %2 = cnn.add %0, %1 : (tensor<?x512xf32>, tensor<?x512xf32>) -> tensor<?x512xf32>
    return %2, %a, %c : tensor<?x512xf32>, tensor<?x1024xf32>, tensor<?x64x4x4xf32>
  }
}
