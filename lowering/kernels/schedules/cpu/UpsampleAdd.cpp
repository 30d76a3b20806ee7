#include "lowering/kernels/schedules/cpu/Loops.h"

namespace cnnc::kernels {

static Schedule defaultSchedule(const KernelSpec &, const Target &) { return {"upsample_add.loops", {}}; }

extern const Template UpsampleAdd_loops_cpu;
const Template UpsampleAdd_loops_cpu = {"upsample_add.loops", "UpsampleAdd", {}, cpu::alwaysLegal, defaultSchedule, cpu::noSpace, cpu::noWish, cpu::mapLoops, cpu::anyRows};

} // namespace cnnc::kernels
