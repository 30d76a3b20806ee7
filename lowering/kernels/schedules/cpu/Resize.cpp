#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Resampling.h"
#include "lowering/kernels/schedules/cpu/Loops.h"

namespace cnnc::kernels {
namespace {

/// What a thread's stack holds beside everything else.
constexpr int64_t stackLimit = 256 << 10;

std::optional<std::string> illegalRows(const KernelSpec &spec, const Schedule &, const Target &) {
  const OpDesc &op = spec.root();
  if (boolAttr(op, "antialias") && spec.output().block > 1)
    return "an antialiased result must be plain or in blocks of one channel";
  if (resizeStackBytes(spec, op) > stackLimit)
    return "the tables and rows of the antialiased resize need more than 256 KiB";
  return std::nullopt;
}

Schedule defaultSchedule(const KernelSpec &, const Target &) { return {"resize.rows", {}}; }

/// Antialiased: weight tables first; each output row then resamples the input rows it needs on its own stack.
void apply(Pipeline &pipeline, const Schedule &schedule, const Target &target) {
  if (!boolAttr(pipeline.spec().root(), "antialias"))
    return cpu::mapLoops(pipeline, schedule, target);
  for (const char *table : {"across_first", "across_sum", "across", "down_first", "down_sum", "down"})
    pipeline.stage(table).func.compute_root().store_in(Halide::MemoryType::Stack);
  Stage &out = pipeline.output(), &acc = pipeline.stage("acc"), &pass = pipeline.stage("pass");
  const size_t column = pipeline.spec().output().block == 0 ? 0 : 1;
  const auto width = static_cast<int>(cpu::vectorWidth(out.extents[column], target.lanes()));
  const Halide::Var row = out.vars[column + 1], lane("lane");
  if (width > 1)
    out.func.split(out.vars[column], out.vars[column], lane, width, Halide::TailStrategy::ShiftInwards).vectorize(lane);
  acc.func.compute_at(out.func, out.vars[column]).store_in(Halide::MemoryType::Stack);
  pass.func.compute_at(out.func, row).store_in(Halide::MemoryType::Stack);
  acc.func.update().reorder(acc.vars[column], acc.domain.x);
  pass.func.update().reorder(pass.vars[0], pass.domain.x);
  if (width > 1) {
    acc.func.vectorize(acc.vars[column], width).update().vectorize(acc.vars[column], width);
    pass.func.vectorize(pass.vars[0], width).update().vectorize(pass.vars[0], width);
  }
  out.func.parallel(row);
}

} // namespace

extern const Template Resize_rows_cpu;
const Template Resize_rows_cpu = {"resize.rows", "Resize", {}, illegalRows, defaultSchedule, cpu::noSpace, cpu::noWish, apply};

} // namespace cnnc::kernels
