#include "lowering/kernels/Math.h"

namespace cnnc::kernels {

using Halide::Expr;

Expr expF32(const Expr &x) {
  const Expr clamped = select(x < -104.0f, -104.0f, select(x > 89.0f, 89.0f, x));
  const Expr n = round(clamped * 1.44269504088896341f);
  const Expr r = (clamped - n * 0.693359375f) - n * -2.12194440e-4f;
  Expr p = 1.9875691500e-4f;
  for (float coefficient : {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f})
    p = p * r + coefficient;
  const Expr mantissa = p * r * r + r + 1.0f;
  // 2^n in two factors: n reaches 128 and -150.
  const Expr exponent = Halide::cast<int>(select(n <= 128.0f, n, 0.0f));
  const Expr half = exponent >> 1;
  auto power = [](const Expr &e) { return Halide::reinterpret<float>((e + 127) << 23); };
  return mantissa * power(half) * power(exponent - half);
}

Expr tanhF32(const Expr &x) {
  const Expr square = x * x;
  Expr p = -5.70498872745e-3f;
  for (float coefficient : {2.06390887954e-2f, -5.37397155531e-2f, 1.33314422036e-1f, -3.33332819422e-1f})
    p = p * square + coefficient;
  const Expr small = p * square * x + x;
  const Expr magnitude = abs(x);
  const Expr large = 1.0f - 2.0f / (expF32(magnitude * 2.0f) + 1.0f);
  return select(magnitude < 0.625f, small, select(x < 0.0f, -large, large));
}

Expr powF32(const Expr &x, double p) {
  if (p == 0.5)
    return sqrt(x);
  if (p == 0.75)
    return sqrt(x) * sqrt(sqrt(x));
  if (p == 1.0)
    return x;
  return Halide::cast<float>(pow(Halide::cast<double>(x), Expr(p)));
}

} // namespace cnnc::kernels
