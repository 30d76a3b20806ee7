// RUN: cnnc-opt %s --set-target=name=x86-64-v4 | FileCheck %s
// RUN: cnnc-opt %s --set-target=name=x86-64-v4-zen | cnnc-opt | FileCheck %s --check-prefix=ZEN
// RUN: not cnnc-opt %s --set-target=name=pdp-11 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// CHECK: cnnc.target = {cpu = "x86-64-v4", features = ["avx", {{.*}}], {{.*}}name = "x86-64-v4", {{.*}}vector_bits = 512 : i64
// ZEN: cnnc.target = {cpu = "x86-64-v4", {{.*}}name = "x86-64-v4-zen", {{.*}}tune = "znver4", {{.*}}vector_bits = 512 : i64
// UNKNOWN: error: unknown target 'pdp-11'; `cnnc targets` lists them
module {
}
