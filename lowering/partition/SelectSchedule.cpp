// Gives each kernel its schedule. Needs kernels and a target. Test: test/lowering/partition/select-schedule.mlir.
#include "dialects/exec/Exec.h"
#include "lowering/Passes.h"
#include "lowering/RegionSpec.h"
#include "lowering/ScheduleAttr.h"
#include "lowering/TargetAttr.h"

namespace cnnc {
#define GEN_PASS_DEF_SELECTSCHEDULE
#include "lowering/Passes.h.inc"
} // namespace cnnc

using namespace mlir;
using namespace cnnc;

namespace {

using Kernels = std::vector<std::pair<exec::KernelOp, kernels::KernelSpec>>;

struct SelectSchedule : cnnc::impl::SelectScheduleBase<SelectSchedule> {
  using SelectScheduleBase::SelectScheduleBase;
  SelectSchedule(ScheduleLookup lookup, int64_t limit) : lookup(std::move(lookup)) { maxWeightsBytes = limit; }

  void runOnOperation() override {
    FailureOr<Target> target = targetOf(getOperation());
    if (failed(target))
      return signalPassFailure();
    bool perImage = getOperation()->hasAttr(exec::kPerImage);
    Kernels all;
    for (auto kernel : getOperation().getOps<exec::KernelOp>()) {
      auto spec = regionSpec(kernel, perImage);
      if (failed(spec)) {
        kernel.emitError("its region has no kernel form");
        return signalPassFailure();
      }
      all.emplace_back(kernel, *spec);
      if (auto given = kernel.getSchedule()) {
        // A schedule written in the IR is kept if it is legal.
        if (auto why = kernels::illegal(*spec, scheduleOf(*given), *target)) {
          kernel.emitError("its schedule is illegal: ") << *why;
          return signalPassFailure();
        }
        setNeeds(kernel, *spec);
        continue;
      }
      std::optional<kernels::Schedule> tuned = lookup ? lookup(*spec, *target) : std::nullopt;
      bool usable = tuned && !kernels::illegal(*spec, *tuned, *target);
      kernel.setScheduleAttr(scheduleAttr(&getContext(), usable ? *tuned : kernels::defaultFor(*spec, *target)));
      setNeeds(kernel, *spec);
    }
    if (maxWeightsBytes > 0 && failed(limitWeights(*target, all)))
      return signalPassFailure();
  }

  // Bytes of the weights of one launch as a schedule wants them.
  static int64_t weightBytes(const kernels::KernelSpec &spec, const kernels::Schedule &schedule, const Target &target) {
    int64_t bytes = 0;
    for (auto [input, layout] : llvm::zip(spec.inputs, kernels::packedLayouts(spec, schedule, target)))
      if (input.role == kernels::TensorDesc::Role::weight)
        bytes += layout.elements() * kernels::sizeOf(input.dtype);
    return bytes;
  }

  // Kernels whose weights a schedule enlarges sum plainly, those first that grow most, until all weights fit.
  LogicalResult limitWeights(const Target &target, Kernels &all) {
    struct Growth {
      exec::KernelOp kernel;
      const kernels::KernelSpec *spec;
      kernels::Schedule plain;
      int64_t bytes; ///< Of all its launches, more than plain sums need.
    };
    llvm::StringMap<int64_t> launches;
    getOperation().walk([&](exec::LaunchOp launch) { ++launches[launch.getKernel()]; });
    int64_t total = 0;
    std::vector<Growth> list;
    for (auto &[kernel, spec] : all) {
      kernels::KernelSpec strict = spec;
      strict.accuracy = kernels::Accuracy::strict;
      kernels::Schedule plain = kernels::defaultFor(strict, target);
      const int64_t bytes = weightBytes(spec, scheduleOf(*kernel.getSchedule()), target), users = launches[kernel.getSymName()];
      total += bytes * users;
      if (const int64_t growth = bytes - weightBytes(spec, plain, target); growth > 0)
        list.push_back({kernel, &spec, std::move(plain), growth * users});
    }
    llvm::stable_sort(list, [](const Growth &a, const Growth &b) { return a.bytes > b.bytes; });
    for (Growth &one : list) {
      if (total <= maxWeightsBytes)
        break;
      one.kernel.setScheduleAttr(scheduleAttr(&getContext(), one.plain));
      one.kernel.removeScratchAttr();
      setNeeds(one.kernel, *one.spec);
      total -= one.bytes;
    }
    if (total > maxWeightsBytes)
      return getOperation().emitError("its weights take ") << total << " bytes however they are packed, more than the limit of " << maxWeightsBytes.getValue();
    return success();
  }

  // What the schedule asks of its launches: rows and scratch memory.
  static void setNeeds(exec::KernelOp kernel, const kernels::KernelSpec &spec) {
    const kernels::Schedule schedule = scheduleOf(*kernel.getSchedule());
    if (spec.counted)
      kernel.setCounted(kernels::leastRows(spec, schedule));
    if (kernels::Scratch scratch = kernels::scratchOf(spec, schedule); scratch.shared + scratch.task > 0)
      kernel.setScratch(ArrayRef<int64_t>{scratch.shared, scratch.task});
  }

  ScheduleLookup lookup;
};

} // namespace

std::unique_ptr<Pass> cnnc::createSelectSchedule(ScheduleLookup lookup, int64_t maxWeightsBytes) {
  return std::make_unique<SelectSchedule>(std::move(lookup), maxWeightsBytes);
}
