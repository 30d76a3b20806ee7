// RUN: cnnc-opt %s --set-target=name=x86-64-v4 --split-batch --assign-layout --fuse-epilogue --gather-images --split-input-file | FileCheck %s
// RUN: cnnc-opt %s --set-target=name=x86-64-v3 --split-batch --assign-layout --fuse-epilogue --gather-images --split-input-file | FileCheck %s --check-prefix=V3

// From the first dense layer on whose weights outgrow L2, what comes after it included: 20 images in two groups, in four where fewer sums fit the registers.
// CHECK-LABEL: cnn.network = "classifier"
// CHECK: cnn.dense {{.*}}layer = "small"
// CHECK-NOT: images
// CHECK: cnn.dense {{.*}}images = 10 : i64, layer = "large"
// CHECK: cnn.relu {{.*}}images = 10 : i64
// CHECK: cnn.dense {{.*}}images = 10 : i64, layer = "last"
// CHECK: cnn.softmax {{.*}}images = 10 : i64
// V3-LABEL: cnn.network = "classifier"
// V3: cnn.dense {{.*}}images = 6 : i64, layer = "large"
module attributes {cnn.network = "classifier"} {
  func.func @main(%x: tensor<?x1024xf32>) -> tensor<?x10xf32> attributes {cnn.max_batch = 20 : i64} {
    %s = cnn.constant dense<1.0> : tensor<64x1024xf32>
    %l = cnn.constant dense<1.0> : tensor<8192x64xf32>
    %w = cnn.constant dense<1.0> : tensor<10x8192xf32>
    %0 = cnn.dense %x, %s {out_features = 64 : i64, bias = false, layer = "small"} : (tensor<?x1024xf32>, tensor<64x1024xf32>) -> tensor<?x64xf32>
    %1 = cnn.dense %0, %l {out_features = 8192 : i64, bias = false, layer = "large"} : (tensor<?x64xf32>, tensor<8192x64xf32>) -> tensor<?x8192xf32>
    %2 = cnn.relu %1 : (tensor<?x8192xf32>) -> tensor<?x8192xf32>
    %3 = cnn.dense %2, %w {out_features = 10 : i64, bias = false, layer = "last"} : (tensor<?x8192xf32>, tensor<10x8192xf32>) -> tensor<?x10xf32>
    %4 = cnn.softmax %3 {axis = 1 : i64} : (tensor<?x10xf32>) -> tensor<?x10xf32>
    return %4 : tensor<?x10xf32>
  }
}

// -----

// A run of one image has nothing to gather.
// CHECK-LABEL: cnn.network = "single"
// CHECK-NOT: images
module attributes {cnn.network = "single"} {
  func.func @main(%x: tensor<?x64xf32>) -> tensor<?x8192xf32> attributes {cnn.max_batch = 1 : i64} {
    %l = cnn.constant dense<1.0> : tensor<8192x64xf32>
    %0 = cnn.dense %x, %l {out_features = 8192 : i64, bias = false} : (tensor<?x64xf32>, tensor<8192x64xf32>) -> tensor<?x8192xf32>
    return %0 : tensor<?x8192xf32>
  }
}

// -----

// Nor do images that are mixed: the kernels see all of them as it is.
// CHECK-LABEL: cnn.network = "mixed"
// CHECK-NOT: images
module attributes {cnn.network = "mixed"} {
  func.func @main(%x: tensor<8x64xf32>) -> tensor<8x8192xf32> {
    %l = cnn.constant dense<1.0> : tensor<8192x64xf32>
    %s = cnn.softmax %x {axis = 0 : i64} : (tensor<8x64xf32>) -> tensor<8x64xf32>
    %0 = cnn.dense %s, %l {out_features = 8192 : i64, bias = false} : (tensor<8x64xf32>, tensor<8192x64xf32>) -> tensor<8x8192xf32>
    return %0 : tensor<8x8192xf32>
  }
}

// -----

// A concatenation is made image by image, so what comes before it is, too. A static batch counts like a dynamic one.
// CHECK-LABEL: cnn.network = "joined"
// CHECK: cnn.dense {{.*}}layer = "before"
// CHECK-NOT: images
// CHECK: cnn.concat
// CHECK: cnn.dense {{.*}}images = 4 : i64, layer = "after"
module attributes {cnn.network = "joined"} {
  func.func @main(%x: tensor<4x64xf32>) -> tensor<4x64xf32> {
    %l = cnn.constant dense<1.0> : tensor<8192x64xf32>
    %m = cnn.constant dense<1.0> : tensor<64x8256xf32>
    %0 = cnn.dense %x, %l {out_features = 8192 : i64, bias = false, layer = "before"} : (tensor<4x64xf32>, tensor<8192x64xf32>) -> tensor<4x8192xf32>
    %1 = cnn.concat %0, %x {axis = 1 : i64} : (tensor<4x8192xf32>, tensor<4x64xf32>) -> tensor<4x8256xf32>
    %2 = cnn.dense %1, %m {out_features = 64 : i64, bias = false, layer = "after"} : (tensor<4x8256xf32>, tensor<64x8256xf32>) -> tensor<4x64xf32>
    return %2 : tensor<4x64xf32>
  }
}

// -----

// Ops that gather come last, those of another branch stay as they are.
// CHECK-LABEL: cnn.network = "branches"
// CHECK: cnn.max_pool
// CHECK-NOT: images
// CHECK: cnn.dense {{.*}}images = 3 : i64
// CHECK-NOT: cnn
// CHECK: return
module attributes {cnn.network = "branches"} {
  func.func @main(%x: tensor<?x16x8x8xf32>) -> (tensor<?x1024xf32>, tensor<?x16x4x4xf32>) attributes {cnn.max_batch = 3 : i64} {
    %l = cnn.constant dense<1.0> : tensor<1024x1024xf32>
    %0 = cnn.flatten %x {axis = 1 : i64} : (tensor<?x16x8x8xf32>) -> tensor<?x1024xf32>
    %1 = cnn.dense %0, %l {out_features = 1024 : i64, bias = false, layer = "fc"} : (tensor<?x1024xf32>, tensor<1024x1024xf32>) -> tensor<?x1024xf32>
    %2 = cnn.max_pool %x {kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>} : (tensor<?x16x8x8xf32>) -> tensor<?x16x4x4xf32>
    return %1, %2 : tensor<?x1024xf32>, tensor<?x16x4x4xf32>
  }
}
