// Convolutions whose groups are smaller than a channel block: a vector of results needs vectors of inputs, never a broadcast.
#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/schedules/cpu/Conv2D.h"

#include <algorithm>

namespace cnnc::kernels {
namespace {

using namespace cpu;
using Halide::TailStrategy;
using Halide::Var;

//===-- The row tile -----------------------------------------------------------------------------------------------------------===//

constexpr std::string_view rowTileKnobs[] = {"tile_x", "tile_y", "grain"};

std::optional<std::string> illegalRowTile(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  if (spec.value(spec.root().operands[0]).block != spec.output().block)
    return "the input must have the result's channel blocks";
  const Extents extents(spec, false);
  for (auto &&complaint :
       {illegalTile(schedule, "tile_x", extents.columns), illegalTile(schedule, "tile_y", extents.rows), illegalTile(schedule, "grain", int64_t(1) << 30),
        illegalAccumulators(target, schedule.knob("tile_x", 1) * schedule.knob("tile_y", 1), /*others=*/0)})
    if (complaint)
      return complaint;
  if (extents.rows % schedule.knob("tile_y", 1) != 0) // a row that two tasks compute, each in another place of its tile, need not have the same bits
    return "the tiles do not divide the rows";
  return std::nullopt;
}

Schedule rowTileSchedule(const char *name, const KernelSpec &spec, const Target &target, int64_t tileX, int64_t tileY) {
  const Extents extents(spec, false);
  const int64_t units = ceilDiv(extents.rows, tileY) * extents.blocks * spec.output().shape[0];
  return {name, {{"tile_x", tileX}, {"tile_y", tileY}, {"grain", grainFor(units, target.threads)}}};
}

/// An even tile of at most `room` cells.
Schedule widestRowTile(const char *name, const KernelSpec &spec, const Target &target, int64_t room) {
  const Extents extents(spec, false);
  const int64_t tileX = evenTile(extents.columns, room);
  const int64_t tileY = room / tileX >= 2 && extents.rows % 2 == 0 ? 2 : 1;
  return rowTileSchedule(name, spec, target, tileX, tileY);
}

std::vector<Schedule> rowTileSpace(const char *name, const KernelSpec &spec, const Target &target) {
  std::vector<Schedule> list;
  if (illegalBlocks(spec, target))
    return list;
  const Extents extents(spec, false);
  for (int64_t tileY = 1; tileY <= std::min<int64_t>(4, extents.rows); ++tileY)
    for (int64_t tileX : {2, 4, 6, 7, 8, 10, 12, 14, 16})
      if (tileX <= extents.columns)
        list.push_back(rowTileSchedule(name, spec, target, tileX, tileY));
  return list;
}

/// Accumulators of a row tile in registers.
void applyCells(Stage &acc) { acc.func.store_in(Halide::MemoryType::Register).vectorize(acc.vars[0]).unroll(acc.vars[1]).unroll(acc.vars[2]); }

/// Tiles of rows as tasks, each with its own accumulators.
void arrangeRowTile(Pipeline &pipeline, const Schedule &schedule) {
  Stage &out = pipeline.output(), &acc = pipeline.stage("acc");
  const Var c = out.vars[0], x = out.vars[1], y = out.vars[2], block = out.vars[3], n = out.vars[4];
  const Var xi("xi"), yi("yi");
  const auto tileX = static_cast<int>(schedule.knob("tile_x", 1)), tileY = static_cast<int>(schedule.knob("tile_y", 1));
  out.func.split(x, x, xi, tileX, TailStrategy::ShiftInwards)
      .split(y, y, yi, tileY, TailStrategy::ShiftInwards)
      .reorder(c, xi, yi, x, y, block, n)
      .vectorize(c)
      .unroll(xi)
      .unroll(yi);
  acc.func.compute_at(out.func, x);
  parallelise(out.func, {y, block, n}, ceilDiv(out.extents[2], tileY) * out.extents[3] * out.extents[4], schedule.knob("grain", 1));
}

//===-- depthwise --------------------------------------------------------------------------------------------------------------===//
// One vector of channels a cell; a row tile keeps the window's rows in registers.

std::optional<std::string> illegalDepthwise(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  if (auto complaint = illegalBlocks(spec, target))
    return complaint;
  if (!convShape(spec, spec.root()).depthwise())
    return "the convolution is not depthwise";
  return illegalRowTile(spec, schedule, target);
}

Schedule defaultDepthwise(const KernelSpec &spec, const Target &target) {
  return widestRowTile("conv2d.depthwise", spec, target, target.vectorRegisters >= 32 ? 14 : 6);
}

std::vector<Schedule> depthwiseSpace(const KernelSpec &spec, const Target &target) { return rowTileSpace("conv2d.depthwise", spec, target); }

double depthwiseCycles(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  const Extents extents(spec, false);
  const int64_t tileX = schedule.knob("tile_x", 1), tileY = schedule.knob("tile_y", 1);
  const int64_t vectors = extents.blocks * ceilDiv(extents.columns, tileX) * tileX * ceilDiv(extents.rows, tileY) * tileY * spec.output().shape[0];
  return windowCycles(spec.root(), vectors) / static_cast<double>(target.threads);
}

void applyDepthwise(Pipeline &pipeline, const Schedule &schedule, const Target &) {
  arrangeRowTile(pipeline, schedule);
  applyWindow(pipeline.stage("acc"));
}

//===-- grouped ----------------------------------------------------------------------------------------------------------------===//
// A block holds several groups of equally many inputs and outputs. For input i of the groups one shuffle of the input's block puts it into the
// lanes of its group; the columns of the window share the shuffled vectors.

std::optional<std::string> illegalGrouped(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  if (auto complaint = illegalBlocks(spec, target))
    return complaint;
  const OpDesc &op = spec.root();
  if (!convShape(spec, op).groupsWithin(target.lanes()))
    return "a block does not hold whole groups of equally many inputs and outputs";
  return illegalRowTile(spec, schedule, target);
}

/// A row tile keeps its accumulators, the weights of a row of the window and as many shuffled inputs in registers.
Schedule defaultGrouped(const KernelSpec &spec, const Target &target) {
  const int64_t columns = std::min<int64_t>(intsAttr(spec.root(), "kernel")[1], 7);
  return widestRowTile("conv2d.grouped", spec, target, std::max<int64_t>(1, std::min<int64_t>(16, target.vectorRegisters - 2 * columns - 2)));
}

std::vector<Schedule> groupedSpace(const KernelSpec &spec, const Target &target) { return rowTileSpace("conv2d.grouped", spec, target); }

void applyGrouped(Pipeline &pipeline, const Schedule &schedule, const Target &) {
  Stage &acc = pipeline.stage("acc");
  arrangeRowTile(pipeline, schedule);
  const Var ac = acc.vars[0], ax = acc.vars[1], ay = acc.vars[2], ab = acc.vars[3], an = acc.vars[4];
  applyCells(acc);
  pipeline.permuteLoads();
  if (acc.reductionVars().empty())
    return;
  const Halide::RVar kx = acc.domain[1], ky = acc.domain[2], input = acc.domain[3];
  acc.func.update().reorder({ac, acc.domain[0], kx, ax, ay, input, ky, ab, an}).vectorize(ac).unroll(ax).unroll(ay).unroll(input);
  if (extentOf(kx) <= 7)
    acc.func.update().unroll(kx);
}

} // namespace

double cpu::windowCycles(const OpDesc &op, int64_t vectors) {
  const std::vector<int64_t> &window = intsAttr(op, "kernel");
  return static_cast<double>(vectors) * (static_cast<double>(window[0] * window[1]) / 1.6 + 2);
}

void cpu::applyWindow(Stage &acc) {
  applyCells(acc);
  const Var ac = acc.vars[0], ax = acc.vars[1], ay = acc.vars[2], ab = acc.vars[3], an = acc.vars[4];
  acc.func.update().reorder(orderAround(acc, {ac, ax, ay}, {ab, an})).vectorize(ac).unroll(ax).unroll(ay);
  if (acc.reductionVars().empty())
    return;
  const Halide::RVar kx = acc.domain[1], ky = acc.domain[2];
  if (extentOf(kx) <= 7)
    acc.func.update().unroll(kx);
  if (extentOf(kx) * extentOf(ky) <= 9)
    acc.func.update().unroll(ky);
}

extern const Template Conv2D_depthwise_cpu, Conv2D_grouped_cpu;
const Template Conv2D_depthwise_cpu = {
    .name = "conv2d.depthwise",
    .stem = "Conv2D",
    .knobs = rowTileKnobs,
    .illegal = illegalDepthwise,
    .defaultFor = defaultDepthwise,
    .space = depthwiseSpace,
    .packed = packedConvolution,
    .apply = applyDepthwise,
    .cycles = depthwiseCycles,
};
const Template Conv2D_grouped_cpu = {"conv2d.grouped", "Conv2D", rowTileKnobs, illegalGrouped, defaultGrouped, groupedSpace, packedConvolution, applyGrouped};

} // namespace cnnc::kernels
