// What the schedules of minimal filtering share.
#pragma once

#include "lowering/kernels/WinogradTiles.h"
#include "lowering/kernels/schedules/cpu/Conv2D.h"

namespace cnnc::kernels::cpu {

/// Strides of transformed planes are odd numbers of vectors as far as may be: they would else meet in one set of L1.
inline int64_t padded(int64_t extent) { return extent | 1; }

/// Why no schedule filters the op.
std::optional<std::string> unfiltered(const KernelSpec &spec, const Target &target);

/// Why no tiles of so many cells, rows of tiles and images are a group of theirs.
std::optional<std::string> illegalGroup(const KernelSpec &spec, const Schedule &schedule);

/// [O/V, rows, columns, I/B, B, V] of the transformed filters, of B input channels in a run.
PackedLayout filterLayout(const KernelSpec &spec, const Schedule &schedule, int64_t inputsOfRun);

/// Extents of 1, 2, 3, ... equal parts, at most `most` each.
std::vector<int64_t> evenParts(int64_t whole, int64_t most);

double filteringBudget(const KernelSpec &spec, const Schedule &schedule);
int64_t filteringProducts(const KernelSpec &spec, const Schedule &schedule);

/// The loops of a result that is transformed back: tiles, `tile_c` blocks of channels, and groups.
struct GroupLoops {
  Halide::Var tile, blocks, group;
};
GroupLoops loopOverGroups(Pipeline &pipeline, const Schedule &schedule);

} // namespace cnnc::kernels::cpu
