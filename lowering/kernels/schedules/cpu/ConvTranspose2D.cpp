#include "lowering/kernels/Transposed.h"
#include "lowering/kernels/schedules/cpu/Conv2D.h"

#include <algorithm>

namespace cnnc::kernels {
namespace {

using namespace cpu;
using Halide::TailStrategy;
using Halide::Var;

/// [O/V, phases, I/B, taps of a phase, B, V]: in the order in which the inner loops read. Groups smaller than a block have no such order.
std::optional<PackedLayout> packed(const KernelSpec &spec, const Schedule &, const Target &, int number) {
  const OpDesc &op = spec.root();
  const int64_t lanes = spec.output().block;
  const ConvShape conv = convShape(spec, op);
  if (number != op.operands[1] || lanes == 0 || (conv.groups > 1 && !conv.depthwise() && conv.outputsPerGroup % lanes != 0))
    return std::nullopt;
  const TransposedAxis h = transposedAxis(spec, op, 0), w = transposedAxis(spec, op, 1);
  const int outputs = conv.depthwise() ? 0 : 1;
  PackedLayout layout = {{{outputs, ceilDiv(spec.inputs[number].shape[outputs], lanes), lanes}}};
  for (auto [dim, axis] : {std::pair{2, h}, {3, w}})
    if (axis.step() > 1)
      layout.dims.push_back({dim, axis.step(), 1});
  if (!conv.depthwise())
    layout.dims.push_back({0, conv.groups * conv.reductionBlocks, conv.reductionBlock});
  layout.dims.push_back({2, h.taps(), h.step()});
  layout.dims.push_back({3, w.taps(), w.step()});
  if (!conv.depthwise())
    layout.dims.push_back({0, conv.reductionBlock, 1});
  layout.dims.push_back({outputs, lanes, 1});
  return layout;
}

//===-- tiles ------------------------------------------------------------------------------------------------------------------===//
// A tile of the result is, phase by phase, a register tile of tile_c channel blocks x tile_y rows x tile_x columns, as conv2d.direct has it: the
// results of a phase share their weights. Weights are prefetched `prefetch` vectors ahead.

constexpr std::string_view tileKnobs[] = {"tile_c", "tile_x", "tile_y", "unroll", "grain", "prefetch"};

/// Of a task's stack.
constexpr int64_t phaseBytes = 64 << 10;

/// Of the results of one phase.
Extents phaseExtents(const KernelSpec &spec) {
  const OpDesc &op = spec.root();
  return {Extents(spec, false).blocks, transposedAxis(spec, op, 0).cells(), transposedAxis(spec, op, 1).cells()};
}

std::optional<std::string> illegalTiles(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  if (auto complaint = illegalBlocks(spec, target))
    return complaint;
  const ConvShape conv = convShape(spec, spec.root());
  const Extents extents = phaseExtents(spec);
  const int64_t tileC = schedule.knob("tile_c", 1);
  for (auto &&complaint :
       {illegalTile(schedule, "tile_c", extents.blocks), illegalTile(schedule, "tile_x", extents.columns), illegalTile(schedule, "tile_y", extents.rows),
        illegalTile(schedule, "unroll", 16), illegalTile(schedule, "grain", int64_t(1) << 30),
        illegalAccumulators(target, tileC * schedule.knob("tile_x", 1) * schedule.knob("tile_y", 1)), illegalPrefetch(schedule)})
    if (complaint)
      return complaint;
  if (conv.groups > 1 && tileC > 1 && (conv.outputsPerGroup % target.lanes() != 0 || conv.outputsPerGroup / target.lanes() % tileC != 0))
    return "tile_c spans several groups";
  const int64_t phases = transposedAxis(spec, spec.root(), 0).stride * transposedAxis(spec, spec.root(), 1).stride;
  if (tileC * schedule.knob("tile_x", 1) * schedule.knob("tile_y", 1) * phases * target.vectorBits / 8 > phaseBytes)
    return "the phases of a tile are too large for the stack";
  return std::nullopt;
}

/// Estimated cycles that a core spends on a phase of one image. Blocks of channels past the end are summed too.
double phaseCycles(const KernelSpec &spec, const Target &target, int64_t tileC, int64_t tileX, int64_t tileY) {
  const OpDesc &op = spec.root();
  const ConvShape conv = convShape(spec, op);
  Extents extents = phaseExtents(spec);
  extents.blocks = ceilDiv(extents.blocks, tileC) * tileC;
  const int64_t taps = transposedAxis(spec, op, 0).taps() * transposedAxis(spec, op, 1).taps();
  return cyclesOf(target, extents, conv.reductionBlock * conv.reductionBlocks * taps, tileC, tileX, tileY);
}

/// Every register tile of a phase with its estimated cycles, the fastest first.
Ranking rankedTiles(const KernelSpec &spec, const Target &target) {
  Ranking ranked;
  if (illegalBlocks(spec, target))
    return ranked;
  const ConvShape conv = convShape(spec, spec.root());
  const Extents extents = phaseExtents(spec);
  for (int64_t tileC = 1; tileC <= std::min<int64_t>(extents.blocks, 6); ++tileC)
    for (int64_t tileY = 1; tileY <= std::min<int64_t>(extents.rows, 4); ++tileY)
      for (int64_t tileX = 1; tileX <= extents.columns && tileC * tileX * tileY <= accumulators(target, tileC); ++tileX) {
        const int64_t units = ceilDiv(extents.blocks, tileC) * ceilDiv(extents.rows, tileY) * spec.output().shape[0];
        Schedule schedule = {"conv_transpose2d.tiles",
                             {{"tile_c", tileC},
                              {"tile_x", tileX},
                              {"tile_y", tileY},
                              {"unroll", conv.reductionBlock % 2 == 0 ? 2 : 1},
                              {"prefetch", conv.reductionBlock > 1 ? 64 : 0},
                              {"grain", grainFor(units, target.threads)}}};
        if (!illegalTiles(spec, schedule, target))
          ranked.emplace_back(phaseCycles(spec, target, tileC, tileX, tileY), std::move(schedule));
      }
  sortRanking(ranked);
  return ranked;
}

/// Each input cell once a phase.
double cycles(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  const int64_t phases = transposedAxis(spec, spec.root(), 0).stride * transposedAxis(spec, spec.root(), 1).stride;
  const double phase = phaseCycles(spec, target, schedule.knob("tile_c", 1), schedule.knob("tile_x", 1), schedule.knob("tile_y", 1));
  return phase * static_cast<double>(phases * spec.output().shape[0]) / static_cast<double>(target.threads);
}

Schedule defaultTiles(const KernelSpec &spec, const Target &target) { return fastestOf(rankedTiles(spec, target), "conv_transpose2d.tiles"); }

std::vector<Schedule> tileSpace(const KernelSpec &spec, const Target &target) {
  std::vector<Schedule> list;
  for (const auto &[cycles, schedule] : rankedTiles(spec, target))
    if (list.size() < 48)
      for (int64_t unroll : {1, 2, 4}) {
        list.push_back(schedule);
        list.back().knobs["unroll"] = unroll;
      }
  return list;
}

void applyTiles(Pipeline &pipeline, const Schedule &schedule, const Target &target) {
  Stage &out = pipeline.output(), &acc = pipeline.stage("acc"), &phases = pipeline.stage("phases");
  const OpDesc &op = pipeline.spec().root();
  const TransposedAxis h = transposedAxis(pipeline.spec(), op, 0), w = transposedAxis(pipeline.spec(), op, 1);
  const auto knob = [&](const char *name, int64_t fallback) { return static_cast<int>(schedule.knob(name, fallback)); };
  const int tileX = knob("tile_x", 1), tileY = knob("tile_y", 1), tileC = knob("tile_c", 1);
  const auto strideX = static_cast<int>(w.stride), strideY = static_cast<int>(h.stride);
  const Var c = out.vars[0], block = out.vars[3], n = out.vars[4];
  const Var cellX("cell_x"), cellY("cell_y"), phaseX("phase_x"), phaseY("phase_y"), x("x"), y("y"), xi("xi"), yi("yi"), bi("bi");
  out.func.split(out.vars[1], cellX, phaseX, strideX, TailStrategy::GuardWithIf)
      .split(out.vars[2], cellY, phaseY, strideY, TailStrategy::GuardWithIf)
      .split(cellX, x, xi, tileX, TailStrategy::ShiftInwards)
      .split(cellY, y, yi, tileY, TailStrategy::ShiftInwards)
      .split(block, block, bi, tileC, TailStrategy::ShiftInwards)
      .reorder({c, phaseX, xi, phaseY, yi, bi, x, y, block, n})
      .vectorize(c);
  parallelise(out.func, {y, block, n}, ceilDiv(h.cells(), tileY) * ceilDiv(out.extents[3], tileC) * out.extents[4], schedule.knob("grain", 1));

  const std::vector<Var> &p = phases.vars; // lane, column, row, phases of x and y, block, image
  phases.func.compute_at(out.func, x).store_in(Halide::MemoryType::Stack);
  phases.func.reorder({p[0], p[5], p[1], p[2], p[3], p[4], p[6]}).vectorize(p[0]).unroll(p[5]).unroll(p[1]).unroll(p[2]);
  phases.func.bound_extent(p[1], tileX).bound_extent(p[2], tileY).bound_extent(p[3], strideX).bound_extent(p[4], strideY).bound_extent(p[5], tileC);
  const std::vector<Var> &v = acc.vars;
  acc.func.compute_at(phases.func, p[3]);
  applyTile(acc, {v[0], v[5], v[1], v[2]}, {v[3], v[4], v[6]}, schedule.knob("unroll", 1));
  if (const int64_t steps = schedule.knob("prefetch"); steps > 0)
    pipeline.prefetch(op.operands[1], steps * target.lanes());
}

//===-- generic ----------------------------------------------------------------------------------------------------------------===//
// Any layout of the result, one cell at a time.

Schedule defaultGeneric(const KernelSpec &, const Target &) { return {"conv_transpose2d.generic", {}}; }

void applyGeneric(Pipeline &pipeline, const Schedule &, const Target &target) {
  Stage &out = pipeline.output(), &acc = pipeline.stage("acc");
  const size_t column = pipeline.spec().output().block > 0 ? 1 : 0;
  std::vector<Var> tasks(out.vars.begin() + static_cast<ptrdiff_t>(column) + 1, out.vars.end());
  int64_t iterations = 1;
  for (size_t d = column + 1; d < out.vars.size(); ++d)
    iterations *= out.extents[d];
  acc.func.compute_at(out.func, out.vars[column]).store_in(Halide::MemoryType::Stack);
  parallelise(out.func, tasks, iterations, grainFor(iterations, target.threads));
  if (const int64_t width = acc.extents[0]; width > 1 && (width & (width - 1)) == 0) {
    out.func.vectorize(out.vars[0]);
    acc.func.vectorize(acc.vars[0]);
    acc.func.update().reorder(orderAround(acc, {acc.vars[0]}, {acc.vars.begin() + 1, acc.vars.end()})).vectorize(acc.vars[0]);
  }
}

} // namespace

extern const Template ConvTranspose2D_tiles_cpu, ConvTranspose2D_generic_cpu;
const Template ConvTranspose2D_tiles_cpu = {
    .name = "conv_transpose2d.tiles",
    .stem = "ConvTranspose2D",
    .knobs = tileKnobs,
    .illegal = illegalTiles,
    .defaultFor = defaultTiles,
    .space = tileSpace,
    .packed = packed,
    .apply = applyTiles,
    .leastRows = cpu::anyRows,
    .cycles = cycles,
    .cost = cycles,
};
const Template ConvTranspose2D_generic_cpu = {
    "conv_transpose2d.generic", "ConvTranspose2D", {}, cpu::alwaysLegal, defaultGeneric, cpu::noSpace, packed, applyGeneric};

} // namespace cnnc::kernels
