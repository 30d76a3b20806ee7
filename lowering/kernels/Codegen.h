// Halide's optimised LLVM module -> object code.
#pragma once

#include <string>

namespace cnnc::kernels {

/// Replaces the bitcode that Halide wrote into a file by a relocatable object of position-independent code.
/// Halide itself can do so, but for prefetches: it marks them as not worth keeping in the outer caches, where weights must stay for the
/// next tile. They are kept in all of them here. Throws std::runtime_error.
void generateObject(const std::string &path);

/// Versions of the libraries that make a kernel's code, "LLVM 22.1.0, Halide 21.0.0": another version may make other code.
std::string codeGenerators();

} // namespace cnnc::kernels
