// Regions that look at no neighbours see an H x W plane as one row of H*W cells: longer tiles, no remainder at every row's end.
#pragma once

#include "lowering/kernels/KernelSpec.h"

#include <optional>

namespace cnnc::kernels {

/// The same region with every [N, C, H, W] as [N, C, 1, H*W]. Buffers and results keep their bytes.
KernelSpec flattenPlanes(KernelSpec spec);

/// Why flattenPlanes does not apply (a window, a halo, a broadcast along H or W); nullopt when it does.
std::optional<std::string> unflattenable(const KernelSpec &spec);

} // namespace cnnc::kernels
