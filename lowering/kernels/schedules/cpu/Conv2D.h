// What the schedules of convolutions share.
#pragma once

#include "lowering/kernels/Convolution.h"
#include "lowering/kernels/schedules/cpu/Loops.h"

namespace cnnc::kernels::cpu {

/// Extents that the tiles of a schedule divide.
struct Extents {
  int64_t blocks, rows, columns;
  Extents(const KernelSpec &spec, bool flatten);
  Extents(int64_t blocks, int64_t rows, int64_t columns) : blocks(blocks), rows(rows), columns(columns) {}
};

/// Candidates with their estimated cycles, the fastest first.
using Ranking = std::vector<std::pair<double, Schedule>>;
void sortRanking(Ranking &ranking);
/// The first `most` schedules of a ranking.
std::vector<Schedule> firstOf(const Ranking &ranking, size_t most);
/// The fastest; of none the template `name` without knobs.
Schedule fastestOf(const Ranking &ranking, const char *name);

/// Why the result is not in the target's channel blocks.
std::optional<std::string> illegalBlocks(const KernelSpec &spec, const Target &target);
/// Why a knob is outside 1..most.
std::optional<std::string> illegalTile(const Schedule &schedule, const char *knob, int64_t most);
/// Why `vectors` accumulators are too many for the target, which keeps `others` of its registers for other things.
std::optional<std::string> illegalAccumulators(const Target &target, int64_t vectors, int64_t others = 2);
/// Why the distance of a prefetch, in vectors, is none.
std::optional<std::string> illegalPrefetch(const Schedule &schedule);

/// [O/V, I/B, kh, kw, B, V]: in the order in which the inner loops read. Of every convolution of the region.
std::optional<PackedLayout> packedConvolution(const KernelSpec &spec, const Schedule &schedule, const Target &target, int number);

/// The narrowest tile of at most `most` cells that cuts `whole` cells into the fewest.
int64_t evenTile(int64_t whole, int64_t most);

/// What an array of `bytes` takes of scratch memory: whole cache lines.
int64_t wholeLines(int64_t bytes);

/// Scratch memory for arrays of so many bytes each, in each of a call's tasks.
Scratch scratchOfTasks(std::initializer_list<int64_t> arrays, int64_t tasks);

/// Products that a result of the root sums, the zeros of a last run of channels included.
int64_t productsOf(const KernelSpec &spec);

/// Accumulators of a register tile that leave room for the weights and a broadcast input, which `tileC` blocks of channels share in a register; with one
/// block each product takes a register of its own before it is added, or LLVM keeps sums in memory.
int64_t accumulators(const Target &target, int64_t tileC);

/// Estimated cycles a core spends on one image with a register tile of tileC channel blocks x tileY rows x tileX columns, each a sum of
/// `reduction` products.
double cyclesOf(const Target &target, const Extents &extents, int64_t reduction, int64_t tileC, int64_t tileX, int64_t tileY);

/// Cycles of sums that take `computing` cycles while weights arrive from beyond L2, which takes `arriving`. Measured: not even half of that hides; what
/// waits for weights holds the buffers that loads from L2 need as well.
double arrivingWith(double computing, double arriving);

/// Estimated cycles that a core spends on a call of conv2d.direct with its best register tile.
double directCycles(const KernelSpec &spec, const Target &target);
/// The same as the cost of that template, and of those that are known to be faster where they are legal.
double directCost(const KernelSpec &spec, const Schedule &schedule, const Target &target);

/// Loop order of an update, innermost first: `inner`, the reduction, `outer`.
std::vector<Halide::VarOrRVar> orderAround(const Stage &stage, std::vector<Halide::VarOrRVar> inner, const std::vector<Halide::VarOrRVar> &outer);

/// How the loop over the output's channel blocks is split by `tileC`. Where that does not divide them, the last register tile of `sums` has fewer.
Halide::TailStrategy blockTails(Pipeline &pipeline, const Stage &sums, int64_t tileC);

/// The update of a register tile: the sum over the stage's domain of one vector a cell. `vars`: lane, column, row, channel block. The innermost
/// loop of the reduction is unrolled where `unroll` divides it.
void applyTile(Stage &stage, const std::vector<Halide::Var> &vars, const std::vector<Halide::VarOrRVar> &outer, int64_t unroll);

/// Estimated cycles that a core spends on `vectors` results of a depthwise convolution: its loads, at 1.6 a cycle, and two cycles more.
double windowCycles(const OpDesc &op, int64_t vectors);

/// A row tile of a depthwise convolution: one vector of channels a cell, sums in registers, the window unrolled where it is small.
void applyWindow(Stage &stage);

} // namespace cnnc::kernels::cpu
