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
using Halide::Internal::simplify;

// A task is `rows` rows at most, as many as any other's and all outputs; the number of tasks is a multiple of `parts`. If `rows` are all rows, a task is one
// of `parts` of the outputs. It copies `chunk` runs of 32 inputs of its rows in pieces ("cells"), which stay in L2, adds their products to its sums, for two
// blocks of 16 outputs after the other, whose weights of the chunk are near as well, and goes on to the next chunk (Goto & van de Geijn 2008). All this is
// said of the rows that a counted kernel is called for.

constexpr std::string_view knobs[] = {"pieces", "rows", "parts", "chunk"};

constexpr int64_t scratchLimit = int64_t(64) << 20;

int64_t runsOf(const KernelSpec &spec) { return spec.value(spec.root().operands[1]).shape[1] / kSplitInputs; }

int64_t blocksOf(const KernelSpec &spec) { return ceilDiv(spec.output().shape[1], kSplitOutputs); }

int64_t choose(bool condition, int64_t yes, int64_t no) { return condition ? yes : no; }
Halide::Expr choose(const Halide::Expr &condition, const Halide::Expr &yes, const Halide::Expr &no) { return select(condition, yes, no); }

/// How a call of so many rows, a number or an expression of i32, is cut: the rows of a task and its blocks of outputs.
template <typename Number> struct Cut {
  Number rows, blocks;
  Cut(const KernelSpec &spec, const Schedule &schedule, const Number &count) {
    const auto number = [](int64_t value) { return Number(static_cast<int>(value)); };
    const Number most = number(schedule.knob("rows", 1)), parts = number(schedule.knob("parts", 1)), all = number(blocksOf(spec));
    const Number strips = (count + most - 1) / most, even = (strips + parts - 1) / parts * parts;
    rows = choose(count <= most, most, (count + even - 1) / even);
    blocks = choose(count <= most, (all + parts - 1) / parts, all);
  }
};

/// Of a call for all rows: those for fewer have no larger tasks.
Cut<int64_t> cutOf(const KernelSpec &spec, const Schedule &schedule) { return {spec, schedule, spec.output().shape[0]}; }

/// Whether a call may have several.
bool hasTasks(const KernelSpec &spec, const Schedule &schedule) {
  const auto [rows, blocks] = cutOf(spec, schedule);
  return rows < spec.output().shape[0] || blocks < blocksOf(spec) || (spec.counted && schedule.knob("parts", 1) > 1);
}

Scratch scratch(const KernelSpec &spec, const Schedule &schedule) {
  const auto [tiles, height] = RowTiles(schedule.knob("rows", 1));
  const int64_t cells = schedule.knob("chunk", 1) * splitBytes(schedule.knob("pieces")),
                sums = cutOf(spec, schedule).blocks * kSplitOutputs * sizeOf(DType::f32);
  return scratchOfTasks({cells * tiles * height, sums * tiles * height}, hasTasks(spec, schedule) ? 2 : 1);
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
       {illegalTile(schedule, "rows", output.shape[0]), illegalTile(schedule, "parts", 1 << 10), illegalTile(schedule, "chunk", runsOf(spec))})
    if (complaint)
      return complaint;
  if (runsOf(spec) % schedule.knob("chunk", 1) != 0)
    return "the chunks do not divide the inputs";
  if (const Scratch bytes = scratch(spec, schedule); bytes.shared + bytes.task > scratchLimit)
    return "a task needs more than " + std::to_string(scratchLimit >> 20) + " MiB";
  return std::nullopt;
}

/// As many rows as share weights that come from beyond L2 without waiting, 256; a chunk of them in L2.
Schedule scheduleFor(const KernelSpec &spec, const Target &target, int64_t mostRows, int64_t cellBytes) {
  const int64_t strips = ceilDiv(std::max<int64_t>(spec.output().shape[0], 1), mostRows);
  const int64_t all = strips > 1 ? ceilDiv(strips, target.threads) * target.threads : 1; // each thread as many
  const int64_t rows = evenTile(spec.output().shape[0], ceilDiv(spec.output().shape[0], all)), pieces = piecesAt(spec.accuracy);
  return {"dense.bf16",
          {{"pieces", pieces}, {"rows", rows}, {"parts", target.threads}, {"chunk", divisorOf(runsOf(spec), cellBytes / (rows * splitBytes(pieces)))}}};
}

Schedule defaultDense(const KernelSpec &spec, const Target &target) { return scheduleFor(spec, target, 256, target.l2Bytes); }

std::vector<Schedule> denseSpace(const KernelSpec &spec, const Target &target) {
  std::vector<Schedule> list;
  for (int64_t rows : {256, 128, 512, 64})
    for (int64_t bytes : {target.l2Bytes, target.l2Bytes / 2, target.l2Bytes / 4})
      list.push_back(scheduleFor(spec, target, rows, bytes));
  return list;
}

/// [O/16, K/32, 32 (48 of three pieces), 16], split.
std::optional<PackedLayout> packed(const KernelSpec &spec, const Schedule &schedule, const Target &target, int number) {
  const OpDesc &op = spec.root();
  if (number == op.operands[1]) {
    PackedLayout layout = {
        {{0, blocksOf(spec), kSplitOutputs}, {1, runsOf(spec), kSplitInputs}, {1, splitRows(schedule.knob("pieces")), 1}, {0, kSplitOutputs, 1}}};
    layout.split = schedule.knob("pieces");
    return layout;
  }
  if (op.operands.size() == 3 && number == op.operands[2])
    return blockedVector(spec.output().shape[1], target.lanes());
  return std::nullopt;
}

void apply(Pipeline &pipeline, const Schedule &schedule, const Target &) {
  Stage &out = pipeline.output(), &cells = pipeline.stage("cells"), &sums = pipeline.stage("sums");
  const KernelSpec &spec = pipeline.spec();
  const auto knob = [&](const char *name) { return static_cast<int>(schedule.knob(name, 1)); };
  const auto [tiles, height] = RowTiles(schedule.knob("rows", 1));
  const auto lanes = static_cast<int>(kSplitOutputs), positions = static_cast<int>(tiles * height);
  const Cut<Halide::Expr> cut(spec, schedule, spec.counted ? out.func.output_buffer().dim(1).extent() : Halide::Expr(static_cast<int>(spec.output().shape[0])));
  const Var o = out.vars[0], n = out.vars[1], lane("lane"), block("block"), part("part"), row("row"), strip("strip"), task("task");
  out.func.split(o, part, o, simplify(cut.blocks) * lanes, TailStrategy::GuardWithIf)
      .split(o, block, lane, lanes, TailStrategy::GuardWithIf)
      .split(n, strip, row, simplify(cut.rows), TailStrategy::GuardWithIf)
      .reorder({lane, block, row, part, strip})
      .vectorize(lane)
      .fuse(part, strip, task);
  if (hasTasks(spec, schedule))
    out.func.parallel(task);
  const std::vector<Var> &s = sums.vars, &v = cells.vars; // lane, row, block; lane, piece, row, run
  const Halide::RVar input = sums.domain[0], run = sums.domain[1], chunk = sums.domain[2];
  sums.func.compute_at(out.func, task).store_in(Halide::MemoryType::Heap).vectorize(s[0]);
  sums.func.bound_extent(s[0], lanes).align_extent(s[1], static_cast<int>(height));
  sums.func.bound_storage(s[1], positions).bound_storage(s[2], static_cast<int>(cutOf(spec, schedule).blocks));
  sums.func.update().reorder({s[0], s[1], s[2], run, input, chunk});
  cells.func.compute_at(sums.func, chunk).store_in(Halide::MemoryType::Heap).vectorize(v[0]).unroll(v[1]);
  cells.func.bound_extent(v[0], lanes).bound_extent(v[1], knob("pieces")).bound_extent(v[3], knob("chunk")).bound_storage(v[2], positions);
  pipeline.callTiles(spec.root().operands[1], cells, sums, s[1], s[2],
                     {.pieces = knob("pieces"),
                      .packed = 1,
                      .rows = height,
                      .chunks = knob("chunk"),
                      .cellsChunk = positions,
                      .weightsBlock = knob("pieces") * runsOf(spec),
                      .sumsBlock = positions * lanes},
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
