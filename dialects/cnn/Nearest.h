// Nearest-neighbour resampling, shared by resize and upsample_add.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace cnnc::cnn {

/// The cell of `input` that cell `index` of `output` repeats: floor(index * input / output), in f32 as
/// torch.nn.functional.interpolate(mode="nearest", size=...) computes it; equal and doubled sizes are exact.
inline int64_t nearestCell(int64_t index, int64_t input, int64_t output) {
  if (output == input)
    return index;
  if (output == 2 * input)
    return index / 2;
  float scale = static_cast<float>(input) / static_cast<float>(output);
  return std::min(static_cast<int64_t>(std::floor(static_cast<float>(index) * scale)), input - 1);
}

} // namespace cnnc::cnn
