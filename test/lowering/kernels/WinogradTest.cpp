// Minimal filtering: its matrices, its filters, its error, and every way in which its schedule cuts a result.
#include "lowering/kernels/Registry.h"
#include "test/lowering/kernels/ReferenceEvaluator.h"
#include "test/lowering/kernels/Regions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

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

KernelSpec convolution(const Shape &x, int64_t outputs, const Target &target, Halo halo = {1, 1, 1, 1}, Halo outHalo = {}, const Shape &kernel = {3, 3},
                       int64_t groups = 1) {
  Region region;
  const Shape pad = {kernel[0] / 2, kernel[1] / 2, (kernel[0] - 1) / 2, (kernel[1] - 1) / 2};
  region.conv2d(region.input(x, target.lanes(), halo), {.outputs = outputs, .kernel = kernel, .pad = pad, .groups = groups, .bias = true});
  return region.finish(target.lanes(), outHalo);
}

/// Windows with one and with two axes of several taps, and the tiles that keep their error budget.
const struct {
  Shape window;
  std::vector<int64_t> tiles;
} filtered[] = {{{3, 3}, {2, 4}}, {{5, 5}, {2}}, {{4, 2}, {2}}, {{1, 7}, {2}}, {{7, 1}, {2}}, {{3, 1}, {2, 4}}, {{1, 5}, {2, 4}}};

Schedule winograd(std::map<std::string, int64_t> knobs) { return {"conv2d.winograd", std::move(knobs)}; }

double norm(const Elements &x) {
  double sum = 0;
  for (double value : x)
    sum += value * value;
  return std::sqrt(sum);
}

/// The norm of the error of a kernel.
double errorOf(const KernelSpec &spec, const Schedule &schedule, const Target &target, const std::vector<Elements> &inputs, int threads = 2) {
  auto object = build(spec, schedule, target);
  EXPECT_TRUE(object) << object.error();
  if (!object)
    return std::nan("");
  const LoadedKernels kernels({*object});
  Call call(spec, packedLayouts(spec, schedule, target), inputs);
  setThreads(threads);
  EXPECT_EQ(call(kernels.entry(object->symbol)), 0);
  std::string complaint;
  Elements difference = unpack(spec.output(), call.output(), complaint);
  EXPECT_EQ(complaint, "");
  EXPECT_TRUE(call.output().surroundingsIntact());
  const Elements want = evaluate(spec, inputs);
  for (size_t k = 0; k < want.size(); ++k)
    difference[k] -= want[k];
  return norm(difference);
}

class Winograd : public testing::Test {
protected:
  const Target target = canRun(targetV4()) ? targetV4() : targetV3();
  void SetUp() override {
    if (!canRun(target))
      GTEST_SKIP() << "this machine has no AVX2";
  }
  std::mt19937 random{7};
  std::vector<Elements> filled(const KernelSpec &spec, const std::function<double()> &cell, const std::function<double()> &weight) {
    std::vector<Elements> inputs;
    for (const TensorDesc &input : spec.inputs) {
      inputs.emplace_back(static_cast<size_t>(elementsOf(input.shape)));
      for (double &value : inputs.back())
        value = static_cast<float>(input.role == TensorDesc::Role::weight ? weight() : cell());
    }
    return inputs;
  }
};

TEST_F(Winograd, KeepsItsBudgetOnOrdinaryAndHostileRanges) {
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform(0, 1);
  using Draw = std::function<double()>;
  const Draw bell = [&] { return normal(random); }, positive = [&] { return uniform(random); };
  const Draw wide = [&] { return normal(random) * std::exp(6 * normal(random)); }, sparse = [&] { return uniform(random) < 0.02 ? 1e4 * normal(random) : 0; };
  const Draw tiny = [&] { return 1e-18 * normal(random); }, huge = [&] { return 1e15 * normal(random); }, offset = [&] { return 1000 + normal(random); };
  const std::tuple<const char *, Draw, Draw> ranges[] = {{"normal", bell, bell},    {"after a relu", positive, bell}, {"wide", wide, bell}, {"wide weights", bell, wide},
                                                         {"sparse", sparse, bell},  {"tiny", tiny, bell},             {"huge", huge, tiny}, {"all positive", positive, positive},
                                                         {"a large mean", offset, bell}};
  for (const auto &[name, cell, weight] : ranges)
    for (const auto &[window, tiles] : filtered) {
      const KernelSpec spec = convolution({1, 96, 20, 20}, 32, target, {3, 3, 3, 3}, {}, window);
      const std::vector<Elements> inputs = filled(spec, cell, weight);
      std::vector<Elements> sizes = inputs; // what is added, without its signs: cancellation is no fault of the schedule
      for (Elements &input : sizes)
        for (double &value : input)
          value = std::abs(value);
      const double result = norm(evaluate(spec, inputs)), added = norm(evaluate(spec, sizes));
      for (int64_t tile : tiles) {
        const Schedule schedule = winograd({{"tile", tile}, {"rows", 2}, {"tile_c", 2}, {"tile_t", 5}});
        ASSERT_EQ(illegal(spec, schedule, target), std::nullopt);
        const double error = errorOf(spec, schedule, target, inputs), budget = errorBudget(spec, schedule);
        const std::string where = std::string(name) + ", " + std::to_string(window[0]) + " x " + std::to_string(window[1]) + ", " + toString(schedule);
        EXPECT_LE(error, budget * (name == std::string("a large mean") ? added : result)) << where;
        EXPECT_GT(budget, 0);
      }
    }
}

TEST_F(Winograd, CountsItsProducts) {
  const KernelSpec spec = convolution({2, 20, 9, 7}, 40, target);
  EXPECT_EQ(multiplications(spec, winograd({{"tile", 2}})), 2 * (5 * 4) * 16 * 20 * 40);
  EXPECT_EQ(multiplications(spec, winograd({{"tile", 4}})), 2 * (3 * 2) * 36 * 20 * 40);
  EXPECT_EQ(multiplications(spec, {"conv2d.direct", {}}), std::nullopt);
  EXPECT_EQ(multiplications(convolution({2, 20, 9, 7}, 40, target, {}, {}, {5, 5}), winograd({{"tile", 2}})), 2 * (5 * 4) * 36 * 20 * 40);
  EXPECT_EQ(multiplications(convolution({2, 20, 9, 7}, 40, target, {}, {}, {7, 1}), winograd({{"tile", 2}})), 2 * (5 * 7) * 8 * 20 * 40);
}

TEST_F(Winograd, CutsAnyResult) {
  std::normal_distribution<double> normal;
  const auto bell = [&] { return normal(random); };
  std::vector<std::tuple<Shape, Halo, Shape>> cases; // every input and halo with a window of 3 x 3 and with one of the others in turn
  for (const Shape &x : {Shape{3, 20, 9, 7}, Shape{1, 33, 5, 14}, Shape{2, 16, 1, 3}, Shape{1, 16, 14, 26}, Shape{5, 40, 6, 6}})
    for (Halo halo : {Halo{1, 1, 1, 1}, Halo{0, 0, 0, 0}, Halo{2, 1, 3, 2}}) {
      const Shape &other = filtered[1 + cases.size() / 2 % (std::size(filtered) - 1)].window;
      cases.insert(cases.end(), {{x, halo, {3, 3}}, {x, halo, other}});
    }
  for (const auto &[x, halo, window] : cases) {
    const KernelSpec spec = convolution(x, x[1] == 16 ? 16 : 40, target, halo, halo, window);
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
  std::normal_distribution<double> normal;
  const auto bell = [&] { return normal(random); };
  const int64_t lanes = target.lanes();
  for (auto [groups, inputs, outputs] : {std::array<int64_t, 3>{3, 1, 1}, {2, 1, 3}, {4, 3, 2}}) { // blocks of channels of a group
    const KernelSpec spec = convolution({2, groups * inputs * lanes, 9, 11}, groups * outputs * lanes, target, {}, {}, {3, 3}, groups);
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
  std::normal_distribution<double> normal;
  const KernelSpec spec = convolution({1, 64, 28, 28}, 64, target);
  const std::vector<Elements> inputs = filled(spec, [&] { return normal(random); }, [&] { return normal(random); });
  for (int64_t order : {0, 1}) {
    const Schedule schedule = winograd({{"tile", 4}, {"rows", 2}, {"tile_c", 2}, {"tile_t", 6}, {"order", order}});
    auto object = build(spec, schedule, target);
    ASSERT_TRUE(object) << object.error();
    const LoadedKernels kernels({*object});
    std::vector<Elements> results;
    for (int threads : {1, 2}) {
      setThreads(threads);
      Call call(spec, packedLayouts(spec, schedule, target), inputs);
      ASSERT_EQ(call(kernels.entry(object->symbol)), 0);
      std::string complaint;
      results.push_back(unpack(spec.output(), call.output(), complaint));
    }
    EXPECT_EQ(results[0], results[1]) << toString(schedule);
  }
}

TEST(WinogradSchedule, IsChosenWhereItsModelIsFaster) {
  const Target target = targetV4();
  for (auto [channels, size] : {std::array<int64_t, 2>{64, 56}, {128, 28}, {256, 14}, {512, 28}, {512, 7}}) {
    KernelSpec spec = convolution({1, channels, size, size}, channels, target);
    EXPECT_EQ(defaultFor(spec, target).name, "conv2d.winograd") << channels << " channels of " << size;
    spec.strict = true;
    EXPECT_EQ(defaultFor(spec, target).name, "conv2d.direct");
    EXPECT_EQ(illegal(spec, winograd({{"tile", 4}}), target), "strict accuracy asks for plain sums");
  }
  EXPECT_EQ(defaultFor(convolution({1, 16, 4, 4}, 16, target), target).name, "conv2d.direct");
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
    return illegal(convolution({1, 64, 14, 14}, 64, target, {}, {}, window), winograd({{"tile", tile}, {"tile_t", 4}}), target).value_or("legal");
  };
  const auto ofGroups = [&](int64_t channels, int64_t groups, int64_t order) {
    return illegal(convolution({1, channels, 14, 14}, channels, target, {}, {}, {3, 3}, groups), winograd({{"tile", 4}, {"tile_t", 4}, {"order", order}}),
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
