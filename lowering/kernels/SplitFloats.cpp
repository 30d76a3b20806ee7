#include "lowering/kernels/SplitFloats.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace cnnc::kernels {

std::array<uint16_t, kMostPieces> piecesOf(float value, int64_t count) {
  constexpr uint32_t half = 0x8000, upper = 0xffff0000;
  std::array<uint16_t, kMostPieces> pieces = {};
  for (int64_t piece = 0; piece + 1 < count; ++piece) {
    const float finite = value < kLargestBf16 ? std::max(value, -kLargestBf16) : kLargestBf16; // any number for NaN
    const uint32_t bits = (std::bit_cast<uint32_t>(finite) + half) & upper;
    pieces[piece] = static_cast<uint16_t>(bits >> 16);
    value -= std::bit_cast<float>(bits);
  }
  const auto bits = std::bit_cast<uint32_t>(value);
  pieces[count - 1] = static_cast<uint16_t>((value != value ? bits : bits + half) >> 16);
  return pieces;
}

void splitTiles(std::span<float> numbers, int64_t pieces) {
  constexpr size_t tile = kSplitInputs * kSplitOutputs, kPairs = kSplitInputs / 2;
  const size_t whole = splitRows(pieces) * kSplitOutputs;
  uint16_t tiles[kMostPieces][tile];
  for (; numbers.size() >= whole; numbers = numbers.subspan(whole)) {
    for (size_t k = 0; k < kSplitInputs; ++k)
      for (size_t n = 0; n < kSplitOutputs; ++n) {
        const std::array<uint16_t, kMostPieces> split = piecesOf(numbers[k * kSplitOutputs + n], pieces);
        for (int64_t piece = 0; piece < pieces; ++piece)
          tiles[piece][(k % kPairs * kSplitOutputs + n) * 2 + k / kPairs] = split[piece];
      }
    std::memcpy(numbers.data(), tiles, pieces * sizeof tiles[0]);
  }
}

} // namespace cnnc::kernels
