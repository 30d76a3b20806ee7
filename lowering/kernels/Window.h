// Geometry of sliding windows, shared by convolution and pooling: extents, reach and the offsets that ever touch data.
#pragma once

#include "lowering/kernels/KernelSpec.h"

#include <array>

namespace cnnc::kernels {

/// One spatial axis of a window op.
struct WindowAxis {
  int64_t input, output, kernel, stride, dilation, padBegin, padEnd;

  /// Cells before the first and past the last input cell that some window offset in [first, last] reads.
  int64_t reachBefore() const;
  int64_t reachAfter() const;
  /// The window offsets that touch a cell inside the input for at least one output: [first, first + count).
  int64_t first() const;
  int64_t count() const;
  /// Cells from the first that any window reads to the last, those in the padding included.
  int64_t span() const { return (output - 1) * stride + (count() - 1) * dilation + 1; }
  /// Whether neighbouring windows read cells in common.
  bool sharesCells() const { return stride <= (count() - 1) * dilation; }
  /// False when some output's window lies wholly in the padding (its maximum and its average are undefined).
  bool everyWindowHasData() const;
};

/// Output extent by ONNX's rules: floor or ceil, where a window that starts in the end padding is dropped. <= 0: no window fits.
int64_t windowOutput(int64_t input, int64_t kernel, int64_t stride, int64_t dilation, int64_t padBegin, int64_t padEnd, bool ceilMode);

/// Axis 0 is H, axis 1 is W. Reads `kernel`, `stride`, `pad` and, when present, `dilation`.
WindowAxis windowAxis(const KernelSpec &spec, const OpDesc &op, int axis);

/// Rows and columns of a window op's result, from its `kernel`, `stride`, `pad` and, when present, `dilation` and `ceil_mode`.
std::array<int64_t, 2> windowExtents(const KernelSpec &spec, const OpDesc &op);

/// Whether the halo of the first operand covers every cell that the axes of an op reach, H and W.
template <typename Axis> bool haloCovers(const KernelSpec &spec, const OpDesc &op, Axis (*axisOf)(const KernelSpec &, const OpDesc &, int)) {
  const TensorDesc &input = spec.value(op.operands[0]);
  for (int axis = 0; axis < 2; ++axis) {
    const Axis reach = axisOf(spec, op, axis);
    if (reach.reachBefore() > input.halo[axis] || reach.reachAfter() > input.halo[2 + axis])
      return false;
  }
  return true;
}

/// Whether the halo of the first operand covers every cell that the windows read.
bool haloCovers(const KernelSpec &spec, const OpDesc &op);

} // namespace cnnc::kernels
