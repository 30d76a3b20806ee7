// Specs that exercise every row of Kernels.inc on shapes where kernels break: extents below a vector, odd channels, uneven pads.
#pragma once

#include "test/lowering/kernels/Regions.h"

namespace cnnc::kernels::test {

struct Case {
  std::string name;
  KernelSpec spec;
  /// 0: integer data, every result exact. Otherwise the largest |got - want| / (1 + |want|).
  double tolerance = 0;
};

/// Cases whose root belongs to the stem; layouts follow the target's lanes.
std::vector<Case> casesOf(const std::string &stem, const Target &target);

} // namespace cnnc::kernels::test
