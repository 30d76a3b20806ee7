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

struct SelectSchedule : cnnc::impl::SelectScheduleBase<SelectSchedule> {
  SelectSchedule() = default;
  explicit SelectSchedule(ScheduleLookup lookup) : lookup(std::move(lookup)) {}

  void runOnOperation() override {
    FailureOr<Target> target = targetOf(getOperation());
    if (failed(target))
      return signalPassFailure();
    bool perImage = getOperation()->hasAttr(exec::kPerImage);
    for (auto kernel : getOperation().getOps<exec::KernelOp>()) {
      auto spec = regionSpec(kernel, perImage);
      if (failed(spec)) {
        kernel.emitError("its region has no kernel form");
        return signalPassFailure();
      }
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

std::unique_ptr<Pass> cnnc::createSelectSchedule(ScheduleLookup lookup) { return std::make_unique<SelectSchedule>(std::move(lookup)); }
