#include "lowering/kernels/schedules/cpu/Windows.h"

#include "lowering/kernels/Window.h"

#include <algorithm>

namespace cnnc::kernels::cpu {

using Halide::MemoryType;
using Halide::TailStrategy;
using Halide::Var;

namespace {

/// Loads below which a task costs more than it saves.
constexpr int64_t smallTask = 2048;
/// Longest side of a window that is unrolled.
constexpr int64_t longestUnrolled = 8;

/// Columns of partial results that registers hold beside the results. A maximum is two values.
int64_t columnBudget(const Target &target) { return target.vectorRegisters >= 32 ? 10 : 5; }

bool isBlocked(const KernelSpec &spec, const Target &target) { return spec.output().block == target.lanes(); }

/// Columns that the windows of a tile read.
int64_t columnsOf(const WindowAxis &axis, int64_t tile) { return (tile - 1) * axis.stride + (axis.count() - 1) * axis.dilation + 1; }

} // namespace

std::optional<std::string> illegalWindow(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  const int64_t tile = schedule.knob("tile_x", 1), most = isBlocked(spec, target) ? std::min<int64_t>(spec.output().shape[3], 16) : 1;
  return tile >= 1 && tile <= most ? std::nullopt : std::optional("tile_x is outside 1.." + std::to_string(most));
}

std::map<std::string, int64_t> defaultWindow(const KernelSpec &spec, const Target &target) {
  if (!isBlocked(spec, target))
    return {};
  const WindowAxis axis = windowAxis(spec, spec.root(), 1);
  int64_t tile = std::min<int64_t>(spec.output().shape[3], 8);
  while (tile > 1 && (axis.sharesCells() ? columnsOf(axis, tile) : tile) > columnBudget(target))
    --tile;
  return {{"tile_x", tile}};
}

std::vector<Schedule> windowSpace(const char *name, const KernelSpec &, const Target &) {
  std::vector<Schedule> list;
  for (int64_t tile : {1, 2, 3, 4, 6, 7, 8, 12})
    list.push_back({name, {{"tile_x", tile}}});
  return list;
}

namespace {

void unrollShort(Halide::Stage update, const Stage &stage) {
  for (const Halide::VarOrRVar &var : stage.reductionVars())
    if (extentOf(var.rvar) <= longestUnrolled)
      update.unroll(var);
}

/// A stage of a tile: all of its columns in registers, or, of a wide window, in a row on the stack.
void tileStage(Stage &stage, const Halide::Func &out, const Var &loop, int64_t columns) {
  const Var c = stage.vars[0], x = stage.vars[1];
  const bool inRegisters = columns <= 2 * longestUnrolled;
  std::vector<Halide::VarOrRVar> order = {c, x};
  for (const Halide::VarOrRVar &var : stage.reductionVars())
    order.push_back(var);
  order.insert(order.end(), {stage.vars[2], stage.vars[3], stage.vars[4]});
  stage.func.compute_at(out, loop).store_in(inRegisters ? MemoryType::Register : MemoryType::Stack).bound_extent(x, static_cast<int>(columns)).vectorize(c);
  stage.func.update().reorder(order).vectorize(c);
  if (inRegisters) {
    stage.func.unroll(x);
    stage.func.update().unroll(x);
  }
  unrollShort(stage.func.update(), stage);
}

} // namespace

void windowLoops(Pipeline &pipeline, const Schedule &schedule, const Target &target) {
  const KernelSpec &spec = pipeline.spec();
  const WindowAxis h = windowAxis(spec, spec.root(), 0), w = windowAxis(spec, spec.root(), 1);
  Stage &out = pipeline.output(), &acc = pipeline.stage("acc");
  if (!isBlocked(spec, target)) {
    if (w.sharesCells())
      pipeline.stage("columns").func.compute_at(acc.func, Var::outermost()).store_in(MemoryType::Stack);
    return reduceLoops(pipeline, acc, target);
  }
  const int64_t tile = schedule.knob("tile_x", 1);
  const Var c = out.vars[0], x = out.vars[1], y = out.vars[2], block = out.vars[3], n = out.vars[4], xi("xi");
  out.func.split(x, x, xi, static_cast<int>(tile), TailStrategy::ShiftInwards).vectorize(c).unroll(xi).reorder(c, xi, x, y, block, n);
  const int64_t rows = out.extents[2] * out.extents[3] * out.extents[4], work = out.extents[1] * w.count() * h.count();
  if (rows * work >= 2 * smallTask) {
    const int64_t grain = std::max(grainFor(rows, target.threads), (smallTask + work - 1) / work);
    parallelise(out.func, {y, block, n}, rows, std::min(grain, (rows + target.threads - 1) / target.threads));
  }
  tileStage(acc, out.func, x, tile);
  if (w.sharesCells())
    tileStage(pipeline.stage("columns"), out.func, x, columnsOf(w, tile));
}

} // namespace cnnc::kernels::cpu
