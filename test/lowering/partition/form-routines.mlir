// RUN: cnnc-opt %s --set-target=name=x86-64-v3 --graph --form-kernels --select-schedule --pack-weights --plan-memory --verify-plan | FileCheck %s

// Routines stand beside kernels; kernels over their rows compute as many as the count says, whatever lies between. Maps are read in blocks,
// regions are written in the layout that their reader wants, and scratch memory is a result of its own.
// CHECK: exec.kernel @[[CONV:k[0-9]+_conv2d]] schedule
// CHECK: exec.kernel @[[FC:k[0-9]+_dense]] counted {{[0-9]+}} schedule
// CHECK: exec.kernel @[[MASK:k[0-9]+_conv2d]] counted 1 schedule
// CHECK: func.func @main(%[[BOXES:.*]]: tensor<40x4xf32>, %[[SCORES:.*]]: tensor<40xf32>, %[[N:.*]]: tensor<1xi32>,
// CHECK: %[[TOP:.*]]:4 = exec.routine "top_k"(%[[SCORES]], %[[N]]) {k = 20 : i64} "top" at [#exec.slot<arena[0], offset = {{[0-9]+}}, bytes = 80>, #exec.slot<arena[0], {{.*}}, bytes = 80>, #exec.slot<{{.*}}, bytes = 4>, #exec.slot<{{.*}}, bytes = [[SCRATCH:[0-9]+]]>] : (tensor<40xf32>, tensor<1xi32>) -> (tensor<20xf32>, tensor<20xi32>, tensor<1xi32>, tensor<[[SCRATCH]]xui8>)
// CHECK: %[[BEST:.*]] = exec.routine "gather_rows"(%[[BOXES]], %[[TOP]]#1, %[[TOP]]#2) rows(%[[TOP]]#2)
// CHECK: %[[MAP:.*]] = exec.launch @[[CONV]](
// CHECK: %[[FLAT:.*]] = exec.routine "roi_align"(%[[BEST]], %[[TOP]]#2, %[[MAP]]) rows(%[[TOP]]#2) {{.*}}tensor<1x16x8x8xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>>) -> tensor<20x16x2x2xf32>
// CHECK: exec.view %[[FLAT]]
// CHECK: exec.launch @[[FC]]({{.*}}) rows(%[[TOP]]#2) "fc"
// CHECK: exec.routine "roi_align"{{.*}} -> tensor<20x16x2x2xf32, #cnn.layout<block = 8, halo = [1, 1, 1, 1]>>
// CHECK: exec.launch @[[MASK]]({{.*}}) rows(%[[TOP]]#2) "mask"
module attributes {cnn.network = "heads"} {
  func.func @main(%boxes: tensor<40x4xf32>, %scores: tensor<40xf32>, %n: tensor<1xi32>, %x: tensor<1x16x8x8xf32>) -> (tensor<20x8xf32>, tensor<20x16x2x2xf32>) {
    %w = cnn.constant "w" dense<1.0> : tensor<16x16x1x1xf32>
    %v = cnn.constant "v" dense<1.0> : tensor<8x64xf32>
    %u = cnn.constant "u" dense<1.0> : tensor<16x16x3x3xf32>
    %values, %indices, %found = cnn.top_k %scores, %n {k = 20, layer = "top"} : (tensor<40xf32>, tensor<1xi32>) -> (tensor<20xf32>, tensor<20xi32>, tensor<1xi32>)
    %best = cnn.gather_rows %boxes, %indices, %found {layer = "best"} : (tensor<40x4xf32>, tensor<20xi32>, tensor<1xi32>) -> tensor<20x4xf32>
    %map = cnn.conv2d %x, %w {kernel = array<i64: 1, 1>, out_channels = 16 : i64, bias = false, layer = "map"} : (tensor<1x16x8x8xf32>, tensor<16x16x1x1xf32>) -> tensor<1x16x8x8xf32>
    %r = cnn.roi_align %best, %found, %map {size = array<i64: 2, 2>, scale = 1.0, layer = "regions"} : (tensor<20x4xf32>, tensor<1xi32>, tensor<1x16x8x8xf32>) -> tensor<20x16x2x2xf32>
    %f = cnn.flatten %r {axis = 1 : i64, layer = "flat"} : (tensor<20x16x2x2xf32>) -> tensor<20x64xf32>
    %d = cnn.dense %f, %v {out_features = 8 : i64, bias = false, layer = "fc"} : (tensor<20x64xf32>, tensor<8x64xf32>) -> tensor<20x8xf32>
    %s = cnn.roi_align %best, %found, %map {size = array<i64: 2, 2>, scale = 1.0, sampling_ratio = 2, layer = "cells"} : (tensor<20x4xf32>, tensor<1xi32>, tensor<1x16x8x8xf32>) -> tensor<20x16x2x2xf32>
    %m = cnn.conv2d %s, %u {kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, out_channels = 16 : i64, bias = false, layer = "mask"} : (tensor<20x16x2x2xf32>, tensor<16x16x3x3xf32>) -> tensor<20x16x2x2xf32>
    return %d, %m : tensor<20x8xf32>, tensor<20x16x2x2xf32>
  }
}
