// Finds out whether images of a batch are computed independently. Test: test/lowering/graph/split-batch.mlir.
#include "dialects/cnn/Cnn.h"
#include "dialects/exec/Exec.h"
#include "lowering/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace cnnc {
#define GEN_PASS_DEF_SPLITBATCH
#include "lowering/Passes.h.inc"
} // namespace cnnc

using namespace mlir;
using namespace cnnc;

namespace {

int64_t elementsPerImage(RankedTensorType type) {
  int64_t count = 1;
  for (int64_t extent : type.getShape().drop_front())
    count *= extent;
  return count;
}

// Why `op` mixes images, or an empty string.
std::string mixes(Operation *op, int64_t batch) {
  auto result = cast<RankedTensorType>(op->getResult(0).getType());
  auto isBatched = [&](RankedTensorType type) { return type.getRank() >= 1 && type.getDimSize(0) == batch; };
  if (!isBatched(result))
    return "its result " + cnn::shapeString(result) + " does not keep dimension 0";
  for (Value operand : op->getOperands()) {
    if (operand.getDefiningOp<cnn::ConstantOp>())
      continue;
    auto type = cast<RankedTensorType>(operand.getType());
    if (!isBatched(type))
      return "its operand " + cnn::shapeString(type) + " has no batch dimension";
    if (op->hasTrait<cnn::Pointwise>() && type.getRank() != result.getRank())
      return "operands of different ranks are broadcast along the batch";
    if (isa<cnn::ReshapeOp>(op) && elementsPerImage(type) != elementsPerImage(result))
      return "it regroups elements of several images";
  }
  if (auto axis = op->getAttrOfType<IntegerAttr>("axis"); axis && cnn::normalizeAxis(axis.getInt(), result.getRank()) == 0)
    return "it works along axis 0";
  if (auto perm = op->getAttrOfType<DenseI64ArrayAttr>("perm"); perm && (perm.empty() || perm[0] != 0))
    return "it moves dimension 0";
  return "";
}

struct SplitBatch : cnnc::impl::SplitBatchBase<SplitBatch> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    module->removeAttr(exec::kPerImage);
    for (auto func : module.getOps<func::FuncOp>())
      if (!func.isExternal() && func.getNumArguments() != 0 && failed(check(func)))
        return signalPassFailure();
  }

  LogicalResult check(func::FuncOp func) {
    auto first = cast<RankedTensorType>(func.getArgumentTypes().front());
    if (first.getRank() == 0)
      return success();
    int64_t batch = first.getDimSize(0);
    std::string reason;
    Operation *culprit = func;
    for (Type type : func.getArgumentTypes())
      if (auto tensor = cast<RankedTensorType>(type); tensor.getRank() == 0 || tensor.getDimSize(0) != batch)
        reason = "inputs have different batch dimensions";
    for (Operation &op : func.getBody().front().without_terminator()) {
      if (!reason.empty())
        break;
      if (isa<cnn::ConstantOp>(op))
        continue;
      reason = mixes(&op, batch);
      culprit = &op;
    }
    for (Value value : func.getBody().front().getTerminator()->getOperands())
      if (reason.empty() && value.getDefiningOp<cnn::ConstantOp>())
        reason = "a constant is returned for each image";
    if (reason.empty()) {
      getOperation()->setAttr(exec::kPerImage, UnitAttr::get(&getContext()));
      return success();
    }
    if (ShapedType::isDynamic(batch))
      return culprit->emitError("images of a dynamic batch are mixed: ") << reason << "; declare a static batch in the input's shape";
    return success();
  }
};

} // namespace
