#include "lowering/kernels/schedules/cpu/Loops.h"

namespace cnnc::kernels {
namespace {

Schedule defaultSchedule(const KernelSpec &, const Target &) { return {"avg_pool.window", {}}; }

void apply(Pipeline &pipeline, const Schedule &, const Target &target) { cpu::reduceLoops(pipeline, pipeline.stage("acc"), target); }

} // namespace

extern const Template AvgPool_window_cpu;
const Template AvgPool_window_cpu = {"avg_pool.window", "AvgPool", {}, cpu::alwaysLegal, defaultSchedule, cpu::noSpace, cpu::noWish, apply};

} // namespace cnnc::kernels
