// Gives each value a slot. Needs launches and routines. Test: test/lowering/partition/plan-memory.mlir.
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

// Where the origin of each buffer lies in the arena, and the arena's size.
struct Packing {
  std::vector<int64_t> origins;
  int64_t bytes = 0;
};

// First fit, in the given order: each buffer goes to the lowest place where none of its pieces meets one that is placed already, in space
// and time. Pieces that are not yet, or no longer, alive leave room for others inside a buffer.
Packing pack(const std::vector<Buffer> &buffers, const std::vector<size_t> &order) {
  Packing packing{std::vector<int64_t>(buffers.size(), 0), 0};
  std::vector<Piece> placed;                      // offsets in the arena
  std::vector<std::pair<int64_t, int64_t>> taken; // origins strictly between are not free
  for (size_t i : order) {
    taken.clear();
    for (const Piece &piece : buffers[i].pieces)
      for (const Piece &other : placed)
        if (piece.meets(other))
          taken.emplace_back(other.offset - piece.end(), other.end() - piece.offset);
    llvm::sort(taken);
    int64_t origin = static_cast<int64_t>(llvm::alignTo(-buffers[i].begin(), kAlignment));
    for (auto [low, high] : taken) {
      if (low >= origin)
        break;
      if (origin < high)
        origin = origin + static_cast<int64_t>(llvm::alignTo(high - origin, kAlignment));
    }
    packing.origins[i] = origin;
    for (Piece piece : buffers[i].pieces) {
      piece.offset += origin;
      packing.bytes = std::max(packing.bytes, piece.end());
      placed.push_back(piece);
    }
  }
  return packing;
}

// The best of several orders.
Packing pack(const std::vector<Buffer> &buffers) {
  std::vector<size_t> order;
  std::vector<std::array<int64_t, 2>> keys(buffers.size()); // bytes, bytes x lifetimes
  for (size_t i = 0; i < buffers.size(); ++i) {
    keys[i][0] = buffers[i].bytes();
    for (const Piece &piece : buffers[i].pieces)
      keys[i][1] += piece.bytes * (piece.last - piece.first + 1);
    if (buffers[i].isInArena())
      order.push_back(i);
  }
  Packing best = pack(buffers, order); // as they are written
  for (int key : {0, 1}) {
    llvm::stable_sort(order, [&](size_t a, size_t b) { return keys[a][key] > keys[b][key]; });
    if (Packing other = pack(buffers, order); other.bytes < best.bytes)
      best = std::move(other);
  }
  return best;
}

// Puts what is gathered behind the header of the gathered space, each buffer for all its images: all of them are alive together. The space's size.
int64_t placeGathered(const std::vector<Buffer> &buffers, std::vector<int64_t> &origins) {
  int64_t end = 0;
  for (auto [buffer, origin] : llvm::zip(buffers, origins))
    if (buffer.gathered) {
      origin = end == 0 ? kAlignment : end;
      end = origin + static_cast<int64_t>(llvm::alignTo(buffer.bytes() * buffer.gathered, kAlignment));
    }
  return end;
}

// Lets launches that may overwrite a dying operand do so. Needs schedules; without them every result gets bytes of its own.
void runInPlace(ModuleOp module, func::FuncOp main, const Target &target, bool perImage, Buffers &buffers) {
  llvm::StringMap<kernels::BuildRequest> known;
  for (auto kernel : module.getOps<exec::KernelOp>())
    if (auto request = buildRequest(kernel, perImage))
      known[kernel.getSymName()] = std::move(*request);
  for (auto launch : main.getOps<exec::LaunchOp>()) {
    auto it = known.find(launch.getKernel());
    for (unsigned number = 0; it != known.end() && number < launch.getInputs().size(); ++number)
      if (kernels::canOverwrite(it->second.spec, it->second.schedule, target, static_cast<int>(number)) && buffers.overwrite(launch, number)) {
        launch.setInPlace(number);
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
    FailureOr<Buffers> buffers = Buffers::of(main, perImage);
    if (failed(buffers))
      return signalPassFailure();
    if (hasTarget(module)) {
      FailureOr<Target> target = targetOf(module);
      if (failed(target))
        return signalPassFailure();
      runInPlace(module, main, *target, perImage, *buffers);
    }
    Packing packing = pack(buffers->all());
    const int64_t gatheredBytes = placeGathered(buffers->all(), packing.origins);
    auto slotOf = [&](Value value) {
      Placement at = *buffers->find(value);
      const Buffer &buffer = buffers->all()[at.buffer];
      const int64_t bytes = exec::bytesOf(value, perImage);
      if (buffer.output)
        return exec::SlotAttr::get(&getContext(), exec::Space::Output, *buffer.output, at.offset - buffer.begin(), bytes);
      const int64_t offset = packing.origins[at.buffer] + at.offset;
      return buffer.gathered ? exec::SlotAttr::get(&getContext(), exec::Space::Gathered, 0, offset, bytes * buffer.gathered)
                             : exec::SlotAttr::get(&getContext(), exec::Space::Arena, 0, offset, bytes);
    };
    for (Operation &op : main.getBody().front()) {
      if (auto step = dyn_cast<exec::StepOpInterface>(op))
        step.assignSlots(llvm::map_to_vector(op.getResults(), slotOf));
      else if (auto concat = dyn_cast<exec::ConcatOp>(op))
        concat.setSlotAttr(slotOf(concat.getResult()));
    }
    module->setAttr(exec::kLiveBytes, Builder(&getContext()).getI64IntegerAttr(buffers->liveBytes()));
    module->setAttr(exec::kArenaBytes, Builder(&getContext()).getI64IntegerAttr(packing.bytes));
    module->removeAttr(exec::kGatheredBytes);
    if (gatheredBytes > 0)
      module->setAttr(exec::kGatheredBytes, Builder(&getContext()).getI64IntegerAttr(gatheredBytes));
  }
};

} // namespace
