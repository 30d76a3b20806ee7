// How a convolution's channels are cut, agreed between its definition and its schedules.
#pragma once

#include "lowering/kernels/KernelSpec.h"

namespace cnnc::kernels {

struct ConvShape {
  int64_t groups, inputsPerGroup, outputsPerGroup;
  int64_t reductionBlock;  ///< Input channels that are adjacent in memory and summed innermost.
  int64_t reductionBlocks; ///< Blocks a group has; the last may be padded with zero weights.
  bool depthwise() const { return groups > 1 && inputsPerGroup == 1 && outputsPerGroup == 1; }
};

ConvShape convShape(const KernelSpec &spec, const OpDesc &op);

} // namespace cnnc::kernels
