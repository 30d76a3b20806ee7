// Lets dense layers take several images of a batch at once. Needs groups and a target. Test: test/lowering/partition/gather-images.mlir.
#include "dialects/cnn/Cnn.h"
#include "lowering/Passes.h"
#include "lowering/RegionSpec.h"
#include "lowering/TargetAttr.h"
#include "lowering/kernels/Schedule.h"
#include "lowering/partition/Groups.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/Support/MathExtras.h"

namespace cnnc {
#define GEN_PASS_DEF_GATHERIMAGES
#include "lowering/Passes.h.inc"
} // namespace cnnc

using namespace mlir;
using namespace cnnc;

namespace {

/// Images of a call, of a batch of at least two: as few calls as the dense layers' weights have to pass through the registers for, of equal size,
/// which the threads divide where there is room.
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
    if (const int64_t batch = largestBatch(main); batch > 1)
      gather(main, imagesOfCall(batch, *target), *target);
  }

  // From each large dense layer on, if all that depends on it can gather, too.
  void gather(func::FuncOp main, int64_t images, const Target &target) {
    const std::vector<Group> groups = groupsOf(main);
    DenseMap<Operation *, size_t> groupOf;
    for (auto [number, group] : llvm::enumerate(groups))
      for (Operation *op : group)
        groupOf[op] = number;
    std::vector<llvm::BitVector> dependent(groups.size(), llvm::BitVector(static_cast<unsigned>(groups.size()))); // on each group, itself included
    for (size_t i = groups.size(); i-- > 0;) {
      dependent[i].set(static_cast<unsigned>(i));
      for (Operation *op : groups[i])
        for (Operation *user : op->getUsers())
          if (auto it = groupOf.find(user); it != groupOf.end())
            dependent[i] |= dependent[it->second];
    }
    std::vector<std::optional<bool>> able(groups.size());
    const auto isAble = [&](unsigned number) {
      if (!able[number])
        able[number] = canGather(groups[number], images, target);
      return *able[number];
    };
    llvm::BitVector gathering(static_cast<unsigned>(groups.size()));
    for (auto [i, group] : llvm::enumerate(groups))
      if (isBoundByWeights(group, target) && llvm::all_of(dependent[i].set_bits(), isAble) && readsDense(groups, dependent[i]))
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

  // Marks a group, and says whether its kernel can compute a row for each image, and as few rows as there are images. The slices of a concatenation are
  // of one image.
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
