#include "test/lowering/kernels/ErrorBudget.h"

#include "test/lowering/kernels/ReferenceEvaluator.h"

#include <gtest/gtest.h>

#include <cmath>

namespace cnnc::kernels::test {

KernelSpec convolution(const Shape &x, int64_t outputs, const Target &target, Halo halo, Halo outHalo, const Window &window) {
  Region region;
  const int64_t down = (window.kernel[0] - 1) * window.dilation[0], across = (window.kernel[1] - 1) * window.dilation[1];
  region.conv2d(region.input(x, target.lanes(), halo), {.outputs = outputs,
                                                        .kernel = window.kernel,
                                                        .stride = window.stride,
                                                        .pad = {down - down / 2, across - across / 2, down / 2, across / 2},
                                                        .dilation = window.dilation,
                                                        .groups = window.groups,
                                                        .bias = true});
  return region.finish(target.lanes(), outHalo);
}

std::vector<Elements> filled(const KernelSpec &spec, const Draw &cell, const Draw &weight) {
  std::vector<Elements> inputs;
  for (const TensorDesc &input : spec.inputs) {
    inputs.emplace_back(static_cast<size_t>(elementsOf(input.shape)));
    for (double &value : inputs.back())
      value = static_cast<float>(input.role == TensorDesc::Role::weight ? weight() : cell());
  }
  return inputs;
}

double norm(const Elements &x) {
  double sum = 0;
  for (double value : x)
    sum += value * value;
  return std::sqrt(sum);
}

double errorOf(const KernelSpec &spec, const Schedule &schedule, const Target &target, const std::vector<Elements> &inputs, int threads) {
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

std::vector<Range> ordinaryAndHostileRanges(std::mt19937 &random) {
  const auto normal = [&random] { return std::normal_distribution<double>()(random); };
  const auto uniform = [&random] { return std::uniform_real_distribution<double>(0, 1)(random); };
  const Draw wide = [=] { return normal() * std::exp(6 * normal()); }, sparse = [=] { return uniform() < 0.02 ? 1e4 * normal() : 0; };
  const Draw tiny = [=] { return 1e-18 * normal(); }, huge = [=] { return 1e15 * normal(); }, offset = [=] { return 1000 + normal(); };
  return {{"normal", normal, normal},     {"after a relu", uniform, normal},  {"wide", wide, normal},
          {"wide weights", normal, wide}, {"sparse", sparse, normal},         {"tiny", tiny, normal},
          {"huge", huge, tiny},           {"all positive", uniform, uniform}, {"a large mean", offset, normal, true}};
}

void expectBudget(const KernelSpec &spec, const std::vector<Schedule> &schedules, const Target &target, const Range &range) {
  const std::vector<Elements> inputs = filled(spec, range.cell, range.weight);
  std::vector<Elements> sizes = inputs;
  for (Elements &input : sizes)
    for (double &value : input)
      value = std::abs(value);
  const double size = norm(evaluate(spec, range.cancel ? sizes : inputs));
  for (const Schedule &schedule : schedules) {
    const std::string where = std::string(range.name) + ", " + toString(schedule);
    ASSERT_EQ(illegal(spec, schedule, target), std::nullopt) << where;
    EXPECT_LE(errorOf(spec, schedule, target, inputs), errorBudget(spec, schedule) * size) << where;
    EXPECT_GT(errorBudget(spec, schedule), 0);
  }
}

void expectSameBits(const KernelSpec &spec, const Schedule &schedule, const Target &target, const std::vector<Elements> &inputs) {
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

} // namespace cnnc::kernels::test
