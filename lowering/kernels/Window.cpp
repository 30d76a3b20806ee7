#include "lowering/kernels/Window.h"

#include "lowering/kernels/Attributes.h"

#include <algorithm>

namespace cnnc::kernels {

int64_t WindowAxis::first() const {
  for (int64_t k = 0; k < kernel; ++k)
    if ((output - 1) * stride + k * dilation - padBegin >= 0)
      for (int64_t x = 0; x < output; ++x)
        if (int64_t cell = x * stride + k * dilation - padBegin; cell >= 0 && cell < input)
          return k;
  return 0;
}

int64_t WindowAxis::count() const {
  const int64_t begin = first();
  for (int64_t k = kernel - 1; k > begin; --k)
    if (k * dilation - padBegin < input)
      for (int64_t x = 0; x < output; ++x)
        if (int64_t cell = x * stride + k * dilation - padBegin; cell >= 0 && cell < input)
          return k - begin + 1;
  return 1;
}

int64_t WindowAxis::reachBefore() const { return std::max<int64_t>(0, padBegin - first() * dilation); }

int64_t WindowAxis::reachAfter() const {
  const int64_t last = first() + count() - 1;
  return std::max<int64_t>(0, (output - 1) * stride + last * dilation - padBegin - (input - 1));
}

bool WindowAxis::everyWindowHasData() const {
  for (int64_t x = 0; x < output; ++x) {
    bool data = false;
    for (int64_t k = 0; k < kernel && !data; ++k)
      data = x * stride + k * dilation - padBegin >= 0 && x * stride + k * dilation - padBegin < input;
    if (!data)
      return false;
  }
  return true;
}

int64_t windowOutput(int64_t input, int64_t kernel, int64_t stride, int64_t dilation, int64_t padBegin, int64_t padEnd, bool ceilMode) {
  const int64_t room = input + padBegin + padEnd - ((kernel - 1) * dilation + 1);
  if (!ceilMode)
    return room < 0 ? 0 : room / stride + 1;
  if (room <= -stride)
    return 0;
  int64_t output = (room + stride - 1) / stride + 1;
  if ((output - 1) * stride >= input + padBegin)
    --output;
  return output;
}

static int64_t dilationOf(const OpDesc &op, int axis) { return op.attributes.contains("dilation") ? intsAttr(op, "dilation")[axis] : 1; }

std::array<int64_t, 2> windowExtents(const KernelSpec &spec, const OpDesc &op) {
  const std::vector<int64_t> &x = spec.value(op.operands[0]).shape, &pad = intsAttr(op, "pad");
  const bool ceilMode = op.attributes.contains("ceil_mode") && boolAttr(op, "ceil_mode");
  std::array<int64_t, 2> extents;
  for (int axis = 0; axis < 2; ++axis)
    extents[axis] =
        windowOutput(x[2 + axis], intsAttr(op, "kernel")[axis], intsAttr(op, "stride")[axis], dilationOf(op, axis), pad[axis], pad[2 + axis], ceilMode);
  return extents;
}

WindowAxis windowAxis(const KernelSpec &spec, const OpDesc &op, int axis) {
  const TensorDesc &input = spec.value(op.operands[0]);
  const auto &pad = intsAttr(op, "pad");
  return {input.shape[2 + axis], op.result.shape[2 + axis], intsAttr(op, "kernel")[axis], intsAttr(op, "stride")[axis], dilationOf(op, axis), pad[axis],
          pad[2 + axis]};
}

bool haloCovers(const KernelSpec &spec, const OpDesc &op) { return haloCovers(spec, op, windowAxis); }

} // namespace cnnc::kernels
