#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/schedules/cpu/Loops.h"

namespace cnnc::kernels {
namespace {

using Halide::RVar;
using Halide::TailStrategy;
using Halide::Var;

std::optional<std::string> illegalRows(const KernelSpec &spec, const Schedule &, const Target &) {
  return spec.output().block == 0 ? std::nullopt : std::optional<std::string>("the result must be plain");
}

Schedule defaultSchedule(const KernelSpec &, const Target &) { return {"softmax.rows", {}}; }

/// Along the innermost axis the sums run in lanes and are joined; along another, vectors run across it.
void apply(Pipeline &pipeline, const Schedule &, const Target &target) {
  Stage &out = pipeline.output();
  const size_t rank = out.vars.size(), axis = rank - 1 - static_cast<size_t>(intAttr(pipeline.spec().root(), "axis"));
  const auto width = static_cast<int>(cpu::vectorWidth(out.extents[0], target.lanes()));
  const Var lane("lane");
  if (width > 1)
    out.func.split(out.vars[0], out.vars[0], lane, width, TailStrategy::ShiftInwards).vectorize(lane);
  Var around = Var::outermost(); // the loop that holds one run along the axis (of `width` columns)
  if (axis == 0) {
    if (rank > 1)
      around = out.vars[1];
  } else {
    std::vector<Halide::VarOrRVar> order = {out.vars[axis], out.vars[0]};
    if (width > 1)
      order.insert(order.begin(), lane);
    for (size_t d = 1; d < rank; ++d)
      if (d != axis)
        order.emplace_back(out.vars[d]);
    out.func.reorder(order);
    around = out.vars[0];
  }
  for (const char *name : {"peak", "total"}) {
    Stage &stage = pipeline.stage(name);
    Halide::Func lanes = stage.func;
    if (axis == 0 && width > 1) {
      const RVar block("block"), within("within");
      const Var part(std::string(name) + "_part");
      stage.func.update().split(stage.domain.x, block, within, width, TailStrategy::GuardWithIf);
      lanes = stage.func.update().rfactor(within, part);
      lanes.vectorize(part).update().vectorize(part);
    } else if (width > 1) {
      std::vector<Halide::VarOrRVar> order = stage.reductionVars();
      order.insert(order.begin(), stage.vars[0]);
      stage.func.vectorize(stage.vars[0], width).update().reorder(order).vectorize(stage.vars[0], width);
    }
    for (Halide::Func func : {lanes, stage.func}) {
      func.store_in(Halide::MemoryType::Stack);
      if (around.name() == Var::outermost().name())
        func.compute_root();
      else
        func.compute_at(out.func, around);
    }
  }
  if (rank - 1 > axis && out.extents[rank - 1] > 1)
    out.func.parallel(out.vars[rank - 1]);
}

} // namespace

extern const Template Softmax_rows_cpu;
const Template Softmax_rows_cpu = {"softmax.rows", "Softmax", {}, illegalRows, defaultSchedule, cpu::noSpace, cpu::noWish, apply, cpu::anyRows};

} // namespace cnnc::kernels
