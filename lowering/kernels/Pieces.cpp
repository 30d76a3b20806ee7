#include "lowering/kernels/Pieces.h"

#include "lowering/kernels/SplitFloats.h"

#include <vector>

namespace cnnc::kernels {
namespace {

using Halide::Expr;

Expr bitsOf(uint32_t number) { return Halide::Internal::make_const(Halide::UInt(32), number); }

Expr asBits(const Expr &value) { return Halide::reinterpret(Halide::UInt(32), value); }

Expr asFloat(const Expr &bits) { return Halide::reinterpret(Halide::Float(32), bits); }

/// The pieces, each in the upper bits of a word; what is below them is of no meaning in the last one.
std::vector<Expr> splitOf(const Expr &value, int64_t count) {
  const Expr largest = kLargestBf16;
  std::vector<Expr> pieces;
  Expr rest = value;
  while (static_cast<int64_t>(pieces.size()) + 1 < count) {
    const Expr finite = Halide::strict_float(max(min(rest, largest), -largest));
    pieces.push_back((asBits(finite) + bitsOf(0x8000)) & bitsOf(0xffff0000));
    rest = Halide::strict_float(rest - asFloat(pieces.back()));
  }
  const bool whole = count == kMostPieces; // nothing to round, and NaN is a quiet one after a subtraction
  pieces.push_back(whole ? asBits(rest) : select(Halide::is_nan(rest), asBits(rest), asBits(rest) + bitsOf(0x8000)));
  return pieces;
}

} // namespace

Expr pairOfPieces(const Expr &first, const Expr &second, const Expr &which, int64_t count) {
  const std::vector<Expr> a = splitOf(first, count), b = splitOf(second, count);
  Expr word;
  for (int piece = static_cast<int>(count); piece-- > 0;) {
    const Expr pair = a[piece] >> 16 | (b[piece] & bitsOf(0xffff0000));
    word = word.defined() ? select(which == piece, pair, word) : pair;
  }
  return word;
}

Expr pieceOf(const Expr &word, const Expr &isFirst) { return asFloat(select(isFirst, word << 16, word & bitsOf(0xffff0000))); }

Expr sumOfPieces(const std::function<Expr(int)> &piece, int64_t count) {
  Expr sum = piece(0);
  for (int which = 1; which < count; ++which)
    sum += piece(which);
  return sum;
}

} // namespace cnnc::kernels
