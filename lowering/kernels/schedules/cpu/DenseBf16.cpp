// Dense layers of many rows on tiles of bf16: f32 numbers as sums of two or three pieces, some products of which are summed (tile_products.c).
#include "lowering/kernels/Bf16Tiles.h"
#include "lowering/kernels/SplitFloats.h"
#include "lowering/kernels/schedules/cpu/Conv2D.h"

#include <algorithm>

namespace cnnc::kernels {
namespace {

using namespace cpu;
using Halide::TailStrategy;
using Halide::Var;

// A task is `rows` rows and `blocks` blocks of 16 outputs. It copies `chunk` runs of 32 inputs of its rows in pieces ("cells"), which stay in L2, adds
// their products to its sums, for two blocks after the other, whose weights of the chunk are near as well, and goes on to the next chunk (Goto & van de
// Geijn 2008).

constexpr std::string_view knobs[] = {"pieces", "rows", "blocks", "chunk"};

constexpr int64_t scratchLimit = int64_t(64) << 20;

int64_t runsOf(const KernelSpec &spec) { return spec.value(spec.root().operands[1]).shape[1] / kSplitInputs; }

int64_t blocksOf(const KernelSpec &spec) { return ceilDiv(spec.output().shape[1], kSplitOutputs); }

int64_t tasksOf(const KernelSpec &spec, const Schedule &schedule) {
  return ceilDiv(spec.output().shape[0], schedule.knob("rows", 1)) * ceilDiv(blocksOf(spec), schedule.knob("blocks", 1));
}

Scratch scratch(const KernelSpec &spec, const Schedule &schedule) {
  const auto [tiles, height] = RowTiles(schedule.knob("rows", 1));
  const int64_t cells = schedule.knob("chunk", 1) * splitBytes(schedule.knob("pieces")), sums = schedule.knob("blocks", 1) * kSplitOutputs * sizeOf(DType::f32);
  return scratchOfTasks((cells + sums) * tiles * height, tasksOf(spec, schedule));
}

std::optional<std::string> illegalDense(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  const TensorDesc &output = spec.output();
  if (auto complaint = illegalPieces(spec.accuracy, schedule.knob("pieces")))
    return complaint;
  if (output.block != 0 || output.shape != spec.root().result.shape)
    return "the result must be plain and have the shape of the sums";
  if (spec.value(spec.root().operands[1]).shape[1] % kSplitInputs != 0)
    return "the inputs are no multiple of " + std::to_string(kSplitInputs);
  const int64_t few = rowsAtOnce(target) * (schedule.knob("pieces") - 1); // three pieces make the weights half as large again
  if (output.shape[0] <= few)
    return "the weights' stream is the cost of no more than " + std::to_string(few) + " rows, which other schedules are made for";
  for (auto &&complaint :
       {illegalTile(schedule, "rows", output.shape[0]), illegalTile(schedule, "blocks", blocksOf(spec)), illegalTile(schedule, "chunk", runsOf(spec))})
    if (complaint)
      return complaint;
  if (runsOf(spec) % schedule.knob("chunk", 1) != 0)
    return "the chunks do not divide the inputs";
  if (const Scratch bytes = scratch(spec, schedule); bytes.shared + bytes.task > scratchLimit)
    return "a task needs more than " + std::to_string(scratchLimit >> 20) + " MiB";
  return std::nullopt;
}

/// As many rows as share weights that come from beyond L2 without waiting, 256; a chunk of them in L2. Where that makes fewer tasks than threads, the
/// outputs are cut.
Schedule scheduleFor(const KernelSpec &spec, const Target &target, int64_t mostRows, int64_t cellBytes) {
  const int64_t strips = ceilDiv(std::max<int64_t>(spec.output().shape[0], 1), mostRows);
  const int64_t all = strips > 1 ? ceilDiv(strips, target.threads) * target.threads : 1; // each thread as many
  const int64_t rows = evenTile(spec.output().shape[0], ceilDiv(spec.output().shape[0], all)), parts = all > 1 ? 1 : target.threads;
  const int64_t pieces = piecesAt(spec.accuracy);
  return {"dense.bf16",
          {{"pieces", pieces},
           {"rows", rows},
           {"blocks", ceilDiv(blocksOf(spec), std::min(parts, blocksOf(spec)))},
           {"chunk", divisorOf(runsOf(spec), cellBytes / (rows * splitBytes(pieces)))}}};
}

Schedule defaultDense(const KernelSpec &spec, const Target &target) { return scheduleFor(spec, target, 256, target.l2Bytes); }

std::vector<Schedule> denseSpace(const KernelSpec &spec, const Target &target) {
  std::vector<Schedule> list;
  for (int64_t rows : {256, 128, 512, 64})
    for (int64_t bytes : {target.l2Bytes, target.l2Bytes / 2, target.l2Bytes / 4})
      list.push_back(scheduleFor(spec, target, rows, bytes));
  return list;
}

/// [O/16, K/32, 32 (48 of three pieces), 16], split; the blocks of whole tasks.
std::optional<PackedLayout> packed(const KernelSpec &spec, const Schedule &schedule, const Target &target, int number) {
  const OpDesc &op = spec.root();
  if (number == op.operands[1]) {
    const int64_t blocks = schedule.knob("blocks", 1);
    PackedLayout layout = {{{0, ceilDiv(blocksOf(spec), blocks) * blocks, kSplitOutputs},
                            {1, runsOf(spec), kSplitInputs},
                            {1, splitRows(schedule.knob("pieces")), 1},
                            {0, kSplitOutputs, 1}}};
    layout.split = schedule.knob("pieces");
    return layout;
  }
  if (op.operands.size() == 3 && number == op.operands[2])
    return blockedVector(spec.output().shape[1], target.lanes());
  return std::nullopt;
}

void apply(Pipeline &pipeline, const Schedule &schedule, const Target &) {
  Stage &out = pipeline.output(), &cells = pipeline.stage("cells"), &sums = pipeline.stage("sums");
  const auto knob = [&](const char *name) { return static_cast<int>(schedule.knob(name, 1)); };
  const auto [tiles, height] = RowTiles(schedule.knob("rows", 1));
  const auto lanes = static_cast<int>(kSplitOutputs), positions = static_cast<int>(tiles * height);
  const Var o = out.vars[0], n = out.vars[1], lane("lane"), block("block"), part("part"), row("row"), strip("strip"), task("task");
  out.func.split(o, part, o, knob("blocks") * lanes, TailStrategy::GuardWithIf)
      .split(o, block, lane, lanes, TailStrategy::GuardWithIf)
      .split(n, strip, row, knob("rows"), TailStrategy::GuardWithIf)
      .reorder({lane, block, row, part, strip})
      .vectorize(lane)
      .fuse(part, strip, task);
  if (tasksOf(pipeline.spec(), schedule) > 1)
    out.func.parallel(task);
  const std::vector<Var> &s = sums.vars, &v = cells.vars; // lane, row, block; lane, piece, row, run
  const Halide::RVar input = sums.domain[0], run = sums.domain[1], chunk = sums.domain[2];
  sums.func.compute_at(out.func, task).store_in(Halide::MemoryType::Heap).vectorize(s[0]);
  sums.func.bound_extent(s[0], lanes).bound_extent(s[1], positions).bound_extent(s[2], knob("blocks"));
  sums.func.update().reorder({s[0], s[1], s[2], run, input, chunk});
  cells.func.compute_at(sums.func, chunk).store_in(Halide::MemoryType::Heap).vectorize(v[0]).unroll(v[1]);
  cells.func.bound_extent(v[0], lanes).bound_extent(v[1], knob("pieces")).bound_extent(v[2], positions).bound_extent(v[3], knob("chunk"));
  const auto runs = static_cast<int>(runsOf(pipeline.spec()));
  pipeline.callTiles(pipeline.spec().root().operands[1], cells, sums,
                     {knob("pieces"), /*packed=*/1, static_cast<int>(tiles), static_cast<int>(height), knob("blocks"), knob("chunk"), positions, 0, 0, 1, 1, 1,
                      1, 1, 1, knob("pieces") * runs, positions * lanes},
                     input.name());
}

} // namespace

extern const Template Dense_bf16_cpu;
const Template Dense_bf16_cpu = {
    .name = "dense.bf16",
    .stem = "Dense",
    .knobs = knobs,
    .illegal = illegalDense,
    .defaultFor = defaultDense,
    .space = denseSpace,
    .packed = packed,
    .apply = apply,
    .leastRows = cpu::anyRows,
    .define = bf16Dense,
    .scratch = scratch,
    .errorBudget = bf16Budget,
    .needs = "amx-bf16",
};

} // namespace cnnc::kernels
