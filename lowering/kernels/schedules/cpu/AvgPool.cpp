#include "lowering/kernels/schedules/cpu/Windows.h"

namespace cnnc::kernels {
namespace {

Schedule defaultSchedule(const KernelSpec &spec, const Target &target) { return {"avg_pool.window", cpu::defaultWindow(spec, target)}; }
std::vector<Schedule> tiles(const KernelSpec &spec, const Target &target) { return cpu::windowSpace("avg_pool.window", spec, target); }

} // namespace

extern const Template AvgPool_window_cpu;
const Template AvgPool_window_cpu = {"avg_pool.window", "AvgPool", cpu::windowKnobs, cpu::illegalWindow, defaultSchedule, tiles, cpu::noWish, cpu::windowLoops, cpu::anyRows};

} // namespace cnnc::kernels
