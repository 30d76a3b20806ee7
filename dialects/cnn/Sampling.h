// Bilinear samples along one axis, and scaling of an axis by them.
#pragma once

#include "llvm/ADT/SmallVector.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace cnnc::cnn {

/// The input cells that one output cell weighs: `weights[i]` belongs to cell `first + i`.
struct Taps {
  int64_t first;
  llvm::SmallVector<double> weights;
};

/// The cells around `position`, counted in cells from the centre of cell 0; the border cell stands in for those outside.
inline Taps bilinearTaps(double position, int64_t extent) {
  position = std::max(0.0, position);
  int64_t first = static_cast<int64_t>(std::min(position, static_cast<double>(extent - 1)));
  double fraction = position - static_cast<double>(first);
  return first + 1 < extent ? Taps{first, {1 - fraction, fraction}} : Taps{first, {1}};
}

/// The cells that each cell of an axis of `output` reads when it is resampled from `input` cells: half-pixel coordinates.
inline std::vector<Taps> resizeTaps(int64_t input, int64_t output) {
  double scale = static_cast<double>(input) / static_cast<double>(output);
  std::vector<Taps> taps;
  for (int64_t index = 0; index < output; ++index)
    taps.push_back(bilinearTaps((static_cast<double>(index) + 0.5) * scale - 0.5, input));
  return taps;
}

} // namespace cnnc::cnn
