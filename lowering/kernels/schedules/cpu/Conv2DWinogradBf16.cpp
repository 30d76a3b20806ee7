// Minimal filtering on tiles of bf16: transformed cells and filters as sums of three pieces, some products of which are summed (tile_products.c).
#include "lowering/kernels/Bf16Tiles.h"
#include "lowering/kernels/SplitFloats.h"
#include "lowering/kernels/schedules/cpu/Winograd.h"

#include <cmath>

namespace cnnc::kernels {
namespace {

using namespace cpu;
using Halide::Var;

// A group is `rows` rows of tiles, or all those of `images` images, and a task: what its tiles read is transformed and split ("cells"), multiplied with the
// transformed weights of tile_c blocks of channels, one plane after the other ("products"), and transformed back.

constexpr std::string_view knobs[] = {"pieces", "tile", "rows", "images", "tile_c"};

/// Of a task.
constexpr int64_t scratchLimit = int64_t(64) << 20;

Scratch scratch(const KernelSpec &spec, const Schedule &schedule) {
  const WinogradTiles tiles(spec, schedule);
  const int64_t positions = padded(RowTiles(tiles.inGroup()).positions()) * tiles.planes();
  const int64_t cells = tiles.inputs / 2 * splitBytes(schedule.knob("pieces")), sums = schedule.knob("tile_c", 1) * kSplitOutputs * sizeOf(DType::f32);
  return scratchOfTasks({positions * cells, positions * sums}, tiles.groups);
}

std::optional<std::string> illegalSplit(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  if (auto complaint = unfiltered(spec, target))
    return complaint;
  const ConvShape conv = convShape(spec, spec.root());
  if (conv.groups > 1)
    return "the channels are in groups";
  if (conv.inputsPerGroup % kSplitInputs != 0)
    return "the input channels are no multiple of " + std::to_string(kSplitInputs);
  if (auto complaint = illegalGroup(spec, schedule))
    return complaint;
  if (schedule.knob("pieces") != kMostPieces)
    return "pieces is not 3: minimal filtering would enlarge the error of two";
  if (const Scratch bytes = scratch(spec, schedule); bytes.shared + bytes.task > scratchLimit)
    return "a group needs more than " + std::to_string(scratchLimit >> 20) + " MiB";
  return std::nullopt;
}

/// Estimated cycles that a core spends on a call, those of vector code. Constants are measured: a vector that is transformed and split takes 26 cycles, most of
/// them the way out to where the products find it, one of the way back 13; a step of the products of two blocks of channels and two runs of tiles 216. Weights
/// arrive at Target::farBytes, twice as fast for the groups after the first, and so do cells and products that L2 does not hold, cells above 12 MiB as
/// slowly as those of the first.
double cycles(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  const WinogradTiles tiles(spec, schedule);
  const RowTiles rows(tiles.inGroup());
  const auto number = [](int64_t value) { return static_cast<double>(value); };
  constexpr double there = 26, back = 13, step = 216, l2 = 1 << 20, start = 3000;
  const int64_t pieces = schedule.knob("pieces"), tileC = schedule.knob("tile_c", 1), runs = tiles.inputs / 2, panels = ceilDiv(tiles.blocks, tileC);
  const double planes = number(tiles.planes()), far = target.farBytes(int64_t(1) << 30), own = std::ceil(number(tiles.groups) / number(target.threads));
  const double cells = planes * number(rows.positions() * runs * splitBytes(pieces)),
               products = planes * number(rows.positions() * tileC * kSplitOutputs) * sizeof(float),
               weights = planes * number(tiles.blocks * kSplitOutputs * runs * splitBytes(pieces));
  const double transforms = planes * number(tiles.inGroup()) * (there * number(tiles.inputs) + back * number(tiles.blocks));
  const double steps = planes * number(ceilDiv(rows.tiles, 2) * ceilDiv(tileC, 2) * panels * runs) * step;
  const double spilt = (cells > l2 ? cells * number(panels + 1) * (cells > 12 * l2 ? 2 : 1) : 0) + (products > l2 ? products * number(2 * panels) : 0);
  return own * (transforms + steps + spilt / far / 2) + (own + 1) * weights / far / 2 + start;
}

/// Every candidate with its cycles, the fastest first.
Ranking ranked(const KernelSpec &spec, const Target &target) {
  Ranking list;
  if (unfiltered(spec, target))
    return list;
  for (int64_t tile : {2, 4}) {
    const WinogradTiles whole(spec, tile, 1, 1);
    for (int64_t rows : evenParts(whole.down, whole.down))
      for (int64_t images : rows == whole.down ? evenParts(spec.output().shape[0], 16) : std::vector<int64_t>{1})
        for (int64_t panels : {1, 2, 4}) {
          const Schedule schedule = {"conv2d.winograd_bf16",
                                     {{"pieces", kMostPieces}, {"tile", tile}, {"rows", rows}, {"images", images}, {"tile_c", ceilDiv(whole.blocks, panels)}}};
          if (!illegalSplit(spec, schedule, target))
            list.emplace_back(cycles(spec, schedule, target), schedule);
        }
  }
  sortRanking(list);
  return list;
}

/// Its weights are larger than those of other schedules, which must be slower by some.
double cost(const KernelSpec &spec, const Schedule &schedule, const Target &target) { return 1.05 * cycles(spec, schedule, target); }

Schedule defaultSplit(const KernelSpec &spec, const Target &target) { return fastestOf(ranked(spec, target), "conv2d.winograd_bf16"); }

std::vector<Schedule> splitSpace(const KernelSpec &spec, const Target &target) { return firstOf(ranked(spec, target), 24); }

std::optional<PackedLayout> packed(const KernelSpec &spec, const Schedule &schedule, const Target &, int number) {
  if (number != spec.root().operands[1])
    return std::nullopt;
  PackedLayout layout = filterLayout(spec, schedule, kSplitInputs);
  layout.dims[4].extent = splitRows(schedule.knob("pieces"));
  layout.split = schedule.knob("pieces");
  return layout;
}

void apply(Pipeline &pipeline, const Schedule &schedule, const Target &) {
  Stage &out = pipeline.output(), &columns = pipeline.stage("columns"), &data = pipeline.stage("data"), &cells = pipeline.stage("cells"),
        &products = pipeline.stage("products"), &half = pipeline.stage("half");
  const WinogradTiles tiles(pipeline.spec(), schedule);
  const RowTiles rows(tiles.inGroup());
  const auto knob = [&](const char *name) { return static_cast<int>(schedule.knob(name, 1)); };
  const int64_t positions = rows.positions(), runs = tiles.inputs / 2;
  const auto [x, blocks, group] = loopOverGroups(pipeline, schedule);
  if (tiles.groups > 1)
    out.func.parallel(group);

  // Extents are constants, whatever a partial group needs of a stage: memory is planned.
  boundExtents(columns, {kSplitOutputs, tiles.cells[1], tiles.cells[0], 1, 1});
  boundExtents(data, {kSplitOutputs, 1, 2, tiles.cells[1], tiles.cells[0]});
  boundExtents(cells, {kSplitOutputs, knob("pieces"), positions, runs, tiles.cells[1], tiles.cells[0]});
  boundExtents(products, {kSplitOutputs, positions, knob("tile_c"), tiles.cells[1], tiles.cells[0]});
  boundExtents(half, {kSplitOutputs, tiles.tile[1], tiles.cells[0], 1, 1});

  const std::vector<Var> &d = data.vars, &v = cells.vars, &p = products.vars; // lane, tile, block, column, row; lane, piece, tile, run, column, row; as data
  cells.func.compute_at(out.func, group).store_in(Halide::MemoryType::Heap).align_storage(v[2], static_cast<int>(padded(positions)));
  cells.func.reorder({v[0], v[1], v[4], v[5], v[2], v[3]}).vectorize(v[0]).unroll(v[1]).unroll(v[4]).unroll(v[5]);
  data.func.compute_at(cells.func, v[2]).store_in(Halide::MemoryType::Stack);
  data.func.reorder({d[0], d[3], d[4], d[1], d[2]}).vectorize(d[0]).unroll(d[3]).unroll(d[4]);
  columns.func.compute_at(data.func, d[2]).store_in(Halide::MemoryType::Stack);
  columns.func.vectorize(columns.vars[0]).unroll(columns.vars[1]).unroll(columns.vars[2]);

  const Halide::RVar channel = products.domain[0], run = products.domain[1];
  products.func.compute_at(out.func, blocks).store_in(Halide::MemoryType::Heap).align_storage(p[1], static_cast<int>(padded(positions))).vectorize(p[0]);
  products.func.update().reorder({p[0], p[1], p[2], run, channel, p[3], p[4]});
  half.func.compute_at(out.func, x).store_in(Halide::MemoryType::Stack).vectorize(half.vars[0]).unroll(half.vars[1]).unroll(half.vars[2]);
  pipeline.callTiles(pipeline.spec().root().operands[1], cells, products, p[1], p[2],
                     {.pieces = knob("pieces"),
                      .packed = 1,
                      .rows = rows.height,
                      .chunks = runs,
                      .cellsChunk = padded(positions),
                      .weightsBlock = knob("pieces") * runs * tiles.planes(),
                      .sumsBlock = padded(positions) * kSplitOutputs},
                     channel.name());
  pipeline.prefetchEpilogue("half", tiles.tile[1] * kSplitOutputs);
}

} // namespace

extern const Template Conv2D_winograd_bf16_cpu;
const Template Conv2D_winograd_bf16_cpu = {
    .name = "conv2d.winograd_bf16",
    .stem = "Conv2D",
    .knobs = knobs,
    .illegal = illegalSplit,
    .defaultFor = defaultSplit,
    .space = splitSpace,
    .packed = packed,
    .apply = apply,
    .leastRows = cpu::anyRows,
    .define = winogradOfPieces,
    .scratch = scratch,
    .errorBudget = filteringBudget,
    .cycles = cycles,
    .cost = cost,
    .multiplications = filteringProducts,
    .needs = "amx-bf16",
};

} // namespace cnnc::kernels
