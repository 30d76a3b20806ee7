// What each layer of a network costs.
#pragma once

#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace cnnc {

struct LayerCost {
  std::string layer, op, shape; ///< Shape of the result, "?x64x56x56".
  int64_t parameters = 0;       ///< Learned values: weights, biases, gammas and betas; running statistics are not learned.
  int64_t macs = 0;             ///< Multiply-accumulates of one image.
};

/// The layers of an import-phase module in order.
std::vector<LayerCost> layerCosts(mlir::ModuleOp module);

} // namespace cnnc
