// Pointwise convolutions of depthwise ones, strip by strip: what lies between them never leaves the cache.
#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/schedules/cpu/Conv2D.h"

#include <algorithm>
#include <cmath>

namespace cnnc::kernels {
namespace {

using namespace cpu;
using Halide::TailStrategy;
using Halide::Var;

// A task is `rows` rows of the result. It computes the depthwise result that they read into scratch memory ("strip_0"), `window_x` cells of a row at a
// time, and sums over its channels with one register tile of tile_c channel blocks x tile_y rows x tile_x columns after the other.

constexpr std::string_view knobs[] = {"rows", "tile_c", "tile_x", "tile_y", "window_x", "unroll", "prefetch"};

/// Of a task's strip.
constexpr int64_t scratchLimit = int64_t(4) << 20;

const OpDesc &producerOf(const KernelSpec &spec) { return spec.ops[reductionsOf(spec).front()]; }

const TensorDesc &stripOf(const KernelSpec &spec) { return spec.value(spec.root().operands[0]); }

int64_t tasks(const KernelSpec &spec, const Schedule &schedule) {
  return ceilDiv(Extents(spec, false).rows, schedule.knob("rows", 1)) * spec.output().shape[0];
}

Scratch scratch(const KernelSpec &spec, const Schedule &schedule) {
  const TensorDesc &strip = stripOf(spec);
  const int64_t cells = ceilDiv(strip.shape[1], strip.block) * strip.block * schedule.knob("rows", 1) * strip.shape[3];
  return scratchOfTasks({cells * sizeOf(strip.dtype)}, tasks(spec, schedule));
}

/// Why no schedule computes the region this way.
std::optional<std::string> unchained(const KernelSpec &spec, const Target &target) {
  if (auto complaint = illegalBlocks(spec, target))
    return complaint;
  if (reductionsOf(spec).size() != 2 || producerOf(spec).mnemonic != "conv2d" || !convShape(spec, producerOf(spec)).depthwise())
    return "the root does not read a depthwise convolution";
  const int64_t lanes = target.lanes();
  if (stripOf(spec).block != lanes || spec.value(producerOf(spec).operands[0]).block != lanes)
    return "all tensors must be in blocks of " + std::to_string(lanes) + " channels";
  const std::vector<int64_t> ones = {1, 1};
  const OpDesc &op = spec.root();
  if (intsAttr(op, "kernel") != ones || intsAttr(op, "stride") != ones || stripOf(spec).shape[2] != op.result.shape[2] ||
      stripOf(spec).shape[3] != op.result.shape[3])
    return "the root is no pointwise convolution";
  return convShape(spec, op).groups == 1 ? std::nullopt : std::optional<std::string>("the root's channels are in groups");
}

std::optional<std::string> illegalStrips(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  if (auto complaint = unchained(spec, target))
    return complaint;
  const Extents extents(spec, false);
  const int64_t tileC = schedule.knob("tile_c", 1), tileX = schedule.knob("tile_x", 1), tileY = schedule.knob("tile_y", 1);
  for (auto &&complaint :
       {illegalTile(schedule, "rows", extents.rows), illegalTile(schedule, "tile_c", extents.blocks), illegalTile(schedule, "tile_x", extents.columns),
        illegalTile(schedule, "tile_y", extents.rows), illegalTile(schedule, "window_x", extents.columns), illegalTile(schedule, "unroll", 16),
        illegalAccumulators(target, tileC * tileX * tileY), illegalAccumulators(target, schedule.knob("window_x", 1), /*others=*/0), illegalPrefetch(schedule)})
    if (complaint)
      return complaint;
  if (schedule.knob("rows", 1) % tileY != 0)
    return "the tiles do not divide the rows of a task";
  if (const Scratch bytes = scratch(spec, schedule); bytes.shared + bytes.task > scratchLimit)
    return "a strip needs more than " + std::to_string(scratchLimit >> 20) + " MiB";
  return std::nullopt;
}

//===-- Choice -----------------------------------------------------------------------------------------------------------------===//

/// Estimated cycles that a core spends on a call. The tiles are those of conv2d.direct. Weights arrive from beyond L2 where they and the strip do not fit it together.
double cycles(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  const Extents extents(spec, false);
  const int64_t rows = schedule.knob("rows", 1), strips = ceilDiv(extents.rows, rows);
  const auto count = static_cast<double>(strips * spec.output().shape[0]);
  const double sums = cyclesOf(target, Extents(extents.blocks, rows, extents.columns), productsOf(spec), schedule.knob("tile_c", 1), schedule.knob("tile_x", 1),
                               schedule.knob("tile_y", 1));
  const TensorDesc &strip = stripOf(spec);
  const int64_t tileX = schedule.knob("window_x", 1), vectors = ceilDiv(strip.shape[1], strip.block) * rows * ceilDiv(extents.columns, tileX) * tileX;
  const double windows = windowCycles(producerOf(spec), vectors);
  const Scratch bytes = scratch(spec, schedule);
  const int64_t weightBytes = spec.value(spec.root().operands[1]).physicalElements() * 4;
  const double arriving = weightBytes + bytes.shared + bytes.task > target.l2Bytes ? static_cast<double>(weightBytes) / target.farBytes(weightBytes) : 0;
  return std::ceil(count / static_cast<double>(target.threads)) * (std::max(sums, arriving) + windows + 3000);
}

/// Every candidate with its cycles, the fastest first.
Ranking ranked(const KernelSpec &spec, const Target &target) {
  Ranking list;
  if (unchained(spec, target))
    return list;
  const Extents extents(spec, false);
  const ConvShape conv = convShape(spec, spec.root());
  for (int64_t tileC = 1; tileC <= std::min<int64_t>(6, extents.blocks); ++tileC)
    for (int64_t tileY = 1; tileY <= std::min<int64_t>(4, extents.rows); ++tileY)
      for (int64_t tileX = 1; tileX <= extents.columns && tileC * tileX * tileY <= accumulators(target, tileC); ++tileX) {
        if (tileC * tileX * tileY * 2 < accumulators(target, tileC) && tileX < extents.columns)
          continue;
        for (int64_t parts = 1; parts <= extents.rows; ++parts) {
          const int64_t rows = ceilDiv(ceilDiv(extents.rows, parts), tileY) * tileY;
          const Schedule schedule = {"conv2d.strips",
                                     {{"rows", std::min(rows, extents.rows)},
                                      {"tile_c", tileC},
                                      {"tile_x", tileX},
                                      {"tile_y", tileY},
                                      {"window_x", evenTile(extents.columns, target.vectorRegisters >= 32 ? 14 : 6)},
                                      {"unroll", conv.reductionBlock % 2 == 0 ? 2 : 1},
                                      {"prefetch", 64}}};
          if (!list.empty() && list.back().second == schedule)
            continue;
          const Scratch bytes = scratch(spec, schedule);
          if (bytes.shared + bytes.task <= target.l2Bytes / 2 && !illegalStrips(spec, schedule, target))
            list.emplace_back(cycles(spec, schedule, target), schedule);
        }
      }
  sortRanking(list);
  return list;
}

Schedule defaultStrips(const KernelSpec &spec, const Target &target) { return fastestOf(ranked(spec, target), "conv2d.strips"); }

std::vector<Schedule> stripSpace(const KernelSpec &spec, const Target &target) { return firstOf(ranked(spec, target), 48); }

//===-- Arrangement ------------------------------------------------------------------------------------------------------------===//

void apply(Pipeline &pipeline, const Schedule &schedule, const Target &target) {
  Stage &out = pipeline.output(), &acc = pipeline.stage("acc"), &strip = pipeline.stage("strip_0"), &windows = pipeline.stage("acc_0");
  const auto knob = [&](const char *name) { return static_cast<int>(schedule.knob(name, 1)); };
  const Var c = out.vars[0], x = out.vars[1], y = out.vars[2], block = out.vars[3], n = out.vars[4];
  const Var xi("xi"), yi("yi"), bi("bi"), rows("rows");
  out.func.split(x, x, xi, knob("tile_x"), TailStrategy::ShiftInwards)
      .split(y, y, rows, knob("rows"), TailStrategy::ShiftInwards)
      .split(rows, rows, yi, knob("tile_y"))
      .split(block, block, bi, knob("tile_c"), blockTails(pipeline, acc, knob("tile_c")))
      .reorder({c, bi, xi, yi, x, rows, block, y, n})
      .vectorize(c)
      .unroll(bi)
      .unroll(xi)
      .unroll(yi);
  const Var task = parallelise(out.func, {y, n}, tasks(pipeline.spec(), schedule), 1);
  acc.func.compute_at(out.func, x);
  applyTile(acc, {acc.vars[0], acc.vars[3], acc.vars[1], acc.vars[2]}, {acc.vars[4]}, knob("unroll"));
  if (const int64_t steps = schedule.knob("prefetch"); steps > 0)
    pipeline.prefetch(pipeline.spec().root().operands[1], steps * target.lanes());
  pipeline.prefetchCells(strip, knob("tile_x") * target.lanes());
  pipeline.prefetchEpilogue("acc");

  const Var sc = strip.vars[0], sx = strip.vars[1], sy = strip.vars[2], sb = strip.vars[3], sn = strip.vars[4], si("strip_x");
  strip.func.compute_at(out.func, task).store_in(Halide::MemoryType::Heap);
  strip.func.split(sx, sx, si, knob("window_x"), TailStrategy::ShiftInwards).reorder({sc, si, sx, sy, sb, sn}).vectorize(sc).unroll(si);
  windows.func.compute_at(strip.func, sx);
  applyWindow(windows);
}

} // namespace

extern const Template Conv2D_strips_cpu;
const Template Conv2D_strips_cpu = {
    .name = "conv2d.strips",
    .stem = "Conv2D",
    .knobs = knobs,
    .illegal = illegalStrips,
    .defaultFor = defaultStrips,
    .space = stripSpace,
    .packed = packedConvolution,
    .apply = apply,
    .scratch = scratch,
    .cycles = cycles,
    .chains = true,
};

} // namespace cnnc::kernels
