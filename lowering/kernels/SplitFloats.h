// f32 numbers as sums of two or three bf16 numbers, for multiplications on tiles of bf16 (tile_products.c).
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace cnnc::kernels {

/// The largest finite bf16.
inline constexpr float kLargestBf16 = 0x1.fep127f;

/// The most pieces that a number is split into: three, of 8 bits each, hold all of its 24.
inline constexpr int64_t kMostPieces = 3;

/// The first `count` pieces, 2 or 3: each the nearest bf16 of what those before it leave, away from zero where two are as near, and finite but for the last,
/// which is what is left of infinity or NaN.
std::array<uint16_t, kMostPieces> piecesOf(float value, int64_t count);

/// Of the products of two numbers in pieces those that are summed: down to about the size of the last piece.
constexpr int64_t productsOf(int64_t pieces) { return pieces * (pieces + 1) / 2; }

/// Extents of the tiles that packed weights are split into: input channels and output channels.
inline constexpr int64_t kSplitInputs = 32, kSplitOutputs = 16;

/// Bytes of as many numbers in pieces.
constexpr int64_t splitBytes(int64_t pieces) { return kSplitInputs * pieces * 2; }

/// Rows of 16 f32 that a split tile takes.
constexpr int64_t splitRows(int64_t pieces) { return kSplitInputs / 2 * pieces; }

/// Splits the 32 x 16 numbers at the beginning of each splitRows(pieces) x 16 into as many tiles of that size, which take its place: the first pieces, in row i
/// pairs of input channels i and 16 + i of 16 output channels, then the second ones, and so on. The size is a multiple of theirs.
void splitTiles(std::span<float> numbers, int64_t pieces);

} // namespace cnnc::kernels
