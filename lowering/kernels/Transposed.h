// Geometry of transposed convolutions, shared by their definition, their schedules and the choice of halos.
#pragma once

#include "lowering/kernels/KernelSpec.h"

#include <algorithm>

namespace cnnc::kernels {

/// One spatial axis of a transposed convolution, seen from its results. Result cell Y * stride + phase is reached by the taps firstTap(phase) + j *
/// step(); tap j reads input cell Y + offset(phase) - j * dilation / common().
struct TransposedAxis {
  int64_t input, output, kernel, stride, dilation, padBegin;

  int64_t common() const; ///< Of stride and dilation: the greatest divisor. Above 1, only one phase in so many has taps.
  int64_t step() const { return stride / common(); }
  int64_t taps() const { return (kernel + step() - 1) / step(); }  ///< Of a phase at most.
  int64_t cells() const { return (output + stride - 1) / stride; } ///< Results of a phase at most.
  int64_t inverse() const; ///< Of dilation / common() modulo step(): firstTap(phase) = (phase + padBegin) / common() * inverse() % step().
  /// Whether each phase has taps() taps inside the kernel.
  bool isRegular() const { return common() == 1 && kernel % step() == 0; }

  /// Cells before the first and past the last input cell that the taps of the phases may read.
  int64_t reachBefore() const { return std::max<int64_t>(0, (kernel - 1) * dilation - padBegin) / stride; }
  int64_t reachAfter() const { return std::max<int64_t>(0, (cells() * stride - 1 + padBegin) / stride - (input - 1)); }
};

/// Axis 0 is H, axis 1 is W.
TransposedAxis transposedAxis(const KernelSpec &spec, const OpDesc &op, int axis);

/// Whether the halo of the first operand covers every cell that the taps read.
bool haloCoversTaps(const KernelSpec &spec, const OpDesc &op);

} // namespace cnnc::kernels
