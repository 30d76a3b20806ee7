// Plan module + runtime bitcode -> one optimised relocatable object.
#pragma once

#include "lowering/kernels/Build.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/IR/Module.h"

namespace cnnc::emit {

/// Links `runtime` (LLVM bitcode) into `plan`, keeps `exports` and the `halide_*` entry points that kernels call, optimises (-O2) and
/// generates position-independent code with one section a function. The code runs on any CPU of the target's architecture: it
/// holds the check of the features that the kernels need.
kernels::Result<std::string> compilePlan(std::unique_ptr<llvm::Module> plan, llvm::StringRef runtime, const std::vector<std::string> &exports);

/// The runtime that is linked into libraries of a triple.
kernels::Result<llvm::StringRef> runtimeBitcode(const std::string &triple);

} // namespace cnnc::emit
