// Sliding windows over blocked channels: tiles of a row in registers.
#pragma once

#include "lowering/kernels/schedules/cpu/Loops.h"

namespace cnnc::kernels::cpu {

inline constexpr std::string_view windowKnobs[] = {"tile_x"};

std::optional<std::string> illegalWindow(const KernelSpec &spec, const Schedule &schedule, const Target &target);
std::map<std::string, int64_t> defaultWindow(const KernelSpec &spec, const Target &target);
std::vector<Schedule> windowSpace(const char *name, const KernelSpec &spec, const Target &target);

/// `tile_x` results of a row at a time: each column of cells that their windows share is reduced once, in registers.
void windowLoops(Pipeline &pipeline, const Schedule &schedule, const Target &target);

} // namespace cnnc::kernels::cpu
