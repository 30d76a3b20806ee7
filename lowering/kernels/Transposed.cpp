#include "lowering/kernels/Transposed.h"

#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Window.h"

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

TransposedAxis transposedAxis(const KernelSpec &spec, const OpDesc &op, int axis) {
  return {spec.value(op.operands[0]).shape[2 + axis],
          op.result.shape[2 + axis],
          intsAttr(op, "kernel")[axis],
          intsAttr(op, "stride")[axis],
          intsAttr(op, "dilation")[axis],
          intsAttr(op, "pad")[axis]};
}

bool haloCoversTaps(const KernelSpec &spec, const OpDesc &op) { return haloCovers(spec, op, transposedAxis); }

} // namespace cnnc::kernels
