#include "lowering/kernels/schedules/cpu/Conv2D.h"

#include <algorithm>

namespace cnnc::kernels {
namespace {

using namespace cpu;
using Halide::TailStrategy;
using Halide::Var;

// A register tile of tile_n rows x tile_o vectors of outputs is summed over `chunk` elements of the rows at a time; between chunks its sums
// wait in the output. A panel is the weights of tile_o vectors. A task takes `panels` panels and `tiles` row tiles through one chunk after the
// other: the panels' chunk stays in L2, a row tile's, copied densely, in L1 (Goto & van de Geijn 2008, with rows as the small operand).

constexpr std::string_view knobs[] = {"tile_n", "tile_o", "chunk", "panels", "tiles", "unroll", "prefetch"};

/// What Halide puts on the stack at most.
constexpr int64_t copyBytes = 16 << 10;

int64_t panelsOf(const KernelSpec &spec, const Target &target, int64_t tileO) { return ceilDiv(spec.output().shape[1], tileO * target.lanes()); }

int64_t reductionOf(const KernelSpec &spec) { return spec.value(spec.root().operands[1]).shape[1]; }

std::optional<std::string> illegalGemm(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  const TensorDesc &output = spec.output();
  if (output.block != 0 || output.shape != spec.root().result.shape)
    return "the result must be plain and have the shape of the sums";
  if (output.shape[0] <= rowsAtOnce(target))
    return "the weights' stream is the cost of no more than " + std::to_string(rowsAtOnce(target)) + " rows, which dense.rows is made for";
  const int64_t tileN = schedule.knob("tile_n", 1), tileO = schedule.knob("tile_o", 1);
  for (auto &&complaint : {illegalTile(schedule, "tile_n", output.shape[0]), illegalTile(schedule, "tile_o", 4), illegalTile(schedule, "chunk", 4096),
                           illegalTile(schedule, "panels", 1 << 20), illegalTile(schedule, "tiles", 1 << 20), illegalTile(schedule, "unroll", 16),
                           illegalAccumulators(target, tileN * tileO), illegalPrefetch(schedule)})
    if (complaint)
      return complaint;
  if (tileN * schedule.knob("chunk", 1) * 4 > copyBytes)
    return "the copy of a row tile is too large for the stack";
  return std::nullopt;
}

/// A chunk near `most` that divides the reduction when one does not fall far short.
int64_t chunkOf(int64_t reduction, int64_t most) {
  if (reduction <= most)
    return reduction;
  for (int64_t chunk = most; chunk > most / 2; --chunk)
    if (reduction % chunk == 0)
      return chunk;
  return evenTile(reduction, most);
}

Schedule defaultGemm(const KernelSpec &spec, const Target &target) {
  const int64_t rows = spec.output().shape[0], lanes = target.lanes();
  const int64_t tileO = std::min<int64_t>(2, ceilDiv(spec.output().shape[1], lanes));
  const int64_t tileN = evenTile(rows, std::min(rows, (target.vectorRegisters - tileO - 1) / tileO));
  const int64_t panels = panelsOf(spec, target, tileO), rowTiles = ceilDiv(rows, tileN);
  // Half of L1 for a row tile, half of L2 for the panels of a task.
  const int64_t chunk = chunkOf(reductionOf(spec), std::max<int64_t>(64, std::min(target.l1Bytes / 2, copyBytes) / (tileN * 4) / 64 * 64));
  int64_t inTask = evenTile(panels, target.l2Bytes / 2 / (chunk * tileO * lanes * 4)), tiles = evenTile(rowTiles, 36);
  while (tiles > 4 && ceilDiv(panels, inTask) * ceilDiv(rowTiles, tiles) < 4 * target.threads)
    tiles = evenTile(rowTiles, tiles - 1);
  while (inTask > 4 && ceilDiv(panels, inTask) * ceilDiv(rowTiles, tiles) < 2 * target.threads)
    inTask = evenTile(panels, inTask - 1);
  return {"dense.gemm", {{"tile_n", tileN}, {"tile_o", tileO}, {"chunk", chunk}, {"panels", inTask}, {"tiles", tiles}, {"unroll", 2}, {"prefetch", 64}}};
}

std::vector<Schedule> gemmSpace(const KernelSpec &spec, const Target &target) {
  std::vector<Schedule> list;
  if (spec.output().shape[0] <= rowsAtOnce(target))
    return list;
  const Schedule start = defaultGemm(spec, target);
  for (int64_t factor : {4, 8, 2, 1})
    for (int64_t panels : {start.knob("panels"), evenTile(start.knob("panels"), start.knob("panels") / 2)})
      for (int64_t tiles : {start.knob("tiles"), evenTile(start.knob("tiles"), start.knob("tiles") / 2)})
        for (int64_t unroll : {2, 4, 1}) {
          list.push_back(start);
          list.back().knobs["chunk"] = std::min(reductionOf(spec), chunkOf(reductionOf(spec), start.knob("chunk") * factor / 4));
          list.back().knobs["panels"] = panels;
          list.back().knobs["tiles"] = tiles;
          list.back().knobs["unroll"] = unroll;
        }
  return list;
}

/// [K/C, O/P, C, P]: the panels of a chunk one after the other, so that the prefetch of one runs on into the next.
std::optional<PackedLayout> packed(const KernelSpec &spec, const Schedule &schedule, const Target &target, int number) {
  const OpDesc &op = spec.root();
  const int64_t width = schedule.knob("tile_o", 1) * target.lanes(), panels = panelsOf(spec, target, schedule.knob("tile_o", 1)),
                chunk = schedule.knob("chunk", 1);
  if (number == op.operands[1])
    return PackedLayout{{{1, ceilDiv(reductionOf(spec), chunk), chunk}, {0, panels, width}, {1, chunk, 1}, {0, width, 1}}};
  if (op.operands.size() == 3 && number == op.operands[2])
    return blockedVector(panels * width, target.lanes());
  return std::nullopt;
}

void apply(Pipeline &pipeline, const Schedule &schedule, const Target &target) {
  const auto lanes = static_cast<int>(target.lanes());
  const auto knob = [&](const char *name) { return static_cast<int>(schedule.knob(name, 1)); };
  const int tileN = knob("tile_n"), tileO = knob("tile_o"), width = tileO * lanes;
  const Pipeline::Accumulation sums = pipeline.accumulate("acc", "x", knob("chunk"));
  Stage &out = pipeline.output();

  // The register tile of one chunk and the copy of its rows, inside one definition of the output.
  auto arrange = [&](Halide::Stage definition, const Pipeline::Accumulation::Sum &of, const std::vector<Halide::VarOrRVar> &chunks, const std::string &suffix) {
    const Var o = out.vars[0], n = out.vars[1], lane("lane" + suffix), block("block" + suffix), row("row" + suffix), panel("panel" + suffix),
              tile("tile" + suffix), panels("panels" + suffix), tiles("tiles" + suffix), task("task" + suffix);
    std::vector<Halide::VarOrRVar> order = {lane, block, row, panel, tile};
    order.insert(order.end(), chunks.begin(), chunks.end());
    order.insert(order.end(), {tiles, panels});
    definition.split(o, panel, block, width, TailStrategy::GuardWithIf)
        .split(block, block, lane, lanes)
        .split(panel, panels, panel, knob("panels"), TailStrategy::GuardWithIf)
        .split(n, tile, row, tileN, TailStrategy::GuardWithIf)
        .split(tile, tiles, tile, knob("tiles"), TailStrategy::GuardWithIf)
        .reorder(order)
        .vectorize(lane)
        .unroll(block)
        .unroll(row)
        .fuse(tiles, panels, task)
        .parallel(task);
    Stage &sum = *of.stage;
    const Var so = sum.vars[0], sn = sum.vars[1], slane("sum_lane"), sblock("sum_block");
    std::vector<Halide::VarOrRVar> inner = {slane, sblock, sn};
    for (const Halide::VarOrRVar &var : sum.reductionVars())
      inner.push_back(var);
    sum.func.compute_at(out.func, panel).store_in(Halide::MemoryType::Register);
    sum.func.bound_extent(so, width).align_bounds(so, width).bound_extent(sn, tileN);
    sum.func.split(so, sblock, slane, lanes).vectorize(slane).unroll(sblock).unroll(sn);
    sum.func.update().split(so, sblock, slane, lanes).reorder(inner).vectorize(slane).unroll(sblock).unroll(sn);
    if (const int unroll = static_cast<int>(std::min<int64_t>(schedule.knob("unroll", 1), extentOf(sum.domain.x))); unroll > 1)
      sum.func.update().unroll(sum.domain.x, unroll, TailStrategy::GuardWithIf);
    Halide::Func copy = of.operand;
    const Var k = copy.args()[0], r = copy.args()[1];
    copy.compute_at(out.func, tile).store_in(Halide::MemoryType::Stack).bound_extent(k, static_cast<int>(extentOf(sum.domain.x))).bound_extent(r, tileN);
    copy.vectorize(k, lanes, TailStrategy::GuardWithIf);
    if (const int64_t vectors = schedule.knob("prefetch"); vectors > 0)
      pipeline.prefetch(pipeline.spec().root().operands[1], vectors * lanes, sum.func.name());
  };
  std::vector<Halide::VarOrRVar> chunks;
  if (sums.chunks.defined())
    chunks.emplace_back(sums.chunks.x);
  if (sums.part)
    arrange(out.func.update(0), *sums.part, chunks, "_part");
  arrange(out.func.update(sums.part ? 1 : 0), sums.last, {}, "_last");
}

} // namespace

extern const Template Dense_gemm_cpu;
const Template Dense_gemm_cpu = {"dense.gemm", "Dense", knobs, illegalGemm, defaultGemm, gemmSpace, packed, apply, cpu::anyRows};

} // namespace cnnc::kernels
