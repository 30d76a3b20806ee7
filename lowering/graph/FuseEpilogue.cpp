// Groups each op with the epilogue that follows it. Needs layouts and a target. Test: test/lowering/graph/fuse-epilogue.mlir.
#include "dialects/cnn/Cnn.h"
#include "lowering/Passes.h"
#include "lowering/RegionSpec.h"
#include "lowering/TargetAttr.h"
#include "lowering/kernels/Schedule.h"
#include "lowering/partition/Buffers.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace cnnc {
#define GEN_PASS_DEF_FUSEEPILOGUE
#include "lowering/Passes.h.inc"
} // namespace cnnc

using namespace mlir;
using namespace cnnc;

namespace {

bool supported(ArrayRef<Operation *> ops, bool perImage, const Target &target) {
  auto spec = regionSpec(ops, perImage);
  return succeeded(spec) && !kernels::unsupported(*spec, target);
}

// A concatenation that its parts are written into costs nothing; with an epilogue it would be a copy.
bool isFree(Operation *op, bool perImage) {
  auto concat = dyn_cast<cnn::ConcatOp>(op);
  return concat && hasContiguousParts(concat, perImage);
}

bool canJoin(Operation *op) { return op->hasTrait<cnn::Pointwise>() || isa<cnn::ConvertLayoutOp, cnn::BatchNormOp, cnn::BiasOp, cnn::UpsampleAddOp>(op); }

struct FuseEpilogue : cnnc::impl::FuseEpilogueBase<FuseEpilogue> {
  void runOnOperation() override {
    FailureOr<Target> target = targetOf(getOperation());
    if (failed(target))
      return signalPassFailure();
    bool perImage = getOperation()->hasAttr(exec::kPerImage);
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isExternal())
        fuse(func, perImage, *target);
  }

  void fuse(func::FuncOp func, bool perImage, const Target &target) {
    std::vector<SmallVector<Operation *>> groups;
    DenseMap<Operation *, size_t> groupOf;
    for (Operation &op : func.getBody().front().without_terminator()) {
      if (isa<cnn::ConstantOp>(op))
        continue;
      std::optional<size_t> joined;
      if (canJoin(&op)) {
        // Where several operands offer a group, the one produced last is still warm in cache.
        SmallVector<size_t> candidates;
        for (Value operand : op.getOperands())
          if (Operation *producer = operand.getDefiningOp(); producer && groupOf.contains(producer) && operand.hasOneUse() && !isFree(producer, perImage))
            candidates.push_back(groupOf[producer]);
        llvm::sort(candidates, std::greater<>());
        for (size_t group : candidates) {
          SmallVector<Operation *> larger = groups[group];
          larger.push_back(&op);
          if (!supported(larger, perImage, target))
            continue;
          groups[group] = std::move(larger);
          joined = group;
          break;
        }
      }
      if (!joined) {
        joined = groups.size();
        groups.push_back({&op});
      }
      groupOf[&op] = *joined;
    }
    Builder builder(&getContext());
    for (auto [op, group] : groupOf)
      op->setAttr("group", builder.getI64IntegerAttr(static_cast<int64_t>(group)));
  }
};

} // namespace
