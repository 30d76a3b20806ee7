// The sliding window shared by convolutions and pools.
#pragma once

#include "dialects/cnn/Cnn.h"

namespace cnnc::cnn {

/// kernel, stride, dilation: height then width; pad: top, left, bottom, right (ONNX order).
struct Window {
  llvm::ArrayRef<int64_t> kernel, stride, dilation, pad;

  /// Reports wrong lengths and values below 1 (pads: below 0) or above 2^20.
  llvm::LogicalResult check(std::optional<mlir::Location> location, llvm::StringRef constraint) const;

  /// Extent of the output along axis 0 (height) or 1 (width), rounded down; nullopt when no window fits.
  /// With `ceilMode` the last window may overhang but must start inside the input or its leading pad (ONNX ceil_mode, torch).
  std::optional<int64_t> outputExtent(int axis, int64_t input, bool ceilMode = false) const;

  /// True when some window along an axis covers no input cell, only pad: its maximum or average has no meaning.
  bool hasEmptyWindow(int axis, int64_t input, int64_t output) const;

  /// "3x3" after dilation.
  std::string dilatedString() const;
};

} // namespace cnnc::cnn
