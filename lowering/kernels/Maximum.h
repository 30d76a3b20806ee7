// Maxima in which NaN wins.
#pragma once

#include "lowering/kernels/Pipeline.h"

#include <limits>

namespace cnnc::kernels {

/// A candidate for the maximum: its value, and its magnitude as an integer, which shows a NaN of either sign above infinity. Comparing
/// floats alone would not do: code is generated under the assumption that no float is NaN.
struct Candidate {
  Halide::Expr value, magnitude;

  Candidate(Halide::Expr value, Halide::Expr magnitude) : value(std::move(value)), magnitude(std::move(magnitude)) {}
  explicit Candidate(const Halide::Expr &cell) : Candidate(cell, Halide::reinterpret<int>(cell) & 0x7fffffff) {}
  static Candidate none() { return {-std::numeric_limits<float>::infinity(), 0}; }
  /// Takes part only where `valid`.
  Candidate where(const Halide::Expr &valid) const { return {select(valid, value, none().value), select(valid, magnitude, none().magnitude)}; }
};

/// Makes a stage of two values the maximum of the candidates over its domain.
inline void maximise(Stage &stage, const Candidate &candidate) {
  stage.func(stage.vars) = Halide::Tuple(Candidate::none().value, Candidate::none().magnitude);
  stage.func(stage.vars) = Halide::Tuple(max(stage.func(stage.vars)[0], candidate.value), max(stage.func(stage.vars)[1], candidate.magnitude));
}

/// The maximum that the two values of such a stage stand for.
inline Halide::Expr maximum(const Candidate &best) {
  constexpr int infinityBits = 0x7f800000, nanBits = 0x7fc00000;
  return Halide::reinterpret<float>(select(best.magnitude > infinityBits, nanBits, Halide::reinterpret<int>(best.value)));
}

} // namespace cnnc::kernels
