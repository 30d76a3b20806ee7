// Computes once what several layers compute from the same values. Test: test/lowering/graph/merge-equal-ops.mlir.
#include "dialects/cnn/Cnn.h"
#include "lowering/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/OperationSupport.h"

namespace cnnc {
#define GEN_PASS_DEF_MERGEEQUALOPS
#include "lowering/Passes.h.inc"
} // namespace cnnc

using namespace mlir;
using namespace cnnc;

namespace {

// Layer names, which are discardable, do not change what an op computes.
constexpr auto kFlags = OperationEquivalence::IgnoreLocations | OperationEquivalence::IgnoreDiscardableAttrs;

struct SameComputation : llvm::DenseMapInfo<Operation *> {
  static unsigned getHashValue(const Operation *op) {
    return OperationEquivalence::computeHash(const_cast<Operation *>(op), OperationEquivalence::directHashValue, OperationEquivalence::ignoreHashValue, kFlags);
  }
  static bool isEqual(const Operation *a, const Operation *b) {
    if (a == b || a == getEmptyKey() || a == getTombstoneKey() || b == getEmptyKey() || b == getTombstoneKey())
      return a == b;
    return OperationEquivalence::isEquivalentTo(const_cast<Operation *>(a), const_cast<Operation *>(b), kFlags);
  }
};

struct MergeEqualOps : cnnc::impl::MergeEqualOpsBase<MergeEqualOps> {
  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      if (func.isExternal())
        continue;
      llvm::DenseSet<Operation *, SameComputation> known;
      for (Operation &op : llvm::make_early_inc_range(func.getBody().front())) {
        if (!isa<cnn::CnnDialect>(op.getDialect()) || isa<cnn::ConstantOp>(op))
          continue;
        auto [first, isNew] = known.insert(&op);
        if (isNew)
          continue;
        op.replaceAllUsesWith(*first);
        op.erase();
      }
    }
  }
};

} // namespace
