// Joins a group with the one whose result it alone reads. Needs groups and a target. Test: test/lowering/partition/fuse-chains.mlir.
#include "dialects/cnn/Cnn.h"
#include "lowering/Passes.h"
#include "lowering/RegionSpec.h"
#include "lowering/TargetAttr.h"
#include "lowering/partition/Groups.h"

#include "llvm/ADT/MapVector.h"

#include <map>

namespace cnnc {
#define GEN_PASS_DEF_FUSECHAINS
#include "lowering/Passes.h.inc"
} // namespace cnnc

using namespace mlir;
using namespace cnnc;

namespace {

int64_t groupOf(Operation *op) {
  auto group = op ? op->getAttrOfType<IntegerAttr>("group") : IntegerAttr();
  return group ? group.getInt() : -1;
}

struct FuseChains : cnnc::impl::FuseChainsBase<FuseChains> {
  FuseChains() = default;
  explicit FuseChains(ScheduleLookup lookup) : lookup(std::move(lookup)) {}

  void runOnOperation() override {
    FailureOr<Target> target = targetOf(getOperation());
    if (failed(target))
      return signalPassFailure();
    bool perImage = getOperation()->hasAttr(exec::kPerImage);
    estimates.clear();
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isExternal())
        fuse(func, perImage, *target);
  }

  void fuse(func::FuncOp func, bool perImage, const Target &target) {
    llvm::MapVector<int64_t, Group> groups;
    for (Operation &op : func.getBody().front().without_terminator())
      if (int64_t group = groupOf(&op); group >= 0)
        groups[group].push_back(&op);
    for (auto &[number, ops] : groups) {
      Operation *producer = producerOf(ops.front(), groups);
      if (!producer)
        continue;
      Group &before = groups[groupOf(producer)], both = before;
      llvm::append_range(both, ops);
      if (!isFaster(before, ops, both, perImage, target))
        continue;
      for (Operation *op : before)
        op->setAttr("group", ops.front()->getAttr("group"));
      before.clear();
      ops = std::move(both);
    }
  }

  // The last op of a group whose result only `op` reads, as its first operand.
  static Operation *producerOf(Operation *op, llvm::MapVector<int64_t, Group> &groups) {
    Operation *producer = op->getNumOperands() > 0 && op->getOperand(0).hasOneUse() ? op->getOperand(0).getDefiningOp() : nullptr;
    return groupOf(producer) >= 0 && groupOf(producer) != groupOf(op) && groups[groupOf(producer)].back() == producer ? producer : nullptr;
  }

  bool isFaster(const Group &before, const Group &after, const Group &both, bool perImage, const Target &target) {
    auto first = regionSpec(before, perImage), second = regionSpec(after, perImage), chain = regionSpec(both, perImage);
    if (failed(first) || failed(second) || failed(chain) || kernels::reductionsOf(*chain).size() < 2 || kernels::unsupported(*chain, target))
      return false;
    if (auto tuned = lookup ? lookup(*chain, target) : std::nullopt)
      return tuned->name != kernels::kApart;
    auto [estimate, isNew] = estimates.try_emplace({kernels::hashOf(*chain), before.size()});
    if (isNew)
      estimate->second = kernels::isFasterChained(*chain, *first, *second, target);
    return estimate->second;
  }

  ScheduleLookup lookup;
  std::map<std::pair<std::string, size_t>, bool> estimates; ///< Of regions that were met before, by where they are cut.
};

} // namespace

std::unique_ptr<Pass> cnnc::createFuseChains(ScheduleLookup lookup) { return std::make_unique<FuseChains>(std::move(lookup)); }
