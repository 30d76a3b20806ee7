#include "lowering/kernels/Halves.h"

#include "lowering/kernels/SplitFloats.h"

#include <array>

namespace cnnc::kernels {
namespace {

using Halide::Expr;

Expr bitsOf(uint32_t number) { return Halide::Internal::make_const(Halide::UInt(32), number); }

Expr asBits(const Expr &value) { return Halide::reinterpret(Halide::UInt(32), value); }

Expr asFloat(const Expr &bits) { return Halide::reinterpret(Halide::Float(32), bits); }

/// The upper and the lower half, each in the upper bits of a word; what is below them is of no meaning in the lower one.
std::array<Expr, 2> halvesOf(const Expr &value) {
  const Expr largest = kLargestHalf, finite = Halide::strict_float(max(min(value, largest), -largest));
  const Expr upper = (asBits(finite) + bitsOf(0x8000)) & bitsOf(0xffff0000), rest = Halide::strict_float(value - asFloat(upper));
  return {upper, select(Halide::is_nan(rest), asBits(rest), asBits(rest) + bitsOf(0x8000))};
}

} // namespace

Expr pairOfHalves(const Expr &first, const Expr &second, const Expr &which) {
  const std::array<Expr, 2> a = halvesOf(first), b = halvesOf(second);
  const auto pair = [](const Expr &low, const Expr &high) { return low >> 16 | (high & bitsOf(0xffff0000)); };
  return select(which == 0, pair(a[0], b[0]), pair(a[1], b[1]));
}

Expr halfOf(const Expr &word, const Expr &isFirst) { return asFloat(select(isFirst, word << 16, word & bitsOf(0xffff0000))); }

} // namespace cnnc::kernels
