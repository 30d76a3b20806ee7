// What a machine does at most, measured: multiply-adds in registers, and streams read from each level of its memory.
#pragma once

#include "lowering/kernels/Target.h"

#include "llvm/Support/raw_ostream.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace cnnc {

/// A level of memory, and how fast all threads together read a buffer that it holds and the level before it does not.
struct MemoryLevel {
  std::string name;     ///< "L2", "L3" or "memory".
  int64_t capacity = 0; ///< Bytes that fit, for all threads together; of memory, all that there is.
  int64_t buffer = 0;   ///< Bytes that were read again and again.
  double bandwidth = 0; ///< Bytes a second.
};

struct MachinePeak {
  std::string target; ///< Whose vectors were used.
  int threads = 1;    ///< That worked at once.
  int64_t vectorBits = 0;
  double flops = 0;                ///< f32 operations a second, a multiply-add being two.
  double tileFlops = 0;            ///< The same on tiles of bf16, where three products make one of f32; 0: the target has none.
  std::vector<MemoryLevel> levels; ///< The nearest first, at least one.

  /// The nearest level that holds `bytes`; the last one if none does.
  const MemoryLevel &levelFor(int64_t bytes) const;
};

/// Takes some seconds. A machine must be able to run `target`. The best of many short measurements counts, so that other programs disturb little. Levels
/// that the system does not describe, and memory that is not free, are left out. `threads`: see threadsFor.
MachinePeak measurePeak(const Target &target, int threads);

/// A line for the multiply-adds and one for each level.
void printPeak(const MachinePeak &peak, llvm::raw_ostream &os);

/// {"target", "threads", "vector_bits", "gflops", "tile_gflops", "levels": [{"name", "capacity_bytes", "buffer_bytes", "gb_s"}]}, in 1e9 operations or bytes a second.
nlohmann::json toJson(const MachinePeak &peak);
/// nullopt when it is no such document.
std::optional<MachinePeak> peakFromJson(const nlohmann::json &document);

} // namespace cnnc
