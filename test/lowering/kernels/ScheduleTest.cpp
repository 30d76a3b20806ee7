// Choice and legality of schedules as data; no code is generated here.
#include "lowering/kernels/Registry.h"
#include "test/lowering/kernels/Cases.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace cnnc::kernels::test {
namespace {

using testing::Test;

KernelSpec convolution(Shape x, const Region::Conv &conv, const Target &target, Halo halo = {}) {
  Region region;
  region.conv2d(region.input(std::move(x), target.lanes(), halo), conv);
  return region.finish(target.lanes());
}

/// Computed by plain sums.
KernelSpec threeByThree(const Target &target, int64_t channels, int64_t size) {
  KernelSpec spec = convolution({1, channels, size, size}, {.outputs = channels, .kernel = {3, 3}, .pad = {1, 1, 1, 1}}, target, {1, 1, 1, 1});
  spec.accuracy = Accuracy::strict;
  return spec;
}

TEST(DefaultSchedule, DividesTheRowsOfResNet) {
  for (auto [channels, size, tile] : {std::array<int64_t, 3>{64, 56, 14}, {128, 28, 14}, {256, 14, 14}, {512, 7, 7}}) {
    const Schedule schedule = defaultFor(threeByThree(targetV4(), channels, size), targetV4());
    EXPECT_EQ(schedule.name, "conv2d.direct");
    EXPECT_EQ(schedule.knob("tile_c"), 2) << toString(schedule);
    EXPECT_EQ(schedule.knob("tile_x"), tile) << toString(schedule);
  }
}

TEST(DefaultSchedule, FitsTheRegistersOfEachTarget) {
  for (const Target &target : {targetV2(), targetV3(), targetV4()})
    for (const Case &test : casesOf("Conv2D", target)) {
      const Schedule schedule = defaultFor(test.spec, target);
      const int64_t tileC = schedule.knob("tile_c", 1), cells = schedule.knob("tile_x", 1) * schedule.knob("tile_y", 1) * schedule.knob("tile_t", 1);
      EXPECT_LE(tileC * cells, target.vectorRegisters - 2) << test.name << ": " << toString(schedule);
      if (schedule.knobs.contains("tile_c")) { // weights, a cell, and with one block the product before it is added
        EXPECT_LE(tileC * cells + tileC + (tileC == 1 ? 2 : 1), target.vectorRegisters) << test.name << ": " << toString(schedule);
      }
    }
}

TEST(DefaultSchedule, TakesTheFirstLegalTemplate) {
  const Target target = targetV4();
  EXPECT_EQ(defaultFor(convolution({1, 32, 7, 7}, {.outputs = 32, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = 32}, target), target).name,
            "conv2d.depthwise");
  EXPECT_EQ(defaultFor(convolution({1, 32, 7, 7}, {.outputs = 64, .groups = 2}, target), target).name, "conv2d.direct");
  EXPECT_EQ(defaultFor(convolution({1, 8, 7, 7}, {.outputs = 8, .groups = 2}, target), target).name, "conv2d.grouped");
  EXPECT_EQ(defaultFor(convolution({1, 6, 7, 7}, {.outputs = 6, .groups = 2}, target), target).name, "conv2d.generic");
}

TEST(DefaultSchedule, SumsInChunksWhereInputsFitNoCache) {
  const Target target = targetV4();
  auto pointwise = [&](int64_t inputs, int64_t outputs, int64_t size, int64_t stride = 1) {
    return convolution({1, inputs, size, size}, {.outputs = outputs, .kernel = {1, 1}, .stride = {stride, stride}}, target);
  };
  for (auto [inputs, outputs, size] : {std::array<int64_t, 3>{4032, 672, 11}, {2016, 336, 21}, {1056, 336, 42}}) {
    const KernelSpec spec = pointwise(inputs, outputs, size);
    const Schedule schedule = defaultFor(spec, target);
    EXPECT_EQ(schedule.name, "conv2d.chunked") << inputs;
    EXPECT_GE(schedule.knob("chunk"), 2) << toString(schedule);
    const Scratch scratch = scratchOf(spec, schedule);
    EXPECT_LE(scratch.shared + scratch.task, target.l2Bytes / 2) << toString(schedule);
  }
  for (const KernelSpec &spec :
       {pointwise(672, 672, 11), pointwise(2048, 512, 7), pointwise(256, 64, 56), pointwise(1056, 168, 42), pointwise(4032, 672, 11, 2)})
    EXPECT_EQ(defaultFor(spec, target).name, "conv2d.direct");
}

TEST(ChunkedSchedule, NamesWhatIsIllegal) {
  const Target target = targetV4();
  const KernelSpec spec = convolution({1, 2016, 21, 21}, {.outputs = 336}, target);
  auto why = [&](std::map<std::string, int64_t> knobs) {
    Schedule schedule = {"conv2d.chunked", {{"tile_c", 3}, {"tile_x", 7}, {"tile_y", 1}, {"rows", 7}, {"panels", 7}, {"chunk", 5}}};
    for (const auto &[knob, value] : knobs)
      schedule.knobs[knob] = value;
    return illegal(spec, schedule, target).value_or("");
  };
  EXPECT_EQ(why({}), "");
  EXPECT_EQ(why({{"chunk", 0}}), "sums over all input channels at once are estimated to be faster");
  EXPECT_EQ(why({{"chunk", 127}}), "chunk is outside 1..126");
  EXPECT_EQ(why({{"tile_x", 8}}), "the tiles do not divide the rows of a task");
  EXPECT_EQ(why({{"tile_y", 2}, {"tile_x", 3}}), "the tiles do not divide the rows of a task");
  EXPECT_EQ(why({{"panels", 8}}), "the panels are more than the blocks of channels");
  EXPECT_EQ(why({{"tile_c", 6}, {"panels", 1}}), "the accumulators need more registers than there are");
  EXPECT_EQ(illegal(convolution({1, 64, 8, 8}, {.outputs = 64, .groups = 2}, target), {"conv2d.chunked", {{"chunk", 1}}}, target),
            "the channels are in groups");
}

TEST(DefaultSchedule, OfADenseLayerDependsOnItsRows) {
  const Target target = targetV4();
  auto chosen = [&](int64_t rows, int64_t inputs, int64_t outputs) {
    Region region;
    region.dense(region.input({rows, inputs}), outputs);
    return defaultFor(region.finish(), target);
  };
  EXPECT_EQ(chosen(1, 1024, 1024).name, "dense.rows");
  EXPECT_EQ(chosen(4, 1024, 1024).name, "dense.rows");
  EXPECT_EQ(rowsAtOnce(target), 14);
  for (int64_t rows : {8, 14}) {
    EXPECT_EQ(chosen(rows, 1024, 1024).name, "dense.rows");
    EXPECT_EQ(chosen(rows, 1024, 1024).knob("tile_n"), rows);
    EXPECT_EQ(chosen(rows, 1024, 1024).knob("tile_o"), 2);
  }
  EXPECT_EQ(chosen(15, 1024, 1024).name, "dense.gemm");
  const Schedule head = chosen(1000, 12544, 1024);
  EXPECT_EQ(head.name, "dense.gemm");
  EXPECT_EQ(head.knob("tile_n") * head.knob("tile_o"), 28) << toString(head);
  EXPECT_EQ(12544 % head.knob("chunk"), 0) << toString(head);
  EXPECT_LE(head.knob("chunk") * head.knob("tile_n") * 4, target.l1Bytes / 2) << toString(head);
  EXPECT_LE(head.knob("chunk") * head.knob("panels") * head.knob("tile_o") * 64, target.l2Bytes / 2) << toString(head);
}

TEST(DefaultSchedule, LeavesNoThreadIdle) {
  const Target target = targetV4();
  const Schedule schedule = defaultFor(threeByThree(target, 512, 7), target);
  const int64_t units = 512 / 16 / schedule.knob("tile_c") * 7, tasks = (units + schedule.knob("grain") - 1) / schedule.knob("grain");
  EXPECT_GE(tasks, 2 * target.threads);
  EXPECT_LE((tasks + 1) / 2 * schedule.knob("grain") * 2, units * 11 / 10);
}

TEST(DefaultSchedule, IsLegalAndFirstInItsSpaceForEveryCase) {
  for (const Target &target : {targetV2(), targetV3(), targetV4()})
    for (const Algorithm *algorithm : algorithms())
      for (const Case &test : casesOf(algorithm->stem, target)) {
        const Schedule schedule = defaultFor(test.spec, target);
        EXPECT_EQ(illegal(test.spec, schedule, target), std::nullopt) << test.name;
        const std::vector<Schedule> candidates = space(test.spec, target);
        ASSERT_FALSE(candidates.empty()) << test.name;
        EXPECT_EQ(candidates.front(), schedule) << test.name;
        EXPECT_EQ(std::set<std::string>([&] {
                    std::set<std::string> names;
                    for (const Schedule &candidate : candidates)
                      names.insert(toString(candidate));
                    return names;
                  }())
                      .size(),
                  candidates.size())
            << test.name;
      }
}

TEST(Legality, NamesTheReason) {
  const Target target = targetV4();
  const KernelSpec spec = threeByThree(target, 64, 14);
  auto reason = [&](std::map<std::string, int64_t> knobs, const std::string &name = "conv2d.direct") {
    return illegal(spec, {name, std::move(knobs)}, target).value_or("legal");
  };
  EXPECT_EQ(reason({{"tile_c", 2}, {"tile_x", 14}}), "legal");
  EXPECT_EQ(reason({{"tile_c", 5}}), "tile_c is outside 1..4");
  EXPECT_EQ(reason({{"tile_x", 0}}), "tile_x is outside 1..14");
  EXPECT_EQ(reason({{"tile_c", 4}, {"tile_x", 14}}), "the accumulators need more registers than there are");
  EXPECT_EQ(reason({{"tile_q", 1}}), "conv2d.direct has no knob 'tile_q'");
  EXPECT_EQ(reason({{"flatten", 1}}), "an input has a halo");
  EXPECT_EQ(reason({}, "conv2d.depthwise"), "the convolution is not depthwise");
  EXPECT_EQ(reason({}, "dense.rows"), "dense.rows does not compute conv2d");
  EXPECT_EQ(reason({}, "conv2d.magic"), "unknown schedule 'conv2d.magic'");

  Region region;
  region.dense(region.input({20, 5000}), 100);
  const KernelSpec dense = region.finish();
  auto gemm = [&](std::map<std::string, int64_t> knobs) { return illegal(dense, {"dense.gemm", std::move(knobs)}, target).value_or("legal"); };
  EXPECT_EQ(gemm({{"tile_n", 14}, {"tile_o", 2}, {"chunk", 256}}), "legal");
  EXPECT_EQ(gemm({{"tile_n", 21}}), "tile_n is outside 1..20");
  EXPECT_EQ(gemm({{"tile_n", 16}, {"tile_o", 2}}), "the accumulators need more registers than there are");
  EXPECT_EQ(gemm({{"tile_n", 14}, {"chunk", 512}}), "the copy of a row tile is too large for the stack");
}

TEST(Unsupported, NamesTheReason) {
  const Target target = targetV3();
  auto reason = [&](const KernelSpec &spec) { return unsupported(spec, target).value_or("supported"); };

  Region unknown;
  unknown.unary("warp", unknown.input({1, 2}));
  EXPECT_EQ(reason(unknown.finish()), "no kernel computes 'warp'");

  Region twice;
  const int x = twice.input({1, 8, 5, 5}, 8);
  twice.conv2d(twice.conv2d(x, {.outputs = 8}), {.outputs = 8});
  EXPECT_EQ(reason(twice.finish(8)), "conv2d.strips: the root does not read a depthwise convolution");

  Region beside;
  const int beside_x = beside.input({1, 8, 5, 5}, 8);
  beside.conv2d(beside_x, {.outputs = 8});
  beside.conv2d(beside_x, {.outputs = 8});
  EXPECT_EQ(reason(beside.finish(8)), "conv2d: a second reduction after conv2d that does not read its result; give it a kernel of its own");

  Region skipping; // what a strip holds is gone when the root is finished
  const int strip = skipping.conv2d(skipping.input({1, 8, 5, 5}, 8), {.outputs = 8, .groups = 8});
  skipping.add(skipping.conv2d(strip, {.outputs = 8}), strip);
  EXPECT_EQ(reason(skipping.finish(8)), "add: reads what only the producers of conv2d see");

  Region before;
  before.conv2d(before.unary("relu", before.input({1, 8, 5, 5}, 8)), {.outputs = 8});
  EXPECT_EQ(reason(before.finish(8)), "conv2d: operand 0 must be an input of the region");

  KernelSpec spec = threeByThree(target, 8, 2);
  spec.ops[0].attributes["pad"] = Shape{0, 0, 0, 0};
  EXPECT_EQ(reason(spec), "conv2d: the kernel is larger than the padded input");
  spec.ops[0].attributes.erase("pad");
  EXPECT_EQ(reason(spec), "conv2d: attribute 'pad' is missing");
  spec = threeByThree(target, 8, 2);
  spec.inputs[1].shape[2] = 5;
  EXPECT_EQ(reason(spec), "conv2d: operand 1 has shape [8, 8, 5, 3], expected [8, 8, 3, 3]");
  spec = threeByThree(target, 8, 2);
  spec.ops[0].operands[0] = 9;
  EXPECT_EQ(reason(spec), "conv2d: operand 9 is not defined before the op");
  EXPECT_EQ(reason(KernelSpec{}), "the region is empty");

  Region empty;
  empty.unary("relu", empty.input({0, 3}));
  EXPECT_EQ(reason(empty.finish()), "an input has no elements");

  Region pooled; // D011: a window without data
  pooled.pool("max_pool", pooled.input({1, 1, 1, 5}), {1, 2}, {1, 2}, {0, 2, 0, 3});
  EXPECT_EQ(reason(pooled.finish()), "max_pool: a window lies wholly in the padding");

  Region reflected; // D005 (c)
  reflected.op("pad", {{"pad", Shape{0, 2, 0, 0}}, {"mode", std::string("reflect")}, {"value", 0.0}}, {reflected.input({1, 1, 1, 2})}, {1, 1, 1, 4});
  EXPECT_EQ(reason(reflected.finish()), "pad: a reflection is wider than the axis");
}

KernelSpec separable(const Target &target, int64_t inputs, int64_t outputs, int64_t size) {
  Region region;
  const int x = region.input({1, inputs, size, size}, target.lanes(), {1, 1, 1, 1});
  const int strip = region.unary("relu", region.conv2d(x, {.outputs = inputs, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = inputs}));
  region.layout(strip, target.lanes());
  region.conv2d(strip, {.outputs = outputs, .bias = true});
  return region.finish(target.lanes());
}

TEST(StripSchedule, KeepsAStripInL2AndLeavesNoThreadIdle) {
  for (const Target &target : {targetV3(), targetV4()})
    for (auto [inputs, outputs, size] : {std::array<int64_t, 3>{32, 64, 112}, {128, 128, 56}, {512, 512, 14}, {1024, 1024, 7}}) {
      const KernelSpec spec = separable(target, inputs, outputs, size);
      const Schedule schedule = defaultFor(spec, target);
      EXPECT_EQ(schedule.name, "conv2d.strips");
      EXPECT_GE((size + schedule.knob("rows") - 1) / schedule.knob("rows"), target.threads) << toString(schedule);
      const Scratch scratch = scratchOf(spec, schedule);
      EXPECT_EQ(scratch.task, inputs * schedule.knob("rows") * size * 4) << toString(schedule);
      EXPECT_LE(scratch.task, target.l2Bytes / 2) << toString(schedule);
    }
}

TEST(StripSchedule, NamesWhatIsIllegal) {
  const Target target = targetV3();
  const KernelSpec spec = separable(target, 32, 64, 14);
  auto reason = [&](std::map<std::string, int64_t> knobs) { return illegal(spec, {"conv2d.strips", std::move(knobs)}, target).value_or("legal"); };
  EXPECT_EQ(reason({{"rows", 4}, {"tile_c", 2}, {"tile_x", 5}, {"window_x", 7}}), "legal");
  EXPECT_EQ(reason({{"rows", 15}}), "rows is outside 1..14");
  EXPECT_EQ(reason({{"rows", 4}, {"tile_y", 3}}), "the tiles do not divide the rows of a task");
  EXPECT_EQ(reason({{"rows", 4}, {"tile_c", 4}, {"tile_x", 5}}), "the accumulators need more registers than there are");
  EXPECT_EQ(illegal(spec, {"conv2d.direct", {}}, target), "conv2d.direct computes a single reduction");
  EXPECT_EQ(illegal(threeByThree(target, 8, 7), {"conv2d.strips", {}}, target), "conv2d.strips computes chains of reductions");
}

TEST(PackedLayout, HoldsTheWeightsOfEveryReduction) {
  const Target target = targetV3();
  const KernelSpec spec = separable(target, 32, 64, 14); // weights: depthwise, pointwise, its bias
  const auto layouts = packedLayouts(spec, defaultFor(spec, target), target);
  EXPECT_EQ(layouts[1], (PackedLayout{{{0, 4, 8}, {1, 1, 1}, {2, 3, 1}, {3, 3, 1}, {1, 1, 1}, {0, 8, 1}}}));
  EXPECT_EQ(layouts[2], (PackedLayout{{{0, 8, 8}, {1, 4, 8}, {2, 1, 1}, {3, 1, 1}, {1, 8, 1}, {0, 8, 1}}}));
  EXPECT_EQ(layouts[3], blockedVector(64, 8));
}

TEST(PackedLayout, FollowsTheInnerLoops) {
  const Target target = targetV4();
  const KernelSpec spec = convolution({1, 20, 7, 7}, {.outputs = 40, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .bias = true}, target);
  const auto layouts = packedLayouts(spec, {"conv2d.direct", {}}, target);
  ASSERT_EQ(layouts.size(), 3u);
  EXPECT_TRUE(layouts[0].dims.empty());
  EXPECT_EQ(layouts[1], (PackedLayout{{{0, 3, 16}, {1, 5, 4}, {2, 3, 1}, {3, 3, 1}, {1, 4, 1}, {0, 16, 1}}}));
  EXPECT_EQ(layouts[2], (PackedLayout{{{0, 3, 16}, {0, 16, 1}}}));
  const PackedLayout filtered = packedLayouts(spec, {"conv2d.winograd", {{"tile", 4}}}, target)[1];
  EXPECT_EQ(filtered, (PackedLayout{{{0, 3, 16}, {2, 6, 1}, {3, 6, 1}, {1, 5, 4}, {1, 4, 1}, {0, 16, 1}}, {4, 4}}));
  EXPECT_EQ(filtered.walkedShape({40, 20, 3, 3}), (std::vector<int64_t>{40, 20, 6, 6}));
}

TEST(ScheduleJson, RoundTrips) {
  const Schedule schedule = {"conv2d.direct", {{"tile_c", 2}, {"tile_x", 14}}};
  Schedule back;
  std::string error;
  ASSERT_TRUE(fromJson(toJson(schedule), back, error)) << error;
  EXPECT_EQ(back, schedule);
  EXPECT_EQ(toString(schedule), "conv2d.direct(tile_c=2, tile_x=14)");
  for (const char *bad : {"[]", R"({"name": 3, "knobs": {}})", R"({"name": "a", "knobs": {"k": "v"}})", R"({"name": "a"})"}) {
    EXPECT_FALSE(fromJson(nlohmann::json::parse(bad), back, error)) << bad;
    EXPECT_FALSE(error.empty()) << bad;
  }
}

} // namespace
} // namespace cnnc::kernels::test
