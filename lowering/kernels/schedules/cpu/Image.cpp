#include "lowering/kernels/schedules/cpu/Loops.h"

namespace cnnc::kernels {
namespace {
Schedule defaultLoops(const KernelSpec &, const Target &) { return {"image.loops", {}}; }
} // namespace

extern const Template Image_loops_cpu;
const Template Image_loops_cpu = {"image.loops", "Image", {}, cpu::alwaysLegal, defaultLoops, cpu::noSpace, cpu::noWish, cpu::mapLoops};

} // namespace cnnc::kernels
