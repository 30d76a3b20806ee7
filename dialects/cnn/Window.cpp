// The sliding window shared by convolutions and pools.
#include "dialects/cnn/Window.h"

using namespace mlir;

namespace cnnc::cnn {

LogicalResult Window::check(std::optional<Location> location, StringRef constraint) const {
  auto bad = [](ArrayRef<int64_t> values, size_t count, int64_t least) {
    return values.size() != count || llvm::any_of(values, [&](int64_t value) { return value < least || value > (int64_t(1) << 31) - 1; });
  };
  if (bad(kernel, 2, 1))
    return violates(location, constraint, "kernel must be two sizes (height, width) of at least 1");
  if (bad(stride, 2, 1))
    return violates(location, constraint, "stride must be two steps (height, width) of at least 1");
  if (bad(dilation, 2, 1))
    return violates(location, constraint, "dilation must be two factors (height, width) of at least 1");
  if (bad(pad, 4, 0))
    return violates(location, constraint, "pad must be four non-negative counts (top, left, bottom, right)");
  return success();
}

std::optional<int64_t> Window::outputExtent(int axis, int64_t input, bool ceilMode) const {
  int64_t span = dilation[axis] * (kernel[axis] - 1) + 1, room = input + pad[axis] + pad[axis + 2] - span;
  if (room < 0 && !ceilMode)
    return std::nullopt;
  if (!ceilMode)
    return room / stride[axis] + 1;
  int64_t windows = (room < 0 ? 0 : (room + stride[axis] - 1) / stride[axis]) + 1;
  if ((windows - 1) * stride[axis] >= input + pad[axis])
    --windows;
  return windows < 1 ? std::nullopt : std::optional<int64_t>(windows);
}

std::string Window::dilatedString() const {
  return (Twine(dilation[0] * (kernel[0] - 1) + 1) + "x" + Twine(dilation[1] * (kernel[1] - 1) + 1)).str();
}

} // namespace cnnc::cnn
