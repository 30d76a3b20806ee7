// f32 numbers as sums of two bf16 numbers, for multiplications on tiles of bf16 (tile_products.c).
#pragma once

#include <cstdint>
#include <span>

namespace cnnc::kernels {

/// The largest finite bf16.
inline constexpr float kLargestHalf = 0x1.fep127f;

/// The upper half: the nearest finite bf16, away from zero where two are as near. What it leaves is an f32 number: infinity of infinity, NaN of NaN.
uint16_t upperHalf(float value);
/// The nearest bf16 of what the upper half leaves.
uint16_t lowerHalf(float value);

/// Extents of the tiles that packed weights are split into: input channels and output channels.
inline constexpr int64_t kSplitInputs = 32, kSplitOutputs = 16;

/// Replaces each 32 x 16 numbers by two tiles of the same size in all: the upper halves, in row i pairs of input channels i and 16 + i of 16 output
/// channels, then the lower ones. The size is a multiple of a tile's.
void splitTiles(std::span<float> numbers);

} // namespace cnnc::kernels
