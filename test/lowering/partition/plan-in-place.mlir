// RUN: cnnc-opt %s --set-target=name=x86-64-v3 --graph --partition | FileCheck %s

// A gate of its own (it reads a value that stays alive) gets bytes of its own; what follows overwrites it, since it dies there.
// CHECK: exec.arena_bytes = [[#]] : i64
// CHECK: exec.launch {{.*}} "act" at <arena[0], offset = [[#ACT:]], bytes = 16384>
// CHECK: exec.launch {{.*}} "gate" at <arena[0], offset = [[#GATE:]], bytes = 16384>
// CHECK: exec.launch {{.*}} "sum" at <arena[0], offset = [[#GATE]], bytes = 16384> {in_place = [[#]] : i64}
module attributes {cnn.network = "n"} {
  func.func @main(%x: tensor<1x16x16x16xf32>) -> tensor<1x16x1x1xf32> {
    %0 = cnn.max_pool %x {kernel = array<i64: 1, 1>, layer = "pool"} : (tensor<1x16x16x16xf32>) -> tensor<1x16x16x16xf32>
    %1 = cnn.relu %0 {layer = "act"} : (tensor<1x16x16x16xf32>) -> tensor<1x16x16x16xf32>
    %g = cnn.global_avg_pool %1 {layer = "gap"} : (tensor<1x16x16x16xf32>) -> tensor<1x16x1x1xf32>
    %2 = cnn.mul %1, %g {layer = "gate"} : (tensor<1x16x16x16xf32>, tensor<1x16x1x1xf32>) -> tensor<1x16x16x16xf32>
    %h = cnn.global_avg_pool %2 {layer = "gap2"} : (tensor<1x16x16x16xf32>) -> tensor<1x16x1x1xf32>
    %3 = cnn.mul %2, %h {layer = "sum"} : (tensor<1x16x16x16xf32>, tensor<1x16x1x1xf32>) -> tensor<1x16x16x16xf32>
    %4 = cnn.global_avg_pool %3 {layer = "gap3"} : (tensor<1x16x16x16xf32>) -> tensor<1x16x1x1xf32>
    return %4 : tensor<1x16x1x1xf32>
  }
}
