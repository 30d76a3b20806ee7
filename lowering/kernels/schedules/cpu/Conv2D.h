// What the schedules of convolutions share.
#pragma once

#include "lowering/kernels/Convolution.h"
#include "lowering/kernels/schedules/cpu/Loops.h"

namespace cnnc::kernels::cpu {

/// Extents that the tiles of a schedule divide.
struct Extents {
  int64_t blocks, rows, columns;
  Extents(const KernelSpec &spec, bool flatten);
};

inline int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Why the result is not in the target's channel blocks.
std::optional<std::string> illegalBlocks(const KernelSpec &spec, const Target &target);
/// Why a knob is outside 1..most.
std::optional<std::string> illegalTile(const Schedule &schedule, const char *knob, int64_t most);

/// [O/V, I/B, kh, kw, B, V]: in the order in which the inner loops read.
std::optional<PackedLayout> packedConvolution(const KernelSpec &spec, const Schedule &schedule, const Target &target, int number);

/// Loop order of an update, innermost first: `inner`, the reduction, `outer`.
std::vector<Halide::VarOrRVar> orderAround(const Stage &stage, std::vector<Halide::VarOrRVar> inner, const std::vector<Halide::VarOrRVar> &outer);

} // namespace cnnc::kernels::cpu
