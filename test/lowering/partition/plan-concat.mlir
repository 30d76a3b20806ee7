// RUN: cnnc-opt %s --plan-memory --verify-plan | FileCheck %s

// The parts of a concatenation, and of one inside it, are written straight into the whole: no byte is copied.
// Four values of 256 bytes are alive at once at most: what lies in the whole before its last part is written is not wasted.
// CHECK: exec.arena_bytes = 1024 : i64, exec.live_bytes = 1024 : i64
// CHECK: "a" at <arena[0], offset = [[#A:]], bytes = 256>
// CHECK: "b" at <arena[0], offset = [[#A+256]], bytes = 256>
// CHECK: exec.concat {{.*}} at <arena[0], offset = [[#A]], bytes = 512>
// CHECK: "c" at <arena[0], offset = [[#A+512]], bytes = 256>
// CHECK: exec.concat {{.*}} at <arena[0], offset = [[#A]], bytes = 768>
exec.kernel @k attributes {weights = array<i1: false>} {
^bb0(%x: tensor<1x64xf32>):
  %0 = cnn.relu %x : (tensor<1x64xf32>) -> tensor<1x64xf32>
  exec.yield %0 : tensor<1x64xf32>
}
exec.kernel @two attributes {weights = array<i1: false>} {
^bb0(%x: tensor<1x128xf32>):
  %0 = cnn.relu %x : (tensor<1x128xf32>) -> tensor<1x128xf32>
  exec.yield %0 : tensor<1x128xf32>
}
exec.kernel @three attributes {weights = array<i1: false>} {
^bb0(%x: tensor<1x192xf32>):
  %0 = cnn.relu %x : (tensor<1x192xf32>) -> tensor<1x192xf32>
  exec.yield %0 : tensor<1x192xf32>
}
func.func @main(%x: tensor<1x64xf32>) -> (tensor<1x192xf32>, tensor<1x128xf32>) {
  %a = exec.launch @k(%x) "a" : (tensor<1x64xf32>) -> tensor<1x64xf32>
  %b = exec.launch @k(%a) "b" : (tensor<1x64xf32>) -> tensor<1x64xf32>
  %ab = exec.concat %a, %b : (tensor<1x64xf32>, tensor<1x64xf32>) -> tensor<1x128xf32>
  %p = exec.launch @two(%ab) "p" : (tensor<1x128xf32>) -> tensor<1x128xf32>
  %q = exec.launch @two(%p) "q" : (tensor<1x128xf32>) -> tensor<1x128xf32>
  %c = exec.launch @k(%b) "c" : (tensor<1x64xf32>) -> tensor<1x64xf32>
  %abc = exec.concat %ab, %c : (tensor<1x128xf32>, tensor<1x64xf32>) -> tensor<1x192xf32>
  %r = exec.launch @three(%abc) "r" : (tensor<1x192xf32>) -> tensor<1x192xf32>
  return %r, %q : tensor<1x192xf32>, tensor<1x128xf32>
}
