// Gives each weight its packed layout and offset. Needs schedules. Test: test/lowering/partition/pack-weights.mlir.
#include "dialects/exec/Exec.h"
#include "lowering/Passes.h"
#include "lowering/ScheduleAttr.h"
#include "lowering/TargetAttr.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/MathExtras.h"

namespace cnnc {
#define GEN_PASS_DEF_PACKWEIGHTS
#include "lowering/Passes.h.inc"
} // namespace cnnc

using namespace mlir;
using namespace cnnc;

namespace {

kernels::PackedLayout rowMajor(Type type) {
  kernels::PackedLayout layout;
  for (auto [dim, extent] : llvm::enumerate(cast<RankedTensorType>(type).getShape()))
    layout.dims.push_back({static_cast<int>(dim), extent, 1});
  return layout;
}

struct PackWeights : cnnc::impl::PackWeightsBase<PackWeights> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<Target> target = targetOf(module);
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (failed(target) || !main)
      return signalPassFailure();

    llvm::StringMap<std::vector<kernels::PackedLayout>> layouts;
    for (auto kernel : module.getOps<exec::KernelOp>()) {
      auto request = buildRequest(kernel, module->hasAttr(exec::kPerImage));
      if (!request) {
        kernel.emitError("has no schedule: run --select-schedule first");
        return signalPassFailure();
      }
      layouts[kernel.getSymName()] = kernels::packedLayouts(request->spec, request->schedule, *target);
    }

    OpBuilder builder(&getContext());
    DenseMap<std::pair<Attribute, Attribute>, exec::WeightOp> packed;
    int64_t end = 0;
    for (auto step : llvm::make_early_inc_range(main.getOps<exec::StepOpInterface>())) {
      auto launch = dyn_cast<exec::LaunchOp>(step.getOperation());
      for (OpOperand &operand : step->getOpOperands()) {
        auto weight = operand.get().getDefiningOp<exec::WeightOp>();
        if (!weight)
          continue;
        auto layout = packedAttr(&getContext(), launch ? layouts[launch.getKernel()][operand.getOperandNumber()] : rowMajor(weight.getType()));
        // Two schedules may read one weight in two layouts: each layout is stored once.
        exec::WeightOp &copy = packed[{weight.getValue(), layout}];
        if (!copy) {
          builder.setInsertionPoint(weight);
          int64_t offset = llvm::alignTo(end, 64);
          copy = exec::WeightOp::create(builder, weight.getLoc(), weight.getType(), weight.getValue(), weight.getNameAttr(), layout,
                                        builder.getI64IntegerAttr(offset));
          end = offset + layout.getElements() * (cast<RankedTensorType>(weight.getType()).getElementTypeBitWidth() / 8);
        }
        operand.set(copy);
      }
    }
    for (auto weight : llvm::make_early_inc_range(main.getOps<exec::WeightOp>()))
      if (weight->use_empty())
        weight.erase();
    module->setAttr(exec::kWeightsBytes, builder.getI64IntegerAttr(end));
  }
};

} // namespace
