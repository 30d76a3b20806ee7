#include "lowering/kernels/schedules/cpu/Loops.h"

namespace cnnc::kernels {
namespace {

Schedule defaultSchedule(const KernelSpec &, const Target &) { return {"lrn.loops", {}}; }

void apply(Pipeline &pipeline, const Schedule &, const Target &target) { cpu::reduceLoops(pipeline, pipeline.stage("acc"), target); }

} // namespace

extern const Template Lrn_loops_cpu;
const Template Lrn_loops_cpu = {"lrn.loops", "Lrn", {}, cpu::alwaysLegal, defaultSchedule, cpu::noSpace, cpu::noWish, apply};

} // namespace cnnc::kernels
