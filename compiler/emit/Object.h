// LLVM modules -> relocatable objects.
#pragma once

#include "lowering/kernels/Build.h"

#include "llvm/IR/Module.h"

namespace cnnc::emit {

/// The object of a plan module (see emitPlan): tables, and the exported functions.
kernels::Result<std::string> compilePlan(std::unique_ptr<llvm::Module> plan);

/// The runtime that is linked into libraries of a triple: runtime/lib with `cnnc_query_impl` and the `halide_*` entry points that kernels call,
/// all hidden. The code runs on any CPU of the architecture: it holds the check of the features that the kernels need.
/// Thread-safe.
kernels::Result<std::string> runtimeObject(const std::string &triple);

/// The steps of detectors (runtime/lib/detect), hidden and compiled for the target, for a plan that calls them. Thread-safe.
kernels::Result<std::string> routinesObject(const Target &target);

/// Whether a plan module calls steps of detectors.
bool callsRoutines(const llvm::Module &plan);

} // namespace cnnc::emit
