// Finds out whether images of a batch are computed independently. Test: test/lowering/graph/split-batch.mlir.
#include "dialects/cnn/Cnn.h"
#include "dialects/exec/Exec.h"
#include "lowering/Passes.h"
#include "dialects/cnn/Rows.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace cnnc {
#define GEN_PASS_DEF_SPLITBATCH
#include "lowering/Passes.h.inc"
} // namespace cnnc

using namespace mlir;
using namespace cnnc;

namespace {

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
      reason = mixesRows(&op, batch);
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
