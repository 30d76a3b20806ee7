// RUN: cnnc-opt %s --plan-memory --verify-plan | FileCheck %s

// Three values of 256 bytes in a row need two places: the third lies where the first was. The result is written into the output.
// CHECK: exec.arena_bytes = 512 : i64
// CHECK: exec.launch @k({{.*}}) "a" at <arena[0], offset = 0, bytes = 256>
// CHECK: exec.launch @k({{.*}}) "b" at <arena[0], offset = 256, bytes = 256>
// CHECK: exec.launch @k({{.*}}) "c" at <arena[0], offset = 0, bytes = 256>
// CHECK: exec.launch @k({{.*}}) "d" at <output[0], offset = 0, bytes = 256>
exec.kernel @k attributes {weights = array<i1: false>} {
^bb0(%x: tensor<1x64xf32>):
  %0 = cnn.relu %x : (tensor<1x64xf32>) -> tensor<1x64xf32>
  exec.yield %0 : tensor<1x64xf32>
}
func.func @main(%x: tensor<1x64xf32>) -> tensor<1x64xf32> {
  %a = exec.launch @k(%x) "a" : (tensor<1x64xf32>) -> tensor<1x64xf32>
  %b = exec.launch @k(%a) "b" : (tensor<1x64xf32>) -> tensor<1x64xf32>
  %c = exec.launch @k(%b) "c" : (tensor<1x64xf32>) -> tensor<1x64xf32>
  %d = exec.launch @k(%c) "d" : (tensor<1x64xf32>) -> tensor<1x64xf32>
  return %d : tensor<1x64xf32>
}
