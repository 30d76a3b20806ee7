// Gives each value a slot. Needs launches. Test: test/lowering/partition/plan-memory.mlir.
#include "lowering/Passes.h"
#include "lowering/ScheduleAttr.h"
#include "lowering/TargetAttr.h"
#include "lowering/partition/Buffers.h"

#include "llvm/Support/MathExtras.h"

namespace cnnc {
#define GEN_PASS_DEF_PLANMEMORY
#include "lowering/Passes.h.inc"
} // namespace cnnc

using namespace mlir;
using namespace cnnc;

namespace {

constexpr int64_t kAlignment = 64; // one cache line, and the widest vector

// Arena offset of each buffer (outputs get none), and the arena's size.
std::pair<std::vector<int64_t>, int64_t> pack(const std::vector<Buffer> &buffers) {
  std::vector<size_t> order;
  for (size_t i = 0; i < buffers.size(); ++i)
    if (!buffers[i].output)
      order.push_back(i);
  llvm::stable_sort(order, [&](size_t a, size_t b) { return buffers[a].bytes > buffers[b].bytes; });
  std::vector<int64_t> offsets(buffers.size(), 0);
  std::vector<size_t> placed; // by offset
  int64_t size = 0;
  for (size_t i : order) {
    int64_t bytes = llvm::alignTo(buffers[i].bytes, kAlignment), offset = 0;
    for (size_t other : placed) {
      bool together = buffers[other].first <= buffers[i].last && buffers[i].first <= buffers[other].last;
      if (!together)
        continue;
      if (offset + bytes <= offsets[other])
        break;
      offset = std::max(offset, offsets[other] + static_cast<int64_t>(llvm::alignTo(buffers[other].bytes, kAlignment)));
    }
    offsets[i] = offset;
    size = std::max(size, offset + bytes);
    placed.insert(llvm::upper_bound(placed, i, [&](size_t a, size_t b) { return offsets[a] < offsets[b]; }), i);
  }
  return {offsets, size};
}

// Lets launches that may overwrite a dying operand do so. Needs schedules; without them every result gets bytes of its own.
void runInPlace(ModuleOp module, func::FuncOp main, const Target &target, bool perImage, Buffers &plan) {
  llvm::StringMap<kernels::BuildRequest> known;
  for (auto kernel : module.getOps<exec::KernelOp>())
    if (auto request = buildRequest(kernel, perImage))
      known[kernel.getSymName()] = std::move(*request);
  int64_t position = -1;
  for (auto launch : main.getOps<exec::LaunchOp>()) {
    ++position;
    auto it = known.find(launch.getKernel());
    Placement written = plan.placements.lookup(launch.getResult());
    // Only a result that is a buffer of its own can move into its operand's.
    if (it == known.end() || plan.buffers[written.buffer].root != launch.getResult() || plan.buffers[written.buffer].first != position)
      continue;
    for (OpOperand &operand : launch.getOperandsMutable()) {
      auto read = plan.placements.find(operand.get());
      if (read == plan.placements.end() || read->second.offset != 0 || read->second.buffer == written.buffer)
        continue;
      const Buffer &source = plan.buffers[read->second.buffer];
      bool dies = source.last == position && !source.output && source.bytes == plan.buffers[written.buffer].bytes;
      bool once = llvm::count(launch.getOperands(), operand.get()) == 1;
      if (!dies || !once || !kernels::canOverwrite(it->second.spec, it->second.schedule, target, static_cast<int>(operand.getOperandNumber())))
        continue;
      plan.join(launch.getResult(), operand.get());
      launch.setInPlace(operand.getOperandNumber());
      break;
    }
  }
}

struct PlanMemory : cnnc::impl::PlanMemoryBase<PlanMemory> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main) {
      module.emitError("the module has no @main function to plan");
      return signalPassFailure();
    }
    bool perImage = module->hasAttr(exec::kPerImage);
    Buffers plan = Buffers::of(main, perImage);
    if (hasTarget(module)) {
      FailureOr<Target> target = targetOf(module);
      if (failed(target))
        return signalPassFailure();
      runInPlace(module, main, *target, perImage, plan);
    }
    auto [offsets, size] = pack(plan.buffers);
    for (Operation &op : main.getBody().front()) {
      if (!isa<exec::LaunchOp, exec::ConcatOp>(op))
        continue;
      Value value = op.getResult(0);
      Placement at = plan.placements.lookup(value);
      const Buffer &buffer = plan.buffers[at.buffer];
      int64_t bytes = exec::imageBytes(cast<RankedTensorType>(value.getType()), perImage);
      auto slot = buffer.output ? exec::SlotAttr::get(&getContext(), exec::Space::Output, *buffer.output, at.offset, bytes)
                                : exec::SlotAttr::get(&getContext(), exec::Space::Arena, 0, offsets[at.buffer] + at.offset, bytes);
      if (auto launch = dyn_cast<exec::LaunchOp>(op))
        launch.setSlotAttr(slot);
      else
        cast<exec::ConcatOp>(op).setSlotAttr(slot);
    }
    module->setAttr(exec::kArenaBytes, Builder(&getContext()).getI64IntegerAttr(size));
  }
};

} // namespace
