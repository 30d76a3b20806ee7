// Spares launches the zeroing of halos that earlier ones have zeroed. Needs slots. Test: test/lowering/partition/keep-halos.mlir.
#include "dialects/cnn/Cnn.h"
#include "dialects/exec/Exec.h"
#include "lowering/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace cnnc {
#define GEN_PASS_DEF_KEEPHALOS
#include "lowering/Passes.h.inc"
} // namespace cnnc

using namespace mlir;
using namespace cnnc;

namespace {

/// A halo of zeros in memory.
struct Halo {
  exec::SlotAttr slot;
  Type type;
  bool operator==(const Halo &) const = default;
};

bool overlap(exec::SlotAttr a, exec::SlotAttr b) {
  return a.getSpace() == b.getSpace() && a.getIndex() == b.getIndex() && a.getOffset() < b.getOffset() + b.getBytes() &&
         b.getOffset() < a.getOffset() + a.getBytes();
}

/// Whether a step zeroes a halo, and all of it: a counted launch leaves the rows alone that it does not compute.
bool zeroesHalo(exec::LaunchOp launch) {
  auto layout = launch ? cnn::layoutOf(cast<RankedTensorType>(launch.getType())) : cnn::LayoutAttr();
  return layout && !launch.isCounted() && llvm::any_of(layout.getHalo(), [](int64_t cells) { return cells > 0; });
}

struct KeepHalos : cnnc::impl::KeepHalosBase<KeepHalos> {
  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main)
      return signalPassFailure();
    SmallVector<Halo> halos;
    for (auto step : main.getOps<exec::StepOpInterface>()) {
      auto launch = dyn_cast<exec::LaunchOp>(step.getOperation());
      SmallVector<exec::SlotAttr> slots = step.slots();
      if (launch && !slots.empty())
        launch.setHaloKept(zeroesHalo(launch) && llvm::is_contained(halos, Halo{slots[0], launch.getType()}));
      for (auto [slot, result] : llvm::zip(slots, step->getResults())) {
        llvm::erase_if(halos, [&](const Halo &halo) { return overlap(halo.slot, slot); });
        if (zeroesHalo(launch))
          halos.push_back({slot, result.getType()});
      }
    }
  }
};

} // namespace
