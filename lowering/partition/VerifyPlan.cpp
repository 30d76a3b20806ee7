// Replays the plan: an independent guard of the planner. Needs slots. Test: test/lowering/partition/verify-plan.mlir.
#include "dialects/cnn/Cnn.h"
#include "dialects/exec/Exec.h"
#include "lowering/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <map>

namespace cnnc {
#define GEN_PASS_DEF_VERIFYPLAN
#include "lowering/Passes.h.inc"
} // namespace cnnc

using namespace mlir;
using namespace cnnc;

namespace {

// The bytes of one space, as disjoint ranges [begin, end) with the value last written there.
class Memory {
public:
  void write(int64_t begin, int64_t end, Value writer) {
    split(begin);
    split(end);
    ranges.erase(ranges.lower_bound(begin), ranges.lower_bound(end));
    ranges[begin] = {end, writer};
  }

  // The first value other than an accepted one found in [begin, end); a null value stands for bytes never written.
  std::optional<Value> intruder(int64_t begin, int64_t end, const DenseSet<Value> &accepted) {
    split(begin);
    split(end);
    int64_t next = begin;
    for (auto it = ranges.lower_bound(begin); next < end; ++it) {
      if (it == ranges.end() || it->first != next)
        return Value();
      if (!accepted.contains(it->second.second))
        return it->second.second;
      next = it->second.first;
    }
    return std::nullopt;
  }

private:
  void split(int64_t at) {
    auto it = ranges.upper_bound(at);
    if (it == ranges.begin())
      return;
    --it;
    auto [end, writer] = it->second;
    if (it->first >= at || end <= at)
      return;
    it->second.first = at;
    ranges[at] = {end, writer};
  }

  std::map<int64_t, std::pair<int64_t, Value>> ranges;
};

struct VerifyPlan : cnnc::impl::VerifyPlanBase<VerifyPlan> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    auto arena = module->getAttrOfType<IntegerAttr>(exec::kArenaBytes);
    if (!main || !arena) {
      module.emitError("has no memory plan: run --plan-memory first");
      return signalPassFailure();
    }
    if (failed(replay(main, arena.getInt())))
      signalPassFailure();
  }

  // The results of steps whose bytes make up `value`.
  static void writersOf(Value value, DenseSet<Value> &writers) {
    SmallVector<Value> pending{value};
    while (!pending.empty()) {
      Value next = pending.pop_back_val();
      Operation *op = next.getDefiningOp();
      if (isa_and_nonnull<exec::StepOpInterface>(op))
        writers.insert(next);
      else if (op && isa<exec::ViewOp, exec::ConcatOp>(op))
        pending.append(op->operand_begin(), op->operand_end());
    }
  }

  static exec::SlotAttr slotOf(Value value) {
    value = exec::sourceOf(value);
    if (auto step = value.getDefiningOp<exec::StepOpInterface>()) {
      auto slots = step.slots();
      return slots.empty() ? exec::SlotAttr() : slots[cast<OpResult>(value).getResultNumber()];
    }
    if (auto concat = value.getDefiningOp<exec::ConcatOp>())
      return concat.getSlotAttr();
    return {};
  }

  // The first launch that gathers; every step after it must, too.
  static FailureOr<exec::LaunchOp> firstGathering(func::FuncOp main) {
    exec::LaunchOp first;
    for (auto step : main.getOps<exec::StepOpInterface>()) {
      auto launch = dyn_cast<exec::LaunchOp>(step.getOperation());
      const bool gathers = launch && launch.getImages();
      if (first && !gathers)
        return step->emitError("takes one image and runs after layer ") << first.layerName() << ", which gathers";
      if (!first && gathers)
        first = launch;
    }
    return first;
  }

  LogicalResult replay(func::FuncOp main, int64_t arenaBytes) {
    FailureOr<exec::LaunchOp> gathering = firstGathering(main);
    if (failed(gathering))
      return failure();
    bool perImage = getOperation()->hasAttr(exec::kPerImage);
    std::map<std::pair<exec::Space, int64_t>, Memory> spaces;
    DenseMap<std::pair<Attribute, Type>, DenseSet<Value>> alike; // results that zero or keep the same halo
    auto read = [&](Operation *reader, Value value) -> LogicalResult {
      exec::SlotAttr slot = slotOf(value);
      DenseSet<Value> writers;
      writersOf(value, writers);
      if (writers.empty()) {
        auto launch = dyn_cast<exec::LaunchOp>(reader);
        if (launch && launch.getImages() && isa<BlockArgument>(exec::sourceOf(value)))
          return reader->emitError("gathers an input, which is not kept for all images");
        return success(); // an input or a weight
      }
      if (!slot)
        return reader->emitError("reads a value without a slot");
      if (int64_t alignment = exec::alignmentOf(cast<RankedTensorType>(value.getType())); slot.getOffset() % alignment != 0)
        return reader->emitError("reads ") << slot << ", which is not " << alignment << "-byte aligned";
      auto found = spaces[{slot.getSpace(), slot.getIndex()}].intruder(slot.getOffset(), slot.getOffset() + slot.getBytes(), writers);
      if (!found)
        return success();
      auto error = reader->emitError("reads ") << slot << ", but ";
      if (!*found)
        return error << "those bytes were never written";
      return error << "they were overwritten by layer " << (*found).getDefiningOp<exec::StepOpInterface>().layerName();
    };
    auto write = [&](exec::StepOpInterface step, Value result, exec::SlotAttr slot) -> LogicalResult {
      auto type = cast<RankedTensorType>(result.getType());
      int64_t bytes = exec::bytesOf(result, perImage), alignment = exec::alignmentOf(type);
      if (slot.getSpace() == exec::Space::Gathered) {
        if (!*gathering || exec::imagesOf(result) != 1 || slot.getOffset() % 64 != 0 || bytes % alignment != 0)
          return step->emitError("has ") << slot << ", where no launch gathers, or its images do not lie aligned";
        bytes *= *gathering->getImages();
      }
      if (slot.getBytes() != bytes)
        return step->emitError("needs a slot of ") << bytes << " bytes";
      if (slot.getSpace() == exec::Space::Arena && (slot.getOffset() + bytes > arenaBytes || slot.getOffset() % alignment != 0))
        return step->emitError("has ") << slot << ", outside the arena of " << arenaBytes << " bytes or not " << alignment << "-byte aligned";
      if (slot.getSpace() == exec::Space::Output && cnn::layoutOf(type))
        return step->emitError("writes blocks into the caller's memory, which is aligned to elements only");
      auto overlaps = [&](exec::SlotAttr other) {
        return other && other.getSpace() == slot.getSpace() && other.getIndex() == slot.getIndex() && other.getOffset() < slot.getOffset() + bytes &&
               slot.getOffset() < other.getOffset() + other.getBytes();
      };
      // Steps read while they write: no operand may lie under a result, but for one that is overwritten element by element.
      auto launch = dyn_cast<exec::LaunchOp>(step.getOperation());
      for (OpOperand &operand : step->getOpOperands()) {
        exec::SlotAttr other = slotOf(operand.get());
        bool inPlace = launch && launch.getInPlace() && *launch.getInPlace() == operand.getOperandNumber() && other == slot;
        if (overlaps(other) && !inPlace)
          return step->emitError("writes ") << slot << " over its operand at " << other;
      }
      for (Value other : step->getResults())
        if (other != result && overlaps(slotOf(other)))
          return step->emitError("writes two results at ") << slot;
      if (launch && launch.getHaloKept()) {
        // Kernels leave halos alone: zeros remain as long as all bytes are of results that lie there alike.
        std::optional<Value> intruder = spaces[{slot.getSpace(), slot.getIndex()}].intruder(slot.getOffset(), slot.getOffset() + bytes, alike[{slot, type}]);
        if (intruder)
          return step->emitError("keeps the halo at ") << slot << ", which no earlier launch has zeroed, or another has overwritten";
      }
      if (!launch || !launch.isCounted())
        alike[{slot, type}].insert(result);
      spaces[{slot.getSpace(), slot.getIndex()}].write(slot.getOffset(), slot.getOffset() + bytes, result);
      return success();
    };
    for (Operation &op : main.getBody().front()) {
      if (auto step = dyn_cast<exec::StepOpInterface>(op)) {
        if (step.getOperation() == *gathering) // single images have passed through the arena side by side, each in one of its own
          spaces.erase({exec::Space::Arena, 0});
        for (Value operand : op.getOperands())
          if (failed(read(&op, operand)))
            return failure();
        SmallVector<exec::SlotAttr> slots = step.slots();
        if (slots.size() != op.getNumResults())
          return op.emitError("needs a slot for each result");
        for (auto [result, slot] : llvm::zip(op.getResults(), slots))
          if (failed(write(step, result, slot)))
            return failure();
      } else if (auto ret = dyn_cast<func::ReturnOp>(op)) {
        for (Value value : ret.getOperands())
          if (failed(read(ret, value)))
            return failure();
      }
    }
    return success();
  }
};

} // namespace
