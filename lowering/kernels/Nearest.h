// Nearest-neighbour resampling along one axis.
#pragma once

#include "lowering/kernels/Pipeline.h"

namespace cnnc::kernels {

/// The cell of `input` that cell `index` of `output` repeats: floor(index * input / output), in f32 as torch computes it; equal and doubled
/// sizes are exact.
inline Coord nearest(const Coord &index, int64_t input, int64_t output) {
  using Halide::Expr;
  if (input == output)
    return index;
  if (output == 2 * input)
    return Coord(index.value() / 2, input);
  const Expr place = Halide::strict_float(Halide::cast<float>(index.value()) * (static_cast<float>(input) / static_cast<float>(output)));
  return Coord(clamp(Halide::cast<int>(floor(place)), 0, static_cast<int>(input - 1)), input);
}

} // namespace cnnc::kernels
