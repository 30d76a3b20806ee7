#include "lowering/kernels/schedules/cpu/Loops.h"

namespace cnnc::kernels {
namespace {
Schedule defaultLoops(const KernelSpec &, const Target &) { return {"elementwise.loops", {}}; }
} // namespace

extern const Template Elementwise_loops_cpu;
const Template Elementwise_loops_cpu = {"elementwise.loops", "Elementwise", {}, cpu::alwaysLegal, defaultLoops, cpu::noSpace, cpu::noWish, cpu::mapLoops, cpu::anyRows};

} // namespace cnnc::kernels
