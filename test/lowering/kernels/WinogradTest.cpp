// Minimal filtering: its matrices, its filters, its error, and every way in which its schedule cuts a result.
#include "lowering/kernels/Registry.h"
#include "test/lowering/kernels/ErrorBudget.h"
#include "test/lowering/kernels/ReferenceEvaluator.h"

#include <gtest/gtest.h>

namespace cnnc::kernels::test {
namespace {

using Matrix = MinimalFilter::Matrix;

std::vector<double> product(const Matrix &matrix, const std::vector<double> &x) {
  std::vector<double> result;
  for (const std::vector<double> &row : matrix) {
    result.push_back(0);
    for (size_t k = 0; k < row.size(); ++k)
      result.back() += row[k] * x[k];
  }
  return result;
}

TEST(MinimalFilter, GivesTheSlidingSumsOfProducts) {
  for (int64_t tile = 2; tile <= 6; ++tile)
    for (int64_t taps = 2; tile + taps <= 8; ++taps) {
      const MinimalFilter f = minimalFilter(tile, taps);
      const auto n = static_cast<size_t>(tile + taps - 1);
      std::vector<double> cells, filter;
      for (size_t k = 0; k < n; ++k)
        cells.push_back(static_cast<double>((k * 7 + 3) % 11) - 5);
      for (int64_t k = 0; k < taps; ++k)
        filter.push_back(static_cast<double>(k * 5 % 7) - 2);
      std::vector<double> products = product(f.data, cells);
      const std::vector<double> transformed = product(f.filter, filter);
      ASSERT_EQ(products.size(), n);
      for (size_t k = 0; k < n; ++k)
        products[k] *= transformed[k];
      const std::vector<double> got = product(f.result, products);
      ASSERT_EQ(got.size(), static_cast<size_t>(tile));
      for (size_t i = 0; i < got.size(); ++i) {
        double want = 0;
        for (size_t k = 0; k < filter.size(); ++k)
          want += filter[k] * cells[i + k];
        EXPECT_NEAR(got[i], want, 1e-9) << "F(" << tile << ", " << taps << "), result " << i;
      }
    }
}

TEST(MinimalFilter, IsThatOfLavinAndGray) {
  const MinimalFilter f = minimalFilter(4, 3);
  EXPECT_EQ(f.data[0], (std::vector<double>{4, 0, -5, 0, 1, 0}));
  EXPECT_EQ(f.data[5], (std::vector<double>{0, 4, 0, -5, 0, 1}));
  EXPECT_EQ(f.filter[5], (std::vector<double>{0, 0, 1}));
  EXPECT_EQ(f.result[3], (std::vector<double>{0, 1, -1, 8, -8, 1}));
}

TEST(TransformFilters, TransformsTheLastTwoDimensions) {
  const std::vector<float> filters = {1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0, 0, 1, 0, 0, 0, 0};
  const std::vector<float> both = transformFilters(filters.data(), false, {1, 2, 3, 3}, {2, 2});
  const Matrix g = minimalFilter(2, 3).filter;
  ASSERT_EQ(both.size(), 32u);
  for (size_t number = 0; number < 2; ++number)
    for (size_t i = 0; i < 4; ++i)
      for (size_t j = 0; j < 4; ++j) {
        double want = 0;
        for (size_t y = 0; y < 3; ++y)
          for (size_t x = 0; x < 3; ++x)
            want += g[i][y] * g[j][x] * filters[9 * number + 3 * y + x];
        EXPECT_FLOAT_EQ(both[16 * number + 4 * i + j], static_cast<float>(want));
      }
  EXPECT_EQ(transformFilters(filters.data(), false, {2, 3, 3}, {1, 1}), filters);
  const std::vector<float> rows = transformFilters(filters.data(), false, {2, 3, 3}, {4, 1});
  ASSERT_EQ(rows.size(), 36u);
  EXPECT_EQ((std::vector<float>{rows[15], rows[16], rows[17]}), (std::vector<float>{7, 8, 9})) << "the last row of a filter is its cells at infinity";
  const std::vector<float> splat = transformFilters(filters.data() + 1, true, {3, 3}, {2, 2});
  EXPECT_EQ(splat[15], 2.0f);
}

/// Windows with one and with two axes of several taps, and the tiles that keep their error budget.
const struct {
  Shape window;
  std::vector<int64_t> tiles;
} filtered[] = {{{3, 3}, {2, 4}}, {{5, 5}, {2}}, {{4, 2}, {2}}, {{1, 7}, {2}}, {{7, 1}, {2}}, {{3, 1}, {2, 4}}, {{1, 5}, {2, 4}}};

Schedule winograd(std::map<std::string, int64_t> knobs) { return {"conv2d.winograd", std::move(knobs)}; }

class Winograd : public testing::Test, protected Drawing {
protected:
  const Target target = canRun(targetV4()) ? targetV4() : targetV3();
  void SetUp() override {
    if (!canRun(target))
      GTEST_SKIP() << "this machine has no AVX2";
  }
};

TEST_F(Winograd, KeepsItsBudgetOnOrdinaryAndHostileRanges) {
  for (const Range &range : ordinaryAndHostileRanges(random))
    for (const auto &[window, tiles] : filtered) {
      const KernelSpec spec = convolution({1, 96, 20, 20}, 32, target, {3, 3, 3, 3}, {}, {.kernel = window});
      std::vector<Schedule> schedules;
      for (int64_t tile : tiles)
        schedules.push_back(winograd({{"tile", tile}, {"rows", 2}, {"tile_c", 2}, {"tile_t", 5}}));
      expectBudget(spec, schedules, target, range);
    }
}

TEST_F(Winograd, CountsItsProducts) {
  const KernelSpec spec = convolution({2, 20, 9, 7}, 40, target);
  EXPECT_EQ(multiplications(spec, winograd({{"tile", 2}})), 2 * (5 * 4) * 16 * 20 * 40);
  EXPECT_EQ(multiplications(spec, winograd({{"tile", 4}})), 2 * (3 * 2) * 36 * 20 * 40);
  EXPECT_EQ(multiplications(spec, {"conv2d.direct", {}}), std::nullopt);
  EXPECT_EQ(multiplications(convolution({2, 20, 9, 7}, 40, target, {}, {}, {.kernel = {5, 5}}), winograd({{"tile", 2}})), 2 * (5 * 4) * 36 * 20 * 40);
  EXPECT_EQ(multiplications(convolution({2, 20, 9, 7}, 40, target, {}, {}, {.kernel = {7, 1}}), winograd({{"tile", 2}})), 2 * (5 * 7) * 8 * 20 * 40);
}

TEST_F(Winograd, CutsAnyResult) {
  std::vector<std::tuple<Shape, Halo, Shape>> cases; // every input and halo with a window of 3 x 3 and with one of the others in turn
  for (const Shape &x : {Shape{3, 20, 9, 7}, Shape{1, 33, 5, 14}, Shape{2, 16, 1, 3}, Shape{1, 16, 14, 26}, Shape{5, 40, 6, 6}})
    for (Halo halo : {Halo{1, 1, 1, 1}, Halo{0, 0, 0, 0}, Halo{2, 1, 3, 2}}) {
      const Shape &other = filtered[1 + cases.size() / 2 % (std::size(filtered) - 1)].window;
      cases.insert(cases.end(), {{x, halo, {3, 3}}, {x, halo, other}});
    }
  for (const auto &[x, halo, window] : cases) {
    const KernelSpec spec = convolution(x, x[1] == 16 ? 16 : 40, target, halo, halo, {.kernel = window});
    const std::vector<Elements> inputs = filled(spec, bell, bell);
    const double size = norm(evaluate(spec, inputs));
    int built = 0;
    for (int64_t tile : {2, 4})
      for (int64_t rows : {1, 2, 3})
        for (int64_t images : {1, 2})
          for (int64_t order : {0, 1})
            for (int64_t tileC : {1, 2}) {
              const Schedule schedule =
                  winograd({{"tile", tile}, {"rows", rows}, {"images", images}, {"order", order}, {"tile_c", tileC}, {"tile_t", 1 + built % 3}});
              if (illegal(spec, schedule, target) || ++built % (window == Shape{3, 3} ? 4 : 2) != 0)
                continue;
              EXPECT_LE(errorOf(spec, schedule, target, inputs, 1 + built % 2), errorBudget(spec, schedule) * size) << toString(schedule);
            }
    EXPECT_GE(built, 2);
  }
}

TEST_F(Winograd, FiltersGroupsOfChannels) {
  const int64_t lanes = target.lanes();
  for (auto [groups, inputs, outputs] : {std::array<int64_t, 3>{3, 1, 1}, {2, 1, 3}, {4, 3, 2}}) { // blocks of channels of a group
    const KernelSpec spec = convolution({2, groups * inputs * lanes, 9, 11}, groups * outputs * lanes, target, {}, {}, {.groups = groups});
    const std::vector<Elements> data = filled(spec, bell, bell);
    const double size = norm(evaluate(spec, data));
    int built = 0;
    for (int64_t tile : {2, 4})
      for (int64_t order : {0, 1, 2})
        for (int64_t tileC : {1, 2, 3}) {
          const Schedule schedule = winograd({{"tile", tile}, {"rows", 2}, {"order", order}, {"tile_c", tileC}, {"tile_t", 4}, {"prefetch_tiles", tileC}});
          if (illegal(spec, schedule, target))
            continue;
          ++built;
          EXPECT_LE(errorOf(spec, schedule, target, data), errorBudget(spec, schedule) * size) << toString(schedule);
        }
    EXPECT_GE(built, 6) << groups << " groups";
    EXPECT_EQ(multiplications(spec, winograd({{"tile", 4}})), 2 * (3 * 3) * 36 * inputs * groups * outputs * lanes * lanes);
  }
}

TEST_F(Winograd, GivesTheSameBitsForAnyNumberOfThreads) {
  const KernelSpec spec = convolution({1, 64, 28, 28}, 64, target);
  for (int64_t order : {0, 1})
    expectSameBits(spec, winograd({{"tile", 4}, {"rows", 2}, {"tile_c", 2}, {"tile_t", 6}, {"order", order}}), target, filled(spec, bell, bell));
}

/// On tiles of bf16.
class WinogradBf16 : public testing::Test, protected Drawing {
protected:
  const Target target = targetAmx();
  static Schedule cut(std::map<std::string, int64_t> knobs) {
    knobs.insert({"pieces", 3});
    return {"conv2d.winograd_bf16", std::move(knobs)};
  }
  void SetUp() override {
    if (!canRun(target))
      GTEST_SKIP() << "this machine has no tiles of bf16 (AMX)";
  }
};

TEST_F(WinogradBf16, KeepsItsBudgetOnOrdinaryAndHostileRanges) {
  for (const Range &range : ordinaryAndHostileRanges(random))
    for (const auto &[window, tiles] : filtered) {
      const KernelSpec spec = convolution({1, 96, 20, 20}, 32, target, {3, 3, 3, 3}, {}, {.kernel = window});
      std::vector<Schedule> schedules;
      for (int64_t tile : tiles)
        schedules.push_back(cut({{"tile", tile}, {"rows", 2}, {"tile_c", 2}}));
      expectBudget(spec, schedules, target, range);
    }
}

TEST_F(WinogradBf16, CutsAnyResult) {
  int number = 0;
  for (const Shape &x : {Shape{3, 32, 9, 7}, Shape{1, 64, 5, 14}, Shape{1, 32, 14, 66}, Shape{5, 96, 6, 6}})
    for (Halo halo : {Halo{1, 1, 1, 1}, Halo{0, 0, 0, 0}, Halo{2, 1, 3, 2}})
      for (const Shape &window : {Shape{3, 3}, filtered[1 + number++ % (std::size(filtered) - 1)].window}) {
        const KernelSpec spec = convolution(x, 40, target, halo, halo, {.kernel = window});
        const std::vector<Elements> inputs = filled(spec, bell, bell);
        const double size = norm(evaluate(spec, inputs));
        int built = 0;
        for (int64_t tile : {2, 4})
          for (int64_t rows : {1, 2, 3})
            for (int64_t images : {1, 2})
              for (int64_t tileC : {1, 2, 3}) {
                const Schedule schedule = cut({{"tile", tile}, {"rows", rows}, {"images", images}, {"tile_c", tileC}});
                if (illegal(spec, schedule, target) || ++built % 5 != number % 3)
                  continue;
                EXPECT_LE(errorOf(spec, schedule, target, inputs, 1 + built % 2), errorBudget(spec, schedule) * size)
                    << toString(schedule) << " of " << hashOf(spec);
              }
        EXPECT_GE(built, 3) << hashOf(spec);
      }
}

TEST_F(WinogradBf16, AddsNoMoreErrorThanFilteringItself) {
  const KernelSpec spec = convolution({1, 256, 24, 24}, 64, target);
  const std::vector<Elements> inputs = filled(spec, bell, bell);
  const Schedule plain = winograd({{"tile", 4}, {"rows", 3}, {"tile_c", 2}, {"tile_t", 6}});
  const double filtering = errorOf(spec, plain, target, inputs), split = errorOf(spec, cut({{"tile", 4}, {"rows", 3}, {"tile_c", 4}}), target, inputs);
  EXPECT_LE(split, 1.5 * filtering);
}

TEST_F(WinogradBf16, GivesTheSameBitsForAnyNumberOfThreads) {
  const KernelSpec spec = convolution({1, 64, 28, 28}, 64, target);
  expectSameBits(spec, cut({{"tile", 4}, {"rows", 2}, {"tile_c", 2}}), target, filled(spec, bell, bell));
}

TEST_F(WinogradBf16, NamesWhatIsIllegal) {
  const auto reason = [&](const KernelSpec &spec, std::map<std::string, int64_t> knobs) {
    return illegal(spec, cut(std::move(knobs)), target).value_or("legal");
  };
  const KernelSpec spec = convolution({2, 64, 14, 14}, 64, target);
  EXPECT_EQ(reason(spec, {{"tile", 4}, {"tile_c", 4}}), "legal");
  EXPECT_EQ(reason(spec, {{"tile", 3}}), "tile is neither 2 nor 4");
  EXPECT_EQ(reason(spec, {{"tile", 0}}), "another schedule is estimated to be faster");
  EXPECT_EQ(reason(spec, {{"tile", 4}, {"tile_c", 5}}), "tile_c is outside 1..4");
  EXPECT_EQ(reason(convolution({1, 48, 14, 14}, 64, target), {{"tile", 4}}), "the input channels are no multiple of 32");
  EXPECT_EQ(reason(convolution({1, 64, 14, 14}, 64, target, {}, {}, {.groups = 2}), {{"tile", 4}}), "the channels are in groups");
  EXPECT_EQ(reason(convolution({1, 64, 14, 14}, 64, target, {}, {}, {.kernel = {5, 5}}), {{"tile", 4}}),
            "tiles of 4 have too large rounding errors for this window");
  KernelSpec strict = spec;
  strict.accuracy = Accuracy::strict;
  EXPECT_EQ(illegal(strict, cut({{"tile", 4}}), target), "strict accuracy asks for plain sums");
  EXPECT_EQ(reason(spec, {{"tile", 4}, {"pieces", 2}}), "pieces is not 3: minimal filtering would enlarge the error of two");
  EXPECT_EQ(illegal(spec, cut({{"tile", 4}}), targetV4()), "the target has no amx-bf16");
}

TEST(WinogradSchedule, IsChosenWhereItsModelIsFaster) {
  const Target target = targetV4();
  for (auto [channels, size] : {std::array<int64_t, 2>{64, 56}, {128, 28}, {256, 14}, {512, 28}, {512, 7}}) {
    KernelSpec spec = convolution({1, channels, size, size}, channels, target);
    EXPECT_EQ(defaultFor(spec, target).name, "conv2d.winograd") << channels << " channels of " << size;
    spec.accuracy = Accuracy::strict;
    EXPECT_EQ(defaultFor(spec, target).name, "conv2d.direct");
    EXPECT_EQ(illegal(spec, winograd({{"tile", 4}}), target), "strict accuracy asks for plain sums");
  }
  EXPECT_EQ(defaultFor(convolution({1, 16, 4, 4}, 16, target), target).name, "conv2d.direct");
  EXPECT_EQ(defaultFor(convolution({1, 256, 128, 128}, 256, target), target).name, "conv2d.winograd");
  EXPECT_EQ(defaultFor(convolution({1, 256, 128, 128}, 256, targetAmx()), targetAmx()).name, "conv2d.winograd_bf16");
}

TEST(WinogradSchedule, NamesWhatIsIllegal) {
  const Target target = targetV4();
  const KernelSpec spec = convolution({2, 64, 14, 14}, 64, target);
  const auto reason = [&](std::map<std::string, int64_t> knobs) { return illegal(spec, winograd(std::move(knobs)), target).value_or("legal"); };
  EXPECT_EQ(reason({{"tile", 4}, {"tile_c", 2}, {"tile_t", 4}}), "legal");
  EXPECT_EQ(reason({{"tile", 3}}), "tile is neither 2 nor 4");
  EXPECT_EQ(reason({{"tile", 4}, {"rows", 5}}), "rows is outside 1..4");
  EXPECT_EQ(reason({{"tile", 4}, {"rows", 2}, {"images", 2}}), "images is outside 1..1");
  EXPECT_EQ(reason({{"tile", 4}, {"rows", 4}, {"images", 2}}), "legal");
  EXPECT_EQ(reason({{"tile", 4}, {"tile_t", 5}}), "tile_t is outside 1..4");
  EXPECT_EQ(reason({{"tile", 4}, {"tile_c", 4}, {"order", 1}}), "one block of channels is one task");
  Region strided;
  strided.conv2d(strided.input({1, 64, 14, 14}, target.lanes()), {.outputs = 64, .kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}});
  EXPECT_EQ(illegal(strided.finish(target.lanes()), winograd({{"tile", 4}}), target),
            "minimal filtering is for windows of several taps and stride 1 without dilation");
  const auto ofWindow = [&](const Shape &window, int64_t tile) {
    return illegal(convolution({1, 64, 14, 14}, 64, target, {}, {}, {.kernel = window}), winograd({{"tile", tile}, {"tile_t", 4}}), target).value_or("legal");
  };
  const auto ofGroups = [&](int64_t channels, int64_t groups, int64_t order) {
    return illegal(convolution({1, channels, 14, 14}, channels, target, {}, {}, {.groups = groups}), winograd({{"tile", 4}, {"tile_t", 4}, {"order", order}}),
                   target)
        .value_or("legal");
  };
  EXPECT_EQ(ofGroups(128, 8, 2), "legal");
  EXPECT_EQ(ofGroups(128, 4, 2), "the blocks of a tile are not those of a group of channels");
  EXPECT_EQ(ofGroups(128, 4, 0), "legal");
  EXPECT_EQ(ofGroups(128, 1, 2), "the blocks of a tile are not those of a group of channels");
  EXPECT_EQ(ofGroups(96, 4, 0), "minimal filtering is for groups of whole blocks of channels");
  EXPECT_EQ(ofWindow({5, 5}, 2), "legal");
  EXPECT_EQ(ofWindow({5, 5}, 4), "tiles of 4 have too large rounding errors for this window");
  EXPECT_EQ(ofWindow({1, 7}, 2), "legal");
  EXPECT_EQ(ofWindow({1, 1}, 2), "minimal filtering is for windows of several taps and stride 1 without dilation");
  EXPECT_EQ(ofWindow({7, 7}, 2), "the rounding errors of minimal filtering are too large for a window of so many taps");
}

TEST(WinogradSchedule, PlansItsScratchMemory) {
  const Target target = targetV4();
  const KernelSpec spec = convolution({1, 64, 16, 16}, 64, target);
  const int64_t plane = 36 * 5 * 64; // of a group of four tiles, one more for the strides
  EXPECT_EQ(scratchOf(spec, winograd({{"tile", 4}, {"rows", 1}, {"tile_c", 2}})), (Scratch{0, plane * 5 + plane * 2}));
  EXPECT_EQ(scratchOf(spec, winograd({{"tile", 4}, {"rows", 1}, {"tile_c", 2}, {"order", 1}})), (Scratch{plane * 5, plane * 2}));
  EXPECT_EQ(scratchOf(spec, {"conv2d.direct", {}}), Scratch());
}

} // namespace
} // namespace cnnc::kernels::test
