// Applies an activation to the parts of a concatenation. Test: test/lowering/graph/sink-into-concat.mlir.
#include "dialects/cnn/Cnn.h"
#include "lowering/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

namespace cnnc {
#define GEN_PASS_DEF_SINKINTOCONCAT
#include "lowering/Passes.h.inc"
} // namespace cnnc

using namespace mlir;
using namespace cnnc;

namespace {

// Whether most of the concatenation is computed for it alone: those parts take the activation along, the others need a copy with it.
bool mostIsItsOwn(cnn::ConcatOp concat) {
  int64_t own = 0, shared = 0;
  for (Value part : concat.getInputs()) {
    bool isOwn = part.hasOneUse() && part.getDefiningOp() && !isa<cnn::ConstantOp>(part.getDefiningOp());
    (isOwn ? own : shared) += cnn::tensorOf(part).getDimSize(1);
  }
  return own > shared;
}

struct SinkIntoConcat : cnnc::impl::SinkIntoConcatBase<SinkIntoConcat> {
  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isExternal())
        // From the end: what is sunk into a concatenation may sink further, into one that is its part.
        for (Operation &op : llvm::make_early_inc_range(llvm::reverse(func.getBody().front())))
          sink(&op);
  }

  static void sink(Operation *op) {
    if (!op->hasTrait<cnn::Pointwise>() || op->getNumOperands() != 1)
      return;
    auto concat = op->getOperand(0).getDefiningOp<cnn::ConcatOp>();
    if (!concat || !concat->hasOneUse() || cnn::normalizeAxis(static_cast<int64_t>(concat.getAxis()), cnn::tensorOf(concat).getRank()) != 1 ||
        !mostIsItsOwn(concat))
      return;
    OpBuilder builder(op->getContext());
    auto layer = op->getAttrOfType<StringAttr>("layer");
    SmallVector<Value> parts;
    for (auto [i, part] : llvm::enumerate(concat.getInputs())) {
      builder.setInsertionPointAfterValue(part); // the kernel that ends there can end with the activation
      IRMapping mapping;
      mapping.map(concat.getResult(), part);
      Operation *moved = builder.clone(*op, mapping);
      moved->getResult(0).setType(part.getType());
      if (layer)
        moved->setAttr("layer", builder.getStringAttr(layer.getValue() + "/" + Twine(i)));
      parts.push_back(moved->getResult(0));
    }
    concat->setOperands(parts);
    if (layer)
      concat->setAttr("layer", layer);
    op->replaceAllUsesWith(concat);
    op->erase();
  }
};

} // namespace
