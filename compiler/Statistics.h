// What each layer of a network is and costs.
#pragma once

#include "mlir/IR/BuiltinOps.h"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <vector>

namespace cnnc {

struct LayerCost {
  mlir::Operation *operation = nullptr;
  std::string layer, op, shape; ///< Shape of the first result, "?x64x56x56".
  int64_t parameters = 0;       ///< Learned values: weights, biases, gammas and betas; running statistics are not learned.
  int64_t macs = 0;             ///< Multiply-accumulates of one image.
};

/// The layers of an import-phase module in order.
std::vector<LayerCost> layerCosts(mlir::ModuleOp module);

/// What the layers of a network cost together.
struct NetworkCost {
  int64_t layers = 0, parameters = 0, macs = 0;
};
NetworkCost networkCost(const std::vector<LayerCost> &layers);

/// An attribute of integers on a layer's op ("kernel", "stride", "groups"), a scalar as a list of one; nothing when the op has none.
std::optional<std::vector<int64_t>> integersOf(const LayerCost &layer, llvm::StringRef attribute);

/// The tensors that a network takes ("inputs") and gives ("outputs"), as [{"name", "dtype", "shape"}]; "N" is the dynamic batch.
nlohmann::json signatureJson(mlir::ModuleOp module);

/// A network as a document: {"network", "parameters", "macs", "inputs", "outputs", "layers"}; docs/cli.md describes it.
nlohmann::json networkJson(mlir::ModuleOp module, const std::vector<LayerCost> &layers);

} // namespace cnnc
