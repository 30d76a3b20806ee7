// The machine a kernel is built for, as a plain value. Detection and the list of known targets live in compiler/Target.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cnnc {

/// A CPU target. Every kernel, layout and schedule decision reads it; nothing reads the build machine.
struct Target {
  std::string name;                  ///< Name as given to --target, e.g. "x86-64-v4", "x86-64-v3", "host".
  std::string triple;                ///< LLVM triple, e.g. "x86_64-pc-linux-gnu".
  std::string cpu;                   ///< LLVM CPU name, e.g. "x86-64-v4".
  std::vector<std::string> features; ///< CPU features that the code uses ("avx2", "fma", "avx512f", ...), LLVM's names, sorted.
  int64_t vectorBits = 256;          ///< Width of one vector register in bits.
  int64_t vectorRegisters = 16;      ///< Architectural vector registers.
  int64_t l1Bytes = 32 << 10;        ///< L1 data cache of one core, bytes.
  int64_t l2Bytes = 1 << 20;         ///< L2 cache of one core, bytes.
  int64_t threads = 2;               ///< Threads that default schedules are balanced for; results never depend on it.
  std::string tune = "generic";      ///< The CPU that models of time are of, LLVM's name: "generic" (with AVX-512 a Xeon) or "znver4".

  /// f32 lanes of one vector register: the channel block of a blocked layout.
  int64_t lanes() const { return vectorBits / 32; }
  /// Bytes a cycle that reach a core from beyond its L2, of data of this size, as models of its time have it. Measured: 4.4 on a
  /// Xeon with AVX-512 while both cores ask, 20 on a Zen 3 and 29 on a Zen 5 as long as its L3 holds them.
  double farBytes(int64_t size) const { return has("avx512f") && !isZen() ? 4.5 : size > 16 << 20 ? 5 : 12; }
  /// Whether models of time are of AMD's cores.
  bool isZen() const { return tune.starts_with("znver"); }
  bool has(const std::string &feature) const {
    for (const auto &f : features)
      if (f == feature)
        return true;
    return false;
  }
};

} // namespace cnnc
