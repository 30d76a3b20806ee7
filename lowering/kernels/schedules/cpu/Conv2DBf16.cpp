// Convolutions on tiles of bf16: f32 numbers as sums of two or three pieces, some products of which are summed (tile_products.c).
#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Bf16Tiles.h"
#include "lowering/kernels/FlattenPlanes.h"
#include "lowering/kernels/SplitFloats.h"
#include "lowering/kernels/schedules/cpu/Conv2D.h"

#include <algorithm>

namespace cnnc::kernels {
namespace {

using namespace cpu;
using Halide::TailStrategy;
using Halide::Var;

// Strips are `rows` rows, or `columns` cells where a plane is one row, as it is with `flatten` (Bf16Tiles.h). What a strip reads is copied ("cells"); for
// tile_c blocks of channels after the other, tile_x x tile_y results at a time are summed ("sums") and finished. `order` 0: strips are tasks, each with its own
// copy; 1: one strip after the other, its tile_c blocks of channels are tasks that share the copy; 2: a task is a strip and tile_c blocks, all of whose results
// are summed at a time, for each `chunk` runs of 32 input channels, which are copied before, so that the copy stays in L2 (Goto & van de Geijn 2008). Weights
// are `packed` in pieces; 0: they are f32, split each time that they are multiplied.

constexpr std::string_view knobs[] = {"pieces", "packed", "flatten", "rows", "columns", "tile_x", "tile_y", "tile_c", "order", "chunk"};

constexpr int64_t scratchLimit = int64_t(64) << 20;

/// More than that Halide would take from the heap.
constexpr int64_t stackLimit = 16 << 10;

/// What cells and weights share of every CPU that has tiles: twice what targets tell plain sums, whose models count on half.
constexpr int64_t l2Bytes = 2 << 20;

/// Strips of all images.
int64_t stripsOf(const KernelSpec &spec, const Bf16Tiles &tiles) { return tiles.strips * spec.output().shape[0]; }

int64_t sumBytes(const Bf16Tiles &tiles, const Schedule &schedule) {
  return tiles.positions() * schedule.knob("tile_c", 1) * kSplitOutputs * sizeOf(DType::f32);
}

KernelSpec regionOf(const KernelSpec &spec, const Schedule &schedule) { return schedule.knob("flatten") ? flattenPlanes(spec) : spec; }

Scratch scratch(const KernelSpec &given, const Schedule &schedule) {
  const KernelSpec spec = regionOf(given, schedule);
  const Bf16Tiles tiles(spec, schedule);
  const int64_t bytes = tiles.chunk * tiles.copiedCells() * splitBytes(tiles.pieces), strips = stripsOf(spec, tiles);
  switch (schedule.knob("order")) {
  case 0:
    return scratchOfTasks({bytes}, strips);
  case 1:
    return {bytes, 0};
  default:
    return scratchOfTasks({bytes, sumBytes(tiles, schedule)}, strips * ceilDiv(tiles.blocks, schedule.knob("tile_c", 1)));
  }
}

/// Why no schedule sums this way.
std::optional<std::string> unsplit(const KernelSpec &spec, const Target &target) {
  if (auto complaint = illegalPieces(spec.accuracy, piecesAt(spec.accuracy)))
    return complaint;
  if (auto complaint = illegalBlocks(spec, target))
    return complaint;
  const OpDesc &op = spec.root();
  if (convShape(spec, op).groups > 1)
    return "the channels are in groups";
  if (spec.value(op.operands[0]).block != target.lanes())
    return "the input must be in blocks of " + std::to_string(target.lanes()) + " channels";
  return std::nullopt;
}

std::optional<std::string> illegalSplit(const KernelSpec &given, const Schedule &schedule, const Target &target) {
  if (auto complaint = unsplit(given, target))
    return complaint;
  if (auto complaint = illegalPieces(given.accuracy, schedule.knob("pieces")))
    return complaint;
  for (const char *either : {"packed", "flatten"})
    if (schedule.knob(either) != 0 && schedule.knob(either) != 1)
      return std::string(either) + " is neither 0 nor 1";
  if (schedule.knob("flatten"))
    if (auto complaint = unflattenable(given))
      return complaint;
  const KernelSpec spec = regionOf(given, schedule);
  const Extents extents(spec, false);
  for (auto &&complaint :
       {illegalTile(schedule, "rows", extents.rows), illegalTile(schedule, "columns", extents.columns), illegalTile(schedule, "tile_x", extents.columns),
        illegalTile(schedule, "tile_y", extents.rows), illegalTile(schedule, "tile_c", extents.blocks)})
    if (complaint)
      return complaint;
  const Bf16Tiles tiles(spec, schedule);
  const int64_t order = schedule.knob("order");
  if (order < 0 || order > 2)
    return "order is none of 0 (strips are tasks), 1 (blocks of channels are) and 2 (both)";
  if (order != 2 && sumBytes(tiles, schedule) > stackLimit)
    return "the sums of a tile need more than " + std::to_string(stackLimit >> 10) + " KiB of stack";
  if (order != 2 && tiles.chunk != tiles.chunks)
    return "only tasks of order 2 have chunks";
  if (order == 2 && (tiles.tileX != tiles.columns || tiles.tileY != tiles.rows))
    return "the tiles are not the strips, which are summed whole";
  if (tiles.chunks % tiles.chunk != 0)
    return "the chunks do not divide the input channels";
  if (order > 0 && tiles.blocks % schedule.knob("tile_c", 1) != 0) // two tasks would write the same results
    return "the tiles do not divide the blocks of channels, which are tasks";
  if (order == 1 && tiles.blocks <= schedule.knob("tile_c", 1))
    return "one block of channels is one task";
  if (const Scratch bytes = scratch(given, schedule); bytes.shared > scratchLimit || bytes.task > scratchLimit)
    return "the copy of a strip needs more than " + std::to_string(scratchLimit >> 20) + " MiB";
  return std::nullopt;
}

//===-- Choice -----------------------------------------------------------------------------------------------------------------===//

/// Estimated cycles of a run of sums of tile_c blocks. Measured: a product of tiles takes 15 whatever its rows, and a sum waits 52 for its last one; a row of a
/// tile of weights takes one where it comes from L2, of cells half of that; a run of sums 150 to begin and to drain. Splitting weights takes 60 a step that do
/// not hide, and 1700 before the first product of a run; cells come meanwhile.
double runCycles(const Bf16Tiles &tiles, int64_t tileC, bool packed, double weightRow, double cellRow) {
  const auto number = [](int64_t value) { return static_cast<double>(value); };
  constexpr double product = 15, latency = 52, drain = 150, split = 60, begin = 1700;
  const int64_t window = tiles.taps[0] * tiles.taps[1];
  const double steps = number(tiles.chunks * window), rounds = number(tiles.chunks / tiles.chunk), pieces = number(tiles.pieces);
  const double cells = pieces * number(tiles.height) * cellRow / number(window), products = number(productsOf(tiles.pieces));
  double cycles = 0;
  if (packed)
    for (int64_t block = 0; block < tileC; block += 2)
      for (int64_t tile = 0; tile < tiles.tiles; tile += 2) {
        const double across = number(std::min<int64_t>(2, tileC - block)), down = number(std::min<int64_t>(2, tiles.tiles - tile));
        cycles += steps * (products * std::max(across * down * product, latency) + across * pieces * kSplitOutputs * weightRow + down * cells) + rounds * drain;
      }
  else
    for (int64_t groups = ceilDiv(tiles.tiles, 4), group = 0; group < groups; ++group) {
      const double down = number(tiles.tiles * (group + 1) / groups - tiles.tiles * group / groups);
      cycles += number(tileC) * (steps * (products * std::max(down * product, latency) + split) + rounds * begin);
    }
  return cycles;
}

/// Estimated cycles that a core spends on a call, those of vector code: tiles take time of their own. Measured: copying a vector takes five cycles, a result's
/// 2.5. Cells come from beyond L2 at Target::farBytes before they are used, and again where tasks share them; so does what L2 does not hold of the copy, for
/// each run, and so do weights, half of whose way hides where they are split on arrival. Starting tasks takes 5000, of two loops, which wait for each other,
/// 40000. Between chunks a tile of sums takes 50 to store and to load.
double cycles(const KernelSpec &given, const Schedule &schedule, const Target &target) {
  const KernelSpec spec = regionOf(given, schedule);
  const Bf16Tiles tiles(spec, schedule);
  const int64_t tileC = schedule.knob("tile_c", 1);
  const bool packed = schedule.knob("packed");
  const auto number = [](int64_t value) { return static_cast<double>(value); };
  constexpr double line = 64, copy = 5, finish = 2.5, start = 5000, startTwo = 40000, again = 50;
  const double pieces = number(tiles.pieces), threads = number(target.threads), l1 = number(target.l1Bytes), l2 = number(l2Bytes);
  const double rounds = number(tiles.chunks / tiles.chunk), far = target.farBytes(int64_t(1) << 30);
  const double block = number(tiles.chunks * tiles.taps[0] * tiles.taps[1] * kSplitOutputs) * line * (packed ? pieces : 2); // bytes of its weights
  const double copied = number(tiles.chunks * tiles.copiedCells()) * 2;                                                     // vectors, before they are split
  const double cells = copied / 2 * pieces * line / rounds;                                                                 // bytes of the copy
  const double weightRow = block * number(tileC) > l1 ? 1 : 0.25;
  const double cellRow = (number(tiles.positions() * tiles.chunks) * pieces * line > l1 / 2 ? 0.5 : 0) + (cells > l2 / 2 ? 0.5 : 0);
  const double spilt = std::max(0.0, 1 - l2 / cells); // of the copy, beyond L2
  const double run = runCycles(tiles, tileC, packed, weightRow, cellRow) + finish * number(tiles.tileX * tiles.tileY * tileC) +
                     (rounds - 1) * again * number(tiles.tiles * tileC) + number(tiles.chunks * tiles.positions()) * pieces * spilt * line / far;
  const int64_t panels = ceilDiv(tiles.blocks, tileC);
  const double runs = number(ceilDiv(tiles.columns, tiles.tileX) * ceilDiv(tiles.rows, tiles.tileY));
  const double weights = block * number(tiles.blocks), strips = number(stripsOf(spec, tiles)), showing = packed ? 1 : 0.45;
  const double copying = copied * (copy + line / far) + rounds * cells * spilt / far;
  if (schedule.knob("order") == 1) {
    const double own = number(ceilDiv(panels, target.threads)), share = weights * own / number(panels);
    const double arriving = share / far * showing * (share > l2 ? strips : 1);
    return strips * (copying / threads + copied * line / far + own * runs * run + startTwo) + arriving;
  }
  if (schedule.knob("order") == 2) {
    const double own = std::ceil(strips * number(panels) / threads);
    return own * (copying + run + weights / number(panels) / far * showing) + start;
  }
  const double own = std::ceil(strips / threads), arriving = weights / far * showing * (weights > l2 ? own : 1);
  return own * (copying + number(panels) * runs * run) + arriving + start;
}

/// Every candidate with its cycles, the fastest first.
Ranking ranked(const KernelSpec &given, const Target &target) {
  Ranking list;
  if (unsplit(given, target))
    return list;
  const int64_t flatten = unflattenable(given) ? 0 : 1;
  const Extents extents(given, flatten);
  const auto add = [&](bool packed, int64_t rows, int64_t columns, int64_t tileX, int64_t tileY, int64_t tileC, int64_t order, int64_t chunk) {
    const Schedule schedule = {"conv2d.bf16",
                               {{"pieces", piecesAt(given.accuracy)},
                                {"packed", packed},
                                {"flatten", flatten},
                                {"rows", rows},
                                {"columns", columns},
                                {"tile_x", tileX},
                                {"tile_y", tileY},
                                {"tile_c", tileC},
                                {"order", order},
                                {"chunk", chunk}}};
    if (!illegalSplit(given, schedule, target))
      list.emplace_back(cycles(given, schedule, target), schedule);
  };
  const bool flat = flatten || (extents.rows == 1 && intsAttr(given.root(), "kernel") == std::vector<int64_t>{1, 1});
  const int64_t whole = flat ? extents.columns : extents.rows;
  for (int64_t count = 1, strip = 0; count <= std::min<int64_t>(whole, 64); ++count) { // 1, 2, 3, ... equal parts
    const int64_t part = ceilDiv(whole, count);
    if (part == strip)
      continue;
    strip = part;
    const int64_t rows = flat ? 1 : strip, columns = flat ? strip : 1, across = flat ? strip : extents.columns;
    std::vector<int64_t> widths;
    for (int64_t most : {16, 32, 48, 64})
      if (const int64_t width = evenTile(across, most); std::ranges::find(widths, width) == widths.end())
        widths.push_back(width);
    for (int64_t tileX : widths)
      for (int64_t tileY = 1; tileY <= std::min<int64_t>(rows, 8) && tileX * tileY <= 64; ++tileY)
        for (int64_t tileC : {1, 2, 4})
          for (int64_t order : {0, 1})
            for (const bool packed : {true, false}) // weights that several runs share had better be split before
              if ((tileC == 1 || tileC <= extents.blocks) && (packed || (count == 1 && tileX * tileY >= across * rows)))
                add(packed, rows, columns, tileX, tileY, tileC, order, 0);
    if (rows * across < 64) // fewer results do without chunks
      continue;
    const Bf16Tiles tiles(regionOf(given, {"", {{"flatten", flatten}}}), {"", {{"rows", rows}, {"columns", columns}, {"tile_x", across}, {"tile_y", rows}}});
    const int64_t runBytes = tiles.copiedCells() * splitBytes(piecesAt(given.accuracy));
    for (int64_t share : {8, 16}) { // of L2 for a chunk
      const int64_t chunk = divisorOf(tiles.chunks, l2Bytes / share / runBytes);
      for (int64_t groups = 1; groups <= 8; ++groups)
        if (extents.blocks % groups == 0 && chunk < tiles.chunks)
          add(true, rows, columns, across, rows, extents.blocks / groups, 2, chunk);
    }
  }
  sortRanking(list);
  return list;
}

Schedule defaultSplit(const KernelSpec &spec, const Target &target) { return fastestOf(ranked(spec, target), "conv2d.bf16"); }

std::vector<Schedule> splitSpace(const KernelSpec &spec, const Target &target) { return firstOf(ranked(spec, target), 48); }

//===-- Arrangement ------------------------------------------------------------------------------------------------------------===//

/// [O/16, I/32, kh, kw, 32, 16], or with 48 for 32 for three pieces, split.
std::optional<PackedLayout> packed(const KernelSpec &spec, const Schedule &schedule, const Target &, int number) {
  const OpDesc &op = spec.root();
  if (number != op.operands[1])
    return std::nullopt;
  const std::vector<int64_t> &w = spec.inputs[number].shape;
  const int64_t pieces = schedule.knob("packed") ? schedule.knob("pieces") : 0;
  PackedLayout layout = {{{0, ceilDiv(w[0], kSplitOutputs), kSplitOutputs},
                          {1, ceilDiv(w[1], kSplitInputs), kSplitInputs},
                          {2, w[2], 1},
                          {3, w[3], 1},
                          {1, pieces > 0 ? splitRows(pieces) : kSplitInputs, 1},
                          {0, kSplitOutputs, 1}}};
  layout.split = pieces;
  return layout;
}

void apply(Pipeline &pipeline, const Schedule &schedule, const Target &target) {
  Stage &out = pipeline.output(), &cells = pipeline.stage("cells"), &sums = pipeline.stage("sums");
  const Bf16Tiles tiles(pipeline.spec(), schedule);
  const auto tileC = static_cast<int>(schedule.knob("tile_c", 1));
  const int64_t order = schedule.knob("order");
  const Var c = out.vars[0], block = out.vars[3], image = out.vars[4];
  const Var x("x"), y("y"), xi("xi"), yi("yi"), within("block"), blocks("blocks"), strip("strip"), group("group");
  if (tiles.flat)
    out.func.split(out.vars[1], strip, x, static_cast<int>(tiles.columns), TailStrategy::GuardWithIf).split(out.vars[2], y, yi, 1);
  else
    out.func.split(out.vars[2], strip, y, static_cast<int>(tiles.rows), TailStrategy::GuardWithIf)
        .split(y, y, yi, static_cast<int>(tiles.tileY), TailStrategy::GuardWithIf);
  out.func.split(tiles.flat ? x : out.vars[1], x, xi, static_cast<int>(tiles.tileX), TailStrategy::GuardWithIf)
      .split(block, blocks, within, tileC, TailStrategy::ShiftInwards)
      .reorder({c, xi, yi, within, x, y, blocks, strip, image})
      .fuse(strip, image, group)
      .vectorize(c);
  Var task = group;
  if (order == 0)
    task = parallelise(out.func, {group}, stripsOf(pipeline.spec(), tiles), 1);
  else if (order == 1)
    out.func.parallel(blocks);
  else
    out.func.fuse(blocks, group, task).parallel(task);

  if (tiles.tileX * tiles.tileY * tileC <= 64) {
    out.func.unroll(xi).unroll(yi).unroll(within);
    pipeline.prefetchEpilogue("sums");
  }

  // Extents are constants, whatever a partial strip needs of a stage: memory is planned, and rows of a tile may reach beyond it.
  boundExtents(cells, {target.lanes(), tiles.pieces, tiles.copiedColumns, tiles.copiedRows, tiles.planes(), tiles.chunk, 1});
  boundExtents(sums, {kSplitOutputs, tiles.positions(), tileC, 1});
  const std::vector<Var> &v = cells.vars, &s = sums.vars; // lane, piece, column, row, plane, run, image; lane, position, block, image
  const Halide::RVar input = sums.domain[0], chunk = sums.domain[4];
  if (order == 2) {
    sums.func.compute_at(out.func, task).store_in(Halide::MemoryType::Heap).vectorize(s[0]);
    sums.func.update().reorder({s[0], s[1], s[2], s[3], sums.domain[1], sums.domain[2], sums.domain[3], input, chunk});
    cells.func.compute_at(sums.func, chunk);
  } else {
    sums.func.compute_at(out.func, x).store_in(Halide::MemoryType::Stack);
    cells.func.compute_at(out.func, task);
  }
  cells.func.store_in(Halide::MemoryType::Heap).vectorize(v[0]).unroll(v[1]);
  if (order == 1)
    cells.func.parallel(v[5]);
  const OpDesc &op = pipeline.spec().root();
  const int64_t packed = schedule.knob("packed");
  pipeline.callTiles(op.operands[1], cells, sums, s[1], s[2],
                     {.pieces = tiles.pieces,
                      .packed = packed,
                      .rows = tiles.height,
                      .chunks = tiles.chunk,
                      .cellsChunk = tiles.copiedCells(),
                      .cellsPhase = tiles.copiedRows * tiles.copiedColumns,
                      .pitch = tiles.copiedColumns,
                      .taps = tiles.taps,
                      .stride = tiles.stride,
                      .dilation = tiles.dilation,
                      .weightsBlock = (packed ? tiles.pieces : 1) * tiles.chunks * tiles.taps[0] * tiles.taps[1],
                      .sumsBlock = tiles.positions() * kSplitOutputs},
                     order == 2 ? input.name() : "");
}

} // namespace

extern const Template Conv2D_bf16_cpu;
const Template Conv2D_bf16_cpu = {
    .name = "conv2d.bf16",
    .stem = "Conv2D",
    .knobs = knobs,
    .illegal = illegalSplit,
    .defaultFor = defaultSplit,
    .space = splitSpace,
    .packed = packed,
    .apply = apply,
    .leastRows = cpu::anyRows,
    .define = bf16Convolution,
    .scratch = scratch,
    .errorBudget = bf16Budget,
    .cycles = cycles,
    .cost = cycles,
    .needs = "amx-bf16",
};

} // namespace cnnc::kernels
