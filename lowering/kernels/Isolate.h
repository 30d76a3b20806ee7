// Runs a code generator in a child process: its crash, its stall and its process-wide counters stay there.
#pragma once

#include "lowering/kernels/Build.h"

#include <functional>

namespace cnnc::kernels {

/// Runs `work` in a forked child with an empty environment. `work` writes its output to the file `path` and throws
/// std::exception on failure. Gives the file's bytes. Thread-safe. A child that dies, or that uses more than `cpuSeconds`, is a
/// failure and not the end of this process.
Result<std::string> isolate(const std::function<void(const std::string &path)> &work, int cpuSeconds = 300);

} // namespace cnnc::kernels
