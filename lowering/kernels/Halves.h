// Pairs of bf16 halves of f32 numbers (SplitFloats.h) in lowered code.
#pragma once

#include <Halide.h>

namespace cnnc::kernels {

/// Two halves in one word, the first number's in its lower bits: the upper halves where `which` is 0, else the lower ones.
Halide::Expr pairOfHalves(const Halide::Expr &first, const Halide::Expr &second, const Halide::Expr &which);

/// The value of a half in a word: the first one's, or the second one's.
Halide::Expr halfOf(const Halide::Expr &word, const Halide::Expr &isFirst);

} // namespace cnnc::kernels
