// Records for the tests of the tuner.
#pragma once

#include "compiler/tune/Record.h"

namespace cnnc::tune::test {

inline Machine machine(const std::string &cpu = "A CPU", int64_t threads = 2) { return {cpu, "0123", 32 << 10, 1 << 20, 0, threads}; }

inline Record record(const std::string &kernel, int64_t knob, double seconds, const std::string &network = "") {
  return {"1.0", kernel, "conv2d", "x86-64-v4", machine(), {"conv2d.direct", {{"tile_c", knob}}}, network, seconds, 1e-3, 1e-7, ""};
}

} // namespace cnnc::tune::test
