// Products of f32 on tiles of bf16: the pieces, their error, special values, and every way in which the schedule cuts a result.
#include "lowering/kernels/SplitFloats.h"
#include "test/lowering/kernels/ErrorBudget.h"
#include "test/lowering/kernels/ReferenceEvaluator.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <tuple>

namespace cnnc::kernels::test {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity(), largest = std::numeric_limits<float>::max(), nan = std::numeric_limits<float>::quiet_NaN();

float valueOf(uint16_t half) { return std::bit_cast<float>(static_cast<uint32_t>(half) << 16); }

TEST(SplitFloats, PiecesAddUpToTheNumber) {
  const auto sumOf = [](float value, int64_t count) {
    double sum = 0;
    for (uint16_t piece : piecesOf(value, count))
      sum += valueOf(piece);
    return sum;
  };
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  for (int i = 0; i < 10000; ++i) {
    const auto value = static_cast<float>(normal(random) * std::exp(20 * normal(random)));
    if (!std::isfinite(value) || std::abs(value) < 1e-30f)
      continue;
    EXPECT_LE(std::abs(value - valueOf(piecesOf(value, 2)[0])), std::ldexp(std::abs(value), -8)) << value;
    EXPECT_LE(std::abs(value - sumOf(value, 2)), std::ldexp(std::abs(value), -16)) << value;
    EXPECT_EQ(sumOf(value, 3), value) << "three pieces hold all bits";
  }
  for (int64_t count : {2, 3}) {
    for (float value : {0.0f, -0.0f, 1.0f, -256.0f, 65535.0f, largest, -largest})
      EXPECT_NEAR(sumOf(value, count), value, std::abs(value) * 1e-4) << value;
    for (float value : {infinity, -infinity})
      EXPECT_EQ(sumOf(value, count), value);
    EXPECT_TRUE(std::isfinite(valueOf(piecesOf(largest, count)[0]))) << "what rounds to infinity would leave NaN";
    for (uint32_t bits : {0x7fc00000u, 0x7fffffffu, 0xffffffffu, 0x7f800001u})
      EXPECT_TRUE(std::isnan(sumOf(std::bit_cast<float>(bits), count))) << bits;
  }
}

TEST(SplitFloats, TilesHoldPairsOfInputChannels) {
  for (int64_t pieces : {2, 3}) {
    const size_t tile = kSplitInputs * kSplitOutputs, part = splitRows(pieces) * kSplitOutputs;
    std::vector<float> numbers(2 * part);
    for (size_t i = 0; i < numbers.size(); ++i)
      numbers[i] = static_cast<float>(i) * 1.001f;
    const std::vector<float> before = numbers;
    splitTiles(numbers, pieces);
    const auto *held = reinterpret_cast<const uint16_t *>(numbers.data()) + pieces * tile;
    for (size_t k : {0, 1, 2, 31})
      for (size_t n : {0, 1, 15})
        for (int64_t piece = 0; piece < pieces; ++piece)
          EXPECT_EQ(held[piece * tile + (k % 16 * kSplitOutputs + n) * 2 + k / 16], piecesOf(before[part + k * kSplitOutputs + n], pieces)[piece])
              << k << " " << n << " " << piece;
  }
}

/// With the accuracy at which numbers are split into so many pieces.
KernelSpec convolution(int64_t pieces, const Shape &x, int64_t outputs, const Target &target, Halo halo = {1, 1, 1, 1}, Halo outHalo = {},
                       const Window &window = {}) {
  KernelSpec spec = convolution(x, outputs, target, halo, outHalo, window);
  spec.accuracy = pieces == 2 ? Accuracy::fast : Accuracy::standard;
  return spec;
}

Schedule split(int64_t pieces, std::map<std::string, int64_t> knobs) {
  knobs["pieces"] = pieces;
  return {"conv2d.bf16", std::move(knobs)};
}

/// Both numbers of pieces, of weights that are packed so or split in the kernel.
class Bf16 : public testing::TestWithParam<std::tuple<int64_t, int64_t>>, protected Drawing {
protected:
  const Target target = targetAmx();
  const int64_t pieces = std::get<0>(GetParam()), packed = std::get<1>(GetParam());
  Schedule cut(std::map<std::string, int64_t> knobs) const {
    knobs["packed"] = packed;
    return split(pieces, std::move(knobs));
  }
  void SetUp() override {
    if (!canRun(target))
      GTEST_SKIP() << "this machine has no tiles of bf16 (AMX)";
  }
};

TEST_P(Bf16, KeepsItsBudgetOnOrdinaryAndHostileRanges) {
  for (const Range &range : ordinaryAndHostileRanges(random)) {
    expectBudget(convolution(pieces, {1, 96, 20, 20}, 32, target), {cut({{"rows", 5}, {"tile_x", 20}, {"tile_y", 2}, {"tile_c", 2}})}, target, range);
    expectBudget(convolution(pieces, {1, 1024, 7, 7}, 32, target, {}, {}, {.kernel = {1, 1}}), {cut({{"flatten", 1}, {"columns", 49}, {"tile_x", 25}})}, target,
                 range);
  }
}

TEST_P(Bf16, CutsAnyResult) {
  const Window windows[] = {{.kernel = {1, 1}},
                            {.kernel = {3, 3}},
                            {.kernel = {1, 1}, .stride = {2, 2}},
                            {.kernel = {3, 3}, .stride = {2, 2}},
                            {.kernel = {5, 5}, .stride = {3, 2}},
                            {.kernel = {3, 3}, .dilation = {2, 3}},
                            {.kernel = {3, 2}, .stride = {2, 1}, .dilation = {2, 2}},
                            {.kernel = {1, 7}},
                            {.kernel = {7, 1}, .stride = {1, 2}}};
  int number = 0, tested = 0;
  for (const Window &window : windows)
    for (const Shape &x : {Shape{3, 20, 9, 7}, Shape{1, 33, 5, 14}, Shape{2, 80, 1, 3}, Shape{1, 16, 14, 26}, Shape{2, 64, 16, 40}})
      for (Halo halo : {Halo{0, 0, 0, 0}, Halo{1, 1, 1, 1}, Halo{4, 3, 3, 4}}) {
        ++number;
        const bool flat = window.kernel == Shape{1, 1} && window.stride == Shape{1, 1} && halo == Halo{};
        const KernelSpec spec = convolution(pieces, x, number % 3 == 0 ? 16 : number % 3 == 1 ? 40 : 64, target, halo, flat ? halo : Halo{2, 1, 3, 2}, window);
        const int64_t height = spec.output().shape[2], width = spec.output().shape[3];
        const std::vector<Elements> inputs = filled(spec, bell, bell);
        const double size = norm(evaluate(spec, inputs));
        int built = 0;
        for (int64_t rows : {int64_t(1), int64_t(3), height})
          for (int64_t tileY : {1, 2})
            for (int64_t tileX : {width, (width + 1) / 2, int64_t(5)})
              for (int64_t tileC : {1, 2, 3})
                for (int64_t order : {0, 1, 2}) {
                  std::map<std::string, int64_t> knobs = {{"tile_x", tileX}, {"tile_c", tileC}, {"order", order}};
                  if (flat)
                    knobs["flatten"] = 1, knobs["columns"] = std::min(rows * width + 2, width * height);
                  else
                    knobs["rows"] = rows, knobs["tile_y"] = tileY;
                  if (order == 2)
                    knobs["tile_x"] = flat ? knobs["columns"] : width, knobs["tile_y"] = flat ? 1 : rows, knobs["chunk"] = 1;
                  const Schedule schedule = cut(knobs);
                  if (illegal(spec, schedule, target) || (++built + number) % 97 != 0)
                    continue;
                  ++tested;

                  EXPECT_LE(errorOf(spec, schedule, target, inputs, 1 + built % 2), errorBudget(spec, schedule) * size)
                      << toString(schedule) << " of " << hashOf(spec) << " " << number;
                }
        EXPECT_GE(built, 4) << number;
      }
  EXPECT_GE(tested, 55);
}

TEST_P(Bf16, GivesTheSameBitsForAnyNumberOfThreads) {
  const KernelSpec spec = convolution(pieces, {1, 64, 28, 28}, 64, target);
  for (int64_t order : {0, 1, 2})
    expectSameBits(spec, cut({{"rows", 4}, {"tile_x", 28}, {"tile_y", order == 2 ? 4 : 1}, {"tile_c", 2}, {"order", order}, {"chunk", order / 2}}), target,
                   filled(spec, bell, bell));
}

TEST_P(Bf16, IsExactWhereTheFirstPiecesHoldTheNumbers) {
  std::uniform_int_distribution<int> small(-128, 128);
  const Draw integer = [&] { return small(random); };
  const KernelSpec spec = convolution(pieces, {1, 40, 9, 11}, 48, target), whole = convolution(pieces, {1, 64, 14, 14}, 64, target);
  EXPECT_EQ(errorOf(spec, cut({{"rows", 3}, {"tile_x", 11}, {"tile_y", 2}, {"tile_c", 2}}), target, filled(spec, integer, integer)), 0);
  EXPECT_EQ(errorOf(whole, cut({{"rows", 14}, {"tile_x", 14}, {"tile_y", 2}, {"tile_c", 2}, {"order", 1}}), target, filled(whole, integer, integer)), 0);
}

TEST_P(Bf16, KeepsSpecialValuesWhereTheyAre) {
  const KernelSpec spec = convolution(pieces, {1, 32, 6, 6}, 16, target);
  std::vector<Elements> ordinary = filled(spec, bell, [&] { return 1 + std::abs(normal(random)); });
  for (double &bias : ordinary.back())
    bias = 0;
  std::vector<Elements> cells = ordinary, weights = ordinary;
  cells[0][0] = infinity, cells[0][5] = -infinity, cells[0][30] = nan, cells[0][35] = largest;
  const auto centre = [](int64_t output, int64_t input) { return (output * 32 + input) * 9 + 4; }; // meets no padding
  weights[1][centre(1, 3)] = infinity, weights[1][centre(2, 31)] = nan, weights[1][centre(3, 16)] = -infinity;
  const Schedule schedule = cut({{"rows", 6}, {"tile_x", 6}, {"tile_y", 6}});
  auto object = build(spec, schedule, target);
  ASSERT_TRUE(object) << object.error();
  const LoadedKernels kernels({*object});
  for (const std::vector<Elements> &inputs : {cells, weights}) {
    Call call(spec, packedLayouts(spec, schedule, target), inputs);
    ASSERT_EQ(call(kernels.entry(object->symbol)), 0);
    std::string complaint;
    const Elements got = unpack(spec.output(), call.output(), complaint), want = evaluate(spec, inputs);
    for (size_t k = 0; k < want.size(); ++k)
      if (std::isnan(want[k]))
        EXPECT_TRUE(std::isnan(got[k])) << k;
      else if (std::abs(want[k]) >= largest)
        EXPECT_EQ(got[k], want[k] > 0 ? infinity : -infinity) << k;
      else
        EXPECT_NEAR(got[k], want[k], 2e-3 * (1 + std::abs(want[k]))) << k;
  }
}

INSTANTIATE_TEST_SUITE_P(Pieces, Bf16, testing::Combine(testing::Values(2, 3), testing::Values(0, 1)));

/// A transposed convolution whose windows of size `stride` lie side by side, with the accuracy at which numbers are split into so many pieces.
KernelSpec transposed(int64_t pieces, const Shape &x, int64_t outputs, const Shape &stride, const Target &target, Halo halo = {}, Halo outHalo = {}) {
  Region region;
  region.convTranspose2d(region.input(x, target.lanes(), halo), {.outputs = outputs, .kernel = stride, .stride = stride, .bias = true});
  KernelSpec spec = region.finish(target.lanes(), outHalo);
  spec.accuracy = pieces == 2 ? Accuracy::fast : Accuracy::standard;
  return spec;
}

class TransposedBf16 : public testing::TestWithParam<int64_t>, protected Drawing {
protected:
  const Target target = targetAmx();
  Schedule cut(int64_t rows) const { return {"conv_transpose2d.bf16", {{"pieces", GetParam()}, {"rows", rows}}}; }
  void SetUp() override {
    if (!canRun(target))
      GTEST_SKIP() << "this machine has no tiles of bf16 (AMX)";
  }
};

TEST_P(TransposedBf16, KeepsItsBudgetOnOrdinaryAndHostileRanges) {
  for (const Range &range : ordinaryAndHostileRanges(random))
    expectBudget(transposed(GetParam(), {1, 256, 14, 14}, 32, {2, 2}, target), {cut(14), cut(5)}, target, range);
}

TEST_P(TransposedBf16, CutsAnyResult) {
  int number = 0;
  for (const Shape &x : {Shape{3, 20, 9, 7}, Shape{1, 33, 5, 14}, Shape{2, 80, 1, 3}, Shape{1, 16, 14, 26}, Shape{2, 64, 16, 1}})
    for (const Shape &stride : {Shape{2, 2}, Shape{3, 1}, Shape{1, 4}}) {
      const bool halos = ++number % 2 == 0;
      const KernelSpec spec =
          transposed(GetParam(), x, number % 3 == 0 ? 16 : 40, stride, target, halos ? Halo{1, 2, 0, 1} : Halo{}, halos ? Halo{2, 1, 3, 2} : Halo{});
      const std::vector<Elements> inputs = filled(spec, bell, bell);
      const double size = norm(evaluate(spec, inputs));
      for (int64_t rows : {int64_t(1), (x[2] + 1) / 2, x[2]})
        EXPECT_LE(errorOf(spec, cut(rows), target, inputs, 1 + number % 2), errorBudget(spec, cut(rows)) * size) << rows << " rows of " << hashOf(spec);
    }
}

TEST_P(TransposedBf16, IsExactWhereTheFirstPiecesHoldTheNumbers) {
  std::uniform_int_distribution<int> small(-128, 128);
  const Draw integer = [&] { return small(random); };
  const KernelSpec spec = transposed(GetParam(), {2, 40, 9, 11}, 48, {2, 2}, target);
  EXPECT_EQ(errorOf(spec, cut(4), target, filled(spec, integer, integer)), 0);
}

TEST_P(TransposedBf16, GivesTheSameBitsForAnyNumberOfThreads) {
  const KernelSpec spec = transposed(GetParam(), {3, 64, 14, 14}, 64, {2, 2}, target);
  expectSameBits(spec, cut(5), target, filled(spec, bell, bell));
}

INSTANTIATE_TEST_SUITE_P(Pieces, TransposedBf16, testing::Values(2, 3));

TEST(TransposedBf16Schedule, IsChosenWhereItsModelIsFaster) {
  const Target target = targetAmx();
  const KernelSpec spec = transposed(3, {100, 256, 14, 14}, 256, {2, 2}, target);
  EXPECT_EQ(defaultFor(spec, target).name, "conv_transpose2d.bf16");
  EXPECT_EQ(defaultFor(spec, targetV4()).name, "conv_transpose2d.tiles");
  KernelSpec strict = spec;
  strict.accuracy = Accuracy::strict;
  EXPECT_EQ(defaultFor(strict, target).name, "conv_transpose2d.tiles");
}

TEST(TransposedBf16Schedule, NamesWhatItCannotBuild) {
  const Target target = targetAmx();
  const auto reason = [&](const KernelSpec &spec, std::map<std::string, int64_t> knobs) {
    return illegal(spec, {"conv_transpose2d.bf16", std::move(knobs)}, target).value_or("legal");
  };
  const KernelSpec spec = transposed(3, {1, 64, 14, 14}, 32, {2, 2}, target);
  EXPECT_EQ(reason(spec, {{"pieces", 3}, {"rows", 14}}), "legal");
  EXPECT_EQ(reason(spec, {{"pieces", 3}, {"rows", 15}}), "rows is outside 1..14");
  EXPECT_EQ(reason(spec, {{"pieces", 2}, {"rows", 14}}), "only fast accuracy multiplies pairs of bf16");
  EXPECT_EQ(reason(spec, {{"pieces", 3}, {"rows", 0}}), "rows is outside 1..14");
  EXPECT_EQ(reason(transposed(3, {1, 1024, 64, 256}, 1024, {2, 2}, target), {{"pieces", 3}, {"rows", 64}}), "a strip needs more than 64 MiB");
  Region region;
  region.convTranspose2d(region.input({1, 64, 14, 14}, target.lanes()), {.outputs = 32, .kernel = {3, 3}, .stride = {2, 2}});
  EXPECT_EQ(reason(region.finish(target.lanes()), {{"pieces", 3}, {"rows", 14}}), "the windows do not lie side by side");
  EXPECT_EQ(illegal(spec, {"conv_transpose2d.bf16", {{"pieces", 3}, {"rows", 14}}}, targetV4()), "the target has no amx-bf16");
}

TEST(Bf16Schedule, NamesWhatItCannotBuild) {
  const auto reason = [](const KernelSpec &spec, const Target &target, std::map<std::string, int64_t> knobs, int64_t pieces = 2) {
    return illegal(spec, split(pieces, std::move(knobs)), target).value_or("legal");
  };
  const Target target = targetAmx();
  KernelSpec spec = convolution(2, {1, 64, 14, 14}, 96, target);
  EXPECT_EQ(reason(spec, target, {{"tile_x", 14}, {"tile_y", 2}, {"rows", 2}}), "legal");
  EXPECT_EQ(reason(spec, targetV4(), {{"tile_x", 14}}), "the target has no amx-bf16");
  EXPECT_EQ(reason(spec, target, {{"tile_x", 14}, {"flatten", 1}}), "an input has a halo");
  EXPECT_EQ(reason(spec, target, {{"tile_x", 14}, {"packed", 2}}), "packed is neither 0 nor 1");
  EXPECT_EQ(reason(spec, target, {{"tile_x", 14}, {"packed", 1}}), "legal");
  EXPECT_EQ(reason(spec, target, {{"tile_x", 15}}), "tile_x is outside 1..14");
  EXPECT_EQ(reason(spec, target, {{"tile_x", 14}, {"rows", 14}, {"tile_y", 14}, {"tile_c", 5}}), "the sums of a tile need more than 16 KiB of stack");
  EXPECT_EQ(reason(spec, target, {{"tile_x", 14}, {"tile_c", 4}, {"order", 1}}), "the tiles do not divide the blocks of channels, which are tasks");
  EXPECT_EQ(reason(convolution(2, {1, 64, 14, 14}, 64, target, {}, {}, {.groups = 2}), target, {{"tile_x", 14}}), "the channels are in groups");
  EXPECT_EQ(reason(spec, target, {{"tile_x", 14}, {"order", 3}}), "order is none of 0 (strips are tasks), 1 (blocks of channels are) and 2 (both)");
  EXPECT_EQ(reason(spec, target, {{"tile_x", 14}, {"chunk", 1}}), "only tasks of order 2 have chunks");
  EXPECT_EQ(reason(spec, target, {{"tile_x", 14}, {"rows", 2}, {"order", 2}}), "the tiles are not the strips, which are summed whole");
  EXPECT_EQ(reason(spec, target, {{"tile_x", 14}, {"order", 2}, {"chunk", 3}}), "the chunks do not divide the input channels");
  EXPECT_EQ(reason(spec, target, {{"tile_x", 14}, {"order", 2}, {"chunk", 1}}), "legal");
  EXPECT_EQ(reason(spec, target, {{"tile_x", 14}}, 1), "pieces is neither 2 nor 3");
  EXPECT_EQ(reason(spec, target, {{"tile_x", 14}}, 3), "legal");
  spec.accuracy = Accuracy::standard;
  EXPECT_EQ(reason(spec, target, {{"tile_x", 14}}, 3), "legal");
  EXPECT_EQ(reason(spec, target, {{"tile_x", 14}}), "only fast accuracy multiplies pairs of bf16");
  spec.accuracy = Accuracy::strict;
  EXPECT_EQ(reason(spec, target, {{"tile_x", 14}}, 3), "strict accuracy asks for plain sums");
}

} // namespace
} // namespace cnnc::kernels::test
