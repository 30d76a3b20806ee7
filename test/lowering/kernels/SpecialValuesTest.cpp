// NaN, infinity and large values (cases D057, D058, D060, D061), in vector bodies and in tails, alone and after a convolution.
#include "test/lowering/kernels/ReferenceEvaluator.h"
#include "test/lowering/kernels/Regions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace cnnc::kernels::test {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

/// A quotient whose divisor overflows is zero where the exact result is this small.
constexpr double vanishing = 1e-37;

class SpecialValues : public testing::TestWithParam<bool> {
protected:
  const Target target = GetParam() ? targetV4() : targetV3();
  void SetUp() override {
    if (!canRun(target))
      GTEST_SKIP() << "this machine does not run " << target.name;
  }

  Elements run(const KernelSpec &spec, const std::vector<Elements> &inputs) {
    const Schedule schedule = defaultFor(spec, target);
    auto object = build(spec, schedule, target);
    EXPECT_TRUE(object) << object.error();
    if (!object)
      return {};
    const LoadedKernels kernels({*object});
    Call call(spec, packedLayouts(spec, schedule, target), inputs);
    EXPECT_EQ(call(kernels.entry(object->symbol)), 0);
    std::string complaint;
    return unpack(spec.output(), call.output(), complaint);
  }

  void expectSame(const Elements &got, const Elements &want, double tolerance, const std::string &what) {
    ASSERT_EQ(got.size(), want.size()) << what;
    for (size_t i = 0; i < want.size(); ++i)
      EXPECT_TRUE((std::isnan(want[i]) && std::isnan(got[i])) || got[i] == want[i] ||
                  std::abs(got[i] - want[i]) <= tolerance * std::abs(want[i]) + (tolerance > 0 ? vanishing : 0))
          << what << ": element " << i << " is " << got[i] << ", expected " << want[i];
  }
};

const std::vector<std::pair<std::string, Attributes>> activations = {{"relu", {}},
                                                                     {"relu6", {}},
                                                                     {"clip", {{"min", 0.0}, {"max", 6.0}}},
                                                                     {"leaky_relu", {{"alpha", 0.5}}},
                                                                     {"sigmoid", {}},
                                                                     {"hard_sigmoid", {{"alpha", 0.25}, {"beta", 0.5}}},
                                                                     {"tanh", {}},
                                                                     {"silu", {}},
                                                                     {"hard_swish", {}}};

TEST_P(SpecialValues, PassThroughEveryActivation) {
  const Elements pattern = {nan, -1, 2, nan, inf, -inf, 0, 90, -90, -100, 1e-20, -1e-3, 0.5, 20, -20, 88.5, nan};
  for (const auto &[mnemonic, attributes] : activations)
    for (int64_t length : {1, 5, 16, 33}) {
      Elements input;
      for (int64_t i = 0; i < length; ++i)
        input.push_back(pattern[static_cast<size_t>(i) % pattern.size()]);
      Region region;
      region.unary(mnemonic, region.input({length}), attributes);
      // hard_swish(-inf) and silu(-inf) are products with zero: NaN, as ONNX Runtime and PyTorch give.
      expectSame(run(region.finish(), {input}), evaluate(region.finish(), {input}), 1e-6, mnemonic + " of " + std::to_string(length));
    }
}

TEST_P(SpecialValues, NanPassesThroughReluAfterAConvolution) {
  for (const auto &[mnemonic, attributes] : {activations[0], activations[1], activations[2]}) {
    Region region;
    const int y = region.conv2d(region.input({1, 3, 1, 9}, 1), {.outputs = 5, .bias = true});
    region.unary(mnemonic, y, attributes);
    Elements x(27, 1), w(15, -1);
    x[4] = nan;
    x[9 + 7] = inf;
    const std::vector<Elements> inputs = {x, w, Elements(5, 2)};
    expectSame(run(region.finish(target.lanes()), inputs), evaluate(region.finish(target.lanes()), inputs), 0, mnemonic);
  }
}

TEST_P(SpecialValues, NanWinsAMaximum) {
  for (int64_t block : {int64_t(0), target.lanes()}) {
    Region region;
    region.pool("max_pool", region.input({1, 3, 6, 20}, block), {3, 3}, {1, 1}, {1, 1, 1, 1});
    Elements x(360, -1);
    for (size_t i = 0; i < x.size(); i += 53)
      x[i] = nan;
    x[77] = -inf;
    expectSame(run(region.finish(block), {x}), evaluate(region.finish(block), {x}), 0, "max_pool");
  }
}

TEST_P(SpecialValues, SoftmaxOfLargeAndInfiniteLogits) {
  auto softmax = [&](const Elements &x) {
    Region region;
    region.unary("softmax", region.input({1, static_cast<int64_t>(x.size())}), {{"axis", int64_t(1)}});
    return run(region.finish(), {x});
  };
  expectSame(softmax({1000, 1001, 1002}), {.09003057, .24472847, .66524096}, 1e-6, "large");
  expectSame(softmax({800, 1, 1}), {1, 0, 0}, 0, "far apart");
  expectSame(softmax({-inf, 0}), {0, 1}, 0, "masked");
  expectSame(softmax({-inf, -inf}), {nan, nan}, 0, "all masked");
  Elements row(40, -inf);
  row[37] = 5;
  Elements want(40, 0);
  want[37] = 1;
  expectSame(softmax(row), want, 0, "one of forty");
}

INSTANTIATE_TEST_SUITE_P(Targets, SpecialValues, testing::Bool(), [](const auto &info) { return info.param ? "V4" : "V3"; });

} // namespace
} // namespace cnnc::kernels::test
