#include "lowering/kernels/schedules/cpu/Loops.h"

namespace cnnc::kernels {
namespace {
Schedule defaultLoops(const KernelSpec &, const Target &) { return {"transpose.loops", {}}; }
} // namespace

extern const Template Transpose_loops_cpu;
const Template Transpose_loops_cpu = {"transpose.loops", "Transpose", {}, cpu::alwaysLegal, defaultLoops, cpu::noSpace, cpu::noWish, cpu::mapLoops, cpu::anyRows};

} // namespace cnnc::kernels
