#include "lowering/kernels/schedules/cpu/Loops.h"

namespace cnnc::kernels {
namespace {

Schedule defaultSchedule(const KernelSpec &, const Target &) { return {"global_avg_pool.planes", {}}; }

void apply(Pipeline &pipeline, const Schedule &, const Target &target) { cpu::reduceLoops(pipeline, pipeline.stage("acc"), target); }

} // namespace

extern const Template GlobalAvgPool_planes_cpu;
const Template GlobalAvgPool_planes_cpu = {"global_avg_pool.planes", "GlobalAvgPool", {}, cpu::alwaysLegal, defaultSchedule, cpu::noSpace, cpu::noWish, apply, cpu::anyRows};

} // namespace cnnc::kernels
