#include "lowering/kernels/schedules/cpu/Loops.h"

namespace cnnc::kernels {
namespace {

Schedule defaultSchedule(const KernelSpec &, const Target &) { return {"max_pool.window", {}}; }

void apply(Pipeline &pipeline, const Schedule &, const Target &target) { cpu::reduceLoops(pipeline, pipeline.stage("acc"), target); }

} // namespace

extern const Template MaxPool_window_cpu;
const Template MaxPool_window_cpu = {"max_pool.window", "MaxPool", {}, cpu::alwaysLegal, defaultSchedule, cpu::noSpace, cpu::noWish, apply};

} // namespace cnnc::kernels
