// Convolutions with many input channels: neither a tile's weights nor its cells stay in cache over the whole sum, those of a part of it do.
#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/schedules/cpu/Conv2D.h"

#include <algorithm>
#include <cmath>

namespace cnnc::kernels {
namespace {

using namespace cpu;
using Halide::TailStrategy;
using Halide::Var;

// A task is `rows` rows of `panels` panels of tile_c channel blocks. It sums over `chunk` runs of input channels at a time: for each panel, whose weights
// of the chunk stay in L1, one register tile of tile_y rows x tile_x columns after the other; the chunk's cells stay in L2 for all panels (Goto & van de
// Geijn 2008). Between chunks the sums wait in scratch memory. Unless `prefetch_panels` is 0, a tile prefetches its share of the next panel's weights, and
// some of the cells that it reads in the next chunk.

constexpr std::string_view knobs[] = {"tile_c", "tile_x", "tile_y", "rows", "panels", "chunk", "unroll", "prefetch_panels"};

/// Sums of a task.
constexpr int64_t scratchLimit = int64_t(4) << 20;

int64_t rowsOf(const Schedule &schedule) { return schedule.knob("rows", 1); }

int64_t blocksOf(const Schedule &schedule) { return schedule.knob("panels", 1) * schedule.knob("tile_c", 1); }

int64_t tasks(const KernelSpec &spec, const Schedule &schedule) {
  const Extents extents(spec, false);
  return ceilDiv(extents.rows, rowsOf(schedule)) * ceilDiv(extents.blocks, blocksOf(schedule)) * spec.output().shape[0];
}

Scratch scratch(const KernelSpec &spec, const Schedule &schedule) {
  const int64_t sums = blocksOf(schedule) * rowsOf(schedule) * Extents(spec, false).columns * spec.output().block * sizeOf(DType::f32);
  return scratchOfTasks({sums}, tasks(spec, schedule));
}

/// Why no schedule sums this way.
std::optional<std::string> unchunked(const KernelSpec &spec, const Target &target) {
  if (auto complaint = illegalBlocks(spec, target))
    return complaint;
  const ConvShape conv = convShape(spec, spec.root());
  if (conv.groups > 1)
    return "the channels are in groups";
  if (conv.reductionBlocks < 2)
    return "there is one run of input channels";
  return std::nullopt;
}

std::optional<std::string> illegalChunks(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  if (auto complaint = unchunked(spec, target))
    return complaint;
  if (schedule.knob("chunk") == 0)
    return "sums over all input channels at once are estimated to be faster";
  const Extents extents(spec, false);
  const int64_t tileC = schedule.knob("tile_c", 1), tileX = schedule.knob("tile_x", 1), tileY = schedule.knob("tile_y", 1);
  for (auto &&complaint : {illegalTile(schedule, "tile_c", extents.blocks), illegalTile(schedule, "tile_x", extents.columns),
                           illegalTile(schedule, "tile_y", extents.rows), illegalTile(schedule, "rows", extents.rows),
                           illegalTile(schedule, "panels", extents.blocks), illegalTile(schedule, "chunk", convShape(spec, spec.root()).reductionBlocks),
                           illegalTile(schedule, "unroll", 16), illegalAccumulators(target, tileC * tileX * tileY)})
    if (complaint)
      return complaint;
  if (blocksOf(schedule) > extents.blocks)
    return "the panels are more than the blocks of channels";
  if (extents.columns % tileX != 0 || rowsOf(schedule) % tileY != 0)
    return "the tiles do not divide the rows of a task";
  if (const Scratch bytes = scratch(spec, schedule); bytes.shared + bytes.task > scratchLimit)
    return "the sums of a task need more than " + std::to_string(scratchLimit >> 20) + " MiB";
  return std::nullopt;
}

//===-- Choice -----------------------------------------------------------------------------------------------------------------===//

/// Estimated cycles that a core spends on a call. A step is that of conv2d.direct with its operands in L1; cells and weights of a task arrive from
/// beyond L2; the sums of a tile are loaded and stored once a chunk.
double cycles(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  const Extents extents(spec, false);
  const auto knob = [&](const char *name) { return static_cast<double>(schedule.knob(name, 1)); };
  const auto vector = static_cast<double>(target.vectorBits) / 8, reduction = static_cast<double>(productsOf(spec));
  const double cells = knob("tile_x") * knob("tile_y"), fma = knob("tile_c") * cells;
  const double step = std::max({fma / 2, (knob("tile_c") + cells) / 1.6, 4.0}) + 0.5;
  const ConvShape conv = convShape(spec, spec.root());
  const double chunks = std::ceil(static_cast<double>(conv.reductionBlocks) / knob("chunk"));
  const double tiles = knob("panels") * knob("rows") / knob("tile_y") * static_cast<double>(extents.columns) / knob("tile_x");
  const TensorDesc &input = spec.value(spec.root().operands[0]);
  const double read =
      static_cast<double>(input.physicalElements()) * 4 / static_cast<double>(input.shape[0]) * knob("rows") / static_cast<double>(extents.rows) +
      knob("panels") * knob("tile_c") * reduction * vector;
  const double task = tiles * (step * reduction + chunks * 2 * fma + 2 * fma + 20) + read / target.farBytes(static_cast<int64_t>(read)) + 3000;
  return std::ceil(static_cast<double>(tasks(spec, schedule)) / static_cast<double>(target.threads)) * task;
}

/// Every candidate with its cycles, the fastest first.
Ranking ranked(const KernelSpec &spec, const Target &target) {
  Ranking list;
  if (unchunked(spec, target))
    return list;
  const Extents extents(spec, false);
  const ConvShape conv = convShape(spec, spec.root());
  const int64_t window = productsOf(spec) / conv.reductionBlocks; // products of a run
  for (int64_t tileC = 1; tileC <= std::min<int64_t>(4, extents.blocks); ++tileC)
    for (int64_t tileY = 1; tileY <= std::min<int64_t>(4, extents.rows); ++tileY)
      for (int64_t tileX = 1; tileX <= extents.columns && tileC * tileX * tileY <= accumulators(target, tileC); ++tileX) {
        if (extents.columns % tileX != 0 || tileC * tileX * tileY * 3 < accumulators(target, tileC))
          continue;
        const int64_t chunk = evenTile(conv.reductionBlocks, target.l1Bytes / 2 / (tileC * window * target.vectorBits / 8));
        for (int64_t groups = 1; groups <= std::min<int64_t>(8, extents.rows); ++groups)
          for (int64_t parts = 1; parts <= 4; ++parts) {
            const int64_t rows = ceilDiv(ceilDiv(extents.rows, groups), tileY) * tileY, panels = ceilDiv(ceilDiv(extents.blocks, tileC), parts);
            const Schedule schedule = {"conv2d.chunked",
                                       {{"tile_c", tileC},
                                        {"tile_x", tileX},
                                        {"tile_y", tileY},
                                        {"rows", rows},
                                        {"panels", std::min(panels, extents.blocks / tileC)},
                                        {"chunk", chunk},
                                        {"unroll", conv.reductionBlock % 2 == 0 ? 2 : 1}}};
            const Scratch sums = scratch(spec, schedule);
            if (sums.shared + sums.task <= target.l2Bytes / 2 && !illegalChunks(spec, schedule, target))
              list.emplace_back(cycles(spec, schedule, target), schedule);
          }
      }
  sortRanking(list);
  return list;
}

/// The fastest, where input and weights are each larger than L2 and the cells of a tile over all channels than L1: conv2d.direct reads one of the former
/// and the latter again and again. Where L3 is as fast as Zen 5's, it is still 1.07 to 1.23 times faster (measured with 2016 and 4032 channels).
Schedule defaultChunks(const KernelSpec &spec, const Target &target) {
  const Schedule none = {"conv2d.chunked", {{"chunk", 0}}};
  const std::vector<int64_t> ones = {1, 1};
  if (target.isZen() || unchunked(spec, target) || intsAttr(spec.root(), "kernel") != ones || intsAttr(spec.root(), "stride") != ones)
    return none;
  const TensorDesc &input = spec.value(spec.root().operands[0]);
  const int64_t channelBytes = input.shape[1] * sizeOf(input.dtype), widest = accumulators(target, 2) / 2;
  const int64_t weightBytes = channelBytes * spec.output().shape[1];
  if (weightBytes <= target.l2Bytes || channelBytes * input.shape[2] * input.shape[3] <= target.l2Bytes ||
      channelBytes * std::min(widest, input.shape[3]) <= target.l1Bytes)
    return none;
  const auto choices = ranked(spec, target);
  return choices.empty() ? none : choices.front().second;
}

std::vector<Schedule> chunkSpace(const KernelSpec &spec, const Target &target) { return firstOf(ranked(spec, target), 32); }

//===-- Arrangement ------------------------------------------------------------------------------------------------------------===//

/// Before each tile's loop `within`, which no prefetch may be inside of.
void prefetchPanels(Pipeline &pipeline, const Schedule &schedule, const Target &target, const std::string &within) {
  const KernelSpec &spec = pipeline.spec();
  const OpDesc &op = spec.root();
  const ConvShape conv = convShape(spec, op);
  const std::vector<Var> &vars = pipeline.stage("acc").vars;
  const auto knob = [&](const char *name) { return schedule.knob(name, 1); };
  const int64_t across = Extents(spec, false).columns / knob("tile_x"), all = productsOf(spec) * target.lanes(); // elements of a block's weights
  pipeline.prefetchPanels(op.operands[1],
                          {.streams = knob("tile_c"),
                           .vectors = productsOf(spec) / conv.reductionBlocks * knob("chunk"),
                           .stride = all,
                           .step = target.lanes(),
                           .next = knob("tile_c") * all,
                           .tiles = across * knob("rows") / knob("tile_y"),
                           .number = {{vars[1].name(), 1}, {vars[2].name(), across}},
                           .before = within},
                          "acc.s1");
  const TensorDesc &input = spec.value(op.operands[0]);
  const std::vector<int64_t> ones = {1, 1};
  if (knob("tile_y") > 1 || conv.reductionBlock != input.block || intsAttr(op, "kernel") != ones || intsAttr(op, "stride") != ones)
    return; // the cells of a tile are no single row
  const int64_t plane = input.planeElements();
  pipeline.prefetchPanels(op.operands[0],
                          {.access = Access::elements,
                           .streams = knob("tile_x"),
                           .vectors = knob("chunk"),
                           .stride = input.block,
                           .step = plane,
                           .next = knob("chunk") * plane,
                           .tiles = knob("panels"),
                           .number = {{vars[3].name(), 1}},
                           .before = within},
                          "acc.s1");
}

void apply(Pipeline &pipeline, const Schedule &schedule, const Target &target) {
  Stage &out = pipeline.output(), &acc = pipeline.stage("acc");
  const auto knob = [&](const char *name) { return static_cast<int>(schedule.knob(name, 1)); };
  const int tileC = knob("tile_c"), tileX = knob("tile_x"), tileY = knob("tile_y");
  const Var c = out.vars[0], x = out.vars[1], y = out.vars[2], block = out.vars[3], n = out.vars[4];
  const Var xi("xi"), yi("yi"), bi("bi"), rows("rows"), panels("panels");
  out.func.split(x, x, xi, tileX)
      .split(y, y, rows, knob("rows"), TailStrategy::ShiftInwards)
      .split(rows, rows, yi, tileY)
      .split(block, block, panels, static_cast<int>(blocksOf(schedule)), TailStrategy::ShiftInwards)
      .split(panels, panels, bi, tileC)
      .reorder({c, bi, xi, yi, x, rows, panels, y, block, n})
      .vectorize(c)
      .unroll(bi)
      .unroll(xi)
      .unroll(yi);
  const Var task = parallelise(out.func, {y, block, n}, tasks(pipeline.spec(), schedule), 1);

  const Var ac = acc.vars[0], ax = acc.vars[1], ay = acc.vars[2], ab = acc.vars[3], an = acc.vars[4];
  const Var sx("sum_x"), sy("sum_y"), sb("sum_block");
  const Halide::RVar lane = acc.domain[0], kx = acc.domain[1], ky = acc.domain[2], run = acc.domain[3], chunk("chunk"), within("within");
  acc.func.compute_at(out.func, task).store_in(Halide::MemoryType::Heap).vectorize(ac);
  acc.func.bound_extent(ay, knob("rows")).bound_extent(ab, static_cast<int>(blocksOf(schedule))).bound_extent(an, 1);
  // The sums of a tile stay in registers for a chunk: LLVM sees that nothing else touches them (a prefetch would hide that from it).
  Halide::Stage update = acc.func.update();
  update.split(ax, ax, sx, tileX)
      .split(ay, ay, sy, tileY)
      .split(ab, ab, sb, tileC)
      .split(run, chunk, within, knob("chunk"), TailStrategy::GuardWithIf)
      .reorder({ac, sb, sx, sy, lane, kx, ky, within, ax, ay, ab, chunk, an})
      .vectorize(ac)
      .unroll(sb)
      .unroll(sx)
      .unroll(sy);
  if (const int unroll = knob("unroll"); unroll > 1 && extentOf(lane) % unroll == 0)
    update.unroll(lane, unroll);
  if (schedule.knob("prefetch_panels", 1))
    prefetchPanels(pipeline, schedule, target, within.name());
}

} // namespace

extern const Template Conv2D_chunked_cpu;
const Template Conv2D_chunked_cpu = {
    .name = "conv2d.chunked",
    .stem = "Conv2D",
    .knobs = knobs,
    .illegal = illegalChunks,
    .defaultFor = defaultChunks,
    .space = chunkSpace,
    .packed = packedConvolution,
    .apply = apply,
    .scratch = scratch,
    .cycles = cycles,
    .cost = directCost,
};

} // namespace cnnc::kernels
