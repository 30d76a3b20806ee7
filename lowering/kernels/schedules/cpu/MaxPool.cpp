#include "lowering/kernels/schedules/cpu/Windows.h"

namespace cnnc::kernels {
namespace {

Schedule defaultSchedule(const KernelSpec &spec, const Target &target) { return {"max_pool.window", cpu::defaultWindow(spec, target)}; }
std::vector<Schedule> tiles(const KernelSpec &spec, const Target &target) { return cpu::windowSpace("max_pool.window", spec, target); }

} // namespace

extern const Template MaxPool_window_cpu;
const Template MaxPool_window_cpu = {"max_pool.window", "MaxPool", cpu::windowKnobs, cpu::illegalWindow, defaultSchedule, tiles, cpu::noWish, cpu::windowLoops, cpu::anyRows};

} // namespace cnnc::kernels
