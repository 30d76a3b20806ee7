// The sliding window shared by convolutions and pools.
#include "dialects/cnn/Window.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace cnnc::cnn {

/// Bounds every window value, so that no product of two of them overflows and a walk over pads ends soon.
static constexpr int64_t kLargest = int64_t(1) << 20;

LogicalResult Window::check(std::optional<Location> location, StringRef constraint) const {
  auto bad = [](ArrayRef<int64_t> values, size_t count, int64_t least) {
    return values.size() != count || llvm::any_of(values, [&](int64_t value) { return value < least || value > kLargest; });
  };
  if (bad(kernel, 2, 1))
    return violates(location, constraint, "kernel must be two sizes (height, width) from 1 to 2^20");
  if (bad(stride, 2, 1))
    return violates(location, constraint, "stride must be two steps (height, width) from 1 to 2^20");
  if (bad(dilation, 2, 1))
    return violates(location, constraint, "dilation must be two factors (height, width) from 1 to 2^20");
  if (bad(pad, 4, 0))
    return violates(location, constraint, "pad must be four counts (top, left, bottom, right) from 0 to 2^20");
  return success();
}

std::optional<int64_t> Window::outputExtent(int axis, int64_t input, bool ceilMode) const {
  int64_t span = dilation[axis] * (kernel[axis] - 1) + 1, room = input + pad[axis] + pad[axis + 2] - span;
  int64_t windows = (ceilMode ? llvm::divideCeilSigned(room, stride[axis]) : llvm::divideFloorSigned(room, stride[axis])) + 1;
  if (ceilMode && (windows - 1) * stride[axis] >= input + pad[axis])
    --windows;
  return windows < 1 ? std::nullopt : std::optional<int64_t>(windows);
}

bool Window::hasEmptyWindow(int axis, int64_t input, int64_t output) const {
  // Windows that start inside the input cover its cell; only those before it and the last one are in doubt.
  if ((output - 1) * stride[axis] - pad[axis] >= input)
    return true;
  for (int64_t index = 0; index < output && index * stride[axis] < pad[axis]; ++index) {
    int64_t before = pad[axis] - index * stride[axis], tap = llvm::divideCeil(before, dilation[axis]);
    if (tap >= kernel[axis] || tap * dilation[axis] - before >= input)
      return true;
  }
  return false;
}

std::string Window::dilatedString() const { return (Twine(dilation[0] * (kernel[0] - 1) + 1) + "x" + Twine(dilation[1] * (kernel[1] - 1) + 1)).str(); }

} // namespace cnnc::cnn
