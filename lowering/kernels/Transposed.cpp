#include "lowering/kernels/Transposed.h"

#include "lowering/kernels/Attributes.h"

#include <algorithm>
#include <numeric>

namespace cnnc::kernels {

int64_t TransposedAxis::common() const { return std::gcd(stride, dilation); }

int64_t TransposedAxis::inverse() const {
  const int64_t factor = dilation / common() % step();
  int64_t inverse = 0;
  while (inverse < step() && factor * inverse % step() != 1 % step())
    ++inverse;
  return inverse;
}

std::array<int64_t, 2> TransposedAxis::reach() const {
  const int64_t inverse = this->inverse();
  int64_t before = 0, after = 0;
  for (int64_t phase = 0; phase < stride; ++phase) {
    if ((phase + padBegin) % common() != 0)
      continue;
    const int64_t first = (phase + padBegin) / common() * inverse % step();
    if (first >= kernel)
      continue;
    const int64_t offset = (phase + padBegin - first * dilation) / stride, last = (kernel - 1 - first) / step();
    before = std::max(before, last * (dilation / common()) - offset);
    after = std::max(after, cells() - 1 + offset - (input - 1));
  }
  return {before, after};
}

TransposedAxis transposedAxis(const KernelSpec &spec, const OpDesc &op, int axis) {
  return {spec.value(op.operands[0]).shape[2 + axis],
          op.result.shape[2 + axis],
          intsAttr(op, "kernel")[axis],
          intsAttr(op, "stride")[axis],
          intsAttr(op, "dilation")[axis],
          intsAttr(op, "pad")[axis]};
}

bool haloCoversTaps(const KernelSpec &spec, const OpDesc &op) {
  const TensorDesc &input = spec.value(op.operands[0]);
  for (int axis = 0; axis < 2; ++axis) {
    const TransposedAxis taps = transposedAxis(spec, op, axis);
    if (taps.reachBefore() > input.halo[axis] || taps.reachAfter() > input.halo[2 + axis])
      return false;
  }
  return true;
}

} // namespace cnnc::kernels
