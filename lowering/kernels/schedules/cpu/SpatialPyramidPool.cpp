#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Pyramid.h"
#include "lowering/kernels/schedules/cpu/Conv2D.h"

#include <algorithm>

namespace cnnc::kernels {
namespace {

using namespace cpu;
using Halide::TailStrategy;
using Halide::Var;

/// Results that a task writes; it computes the bins of their channels, in whole blocks, on its stack.
constexpr int64_t taskResults = 2048;

/// What a thread's stack holds beside everything else.
constexpr int64_t stackLimit = 256 << 10;

int64_t resultsOfTask(const KernelSpec &spec) { return std::min(spec.output().shape[1], taskResults); }

/// Channel blocks of a level that the results of a task touch at most.
int64_t blocksOfTask(const KernelSpec &spec, int64_t bins, const Target &target) {
  const int64_t channels = spec.value(spec.root().operands[0]).shape[1];
  return std::min(ceilDiv(channels, target.lanes()), (resultsOfTask(spec) / (bins * bins) + 1) / target.lanes() + 2);
}

std::optional<std::string> illegalBins(const KernelSpec &spec, const Schedule &, const Target &target) {
  const int64_t bytesOfBin = stringAttr(spec.root(), "mode") == "max" ? 8 : 4;
  int64_t bytes = 0;
  for (int64_t bins : intsAttr(spec.root(), "levels"))
    bytes += blocksOfTask(spec, bins, target) * target.lanes() * bins * bins * bytesOfBin;
  return bytes > stackLimit ? std::optional<std::string>("the bins of a task need more than 256 KiB; make levels smaller") : std::nullopt;
}

Schedule defaultBins(const KernelSpec &, const Target &) { return {"spatial_pyramid_pool.bins", {}}; }

void apply(Pipeline &pipeline, const Schedule &, const Target &target) {
  const KernelSpec &spec = pipeline.spec();
  Stage &out = pipeline.output();
  const Var f = out.vars[0], n = out.vars[1], part("part"), lane("lane");
  const int64_t results = resultsOfTask(spec), width = vectorWidth(results, target.lanes());
  out.func.split(f, f, part, static_cast<int>(results), TailStrategy::ShiftInwards);
  if (width > 1)
    out.func.split(part, part, lane, static_cast<int>(width), TailStrategy::ShiftInwards).vectorize(lane);
  const Var task = parallelise(out.func, {f, n}, ceilDiv(out.extents[0], results) * out.extents[1], 1);
  const std::vector<int64_t> &levels = intsAttr(spec.root(), "levels");
  for (size_t number = 0; number < levels.size(); ++number) {
    Stage &level = pipeline.stage(levelStage(number));
    const auto bins = static_cast<int>(levels[number]);
    const std::vector<Var> &v = level.vars; // lane, column, row, block, image
    level.func.compute_at(out.func, task).store_in(Halide::MemoryType::Stack).vectorize(v[0]);
    level.func.bound_extent(v[0], static_cast<int>(target.lanes())).bound_extent(v[1], bins).bound_extent(v[2], bins).bound_extent(v[4], 1);
    level.func.bound_storage(v[3], static_cast<int>(blocksOfTask(spec, levels[number], target)));
    level.func.update().reorder(orderAround(level, {v[0]}, {v[1], v[2], v[3], v[4]})).vectorize(v[0]);
  }
}

} // namespace

extern const Template SpatialPyramidPool_bins_cpu;
const Template SpatialPyramidPool_bins_cpu = {
    "spatial_pyramid_pool.bins", "SpatialPyramidPool", {}, illegalBins, defaultBins, cpu::noSpace, cpu::noWish, apply};

} // namespace cnnc::kernels
