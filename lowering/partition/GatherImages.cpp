// Lets dense layers take several images of a batch at once. Needs groups and a target. Test: test/lowering/partition/gather-images.mlir.
#include "dialects/cnn/Cnn.h"
#include "lowering/Passes.h"
#include "lowering/RegionSpec.h"
#include "lowering/TargetAttr.h"
#include "lowering/kernels/Schedule.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

namespace cnnc {
#define GEN_PASS_DEF_GATHERIMAGES
#include "lowering/Passes.h.inc"
} // namespace cnnc

using namespace mlir;
using namespace cnnc;

namespace {

using Group = SmallVector<Operation *>;

/// Images of a call: as few calls as the dense layers' weights have to pass through the registers for, of equal size, which the threads divide where
/// there is room.
int64_t imagesOfCall(int64_t batch, const Target &target) {
  const int64_t most = std::min(batch, kernels::rowsAtOnce(target)), calls = llvm::divideCeil(batch, most);
  const auto even = static_cast<int64_t>(llvm::divideCeil(batch, calls)), round = static_cast<int64_t>(llvm::alignTo(even, target.threads));
  return round <= most ? round : even;
}

struct GatherImages : cnnc::impl::GatherImagesBase<GatherImages> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<Target> target = targetOf(module);
    if (failed(target))
      return signalPassFailure();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal() || !module->hasAttr(exec::kPerImage))
      return;
    if (const int64_t images = imagesOfCall(largestBatch(main), *target); images > 1)
      gather(main, images, *target);
  }

  // From each large dense layer on, if all that depends on it can gather, too.
  void gather(func::FuncOp main, int64_t images, const Target &target) {
    const std::vector<Group> groups = groupsOf(main);
    DenseMap<Operation *, size_t> groupOf;
    for (auto [number, group] : llvm::enumerate(groups))
      for (Operation *op : group)
        groupOf[op] = number;
    std::vector<llvm::BitVector> dependent(groups.size(), llvm::BitVector(static_cast<unsigned>(groups.size()))); // on each group, itself included
    std::vector<bool> free(groups.size());
    llvm::BitVector gathering(static_cast<unsigned>(groups.size()));
    for (size_t i = groups.size(); i-- > 0;) {
      free[i] = canGather(groups[i], images, target);
      dependent[i].set(static_cast<unsigned>(i));
      for (Operation *op : groups[i])
        for (Operation *user : op->getUsers())
          if (auto it = groupOf.find(user); it != groupOf.end() && it->second != i) {
            free[i] = free[i] && free[it->second];
            dependent[i] |= dependent[it->second];
          }
    }
    for (auto [i, group] : llvm::enumerate(groups))
      if (free[i] && isBoundByWeights(group, target) && readsDense(groups, dependent[i]))
        gathering |= dependent[i];
    for (auto [i, group] : llvm::enumerate(groups))
      for (Operation *op : group) {
        if (gathering.test(static_cast<unsigned>(i)))
          op->moveBefore(main.getBody().front().getTerminator());
        else
          op->removeAttr(exec::kImages);
      }
  }

  static int64_t largestBatch(func::FuncOp main) {
    if (main.getNumArguments() == 0)
      return 1;
    auto first = cast<RankedTensorType>(main.getArgumentTypes().front());
    auto most = main->getAttrOfType<IntegerAttr>("cnn.max_batch");
    return first.isDynamicDim(0) ? (most ? most.getInt() : 1) : first.getDimSize(0);
  }

  // In the order in which they will run.
  static std::vector<Group> groupsOf(func::FuncOp main) {
    llvm::MapVector<int64_t, Group> groups;
    int64_t lone = 0;
    for (Operation &op : main.getBody().front().without_terminator()) {
      if (isa<cnn::ConstantOp>(op))
        continue;
      auto group = op.getAttrOfType<IntegerAttr>("group");
      groups[group ? group.getInt() : --lone].push_back(&op);
    }
    std::vector<Group> ordered;
    for (auto &[number, ops] : groups)
      ordered.push_back(ops);
    llvm::stable_sort(ordered, [](const Group &a, const Group &b) { return a.back()->isBeforeInBlock(b.back()); });
    return ordered;
  }

  // Marks a group, and says whether its kernel can compute a row for each image, and as few rows as there are images. The slices of a concatenation are of one
  // image.
  bool canGather(const Group &group, int64_t images, const Target &target) {
    for (Operation *op : group) {
      if (isa<cnn::RoutineOpInterface, cnn::ConcatOp>(op))
        return false;
      op->setAttr(exec::kImages, Builder(&getContext()).getI64IntegerAttr(images));
    }
    auto spec = regionSpec(group, /*perImage=*/true);
    if (failed(spec))
      return false;
    spec->counted = true;
    return !kernels::unsupported(*spec, target);
  }

  // A dense layer whose weights L2 cannot keep from one image to the next.
  static bool isBoundByWeights(const Group &group, const Target &target) {
    return llvm::any_of(group, [&](Operation *op) {
      auto dense = dyn_cast<cnn::DenseOp>(op);
      return dense && exec::imageBytes(cast<RankedTensorType>(dense.getWeight().getType()), /*perImage=*/false) > target.l2Bytes / 2;
    });
  }

  // Whether all that some groups read of others is dense: what is gathered lies image by image.
  static bool readsDense(ArrayRef<Group> groups, const llvm::BitVector &numbers) {
    DenseSet<Operation *> inside;
    for (unsigned number : numbers.set_bits())
      inside.insert(groups[number].begin(), groups[number].end());
    return llvm::all_of(inside, [&](Operation *op) {
      return llvm::all_of(op->getOperands(), [&](Value operand) { return inside.contains(operand.getDefiningOp()) || !cnn::layoutOf(operand.getType()); });
    });
  }
};

} // namespace
