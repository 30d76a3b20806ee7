// How a convolution's channels are cut, agreed between its definition and its schedules.
#pragma once

#include "lowering/kernels/KernelSpec.h"

namespace cnnc::kernels {

inline int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

struct ConvShape {
  int64_t groups, inputsPerGroup, outputsPerGroup;
  int64_t reductionBlock;  ///< Input channels that are adjacent in memory and summed innermost: a power of two that divides the input's block.
  int64_t reductionBlocks; ///< Such runs a group has; the last may be padded with zero weights.
  /// Whether the outputs of a block of `block` channels depend on the same block of the input, several groups of it.
  bool groupsWithin(int64_t block) const { return groups > 1 && inputsPerGroup == outputsPerGroup && outputsPerGroup < block && block % outputsPerGroup == 0; }
  bool depthwise() const { return groups > 1 && inputsPerGroup == 1 && outputsPerGroup == 1; }
};

ConvShape convShape(const KernelSpec &spec, const OpDesc &op);

} // namespace cnnc::kernels
