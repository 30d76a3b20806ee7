#include "lowering/kernels/schedules/cpu/Loops.h"

#include <algorithm>

namespace cnnc::kernels::cpu {

using Halide::Func;
using Halide::TailStrategy;
using Halide::Var;

int64_t vectorWidth(int64_t extent, int64_t lanes) {
  int64_t width = 1;
  while (width * 2 <= std::min(extent, lanes))
    width *= 2;
  return width;
}

void boundExtents(Stage &stage, std::initializer_list<int64_t> extents, size_t first) {
  for (int64_t extent : extents)
    stage.func.bound_extent(stage.vars[first++], static_cast<int>(extent));
}

int64_t grainFor(int64_t iterations, int64_t threads) {
  int64_t best = 1, bestSpan = 0;
  for (int64_t grain = 1; grain <= std::max<int64_t>(1, iterations / (8 * threads)); ++grain) {
    const int64_t tasks = (iterations + grain - 1) / grain, span = (tasks + threads - 1) / threads * grain;
    if (bestSpan == 0 || span <= bestSpan + bestSpan / 64)
      best = grain, bestSpan = bestSpan == 0 ? span : std::min(bestSpan, span);
  }
  return best;
}

int64_t extentOf(const Halide::RVar &var) { return *Halide::Internal::as_const_int(var.extent()); }

Var parallelise(Func func, const std::vector<Var> &loops, int64_t iterations, int64_t grain) {
  Var all = loops.front();
  for (size_t i = 1; i < loops.size() && iterations > 1; ++i) {
    const Var fused("task" + std::to_string(i));
    func.fuse(all, loops[i], fused);
    all = fused;
  }
  if (iterations <= 1)
    return all;
  Var single = all;
  if (grain > 1) {
    single = Var("within");
    func.split(all, all, single, static_cast<int>(grain), TailStrategy::GuardWithIf);
  }
  func.parallel(all);
  return single;
}

namespace {

/// Multiply-adds below which a task costs more than it saves.
constexpr int64_t smallTask = 4096;

/// Where the vectors are and which loop surrounds them.
struct Nest {
  size_t axis;   ///< The innermost axis with more than one element.
  int64_t width; ///< Lanes along it.
  Var around;    ///< Var::outermost() when the vector is all there is.
};

Nest arrange(Stage &out, const Target &target, int64_t workPerElement) {
  const size_t rank = out.vars.size();
  Nest nest{0, 1, Var::outermost()};
  if (rank == 0)
    return nest;
  while (nest.axis + 1 < rank && out.extents[nest.axis] == 1)
    ++nest.axis;
  nest.width = vectorWidth(out.extents[nest.axis], target.lanes());
  size_t loop = nest.axis; // of `around`
  int64_t inner = out.extents[loop];
  if (nest.width == out.extents[loop]) {
    out.func.vectorize(out.vars[loop]);
    if (++loop == rank)
      return nest;
    inner *= out.extents[loop];
  } else if (nest.width > 1) {
    out.func.split(out.vars[loop], out.vars[loop], Var("lane"), static_cast<int>(nest.width), TailStrategy::ShiftInwards).vectorize(Var("lane"));
  }
  nest.around = out.vars[loop];
  std::vector<Var> outer(out.vars.begin() + static_cast<ptrdiff_t>(loop) + 1, out.vars.end());
  int64_t iterations = 1;
  for (size_t d = loop + 1; d < rank; ++d)
    iterations *= out.extents[d];
  int64_t work = inner * workPerElement; // of one iteration
  if (iterations * work < 2 * smallTask)
    return nest;
  if (iterations == 1) { // one long row
    iterations = loop == nest.axis ? (out.extents[loop] + nest.width - 1) / nest.width : out.extents[loop];
    work = nest.width * workPerElement;
    outer = {Var("row")};
    out.func.split(nest.around, outer[0], nest.around, 1);
    int64_t grain = std::max(grainFor(iterations, target.threads), (smallTask + work - 1) / work);
    grain = std::min(grain, (iterations + target.threads - 1) / target.threads);
    parallelise(out.func, {outer[0]}, iterations, grain);
    nest.around = grain > 1 ? Var("within") : outer[0];
    return nest;
  }
  int64_t grain = std::max(grainFor(iterations, target.threads), (smallTask + work - 1) / work);
  grain = std::min(grain, (iterations + target.threads - 1) / target.threads);
  parallelise(out.func, outer, iterations, grain);
  return nest;
}

} // namespace

void mapLoops(Pipeline &pipeline, const Schedule &, const Target &target) { arrange(pipeline.output(), target, 1); }

void reduceLoops(Pipeline &pipeline, Stage &stage, const Target &target) {
  int64_t work = 1;
  for (int d = 0; d < stage.domain.dimensions(); ++d)
    work *= extentOf(stage.domain[d]);
  const Nest nest = arrange(pipeline.output(), target, work);
  if (nest.around.name() == Var::outermost().name())
    stage.func.compute_root();
  else
    stage.func.compute_at(pipeline.output().func, nest.around);
  if (stage.vars.empty())
    return;
  std::vector<Halide::VarOrRVar> order;
  for (size_t d = 0; d <= nest.axis; ++d)
    order.emplace_back(stage.vars[d]);
  for (const Halide::VarOrRVar &var : stage.reductionVars())
    order.push_back(var);
  for (size_t d = nest.axis + 1; d < stage.vars.size(); ++d)
    order.emplace_back(stage.vars[d]);
  const Var &row = stage.vars[nest.axis];
  stage.func.store_in(Halide::MemoryType::Stack);
  stage.func.update().reorder(order);
  if (nest.width > 1) {
    stage.func.vectorize(row, static_cast<int>(nest.width));
    stage.func.update().vectorize(row, static_cast<int>(nest.width));
  }
}

std::vector<Schedule> noSpace(const KernelSpec &, const Target &) { return {}; }
std::optional<PackedLayout> noWish(const KernelSpec &, const Schedule &, const Target &, int) { return std::nullopt; }
int64_t anyRows(const KernelSpec &, const Schedule &) { return 1; }
std::optional<std::string> alwaysLegal(const KernelSpec &, const Schedule &, const Target &) { return std::nullopt; }

} // namespace cnnc::kernels::cpu
