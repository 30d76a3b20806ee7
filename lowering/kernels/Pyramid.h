// Bins of a spatial pyramid, agreed between its definition and its schedule.
#pragma once

#include "lowering/kernels/KernelSpec.h"

#include <algorithm>
#include <string>

namespace cnnc::kernels {

/// One axis of one level: bin i spans cells floor(i * extent / bins) up to ceil((i + 1) * extent / bins).
struct BinAxis {
  int64_t bins, extent;
  int64_t begin(int64_t bin) const { return bin * extent / bins; }
  int64_t end(int64_t bin) const { return ((bin + 1) * extent + bins - 1) / bins; }
  int64_t largest() const {
    int64_t cells = 0;
    for (int64_t bin = 0; bin < bins; ++bin)
      cells = std::max(cells, end(bin) - begin(bin));
    return cells;
  }
  /// Whether all bins have as many cells.
  bool isUniform() const {
    for (int64_t bin = 0; bin < bins; ++bin)
      if (end(bin) - begin(bin) != largest())
        return false;
    return true;
  }
};

/// The stage that holds the bins of level `level`: [N, C, n, n] in the target's channel blocks.
inline std::string levelStage(size_t level) { return "level" + std::to_string(level); }

} // namespace cnnc::kernels
