#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/FlattenPlanes.h"
#include "lowering/kernels/Window.h"
#include "lowering/kernels/schedules/cpu/Conv2D.h"

#include <algorithm>

namespace cnnc::kernels {

using namespace cpu;
using Halide::TailStrategy;
using Halide::Var;

cpu::Extents::Extents(const KernelSpec &spec, bool flatten) {
  const TensorDesc &output = spec.output();
  blocks = (output.shape[1] + output.block - 1) / std::max<int64_t>(output.block, 1);
  rows = flatten ? 1 : output.shape[2];
  columns = flatten ? output.shape[2] * output.shape[3] : output.shape[3];
}

void cpu::sortRanking(Ranking &ranking) {
  std::ranges::stable_sort(ranking, {}, [](const auto &entry) { return entry.first; });
}

std::vector<Schedule> cpu::firstOf(const Ranking &ranking, size_t most) {
  std::vector<Schedule> list;
  for (const auto &[cycles, schedule] : ranking)
    if (list.size() < most)
      list.push_back(schedule);
  return list;
}

Schedule cpu::fastestOf(const Ranking &ranking, const char *name) { return ranking.empty() ? Schedule{name, {}} : ranking.front().second; }

std::optional<std::string> cpu::illegalBlocks(const KernelSpec &spec, const Target &target) {
  if (spec.output().block != target.lanes())
    return "the result must be in blocks of " + std::to_string(target.lanes()) + " channels";
  return std::nullopt;
}

std::optional<std::string> cpu::illegalTile(const Schedule &schedule, const char *knob, int64_t most) {
  const int64_t value = schedule.knob(knob, 1);
  return value >= 1 && value <= most ? std::nullopt : std::optional(std::string(knob) + " is outside " + "1.." + std::to_string(most));
}

std::optional<std::string> cpu::illegalAccumulators(const Target &target, int64_t vectors, int64_t others) {
  return vectors <= target.vectorRegisters - others ? std::nullopt : std::optional<std::string>("the accumulators need more registers than there are");
}

std::optional<std::string> cpu::illegalPrefetch(const Schedule &schedule) {
  const int64_t vectors = schedule.knob("prefetch");
  return vectors >= 0 && vectors <= 4096 ? std::nullopt : std::optional<std::string>("prefetch is outside 0..4096");
}

std::optional<PackedLayout> cpu::packedConvolution(const KernelSpec &spec, const Schedule &, const Target &, int number) {
  for (size_t reduction : reductionsOf(spec)) {
    const OpDesc &op = spec.ops[reduction];
    const int64_t lanes = finishedResult(spec, op).block;
    if (op.mnemonic != "conv2d" || number != op.operands[1] || lanes == 0)
      continue;
    const ConvShape conv = convShape(spec, op);
    const std::vector<int64_t> &w = spec.inputs[number].shape;
    return PackedLayout{{{0, (w[0] + lanes - 1) / lanes, lanes},
                         {1, conv.reductionBlocks, conv.reductionBlock},
                         {2, w[2], 1},
                         {3, w[3], 1},
                         {1, conv.reductionBlock, 1},
                         {0, lanes, 1}}};
  }
  return std::nullopt;
}

int64_t cpu::evenTile(int64_t whole, int64_t most) {
  whole = std::max<int64_t>(whole, 1); // of an empty tensor
  return ceilDiv(whole, ceilDiv(whole, std::clamp<int64_t>(most, 1, whole)));
}

int64_t cpu::wholeLines(int64_t bytes) {
  constexpr int64_t line = 64;
  return ceilDiv(bytes, line) * line;
}

Scratch cpu::scratchOfTasks(std::initializer_list<int64_t> arrays, int64_t tasks) {
  int64_t bytes = 0;
  for (int64_t array : arrays)
    bytes += wholeLines(array);
  return tasks > 1 ? Scratch{0, bytes} : Scratch{bytes, 0};
}

int64_t cpu::productsOf(const KernelSpec &spec) {
  const ConvShape conv = convShape(spec, spec.root());
  const std::vector<int64_t> &window = intsAttr(spec.root(), "kernel");
  return conv.reductionBlock * conv.reductionBlocks * window[0] * window[1];
}

int64_t cpu::accumulators(const Target &target, int64_t tileC) { return target.vectorRegisters - tileC - (tileC == 1 ? 2 : 1); }

namespace {

/// Estimated cycles of one register tile.
double tileCycles(const Target &target, int64_t reduction, int64_t tileC, int64_t tileX, int64_t tileY) {
  const double fma = static_cast<double>(tileC * tileX * tileY), cells = static_cast<double>(tileX * tileY);
  const double weightBytes = static_cast<double>(tileC * reduction * target.vectorBits / 8);
  // Blocks of channels share a broadcast in a register; one alone loads it with each FMA. Measured: loads pass at about 1.6 a cycle,
  // FMAs at two, dependent ones four cycles apart, and the step itself takes half a cycle.
  const double loads = static_cast<double>(tileC) + cells;
  double step = std::max({fma / 2, loads / 1.6, 4.0}) + 0.5;
  // Weights stream from L2 at about 16 bytes a cycle, and at 11 where a tile's push each other out of it.
  if (weightBytes > static_cast<double>(target.l1Bytes) / 2)
    step = std::max(step, static_cast<double>(tileC * target.vectorBits / 8) / (weightBytes > static_cast<double>(target.l2Bytes) / 4 ? 11 : 16));
  return step * static_cast<double>(reduction) + 2 * fma + 20;
}

} // namespace

double cpu::cyclesOf(const Target &target, const Extents &extents, int64_t reduction, int64_t tileC, int64_t tileX, int64_t tileY) {
  const auto panels = static_cast<double>(extents.blocks / tileC), tiles = static_cast<double>(ceilDiv(extents.columns, tileX) * ceilDiv(extents.rows, tileY));
  const int64_t tail = extents.blocks % tileC;
  return tiles * (panels * tileCycles(target, reduction, tileC, tileX, tileY) + (tail == 0 ? 0 : tileCycles(target, reduction, tail, tileX, tileY)));
}

std::vector<Halide::VarOrRVar> cpu::orderAround(const Stage &stage, std::vector<Halide::VarOrRVar> inner, const std::vector<Halide::VarOrRVar> &outer) {
  const std::vector<Halide::VarOrRVar> domain = stage.reductionVars();
  inner.insert(inner.end(), domain.begin(), domain.end());
  inner.insert(inner.end(), outer.begin(), outer.end());
  return inner;
}

TailStrategy cpu::blockTails(Pipeline &pipeline, const Stage &sums, int64_t tileC) {
  if (pipeline.output().extents[3] % tileC == 0)
    return TailStrategy::ShiftInwards;
  pipeline.unswitchTails(sums);
  return TailStrategy::GuardWithIf;
}

void cpu::applyTile(Stage &stage, const std::vector<Var> &vars, const std::vector<Halide::VarOrRVar> &outer, int64_t unroll) {
  Halide::Stage update = stage.func.update();
  stage.func.store_in(Halide::MemoryType::Register).vectorize(vars.front());
  update.reorder(orderAround(stage, {vars.begin(), vars.end()}, outer)).vectorize(vars.front());
  for (size_t v = 1; v < vars.size(); ++v) {
    stage.func.unroll(vars[v]);
    update.unroll(vars[v]);
  }
  const std::vector<Halide::VarOrRVar> domain = stage.reductionVars();
  if (unroll > 1 && !domain.empty() && extentOf(stage.domain[0]) % unroll == 0)
    update.unroll(domain.front(), static_cast<int>(unroll));
}

namespace {

//===-- direct -----------------------------------------------------------------------------------------------------------------===//
// A register tile of tile_c channel blocks x tile_y rows x tile_x columns is summed over the whole reduction, then finished by the
// epilogue and stored. Weights are prefetched `prefetch` vectors ahead and, with order 0 and unless `prefetch_panels` is 0, a panel (those of tile_c blocks)
// ahead in even parts; cells `prefetch_cells` tiles ahead; and, unless `prefetch_results` is 0, what its epilogue touches, or in rows of 8 tiles and more that of
// the next.

constexpr std::string_view directKnobs[] = {"tile_c", "tile_x",   "tile_y",          "order",          "unroll",          "flatten",
                                            "grain",  "prefetch", "prefetch_panels", "prefetch_cells", "prefetch_results"};

std::optional<std::string> illegalDirect(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  if (auto complaint = illegalBlocks(spec, target))
    return complaint;
  const OpDesc &op = spec.root();
  const ConvShape conv = convShape(spec, op);
  if (conv.groups > 1 && conv.outputsPerGroup % target.lanes() != 0)
    return "a block of output channels spans several groups";
  const int64_t flatten = schedule.knob("flatten");
  if (flatten != 0 && flatten != 1)
    return "flatten is neither 0 nor 1";
  if (flatten)
    if (auto complaint = unflattenable(spec))
      return complaint;
  const Extents extents(spec, flatten);
  const int64_t tileC = schedule.knob("tile_c", 1), tileX = schedule.knob("tile_x", 1), tileY = schedule.knob("tile_y", 1);
  for (auto &&complaint :
       {illegalTile(schedule, "tile_c", extents.blocks), illegalTile(schedule, "tile_x", extents.columns), illegalTile(schedule, "tile_y", extents.rows),
        illegalTile(schedule, "unroll", 16), illegalTile(schedule, "grain", int64_t(1) << 30), illegalAccumulators(target, tileC * tileX * tileY),
        illegalPrefetch(schedule)})
    if (complaint)
      return complaint;
  if (conv.groups > 1 && conv.outputsPerGroup / target.lanes() % tileC != 0)
    return "tile_c spans several groups";
  if (schedule.knob("order") != 0 && schedule.knob("order") != 1)
    return "order is neither 0 (rows inside channels) nor 1 (channels inside rows)";
  return std::nullopt;
}

/// Whether a tile's cells are worth a prefetch: it hides that they come from beyond L2, once, and costs something each time. Measured: not where more than 16
/// tiles of channels read the same, nor where a stride leaves every other cache line out, and so half of L1.
int64_t cellsAhead(const KernelSpec &spec, const Extents &extents, int64_t tileC) {
  const int64_t readers = ceilDiv(extents.blocks, tileC) / convShape(spec, spec.root()).groups;
  return intsAttr(spec.root(), "stride")[1] == 1 && readers <= 16 ? 1 : 0;
}

Schedule directSchedule(const KernelSpec &spec, const Target &target, bool flatten, int64_t tileC, int64_t tileX, int64_t tileY) {
  const OpDesc &op = spec.root();
  const Extents extents(spec, flatten);
  const ConvShape conv = convShape(spec, op);
  // Rows inside channels keep a tile's weights in L2; channels inside rows keep the input rows there.
  const TensorDesc &input = spec.value(op.operands[0]);
  int64_t inputBytes = input.physicalElements() / std::max<int64_t>(1, input.shape[0]) * 4;
  for (size_t axis = 0; axis < 2; ++axis) // cells that the windows pass over are not read
    if (const int64_t window = intsAttr(op, "kernel")[axis], stride = intsAttr(op, "stride")[axis]; window < stride)
      inputBytes = inputBytes * window / stride;
  const int64_t weightBytes = spec.value(op.operands[1]).physicalElements() * 4;
  const int64_t channelTiles = ceilDiv(extents.blocks, tileC);
  const int64_t rowTiles = flatten ? ceilDiv(extents.columns, tileX) : ceilDiv(extents.rows, tileY); // of flat planes, each tile is a row
  const int64_t readers = std::max<int64_t>(1, channelTiles / conv.groups);                          // tiles of channels that read the same cells
  const int64_t rowsInside = weightBytes + (inputBytes > target.l2Bytes / 2 ? readers : 1) * inputBytes;
  const int64_t channelsInside = inputBytes + (weightBytes > target.l2Bytes * 3 / 4 ? rowTiles : 1) * weightBytes;
  const int64_t order = channelsInside < rowsInside ? 1 : 0;
  const int64_t units = channelTiles * rowTiles * spec.output().shape[0];
  return {"conv2d.direct",
          {{"tile_c", tileC},
           {"tile_x", tileX},
           {"tile_y", tileY},
           {"order", order},
           {"unroll", conv.reductionBlock % 2 == 0 ? 2 : 1},
           {"flatten", flatten},
           {"prefetch", conv.reductionBlock > 1 ? 64 : 0}, // 4 KiB of AVX-512 vectors: memory answers within that many FMAs
           {"prefetch_cells", cellsAhead(spec, extents, tileC)},
           {"grain", cpu::grainFor(units, target.threads)}}};
}

template <typename Visit> void forEachTile(const KernelSpec &spec, const Target &target, Visit visit) {
  for (bool flatten : {false, true}) {
    if (flatten && unflattenable(spec))
      continue;
    const Extents extents(spec, flatten);
    for (int64_t tileC = 1; tileC <= std::min<int64_t>(extents.blocks, 6); ++tileC)
      for (int64_t tileY = 1; tileY <= std::min<int64_t>(extents.rows, 4); ++tileY)
        for (int64_t tileX = 1; tileX <= extents.columns && tileC * tileX * tileY <= accumulators(target, tileC); ++tileX)
          visit(flatten, tileC, tileX, tileY);
  }
}

} // namespace

double cpu::arrivingWith(double computing, double arriving) { return std::max(computing + 0.6 * arriving, arriving); }

double cpu::directCycles(const KernelSpec &spec, const Target &target) {
  double best = 0;
  const int64_t reduction = productsOf(spec), weightBytes = spec.value(spec.root().operands[1]).physicalElements() * 4;
  forEachTile(spec, target, [&](bool flatten, int64_t tileC, int64_t tileX, int64_t tileY) {
    const double cycles = cyclesOf(target, Extents(spec, flatten), reduction, tileC, tileX, tileY);
    best = best == 0 ? cycles : std::min(best, cycles);
  });
  const double all = arrivingWith(best * static_cast<double>(spec.output().shape[0]), static_cast<double>(weightBytes) / target.farBytes(weightBytes));
  return all / static_cast<double>(target.threads);
}

double cpu::directCost(const KernelSpec &spec, const Schedule &, const Target &target) { return directCycles(spec, target); }

namespace {

double cyclesDirect(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  const double image = cyclesOf(target, Extents(spec, schedule.knob("flatten")), productsOf(spec), schedule.knob("tile_c", 1), schedule.knob("tile_x", 1),
                                schedule.knob("tile_y", 1));
  return image * static_cast<double>(spec.output().shape[0]) / static_cast<double>(target.threads);
}

Schedule defaultDirect(const KernelSpec &spec, const Target &target) {
  Schedule best = {"conv2d.direct", {}};
  double bestCost = 0;
  const int64_t reduction = productsOf(spec);
  forEachTile(spec, target, [&](bool flatten, int64_t tileC, int64_t tileX, int64_t tileY) {
    const double cost = cyclesOf(target, Extents(spec, flatten), reduction, tileC, tileX, tileY);
    if (bestCost != 0 && cost >= bestCost)
      return;
    Schedule candidate = directSchedule(spec, target, flatten, tileC, tileX, tileY);
    if (!illegalDirect(spec, candidate, target))
      best = std::move(candidate), bestCost = cost;
  });
  return best;
}

std::vector<Schedule> directSpace(const KernelSpec &spec, const Target &target) {
  std::vector<Schedule> list;
  if (illegalBlocks(spec, target))
    return list;
  const int64_t reduction = productsOf(spec);
  std::vector<std::pair<double, Schedule>> ranked;
  forEachTile(spec, target, [&](bool flatten, int64_t tileC, int64_t tileX, int64_t tileY) {
    ranked.emplace_back(cyclesOf(target, Extents(spec, flatten), reduction, tileC, tileX, tileY), directSchedule(spec, target, flatten, tileC, tileX, tileY));
  });
  std::ranges::sort(ranked, [](const auto &a, const auto &b) { return std::pair(a.first, toString(a.second)) < std::pair(b.first, toString(b.second)); });
  for (size_t i = 0; i < ranked.size() && i < 16; ++i) {
    list.push_back(ranked[i].second);
    list.back().knobs["prefetch_cells"] = 1 - list.back().knob("prefetch_cells");
    for (int64_t order : {0, 1})
      for (int64_t unroll : {1, 2, 4})
        for (int64_t prefetch : {0, 64}) {
          list.push_back(ranked[i].second);
          list.back().knobs["order"] = order;
          list.back().knobs["unroll"] = unroll;
          list.back().knobs["prefetch"] = prefetch;
        }
  }
  return list;
}

/// Elements from the first cell that a tile's windows read to the first that the tile `columns` further reads and none before it in its row of tiles: in
/// the last row of the windows.
int64_t newCells(const KernelSpec &spec, int64_t columns) {
  const OpDesc &op = spec.root();
  const TensorDesc &input = spec.value(op.operands[0]);
  const WindowAxis h = windowAxis(spec, op, 0), w = windowAxis(spec, op, 1);
  const int64_t down = (h.count() - 1) * h.dilation, across = columns * w.stride + (w.count() - 1) * w.dilation;
  return down * input.rowElements() + across * std::max<int64_t>(input.block, 1);
}

void applyDirect(Pipeline &pipeline, const Schedule &schedule, const Target &target) {
  Stage &out = pipeline.output(), &acc = pipeline.stage("acc");
  const auto knob = [&](const char *name, int64_t fallback) { return static_cast<int>(schedule.knob(name, fallback)); };
  const int tileX = knob("tile_x", 1), tileY = knob("tile_y", 1), tileC = knob("tile_c", 1);
  const bool flatten = knob("flatten", 0), channelsInside = knob("order", 0);
  const Var c = out.vars[0], x = out.vars[1], y = out.vars[2], block = out.vars[3], n = out.vars[4];
  const Var xi("xi"), yi("yi"), bi("bi"), single("single");
  out.func.split(x, x, xi, tileX, TailStrategy::ShiftInwards)
      .split(y, y, yi, tileY, TailStrategy::ShiftInwards)
      .split(block, block, bi, tileC, blockTails(pipeline, acc, tileC))
      .vectorize(c)
      .unroll(bi)
      .unroll(xi)
      .unroll(yi);
  // A task is a row of tiles, or a tile of flat planes.
  const Var row = flatten ? x : y, inner = flatten ? single : x;
  const int64_t iterations = (flatten ? ceilDiv(out.extents[1], tileX) : ceilDiv(out.extents[2], tileY)) * ceilDiv(out.extents[3], tileC) * out.extents[4];
  if (flatten)
    out.func.split(x, x, single, 1);
  std::vector<Var> tasks = channelsInside ? std::vector<Var>{block, row, n} : std::vector<Var>{row, block, n};
  if (flatten)
    tasks.insert(tasks.end() - 1, y);
  std::vector<Halide::VarOrRVar> order = {c, bi, xi, yi, inner};
  order.insert(order.end(), tasks.begin(), tasks.end());
  out.func.reorder(order);
  parallelise(out.func, tasks, iterations, schedule.knob("grain", 1));

  const Var ac = acc.vars[0], ax = acc.vars[1], ay = acc.vars[2], ab = acc.vars[3], an = acc.vars[4];
  acc.func.compute_at(out.func, inner);
  applyTile(acc, {ac, ab, ax, ay}, {an}, schedule.knob("unroll", 1));
  if (const int64_t steps = schedule.knob("prefetch"); steps > 0)
    pipeline.prefetch(pipeline.spec().root().operands[1], steps * target.lanes());
  if (schedule.knob("prefetch_panels", 1) && !channelsInside) { // a panel is the weights of tile_c blocks
    const int64_t grain = iterations > 1 ? schedule.knob("grain", 1) : 1, across = flatten ? 1 : ceilDiv(out.extents[1], tileX);
    const int64_t down = flatten ? ceilDiv(out.extents[1], tileX) : ceilDiv(out.extents[2], tileY), vectors = productsOf(pipeline.spec()) * tileC;
    Panels panels = {.vectors = vectors, .step = target.lanes(), .next = vectors * target.lanes(), .tiles = across * down};
    panels.number = {{"task" + std::to_string(tasks.size() - 1), grain * across}, {"within", across}};
    if (!flatten)
      panels.number.emplace_back(x.name(), 1);
    pipeline.prefetchPanels(pipeline.spec().root().operands[1], std::move(panels), out.func.name() + ".s0");
  }
  if (schedule.knob("prefetch_results", 1)) // a tile ahead in long rows: memory answers late for the last part of a tile's own
    pipeline.prefetchEpilogue("acc", out.extents[1] >= 8 * tileX ? tileX * target.lanes() : 0);
  if (const int64_t tiles = schedule.knob("prefetch_cells", 1); tiles > 0)
    pipeline.prefetchCells(pipeline.spec().root().operands[0], newCells(pipeline.spec(), tiles * tileX));
}

//===-- generic ----------------------------------------------------------------------------------------------------------------===//
// Any grouping and any layout of the result, without a register tile.

Schedule defaultGeneric(const KernelSpec &, const Target &) { return {"conv2d.generic", {}}; }

void applyGeneric(Pipeline &pipeline, const Schedule &, const Target &target) { cpu::reduceLoops(pipeline, pipeline.stage("acc"), target); }

} // namespace

extern const Template Conv2D_direct_cpu, Conv2D_generic_cpu;
const Template Conv2D_direct_cpu = {
    .name = "conv2d.direct",
    .stem = "Conv2D",
    .knobs = directKnobs,
    .illegal = illegalDirect,
    .defaultFor = defaultDirect,
    .space = directSpace,
    .packed = packedConvolution,
    .apply = applyDirect,
    .leastRows = cpu::anyRows,
    .cycles = cyclesDirect,
    .cost = directCost,
};
const Template Conv2D_generic_cpu = {"conv2d.generic", "Conv2D", {}, cpu::alwaysLegal, defaultGeneric, cpu::noSpace, packedConvolution, applyGeneric, cpu::anyRows};

} // namespace cnnc::kernels
