// Elementary functions on f32 as expressions: the same bits in vector and scalar code, on every target, and no library call.
#pragma once

#include <Halide.h>

namespace cnnc::kernels {

/// e^x, within 2 ulp; NaN, infinities and denormal results as IEEE. Cody-Waite reduction and the polynomial of Cephes' expf.
Halide::Expr expF32(const Halide::Expr &x);
/// tanh x, within 3 ulp; NaN passes through.
Halide::Expr tanhF32(const Halide::Expr &x);
/// x^p for x > 0 and a constant p, within 1e-6 relative.
Halide::Expr powF32(const Halide::Expr &x, double p);

} // namespace cnnc::kernels
