#include "lowering/kernels/SplitFloats.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace cnnc::kernels {
namespace {

constexpr uint32_t half = 0x8000, upper = 0xffff0000;

uint32_t upperBits(float value) {
  const float finite = value < kLargestHalf ? std::max(value, -kLargestHalf) : kLargestHalf; // any number for NaN
  return (std::bit_cast<uint32_t>(finite) + half) & upper;
}

} // namespace

uint16_t upperHalf(float value) { return static_cast<uint16_t>(upperBits(value) >> 16); }

uint16_t lowerHalf(float value) {
  const float rest = value - std::bit_cast<float>(upperBits(value));
  const auto bits = std::bit_cast<uint32_t>(rest);
  return static_cast<uint16_t>((rest != rest ? bits : bits + half) >> 16);
}

void splitTiles(std::span<float> numbers) {
  constexpr size_t tile = kSplitInputs * kSplitOutputs, kPairs = kSplitInputs / 2;
  uint16_t halves[2][tile];
  for (; numbers.size() >= tile; numbers = numbers.subspan(tile)) {
    for (size_t k = 0; k < kSplitInputs; ++k)
      for (size_t n = 0; n < kSplitOutputs; ++n) {
        const float value = numbers[k * kSplitOutputs + n];
        const size_t place = (k % kPairs * kSplitOutputs + n) * 2 + k / kPairs;
        halves[0][place] = upperHalf(value);
        halves[1][place] = lowerHalf(value);
      }
    std::memcpy(numbers.data(), halves, sizeof halves);
  }
}

} // namespace cnnc::kernels
