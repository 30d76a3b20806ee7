#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/schedules/cpu/Loops.h"

#include <algorithm>

namespace cnnc::kernels {
namespace {

using Halide::MemoryType;
using Halide::TailStrategy;
using Halide::Var;

//===-- pixels -----------------------------------------------------------------------------------------------------------------===//
// The squares of all channels of `tile_x` pixels lie in a row on the stack; windows are vectors of them, one channel apart.

constexpr std::string_view pixelKnobs[] = {"tile_x"};
constexpr int64_t stackLimit = 64 << 10;
constexpr int64_t longestUnrolled = 16;

int64_t bytesOfPixel(const KernelSpec &spec) {
  const int64_t block = spec.output().block, channels = spec.output().shape[1], half = intAttr(spec.root(), "size") / 2;
  return ((channels + block - 1) / block + 2 * ((half + block - 1) / block)) * block * 4;
}

std::optional<std::string> illegalPixels(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  if (spec.output().block != target.lanes() || spec.value(spec.root().operands[0]).block != target.lanes())
    return "input and result must be in blocks of " + std::to_string(target.lanes()) + " channels";
  const int64_t tile = schedule.knob("tile_x", 1);
  if (tile < 1 || tile > spec.output().shape[3])
    return "tile_x is outside 1.." + std::to_string(spec.output().shape[3]);
  return tile * bytesOfPixel(spec) <= stackLimit ? std::nullopt : std::optional<std::string>("the squares of a tile need more than 64 KiB");
}

Schedule defaultPixels(const KernelSpec &spec, const Target &) {
  int64_t tile = std::min<int64_t>(spec.output().shape[3], 8);
  while (tile > 1 && spec.output().block > 0 && tile * bytesOfPixel(spec) > stackLimit / 4)
    --tile;
  return {"lrn.pixels", {{"tile_x", tile}}};
}

std::vector<Schedule> pixelsSpace(const KernelSpec &, const Target &) {
  std::vector<Schedule> list;
  for (int64_t tile : {1, 2, 4, 8, 14, 28})
    list.push_back({"lrn.pixels", {{"tile_x", tile}}});
  return list;
}

void applyPixels(Pipeline &pipeline, const Schedule &schedule, const Target &target) {
  Stage &out = pipeline.output(), &acc = pipeline.stage("acc"), &squares = pipeline.stage("squares");
  const auto tile = static_cast<int>(schedule.knob("tile_x", 1)), lanes = static_cast<int>(target.lanes());
  const Var c = out.vars[0], x = out.vars[1], y = out.vars[2], block = out.vars[3], n = out.vars[4], xi("xi"), digit("digit"), lane("lane");
  out.func.split(x, x, xi, tile, TailStrategy::ShiftInwards).vectorize(c).reorder(c, xi, block, x, y, n);
  cpu::parallelise(out.func, {y, n}, out.extents[2] * out.extents[4], 1);
  squares.func.compute_at(out.func, x).store_in(MemoryType::Stack).align_bounds(squares.vars[0], lanes);
  squares.func.split(squares.vars[0], digit, lane, lanes, TailStrategy::RoundUp).vectorize(lane);
  acc.func.compute_at(out.func, xi).store_in(MemoryType::Register).vectorize(acc.vars[0]);
  std::vector<Halide::VarOrRVar> order = acc.reductionVars();
  order.insert(order.begin(), acc.vars[0]);
  acc.func.update().reorder(order).vectorize(acc.vars[0]);
  if (order.size() > 1 && cpu::extentOf(acc.domain.x) <= longestUnrolled)
    acc.func.update().unroll(acc.domain.x);
}

//===-- loops ------------------------------------------------------------------------------------------------------------------===//
// Any layout; squares are computed where they are summed.

Schedule defaultLoops(const KernelSpec &, const Target &) { return {"lrn.loops", {}}; }

void applyLoops(Pipeline &pipeline, const Schedule &, const Target &target) { cpu::reduceLoops(pipeline, pipeline.stage("acc"), target); }

} // namespace

extern const Template Lrn_pixels_cpu, Lrn_loops_cpu;
const Template Lrn_pixels_cpu = {"lrn.pixels", "Lrn", pixelKnobs, illegalPixels, defaultPixels, pixelsSpace, cpu::noWish, applyPixels};
const Template Lrn_loops_cpu = {"lrn.loops", "Lrn", {}, cpu::alwaysLegal, defaultLoops, cpu::noSpace, cpu::noWish, applyLoops};

} // namespace cnnc::kernels
