// The dull definition of every op over logical elements in f64: the oracle of the kernel tests.
#pragma once

#include "test/lowering/kernels/KernelHost.h"

namespace cnnc::kernels::test {

/// The result of a region for row-major inputs. Weights are given in their logical order.
Elements evaluate(const KernelSpec &spec, const std::vector<Elements> &inputs);

int64_t elementsOf(const std::vector<int64_t> &shape);

} // namespace cnnc::kernels::test
