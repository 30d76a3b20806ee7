#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/schedules/cpu/Loops.h"

#include <algorithm>

namespace cnnc::kernels {
namespace {

using Halide::TailStrategy;
using Halide::Var;

constexpr std::string_view knobs[] = {"tile_o", "tile_n", "unroll", "prefetch"};

/// Of those that are no sums.
constexpr int64_t otherRegisters = 4;

/// A tile of one block of outputs loads a row's element for every product; two streams of weights also arrive faster than one.
constexpr int64_t fewestBlocks = 2;

int64_t blocksOf(const KernelSpec &spec, const Target &target) { return (spec.output().shape[1] + target.lanes() - 1) / target.lanes(); }

std::optional<std::string> illegalRows(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  const int64_t tileO = schedule.knob("tile_o", 1), tileN = schedule.knob("tile_n", 1);
  if (spec.output().block != 0)
    return "the result must be plain";
  if (tileO < 1 || tileO > blocksOf(spec, target))
    return "tile_o is outside 1.." + std::to_string(blocksOf(spec, target));
  if (tileN < 1 || tileN > spec.output().shape[0])
    return "tile_n is outside 1.." + std::to_string(spec.output().shape[0]);
  if (tileO * tileN > target.vectorRegisters - otherRegisters)
    return "the accumulators need more registers than there are";
  if (schedule.knob("unroll", 1) < 1 || schedule.knob("unroll", 1) > 16)
    return "unroll is outside 1..16";
  if (schedule.knob("prefetch") < 0 || schedule.knob("prefetch") > 1024)
    return "prefetch is outside 0..1024";
  return std::nullopt;
}

/// The weights stream through once: enough independent sums to hide the latency of an FMA, and a unit of work that leaves each
/// thread several.
Schedule defaultRows(const KernelSpec &spec, const Target &target) {
  const int64_t blocks = blocksOf(spec, target), rows = spec.output().shape[0];
  const int64_t tileN = rows <= rowsAtOnce(target) ? rows : 4, registers = (target.vectorRegisters - otherRegisters) / tileN;
  int64_t tileO = std::min<int64_t>({tileN > 4 ? fewestBlocks : 8, registers, blocks});
  while (tileO > 2 && (blocks + tileO - 1) / tileO < 2 * target.threads)
    tileO /= 2;
  return {"dense.rows", {{"tile_o", tileO}, {"tile_n", tileN}, {"unroll", tileN > 4 ? 2 : 4}, {"prefetch", 64}}};
}

std::vector<Schedule> rowsSpace(const KernelSpec &spec, const Target &target) {
  std::vector<Schedule> list;
  const Schedule start = defaultRows(spec, target);
  for (int64_t tileO : {1, 2, 4, 6, 8, 12, 16, 24})
    for (int64_t unroll : {1, 2, 4, 8}) {
      list.push_back(start);
      list.back().knobs["tile_o"] = tileO;
      list.back().knobs["unroll"] = unroll;
    }
  return list;
}

/// [O/V, K, V]: one stream for each block of outputs; whole tiles, since the sums of a tile's missing blocks are computed, too.
std::optional<PackedLayout> packed(const KernelSpec &spec, const Schedule &schedule, const Target &target, int number) {
  const OpDesc &op = spec.root();
  const int64_t lanes = target.lanes(), tileO = schedule.knob("tile_o", 1), blocks = (blocksOf(spec, target) + tileO - 1) / tileO * tileO;
  if (number == op.operands[1])
    return PackedLayout{{{0, blocks, lanes}, {1, spec.inputs[number].shape[1], 1}, {0, lanes, 1}}};
  if (op.operands.size() == 3 && number == op.operands[2])
    return blockedVector(blocks * lanes, lanes);
  return std::nullopt;
}

void apply(Pipeline &pipeline, const Schedule &schedule, const Target &target) {
  const auto lanes = static_cast<int>(target.lanes()), tileO = static_cast<int>(schedule.knob("tile_o", 1)),
             tileN = static_cast<int>(schedule.knob("tile_n", 1));
  Stage &out = pipeline.output(), &acc = pipeline.stage("acc");
  const Var o = out.vars[0], n = out.vars[1], lane("lane"), oi("oi"), ni("ni"), tile("tile");
  out.func.split(o, o, oi, lanes * tileO, TailStrategy::GuardWithIf).split(oi, oi, lane, lanes, TailStrategy::GuardWithIf);
  out.func.split(n, n, ni, tileN, TailStrategy::ShiftInwards).reorder(lane, oi, ni, o, n).vectorize(lane);
  const int64_t iterations = (out.extents[0] + lanes * tileO - 1) / (lanes * tileO) * ((out.extents[1] + tileN - 1) / tileN);
  const Var ao = acc.vars[0], an = acc.vars[1], alane("acc_lane"), ab("acc_block");
  std::vector<Halide::VarOrRVar> order = acc.reductionVars();
  order.insert(order.begin(), {alane, ab, an});
  acc.func.compute_at(out.func, o).store_in(Halide::MemoryType::Stack).bound_extent(ao, lanes * tileO).align_bounds(ao, lanes);
  acc.func.split(ao, ab, alane, lanes, TailStrategy::RoundUp).vectorize(alane).unroll(ab).unroll(an);
  acc.func.update().split(ao, ab, alane, lanes, TailStrategy::RoundUp).reorder(order).vectorize(alane).unroll(ab).unroll(an);
  const int64_t unroll = std::min<int64_t>(schedule.knob("unroll", 1), cpu::extentOf(acc.domain.x));
  if (unroll > 1)
    acc.func.update().unroll(acc.domain.x, static_cast<int>(unroll), TailStrategy::GuardWithIf);
  if (const int64_t vectors = schedule.knob("prefetch"); vectors > 0)
    pipeline.prefetch(pipeline.spec().root().operands[1], vectors * lanes);
  if (iterations > 1 && out.extents[0] * cpu::extentOf(acc.domain.x) >= 16384)
    out.func.parallel(o);
}

int64_t wholeTile(const KernelSpec &, const Schedule &schedule) { return schedule.knob("tile_n", 1); }

} // namespace

int64_t rowsAtOnce(const Target &target) { return (target.vectorRegisters - otherRegisters) / fewestBlocks; }

extern const Template Dense_rows_cpu;
const Template Dense_rows_cpu = {"dense.rows", "Dense", knobs, illegalRows, defaultRows, rowsSpace, packed, apply, wholeTile};

} // namespace cnnc::kernels
