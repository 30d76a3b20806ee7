// Pairs of bf16 pieces of f32 numbers (SplitFloats.h) in lowered code.
#pragma once

#include <Halide.h>

#include <cstdint>
#include <functional>

namespace cnnc::kernels {

/// A piece of each of two numbers in one word, the first number's in its lower bits: number `which` of the `count` pieces that each is split into.
Halide::Expr pairOfPieces(const Halide::Expr &first, const Halide::Expr &second, const Halide::Expr &which, int64_t count);

/// The value of a piece in a word: the first number's, or the second one's.
Halide::Expr pieceOf(const Halide::Expr &word, const Halide::Expr &isFirst);

/// The number that its pieces add up to.
Halide::Expr sumOfPieces(const std::function<Halide::Expr(int)> &piece, int64_t count);

} // namespace cnnc::kernels
