// What each layer of a network costs.
#include "compiler/Statistics.h"

#include "dialects/cnn/Cnn.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace cnnc;

static int64_t learned(Operation *op) {
  int64_t count = 0;
  auto norm = dyn_cast<cnn::BatchNormOp>(op);
  for (Value operand : op->getOperands()) {
    bool statistic = norm && (operand == norm.getRunningMean() || operand == norm.getRunningVar());
    if (auto constant = operand.getDefiningOp<cnn::ConstantOp>(); constant && !statistic)
      count += constant.getValue().getNumElements();
  }
  return count;
}

std::vector<LayerCost> cnnc::layerCosts(ModuleOp module) {
  std::vector<LayerCost> costs;
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main || main.isExternal())
    return costs;
  for (Operation &op : main.getBody().front().without_terminator()) {
    if (op.getNumResults() != 1 || isa<cnn::ConstantOp>(op))
      continue;
    auto layer = op.getAttrOfType<StringAttr>("layer");
    auto cost = dyn_cast<cnn::CostOpInterface>(op);
    costs.push_back(
        {layer ? layer.str() : "", op.getName().stripDialect().str(), cnn::shapeString(op.getResult(0).getType()), learned(&op), cost ? cost.macs() : 0});
  }
  return costs;
}
