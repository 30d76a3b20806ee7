// Transposed convolutions whose windows lie side by side on tiles of bf16: f32 numbers as sums of two or three pieces, some products of which are summed
// (tile_products.c).
#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Bf16Tiles.h"
#include "lowering/kernels/SplitFloats.h"
#include "lowering/kernels/schedules/cpu/Conv2D.h"

#include <algorithm>
#include <cmath>

namespace cnnc::kernels {
namespace {

using namespace cpu;
using Halide::TailStrategy;
using Halide::Var;

// A task is `rows` rows of cells: they are copied in pieces ("cells"), multiplied with the weights of every phase and block of channels ("sums"), and each
// cell's window of results is finished.

constexpr std::string_view knobs[] = {"pieces", "rows"};

/// Of a task.
constexpr int64_t scratchLimit = int64_t(64) << 20;

int64_t tasks(const KernelSpec &spec, const TransposedTiles &tiles) { return tiles.strips * spec.output().shape[0]; }

Scratch scratch(const KernelSpec &spec, const Schedule &schedule) {
  const TransposedTiles tiles(spec, schedule);
  return scratchOfTasks({tiles.chunks * tiles.copiedRows * tiles.width * splitBytes(tiles.pieces),
                         tiles.phases() * tiles.blocks * RowTiles(tiles.rows * tiles.width).positions() * kSplitOutputs * sizeOf(DType::f32)},
                        tasks(spec, tiles));
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
  const auto all = [&](const char *attribute, int64_t value) { return std::ranges::all_of(intsAttr(op, attribute), [&](int64_t one) { return one == value; }); };
  if (intsAttr(op, "kernel") != intsAttr(op, "stride") || !all("dilation", 1) || !all("pad", 0) || !all("output_padding", 0))
    return "the windows do not lie side by side";
  if (spec.value(op.operands[0]).block != target.lanes())
    return "the input must be in blocks of " + std::to_string(target.lanes()) + " channels";
  return std::nullopt;
}

std::optional<std::string> illegalSplit(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  if (auto complaint = unsplit(spec, target))
    return complaint;
  if (auto complaint = illegalPieces(spec.accuracy, schedule.knob("pieces")))
    return complaint;
  if (auto complaint = illegalTile(schedule, "rows", spec.value(spec.root().operands[0]).shape[2]))
    return complaint;
  if (const Scratch bytes = scratch(spec, schedule); bytes.shared + bytes.task > scratchLimit)
    return "a strip needs more than " + std::to_string(scratchLimit >> 20) + " MiB";
  return std::nullopt;
}

/// Estimated cycles that a core spends on a call, those of vector code. Constants are those of convolutions on tiles: a step of the products of two blocks and
/// two runs of cells takes 60 for each product of pieces, a run of sums 150 to begin and to drain, copying a vector five, a result 2.5. Cells and weights come
/// from beyond L2 at Target::farBytes, and so does what it does not hold of the sums.
double cycles(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  const TransposedTiles tiles(spec, schedule);
  const RowTiles run(tiles.rows * tiles.width);
  const auto number = [](int64_t value) { return static_cast<double>(value); };
  constexpr double product = 60, drain = 150, copy = 5, finish = 2.5, start = 5000, line = 64, l2 = 2 << 20;
  const double far = target.farBytes(int64_t(1) << 30), blocks = number(tiles.phases() * tiles.blocks);
  const double runs = number(ceilDiv(run.tiles, 2)) * std::ceil(blocks / 2), copied = number(tiles.chunks * tiles.copiedRows * tiles.width * 2);
  const double results = blocks * number(run.positions()), weights = blocks * number(tiles.chunks * kSplitOutputs * splitBytes(tiles.pieces));
  const double spilt = std::max(0.0, results * line + copied / 2 * number(tiles.pieces) * line - l2);
  const double task = copied * (copy + line / far) + runs * (number(tiles.chunks * productsOf(tiles.pieces)) * product + drain) + results * finish +
                      (weights + 2 * spilt) / far / 2;
  return std::ceil(number(tasks(spec, tiles)) / number(target.threads)) * task + weights / far / 2 + start;
}

/// Every candidate with its cycles, the fastest first.
Ranking ranked(const KernelSpec &spec, const Target &target) {
  Ranking list;
  if (unsplit(spec, target))
    return list;
  const int64_t height = spec.value(spec.root().operands[0]).shape[2];
  for (int64_t rows = height, parts = 1; parts <= std::min<int64_t>(height, 64); rows = ceilDiv(height, ++parts)) {
    const Schedule schedule = {"conv_transpose2d.bf16", {{"pieces", piecesAt(spec.accuracy)}, {"rows", rows}}};
    const bool repeated = !list.empty() && list.back().second == schedule;
    if (!repeated && !illegalSplit(spec, schedule, target))
      list.emplace_back(cycles(spec, schedule, target), schedule);
  }
  sortRanking(list);
  return list;
}

Schedule defaultSplit(const KernelSpec &spec, const Target &target) { return fastestOf(ranked(spec, target), "conv_transpose2d.bf16"); }

std::vector<Schedule> splitSpace(const KernelSpec &spec, const Target &target) {
  return firstOf(ranked(spec, target), 16);
}

/// [kh, kw, O/16, I/32, 32 (48 of three pieces), 16], split.
std::optional<PackedLayout> packed(const KernelSpec &spec, const Schedule &schedule, const Target &, int number) {
  if (number != spec.root().operands[1])
    return std::nullopt;
  const TransposedTiles tiles(spec, schedule);
  PackedLayout layout = {{{2, tiles.stride[0], 1},
                          {3, tiles.stride[1], 1},
                          {1, tiles.blocks, kSplitOutputs},
                          {0, tiles.chunks, kSplitInputs},
                          {0, splitRows(tiles.pieces), 1},
                          {1, kSplitOutputs, 1}}};
  layout.split = tiles.pieces;
  return layout;
}

void apply(Pipeline &pipeline, const Schedule &schedule, const Target &) {
  Stage &out = pipeline.output(), &cells = pipeline.stage("cells"), &sums = pipeline.stage("sums");
  const TransposedTiles tiles(pipeline.spec(), schedule);
  const RowTiles run(tiles.rows * tiles.width);
  const auto down = static_cast<int>(tiles.stride[0]), across = static_cast<int>(tiles.stride[1]);
  const Var c = out.vars[0], block = out.vars[3], image = out.vars[4];
  const Var x("x"), y("y"), phaseX("phase_x"), phaseY("phase_y"), strip("strip"), group("group");
  out.func.split(out.vars[1], x, phaseX, across, TailStrategy::GuardWithIf)
      .split(out.vars[2], y, phaseY, down, TailStrategy::GuardWithIf)
      .split(y, strip, y, static_cast<int>(tiles.rows), TailStrategy::GuardWithIf)
      .reorder({c, phaseX, x, phaseY, y, block, strip, image})
      .fuse(strip, image, group)
      .vectorize(c);
  const Var task = parallelise(out.func, {group}, tasks(pipeline.spec(), tiles), 1);

  // Extents are constants, whatever a last strip needs of a stage: memory is planned, and rows of a tile may reach beyond it.
  boundExtents(cells, {kSplitOutputs, tiles.pieces, tiles.width, tiles.copiedRows, tiles.chunks, 1});
  boundExtents(sums, {kSplitOutputs, run.positions(), tiles.phases() * tiles.blocks, 1});
  cells.func.compute_at(out.func, task).store_in(Halide::MemoryType::Heap).vectorize(cells.vars[0]).unroll(cells.vars[1]);
  sums.func.compute_at(out.func, task).store_in(Halide::MemoryType::Heap).vectorize(sums.vars[0]);
  pipeline.callTiles(pipeline.spec().root().operands[1], cells, sums, sums.vars[1], sums.vars[2],
                     {.pieces = tiles.pieces,
                      .packed = 1,
                      .rows = run.height,
                      .chunks = tiles.chunks,
                      .cellsChunk = tiles.copiedRows * tiles.width,
                      .weightsBlock = tiles.pieces * tiles.chunks,
                      .sumsBlock = run.positions() * kSplitOutputs},
                     "");
}

} // namespace

extern const Template ConvTranspose2D_bf16_cpu;
const Template ConvTranspose2D_bf16_cpu = {
    .name = "conv_transpose2d.bf16",
    .stem = "ConvTranspose2D",
    .knobs = knobs,
    .illegal = illegalSplit,
    .defaultFor = defaultSplit,
    .space = splitSpace,
    .packed = packed,
    .apply = apply,
    .leastRows = cpu::anyRows,
    .define = bf16Transposed,
    .scratch = scratch,
    .errorBudget = bf16Budget,
    .cycles = cycles,
    .cost = cycles,
    .needs = "amx-bf16",
};

} // namespace cnnc::kernels
