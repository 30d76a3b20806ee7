// Convolutions by minimal filtering in one or two dimensions (WinogradTiles.h): every product of the transformed planes is a matrix product.
#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/schedules/cpu/Winograd.h"

#include <algorithm>
#include <cmath>

namespace cnnc::kernels {

using namespace cpu;
using Halide::TailStrategy;
using Halide::Var;

/// Whether errors stay within the budget: they grow with the points of an axis, as many as its cells, and multiply over both axes.
static bool keepsBudget(const WinogradTiles &tiles) { return std::ranges::max(tiles.cells) <= (std::ranges::min(tiles.taps) > 1 ? 6 : 8); }

std::optional<std::string> cpu::unfiltered(const KernelSpec &spec, const Target &target) {
  if (spec.accuracy == Accuracy::strict)
    return "strict accuracy asks for plain sums";
  if (auto complaint = illegalBlocks(spec, target))
    return complaint;
  const OpDesc &op = spec.root();
  const std::vector<int64_t> ones = {1, 1};
  if (intsAttr(op, "kernel") == ones || intsAttr(op, "stride") != ones || intsAttr(op, "dilation") != ones)
    return "minimal filtering is for windows of several taps and stride 1 without dilation";
  if (const ConvShape conv = convShape(spec, op); conv.groups > 1 && (conv.inputsPerGroup % target.lanes() != 0 || conv.outputsPerGroup % target.lanes() != 0))
    return "minimal filtering is for groups of whole blocks of channels";
  if (!keepsBudget(WinogradTiles(spec, 2, 1, 1)))
    return "the rounding errors of minimal filtering are too large for a window of so many taps";
  if (spec.value(op.operands[0]).block != target.lanes())
    return "the input must be in blocks of " + std::to_string(target.lanes()) + " channels";
  return std::nullopt;
}

std::optional<std::string> cpu::illegalGroup(const KernelSpec &spec, const Schedule &schedule) {
  const int64_t tile = schedule.knob("tile");
  if (tile != 2 && tile != 4)
    return tile == 0 ? "another schedule is estimated to be faster" : "tile is neither 2 nor 4";
  const WinogradTiles tiles(spec, schedule);
  if (!keepsBudget(tiles))
    return "tiles of " + std::to_string(tile) + " have too large rounding errors for this window";
  for (auto &&complaint : {illegalTile(schedule, "rows", tiles.down), illegalTile(schedule, "images", tiles.rows == tiles.down ? spec.output().shape[0] : 1),
                           illegalTile(schedule, "tile_c", tiles.blocks)})
    if (complaint)
      return complaint;
  return std::nullopt;
}

PackedLayout cpu::filterLayout(const KernelSpec &spec, const Schedule &schedule, int64_t inputsOfRun) {
  const ConvShape conv = convShape(spec, spec.root());
  const WinogradTiles tiles(spec, schedule);
  const int64_t lanes = spec.output().block;
  PackedLayout layout = {{{0, tiles.blocks, lanes},
                          {2, tiles.cells[0], 1},
                          {3, tiles.cells[1], 1},
                          {1, conv.reductionBlock * conv.reductionBlocks / inputsOfRun, inputsOfRun},
                          {1, inputsOfRun, 1},
                          {0, lanes, 1}}};
  layout.winograd = {tiles.tile[0], tiles.tile[1]};
  return layout;
}

double cpu::filteringBudget(const KernelSpec &spec, const Schedule &schedule) {
  return std::ranges::max(WinogradTiles(spec, schedule).cells) <= 4 ? 1e-5 : 1e-4;
}

int64_t cpu::filteringProducts(const KernelSpec &spec, const Schedule &schedule) {
  const WinogradTiles tiles(spec, schedule);
  return tiles.all * tiles.planes() * convShape(spec, spec.root()).inputsPerGroup * spec.output().shape[1];
}

std::vector<int64_t> cpu::evenParts(int64_t whole, int64_t most) {
  std::vector<int64_t> parts;
  for (int64_t part = whole; part >= 1; part = part == 1 ? 0 : std::min(part - 1, ceilDiv(whole, ceilDiv(whole, part) + 1)))
    if (part <= most)
      parts.push_back(part);
  return parts;
}

cpu::GroupLoops cpu::loopOverGroups(Pipeline &pipeline, const Schedule &schedule) {
  const WinogradTiles tiles(pipeline.spec(), schedule);
  const auto knob = [&](const char *name) { return static_cast<int>(schedule.knob(name, 1)); };
  Stage &out = pipeline.output();
  const Var c = out.vars[0], block = out.vars[3], image = out.vars[4];
  const Var x("x"), y("y"), i("i"), j("j"), row("row"), each("each"), group("group"), blocks("blocks"), within("block");
  out.func.split(out.vars[1], x, i, static_cast<int>(tiles.tile[1]), TailStrategy::GuardWithIf)
      .split(out.vars[2], y, j, static_cast<int>(tiles.tile[0]), TailStrategy::GuardWithIf)
      .split(y, y, row, knob("rows"), TailStrategy::GuardWithIf)
      .split(image, image, each, knob("images"), TailStrategy::GuardWithIf)
      .split(block, blocks, within, knob("tile_c"), TailStrategy::ShiftInwards)
      .reorder({c, i, j, x, row, each, within, blocks, y, image})
      .fuse(y, image, group)
      .vectorize(c)
      .unroll(i)
      .unroll(j);
  return {x, blocks, group};
}

namespace {

// A result is cut into tiles of `tile` cells along each axis where the window has several taps. A group is `rows` rows of tiles, or all those of
// `images` images: the cells that they read are transformed ("data"), multiplied with the transformed weights, one register tile of tile_c channel
// blocks x tile_t tiles at a time ("acc" into "products"), and transformed back in two steps ("half", then the epilogue). `order` 0: groups are tasks,
// each with its own data; 1: one group after the other, its blocks of channels are tasks that share the data; 2, of a convolution in groups of channels:
// tile_c blocks are those of one of them, and each task has the data of its channels alone. Prefetched are weights `prefetch` vectors ahead and, where
// several tiles share them and unless `prefetch_panels` is 0, a plane of theirs ahead; the data `prefetch_cells` blocks of channels ahead; what the
// epilogue touches unless `prefetch_results` is 0; the cells that are transformed `prefetch_tiles` tiles ahead.

constexpr std::string_view knobs[] = {"tile",  "rows",     "images",          "tile_c",         "tile_t",           "order",         "unroll",
                                      "grain", "prefetch", "prefetch_panels", "prefetch_cells", "prefetch_results", "prefetch_tiles"};

/// Of each kind of scratch memory.
constexpr int64_t scratchLimit = int64_t(64) << 20;

/// Blocks of input channels whose cells are transformed before a register tile reads them.
int64_t transformedBlocks(const KernelSpec &spec, const WinogradTiles &tiles, int64_t order) {
  return order == 2 ? convShape(spec, spec.root()).inputsPerGroup / spec.output().block : tiles.inputs;
}

Scratch scratch(const KernelSpec &spec, const Schedule &schedule) {
  const WinogradTiles tiles(spec, schedule);
  const int64_t plane = padded(tiles.inGroup()) * tiles.planes() * spec.output().block * sizeOf(DType::f32);
  const int64_t order = schedule.knob("order"), data = plane * padded(transformedBlocks(spec, tiles, order)), products = plane * schedule.knob("tile_c", 1);
  if (order == 1)
    return {wholeLines(data), wholeLines(products)};
  return scratchOfTasks({data, products}, tiles.groups * (order == 2 ? ceilDiv(tiles.blocks, schedule.knob("tile_c", 1)) : 1));
}

std::optional<std::string> illegalWinograd(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  if (auto complaint = unfiltered(spec, target))
    return complaint;
  if (auto complaint = illegalGroup(spec, schedule))
    return complaint;
  const WinogradTiles tiles(spec, schedule);
  for (auto &&complaint :
       {illegalTile(schedule, "tile_t", tiles.inGroup()), illegalTile(schedule, "unroll", 16), illegalTile(schedule, "grain", int64_t(1) << 30),
        illegalAccumulators(target, schedule.knob("tile_c", 1) * schedule.knob("tile_t", 1)), illegalPrefetch(schedule)})
    if (complaint)
      return complaint;
  if (schedule.knob("order") < 0 || schedule.knob("order") > 2)
    return "order is neither 0 (groups are tasks) nor 1 (blocks of channels are) nor 2 (both are)";
  if (const ConvShape conv = convShape(spec, spec.root());
      schedule.knob("order") == 2 && (conv.groups == 1 || conv.outputsPerGroup != schedule.knob("tile_c", 1) * target.lanes()))
    return "the blocks of a tile are not those of a group of channels";
  if (schedule.knob("order") == 1 && tiles.blocks <= schedule.knob("tile_c", 1))
    return "one block of channels is one task";
  if (schedule.knob("order") == 1 && tiles.blocks % schedule.knob("tile_c", 1) != 0) // a block that two tasks compute need not have the same bits
    return "the tiles do not divide the blocks of channels, which are tasks";
  if (const Scratch bytes = scratch(spec, schedule); bytes.shared > scratchLimit || bytes.task > scratchLimit)
    return "a group needs more than " + std::to_string(scratchLimit >> 20) + " MiB";
  return std::nullopt;
}

//===-- Choice -----------------------------------------------------------------------------------------------------------------===//

struct Choice {
  int64_t tile, rows, images, tileC, tileT, order;
};

Schedule scheduleOf(const KernelSpec &spec, const Choice &choice) {
  return {"conv2d.winograd",
          {{"tile", choice.tile},
           {"rows", choice.rows},
           {"images", choice.images},
           {"tile_c", choice.tileC},
           {"tile_t", choice.tileT},
           {"order", choice.order},
           {"unroll", convShape(spec, spec.root()).reductionBlock % 2 == 0 ? 2 : 1},
           {"grain", 1},
           {"prefetch", 64}}};
}

/// Estimated cycles that a core spends on a call. Constants are measured: a transform along both axes takes four cycles a cell and block of channels
/// there, three back; a core loads 1.6 vectors a cycle; weights that are beyond L2 arrive at Target::farBytes, those in L2 with 14 bytes a cycle and with 24
/// when a tile reads a plane of them after another, which L1 does not hold; cells at farBytes when they are another core's or do not fit L2, products that
/// do not with two; starting tasks takes 3000.
double cyclesOf(const KernelSpec &spec, const Target &target, const Choice &choice) {
  const ConvShape conv = convShape(spec, spec.root());
  const WinogradTiles tiles(spec, choice.tile, choice.rows, choice.images);
  const auto vector = static_cast<double>(target.vectorBits) / 8, l2 = static_cast<double>(target.l2Bytes);
  const double planes = static_cast<double>(tiles.planes()), axes = std::ranges::min(tiles.taps) > 1 ? 1 : 0.5;
  const auto group = static_cast<double>(tiles.inGroup()), k = static_cast<double>(conv.reductionBlock * conv.reductionBlocks);
  const auto tileC = static_cast<double>(choice.tileC), tileT = static_cast<double>(choice.tileT), fma = tileC * tileT;
  const int64_t channelTiles = ceilDiv(tiles.blocks, choice.tileC), tileTiles = ceilDiv(tiles.inGroup(), choice.tileT);
  const auto threads = static_cast<double>(target.threads);
  const auto inputs = static_cast<double>(transformedBlocks(spec, tiles, choice.order));
  const double data = planes * group * inputs * vector, products = planes * group * tileC * vector;
  const double allWeights = planes * static_cast<double>(tiles.blocks) * k * vector;
  double weights = allWeights;
  if (choice.order == 1)
    weights *= static_cast<double>(ceilDiv(channelTiles, target.threads)) / static_cast<double>(channelTiles);

  const double far = data + products <= l2 / 2 ? 0 : tileT / 12;
  const double full = fma + tileC >= static_cast<double>(target.vectorRegisters) ? 0.5 : 0; // factors are loaded again
  const double panel = tileC * k * vector, reread = tileTiles > 1 && panel > static_cast<double>(target.l1Bytes) * 3 / 4 ? tileC * vector / 24 : 0;
  const double step = std::max({fma / 2, (2 * tileC + tileT) / 1.6, reread, 4.0}) + 0.5 + full + far;
  const double sums = static_cast<double>(tileTiles) * (step * k + 2 * fma + 20);
  const double shared = data / target.farBytes(static_cast<int64_t>(data)), spilt = data > l2 ? shared / 6 : 0;
  const double there = planes * axes * 4 * group * inputs + spilt;
  const double back = planes * axes * 3 * group * tileC + spilt + (products > l2 ? products : 0);
  const double arriving = panel / target.farBytes(static_cast<int64_t>(allWeights)), near = panel / 14;
  const double first = planes * arrivingWith(sums, arriving) + back; // of the first group
  const double again = weights + data + products <= l2 ? planes * std::max(sums, near) + back : first;
  const auto groups = static_cast<double>(tiles.groups);
  if (choice.order == 1) {
    const auto own = static_cast<double>(ceilDiv(channelTiles, target.threads)), share = static_cast<double>(ceilDiv(tiles.inputs, target.threads));
    return groups * (there * share / inputs + shared + 6000) + own * (first + (groups - 1) * again);
  }
  if (choice.order == 2)
    return std::ceil(groups * static_cast<double>(channelTiles) / threads) * (there + first) + 3000;
  const double own = std::ceil(groups / threads), all = static_cast<double>(channelTiles);
  return own * there + all * (first + (own - 1) * again) + 3000;
}

double cycles(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  const auto knob = [&](const char *name) { return schedule.knob(name, 1); };
  return cyclesOf(spec, target, {knob("tile"), knob("rows"), knob("images"), knob("tile_c"), knob("tile_t"), schedule.knob("order")});
}

/// Sums of a tile: four blocks of channels may fill the registers, since an AVX-512 multiplication loads a factor by itself. Measured: 4 x 7 sums are 1.05 to
/// 1.12 times faster than 4 x 5 or 2 x 13 where 7 divides the tiles, but on Zen 5 1.05 times slower.
int64_t mostSums(const Target &target, int64_t tileC) {
  return target.has("avx512f") && !target.isZen() && tileC == 4 ? target.vectorRegisters - tileC : accumulators(target, tileC);
}

/// Every choice with its cycles, the fastest first; none where the op has no such schedule.
std::vector<std::pair<double, Choice>> ranked(const KernelSpec &spec, const Target &target) {
  std::vector<std::pair<double, Choice>> list;
  if (unfiltered(spec, target))
    return list;
  const ConvShape conv = convShape(spec, spec.root());
  const int64_t ofGroup = ceilDiv(conv.outputsPerGroup, target.lanes()); // blocks of channels
  for (int64_t tile : {2, 4}) {
    const WinogradTiles whole(spec, tile, 1, 1);
    if (!keepsBudget(whole))
      continue;
    for (int64_t rows : evenParts(whole.down, whole.down))
      for (int64_t images : rows == whole.down ? evenParts(spec.output().shape[0], 16) : std::vector<int64_t>{1}) {
        const int64_t inGroup = whole.across * rows * images;
        if (inGroup * whole.tile[0] * whole.tile[1] * whole.inputs * target.vectorBits / 8 > 4 * target.l2Bytes && inGroup > whole.across)
          continue;
        for (int64_t tileC = 1; tileC <= std::min<int64_t>(4, ofGroup); ++tileC) {
          if (conv.groups > 1 && ofGroup % tileC != 0) // blocks of several groups share no cells
            continue;
          for (int64_t tileT : evenParts(inGroup, mostSums(target, tileC) / tileC))
            for (int64_t order : {0, 1, 2}) {
              const Choice choice = {tile, rows, images, tileC, tileT, order};
              const bool divides =
                  order == 0 || (order == 1 && tileC < whole.blocks && whole.blocks % tileC == 0) || (order == 2 && conv.groups > 1 && tileC == ofGroup);
              if (tileC * tileT * 4 >= mostSums(target, tileC) && divides)
                list.emplace_back(cyclesOf(spec, target, choice), choice);
            }
        }
      }
  }
  std::ranges::stable_sort(list, {}, [](const auto &entry) { return entry.first; });
  return list;
}

/// What direct sums must be slower by, for larger weights to be worth it.
constexpr double margin = 1.1;

/// What larger tiles, whose weights are larger, must be faster by.
constexpr double tileMargin = 1.03;

Schedule defaultWinograd(const KernelSpec &spec, const Target &target) {
  const auto choices = ranked(spec, target);
  const double direct = choices.empty() ? 0 : directCycles(spec, target);
  std::optional<std::pair<double, Schedule>> fastest[2]; // of small and of large tiles
  for (const auto &[cycles, choice] : choices) {
    if (cycles * margin > direct)
      break;
    if (auto &best = fastest[choice.tile == 4]; !best)
      if (Schedule schedule = scheduleOf(spec, choice); !illegalWinograd(spec, schedule, target))
        best = {cycles, std::move(schedule)};
  }
  const auto &[small, large] = fastest;
  if (!small && !large)
    return {"conv2d.winograd", {{"tile", 0}}};
  return small && (!large || small->first <= large->first * tileMargin) ? small->second : large->second;
}

std::vector<Schedule> winogradSpace(const KernelSpec &spec, const Target &target) {
  std::vector<Schedule> list;
  for (const auto &[cycles, choice] : ranked(spec, target))
    if (list.size() < 48)
      list.push_back(scheduleOf(spec, choice));
  return list;
}

//===-- Arrangement ------------------------------------------------------------------------------------------------------------===//

std::optional<PackedLayout> packed(const KernelSpec &spec, const Schedule &schedule, const Target &, int number) {
  if (number != spec.root().operands[1])
    return std::nullopt;
  return filterLayout(spec, schedule, convShape(spec, spec.root()).reductionBlock);
}

void apply(Pipeline &pipeline, const Schedule &schedule, const Target &target) {
  Stage &out = pipeline.output(), &columns = pipeline.stage("columns"), &data = pipeline.stage("data"), &acc = pipeline.stage("acc"),
        &products = pipeline.stage("products"), &half = pipeline.stage("half");
  const WinogradTiles tiles(pipeline.spec(), schedule);
  const auto knob = [&](const char *name) { return static_cast<int>(schedule.knob(name, 1)); };
  const auto m = static_cast<int>(tiles.tile[1]), inGroup = static_cast<int>(tiles.inGroup());
  const int64_t order = schedule.knob("order"), inputs = transformedBlocks(pipeline.spec(), tiles, order);
  const auto [x, blocks, group] = loopOverGroups(pipeline, schedule);
  Var perGroup = group, perTile = blocks; // the loops at which data and products are computed
  if (order == 0)
    perGroup = parallelise(out.func, {group}, tiles.groups, schedule.knob("grain", 1));
  else if (order == 1)
    out.func.parallel(blocks);
  else
    perGroup = perTile = parallelise(out.func, {blocks, group}, tiles.groups * ceilDiv(tiles.blocks, knob("tile_c")), schedule.knob("grain", 1));

  // Extents are constants, whatever a partial group needs of a stage: memory is planned.
  boundExtents(data, {inGroup, inputs, tiles.cells[1], tiles.cells[0]}, 1);
  boundExtents(columns, {tiles.cells[1], tiles.cells[0], 1, 1}, 1);
  boundExtents(products, {inGroup, knob("tile_c"), tiles.cells[1], tiles.cells[0]}, 1);
  boundExtents(acc, {knob("tile_t"), knob("tile_c"), 1, 1}, 1);
  boundExtents(half, {m, tiles.cells[0], 1, 1}, 1);

  const std::vector<Var> &d = data.vars; // lane, tile, block, column, row
  data.func.compute_at(out.func, perGroup).store_in(Halide::MemoryType::Heap);
  data.func.align_storage(d[1], static_cast<int>(padded(inGroup))).align_storage(d[2], static_cast<int>(padded(inputs)));
  data.func.reorder({d[0], d[3], d[4], d[1], d[2]}).vectorize(d[0]).unroll(d[3]).unroll(d[4]);
  if (order == 1)
    data.func.parallel(d[2]);
  columns.func.compute_at(data.func, d[1]).store_in(Halide::MemoryType::Stack);
  columns.func.vectorize(columns.vars[0]).unroll(columns.vars[1]).unroll(columns.vars[2]);

  const std::vector<Var> &p = products.vars; // lane, tile, block, column, row
  const Var some("some"), one("one");
  products.func.compute_at(out.func, perTile).store_in(Halide::MemoryType::Heap);
  products.func.align_storage(p[1], static_cast<int>(padded(inGroup)));
  products.func.split(p[1], some, one, knob("tile_t"), TailStrategy::ShiftInwards).reorder({p[0], p[2], one, some, p[3], p[4]});
  products.func.vectorize(p[0]).unroll(p[2]).unroll(one);
  acc.func.compute_at(products.func, some);
  const std::vector<Var> &a = acc.vars;
  applyTile(acc, {a[0], a[2], a[1]}, {a[3], a[4]}, schedule.knob("unroll", 1));
  half.func.compute_at(out.func, x).store_in(Halide::MemoryType::Stack).vectorize(half.vars[0]).unroll(half.vars[1]).unroll(half.vars[2]);
  if (const int64_t steps = schedule.knob("prefetch"); steps > 0)
    pipeline.prefetch(pipeline.spec().root().operands[1], steps * target.lanes());
  if (schedule.knob("prefetch_panels", 1) && inGroup > knob("tile_t")) { // a panel is one plane of the weights of tile_c blocks
    const int64_t vectors = productsOf(pipeline.spec()) / (tiles.taps[0] * tiles.taps[1]), plane = vectors * target.lanes();
    pipeline.prefetchPanels(pipeline.spec().root().operands[1],
                            {.streams = knob("tile_c"),
                             .vectors = vectors,
                             .stride = plane * tiles.planes(),
                             .step = target.lanes(),
                             .next = plane,
                             .tiles = ceilDiv(inGroup, knob("tile_t")),
                             .number = {{some.name(), 1}}},
                            products.func.name() + ".s0");
  }
  if (const int64_t cells = schedule.knob("prefetch_cells", 1); cells > 0)
    pipeline.prefetchCells(data, cells * padded(inGroup) * target.lanes());
  if (const int64_t ahead = schedule.knob("prefetch_tiles", 3), step = m * target.lanes(); ahead > 0)
    pipeline.prefetchVectors(pipeline.spec().root().operands[0], ahead * step, data, d[1], step);
  if (schedule.knob("prefetch_results", 1))
    pipeline.prefetchEpilogue("half", m * target.lanes());
}

} // namespace

extern const Template Conv2D_winograd_cpu;
const Template Conv2D_winograd_cpu = {
    .name = "conv2d.winograd",
    .stem = "Conv2D",
    .knobs = knobs,
    .illegal = illegalWinograd,
    .defaultFor = defaultWinograd,
    .space = winogradSpace,
    .packed = packed,
    .apply = apply,
    .leastRows = cpu::anyRows,
    .define = winogradConvolution,
    .scratch = scratch,
    .errorBudget = filteringBudget,
    .cycles = cycles,
    .cost = cycles,
    .multiplications = filteringProducts,
};

} // namespace cnnc::kernels
