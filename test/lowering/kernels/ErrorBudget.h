// Schedules that add an error of their own: convolutions, data of any range, and what their results are held to.
#pragma once

#include "test/lowering/kernels/KernelHost.h"
#include "test/lowering/kernels/Regions.h"

#include <functional>
#include <random>

namespace cnnc::kernels::test {

struct Window {
  Shape kernel = {3, 3}, stride = {1, 1}, dilation = {1, 1};
  int64_t groups = 1;
};

/// A convolution with bias and "same" padding, over blocks of channels with these halos.
KernelSpec convolution(const Shape &x, int64_t outputs, const Target &target, Halo halo = {1, 1, 1, 1}, Halo outHalo = {}, const Window &window = {});

using Draw = std::function<double()>;

/// Inputs of a spec, each number drawn and rounded to f32.
std::vector<Elements> filled(const KernelSpec &spec, const Draw &cell, const Draw &weight);

/// The L2 norm.
double norm(const Elements &x);
/// That of the error of a kernel against the f64 reference. Expects it to build, to run and to write nothing else.
double errorOf(const KernelSpec &spec, const Schedule &schedule, const Target &target, const std::vector<Elements> &inputs, int threads = 2);

/// Numbers of a normal distribution, the same ones for each test.
struct Drawing {
  std::mt19937 random{7};
  std::normal_distribution<double> normal;
  const Draw bell = [this] { return normal(random); };
};

/// How cells and weights are drawn. Results that nearly `cancel` are held to the size of what is added: cancellation is no fault of a schedule.
struct Range {
  const char *name;
  Draw cell, weight;
  bool cancel = false;
};
std::vector<Range> ordinaryAndHostileRanges(std::mt19937 &random);

/// Expects schedules to be legal and to keep their budgets on a range.
void expectBudget(const KernelSpec &spec, const std::vector<Schedule> &schedules, const Target &target, const Range &range);
/// Expects a kernel to give the same bits with one thread and with two.
void expectSameBits(const KernelSpec &spec, const Schedule &schedule, const Target &target, const std::vector<Elements> &inputs);

} // namespace cnnc::kernels::test
