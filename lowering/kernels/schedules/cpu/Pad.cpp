#include "lowering/kernels/schedules/cpu/Loops.h"

namespace cnnc::kernels {
namespace {
Schedule defaultLoops(const KernelSpec &, const Target &) { return {"pad.loops", {}}; }
} // namespace

extern const Template Pad_loops_cpu;
const Template Pad_loops_cpu = {"pad.loops", "Pad", {}, cpu::alwaysLegal, defaultLoops, cpu::noSpace, cpu::noWish, cpu::mapLoops};

} // namespace cnnc::kernels
