// The search over a kernel's schedules, against a made-up landscape of times.
#include "compiler/Targets.h"
#include "compiler/tune/Search.h"
#include "compiler/tune/Trial.h"

#include <cmath>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace cnnc;
using namespace cnnc::kernels;
using namespace cnnc::tune;

namespace {

/// A 1x1 convolution of `channels` to as many on 14 x 14 cells.
KernelSpec pointwise(int64_t channels, const Target &target) {
  KernelSpec spec;
  TensorDesc input, weight;
  input.shape = {1, channels, 14, 14};
  input.block = target.lanes();
  weight.shape = {channels, channels, 1, 1};
  weight.role = TensorDesc::Role::weight;
  spec.inputs = {input, weight};
  OpDesc op;
  op.mnemonic = "conv2d";
  const std::vector<int64_t> ones = {1, 1};
  op.attributes = {{"kernel", ones}, {"stride", ones}, {"dilation", ones}, {"pad", std::vector<int64_t>{0, 0, 0, 0}}, {"groups", int64_t(1)}, {"bias", false},
                   {"out_channels", channels}};
  op.operands = {0, 1};
  op.result = input;
  spec.ops = {op};
  return spec;
}

class SearchTest : public testing::Test {
protected:
  Target target = *findTarget("x86-64-v4");
  KernelSpec spec = pointwise(256, target);
};

TEST_F(SearchTest, TheDefaultIsFirstAndTheOthersGoByTheModel) {
  ASSERT_EQ(unsupported(spec, target), std::nullopt);
  const std::vector<Schedule> list = space(spec, target);
  ASSERT_GT(list.size(), 20U);
  EXPECT_EQ(list.front(), defaultFor(spec, target));
  for (size_t i = 2; i < list.size(); ++i)
    EXPECT_LE(estimatedCycles(spec, list[i - 1], target), estimatedCycles(spec, list[i], target)) << i;
  for (const Schedule &schedule : list)
    EXPECT_EQ(illegal(spec, schedule, target), std::nullopt);
}

TEST_F(SearchTest, FirstTriesDifferInWhatTheModelSees) {
  const Search search(spec, target);
  const std::vector<Schedule> first = search.next(6);
  ASSERT_EQ(first.size(), 6U);
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_NE(first[i], search.standard());
    for (size_t j = 0; j < i; ++j)
      EXPECT_NE(estimatedCycles(spec, first[i], target), estimatedCycles(spec, first[j], target));
  }
}

TEST_F(SearchTest, EveryScheduleIsTriedOnceAndTheBestIsFound) {
  // Times fall towards one corner of the space, and one template is of no use.
  auto ratio = [](const Schedule &schedule) -> std::optional<double> {
    if (schedule.knob("tile_c") == 1)
      return std::nullopt;
    double cost = 0.5;
    for (auto [knob, best] : {std::pair("tile_c", 3), {"tile_x", 8}, {"unroll", 4}, {"order", 1}, {"prefetch", 64}})
      cost += 0.01 * std::abs(std::log2(1.0 + static_cast<double>(schedule.knob(knob))) - std::log2(1.0 + best));
    return cost;
  };
  Search search(spec, target);
  std::optional<double> least;
  for (const Schedule &schedule : space(spec, target))
    if (schedule != search.standard())
      if (auto value = ratio(schedule); value && (!least || *value < *least))
        least = value;
  size_t tried = 0;
  double afterSome = 1;
  for (std::vector<Schedule> batch; !(batch = search.next(5)).empty();)
    for (const Schedule &schedule : batch) {
      search.learn(schedule, ratio(schedule));
      ++tried;
      if (tried == search.size() / 4)
        afterSome = search.ratio();
    }
  EXPECT_EQ(tried, search.size() - 1);
  EXPECT_EQ(search.tried(), search.size() - 1);
  EXPECT_EQ(search.ratio(), *least);
  EXPECT_EQ(ratio(search.best()), least);
  EXPECT_LT(afterSome, *least + 0.01) << "neighbours of the best lead near it";
  const std::vector<Schedule> finalists = search.finalists(3);
  ASSERT_EQ(finalists.size(), 3U);
  EXPECT_EQ(finalists.front(), search.best());
}

TEST_F(SearchTest, TheDefaultStandsWhereNothingIsFaster) {
  Search search(spec, target);
  for (const Schedule &schedule : search.next(5))
    search.learn(schedule, 1.5);
  search.learn({"conv2d.unheard_of", {}}, 0.1);
  EXPECT_EQ(search.best(), search.standard());
  EXPECT_EQ(search.ratio(), 1);
  EXPECT_TRUE(search.finalists(3).empty());
}

TEST_F(SearchTest, KeysTellKernelsAndTargetsApart) {
  Target wider = target;
  wider.l2Bytes *= 2;
  EXPECT_EQ(kernelKey(spec, target), kernelKey(pointwise(256, target), target));
  EXPECT_NE(kernelKey(spec, target), kernelKey(pointwise(128, target), target));
  EXPECT_NE(kernelKey(spec, target), kernelKey(spec, wider));
  EXPECT_EQ(describe(spec), "conv2d 1x1 1x256x14x14 -> 1x256x14x14");
}

} // namespace
