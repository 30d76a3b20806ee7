// Sizes of separable resampling, agreed between its definition and its schedule.
#pragma once

#include "lowering/kernels/KernelSpec.h"

namespace cnnc::kernels {

struct Resampling {
  int64_t input, output;
  int64_t taps() const; ///< Cells that an antialiased output cell reads at most.
};

/// Bytes of tables and rows that an antialiased resize keeps on the stack.
int64_t resizeStackBytes(const KernelSpec &spec, const OpDesc &op);

} // namespace cnnc::kernels
