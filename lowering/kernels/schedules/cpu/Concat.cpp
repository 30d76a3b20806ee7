#include "lowering/kernels/schedules/cpu/Loops.h"

namespace cnnc::kernels {
namespace {
Schedule defaultLoops(const KernelSpec &, const Target &) { return {"concat.loops", {}}; }
} // namespace

extern const Template Concat_loops_cpu;
const Template Concat_loops_cpu = {"concat.loops", "Concat", {}, cpu::alwaysLegal, defaultLoops, cpu::noSpace, cpu::noWish, cpu::mapLoops};

} // namespace cnnc::kernels
