// Every row of Kernels.inc against the f64 reference, on each target that this machine runs.
#include "lowering/kernels/Registry.h"
#include "test/lowering/kernels/Cases.h"
#include "test/lowering/kernels/ReferenceEvaluator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace cnnc::kernels::test {
namespace {

/// Small integers; what a batch_norm reads as variance stays positive, images are bytes.
std::vector<Elements> dataFor(const KernelSpec &spec) {
  std::vector<Elements> inputs;
  for (size_t i = 0; i < spec.inputs.size(); ++i) {
    Elements elements(static_cast<size_t>(elementsOf(spec.inputs[i].shape)));
    for (size_t k = 0; k < elements.size(); ++k) {
      const size_t mixed = (k + 1) * 2654435761u + i * 40503u;
      elements[k] = spec.inputs[i].dtype == DType::u8 ? static_cast<double>(mixed / 7 % 256) : static_cast<double>(mixed / 11 % 9) - 4;
    }
    inputs.push_back(std::move(elements));
  }
  for (const OpDesc &op : spec.ops)
    if (op.mnemonic == "batch_norm")
      for (double &variance : inputs[static_cast<size_t>(op.operands[4])])
        variance = std::abs(variance) + 1;
  return inputs;
}

bool agrees(double got, double want, double tolerance) {
  if (std::isnan(want) || std::isnan(got))
    return std::isnan(want) && std::isnan(got);
  return got == want || std::abs(got - want) <= tolerance * (1 + std::abs(want));
}

/// Elements of a result that is summed as the reference sums it agree one by one, those of another way within its budget as a whole.
void expectAgreement(const Elements &got, const Elements &want, double tolerance, double budget, const std::string &where) {
  double difference = 0, size = 0;
  for (size_t k = 0; k < want.size(); ++k) {
    difference += (got[k] - want[k]) * (got[k] - want[k]), size += want[k] * want[k];
    if (budget == 0 && !agrees(got[k], want[k], tolerance)) {
      ADD_FAILURE() << where << ": element " << k << " of " << want.size() << " is " << got[k] << ", expected " << want[k];
      return;
    }
  }
  if (budget > 0)
    EXPECT_LE(std::sqrt(difference), (budget + tolerance) * std::sqrt(size)) << where;
}

/// Schedules of one template worth running: the default and, for every third case, a spread of its space.
std::vector<Schedule> schedulesOf(const Template &row, const KernelSpec &spec, const Target &target, size_t number) {
  std::vector<Schedule> list = {row.defaultFor(spec, target)};
  const std::vector<Schedule> space = row.space(spec, target);
  for (size_t i = 1; number % 3 == 0 && i < space.size(); i += std::max<size_t>(1, space.size() / 2))
    list.push_back(space[i]);
  std::erase_if(list, [&](const Schedule &schedule) { return illegal(spec, schedule, target).has_value(); });
  return list;
}

/// Tasks that compute an element twice must compute the same bits: which of them is last is chance.
void expectSameBitsBackwards(const BuildRequest &request, const Target &target, std::vector<Elements> inputs, LoadedKernels::Entry entry,
                             const std::string &where) {
  for (size_t i = 0; i < inputs.size(); ++i)
    if (request.spec.inputs[i].dtype == DType::f32)
      for (size_t k = 0; k < inputs[i].size(); ++k)
        inputs[i][k] = std::abs(inputs[i][k]) + 0.5 + std::sin(static_cast<double>(k) * 12.5 + static_cast<double>(i));
  std::vector<Elements> results;
  setThreads(1);
  for (bool backwards : {false, true}) {
    setBackwards(backwards);
    Call call(request.spec, packedLayouts(request.spec, request.schedule, target), inputs);
    ASSERT_EQ(call(entry), 0) << where;
    std::string complaint;
    results.push_back(unpack(request.spec.output(), call.output(), complaint));
  }
  setBackwards(false);
  EXPECT_TRUE(std::ranges::equal(results[0], results[1], [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }))
      << where << ": the bits depend on the order of the tasks";
}

/// Runs one in `every` cases.
void checkRow(const Template &row, const Target &target, size_t every = 1) {
  std::vector<Case> cases = casesOf(row.stem, target);
  for (size_t number = 1; number < cases.size(); number += 2) // what needs tiles has a way of its own at either accuracy
    if (row.needs)
      cases[number].spec.accuracy = Accuracy::fast;
  std::vector<BuildRequest> requests;
  std::vector<const Case *> origin;
  for (size_t number = 0; number < cases.size(); number += every) {
    const Case &test = cases[number];
    EXPECT_EQ(unsupported(test.spec, target), std::nullopt) << test.name;
    for (Schedule &schedule : schedulesOf(row, test.spec, target, number)) {
      requests.push_back({test.spec, schedule});
      origin.push_back(&test);
    }
  }
  ASSERT_FALSE(requests.empty()) << "no case covers " << row.name;
  auto objects = buildAll(requests, target, {});
  ASSERT_TRUE(objects) << objects.error();
  const LoadedKernels kernels(*objects);
  for (size_t i = 0; i < requests.size(); ++i) {
    const KernelSpec &spec = requests[i].spec;
    const std::string where = origin[i]->name + " with " + toString(requests[i].schedule) + " on " + target.name;
    const std::vector<Elements> inputs = dataFor(spec);
    const Elements want = evaluate(spec, inputs);
    Call call(spec, packedLayouts(spec, requests[i].schedule, target), inputs, i % 2 ? 4 : 12);
    setThreads(i % 2 ? 1 : 2);
    ASSERT_EQ(call(kernels.entry((*objects)[i].symbol)), 0) << where;
    std::string complaint;
    const Elements got = unpack(spec.output(), call.output(), complaint);
    EXPECT_EQ(complaint, "") << where;
    EXPECT_TRUE(call.output().surroundingsIntact()) << where;
    expectAgreement(got, want, origin[i]->tolerance, errorBudget(spec, requests[i].schedule), where);
    expectSameBitsBackwards(requests[i], target, inputs, kernels.entry((*objects)[i].symbol), where);
  }
}

/// Gives a case more rows than it has: dimension 0 of the output and of every activation that shares its extent.
KernelSpec withRows(KernelSpec spec, int64_t rows) {
  const int64_t old = spec.output().shape[0];
  for (TensorDesc &input : spec.inputs)
    if (input.role == TensorDesc::Role::activation && input.shape.size() == spec.output().shape.size() && input.shape[0] == old)
      input.shape[0] = rows;
  for (OpDesc &op : spec.ops)
    if (!op.result.shape.empty() && op.result.shape[0] == old)
      op.result.shape[0] = rows;
  spec.counted = true;
  return spec;
}

/// A counted kernel computes the rows of the buffer that it is called with and leaves the others alone.
void checkCounted(const Template &row, const Target &target, int64_t rows = 19, const std::vector<int64_t> &calls = {7}) {
  std::vector<BuildRequest> requests;
  for (const Case &test : casesOf(row.stem, target)) {
    if (test.spec.output().shape.empty())
      continue;
    KernelSpec spec = withRows(test.spec, rows);
    if (row.needs && requests.size() % 2 != 0)
      spec.accuracy = Accuracy::fast;
    Schedule schedule = row.defaultFor(spec, target);
    if (illegal(spec, schedule, target)) // another template is faster
      if (std::vector<Schedule> others = row.space(spec, target); !others.empty())
        schedule = std::move(others.front());
    if (requests.size() < 12 && !illegal(spec, schedule, target))
      requests.push_back({std::move(spec), std::move(schedule)});
  }
  ASSERT_FALSE(requests.empty()) << "no case of " << row.name << " has rows";
  auto objects = buildAll(requests, target, {});
  ASSERT_TRUE(objects) << objects.error();
  const LoadedKernels kernels(*objects);
  for (size_t i = 0; i < requests.size(); ++i) {
    const KernelSpec &spec = requests[i].spec;
    const std::string where = toString(requests[i].schedule);
    const std::vector<Elements> inputs = dataFor(spec);
    const Elements want = evaluate(spec, inputs);
    for (int64_t asked : calls) {
      const int64_t computed = std::max(asked, leastRows(spec, requests[i].schedule));
      ASSERT_LE(computed, rows) << where;
      Call call(spec, packedLayouts(spec, requests[i].schedule, target), inputs);
      ASSERT_EQ(call(kernels.entry((*objects)[i].symbol), computed), 0) << where;
      std::string complaint;
      const Elements got = unpack(spec.output(), call.output(), complaint);
      EXPECT_TRUE(call.output().surroundingsIntact()) << where;
      const size_t end = want.size() / rows * static_cast<size_t>(computed);
      const auto last = static_cast<ptrdiff_t>(end);
      expectAgreement({got.begin(), got.begin() + last}, {want.begin(), want.begin() + last}, 1e-3, errorBudget(spec, requests[i].schedule), where);
      for (size_t k = end; k < want.size(); ++k)
        ASSERT_EQ(got[k], got[end]) << where << ": element " << k << " of a row that was not asked for is written";
    }
  }
}

class Row : public testing::TestWithParam<const Template *> {};

TEST_P(Row, V2MatchesTheReference) { checkRow(*GetParam(), targetV2(), 5); }

TEST_P(Row, V3MatchesTheReference) {
  if (!canRun(targetV3()))
    GTEST_SKIP() << "this machine has no AVX2";
  checkRow(*GetParam(), targetV3(), 2);
}

TEST_P(Row, V4MatchesTheReference) {
  if (!canRun(targetV4()))
    GTEST_SKIP() << "this machine has no AVX-512";
  checkRow(*GetParam(), targetV4());
}

class AmxRow : public testing::TestWithParam<const Template *> {};

TEST_P(AmxRow, MatchesTheReference) {
  if (!canRun(targetAmx()))
    GTEST_SKIP() << "this machine has no tiles of bf16 (AMX)";
  checkRow(*GetParam(), targetAmx());
}

TEST_P(AmxRow, CountedMatchesTheReference) {
  if (!canRun(targetAmx()))
    GTEST_SKIP() << "this machine has no tiles of bf16 (AMX)";
  checkCounted(*GetParam(), targetAmx(), 43, {17}); // more than the rows that other dense layers are made for
  if (std::string(GetParam()->stem) == "Dense")
    checkCounted(*GetParam(), targetAmx(), 700, {1, 33, 200, 301, 699}); // tasks of some outputs, of some rows, and a last one that is part
}

class CountedRow : public testing::TestWithParam<const Template *> {};

TEST_P(CountedRow, MatchesTheReference) {
  if (!canRun(targetV3()))
    GTEST_SKIP() << "this machine has no AVX2";
  checkCounted(*GetParam(), targetV3());
}

TEST(DenseGemm, GivesTheSameBitsForAnyNumberOfThreads) {
  const Target target = targetV3();
  if (!canRun(target))
    GTEST_SKIP() << "this machine has no AVX2";
  Region region;
  region.unary("relu", region.dense(region.input({45, 1100}), 300));
  const KernelSpec spec = region.finish();
  const Schedule schedule = defaultFor(spec, target);
  ASSERT_EQ(schedule.name, "dense.gemm");
  auto objects = buildAll({{spec, schedule}}, target, {});
  ASSERT_TRUE(objects) << objects.error();
  const LoadedKernels kernels(*objects);
  std::vector<Elements> inputs = dataFor(spec);
  for (Elements &input : inputs)
    for (double &x : input)
      x = std::sin(x * 12.5 + static_cast<double>(&x - input.data()));
  std::vector<Elements> results;
  for (int threads : {1, 2, 3}) {
    setThreads(threads);
    Call call(spec, packedLayouts(spec, schedule, target), inputs);
    ASSERT_EQ(call(kernels.entry(objects->front().symbol)), 0);
    std::string complaint;
    results.push_back(unpack(spec.output(), call.output(), complaint));
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

std::vector<const Template *> rows(const char *needs = nullptr) {
  std::vector<const Template *> list(templates().begin(), templates().end());
  std::erase_if(list, [&](const Template *row) { return std::string(row->needs ? row->needs : "") != (needs ? needs : ""); });
  return list;
}

std::vector<const Template *> countedRows() {
  std::vector<const Template *> list = rows();
  std::erase_if(list, [](const Template *row) { return !row->leastRows; });
  return list;
}

std::string nameOf(const testing::TestParamInfo<const Template *> &info) {
  std::string name = info.param->name;
  std::ranges::replace(name, '.', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Kernels, Row, testing::ValuesIn(rows()), nameOf);
INSTANTIATE_TEST_SUITE_P(Kernels, AmxRow, testing::ValuesIn(rows("amx-bf16")), nameOf);
INSTANTIATE_TEST_SUITE_P(Kernels, CountedRow, testing::ValuesIn(countedRows()), nameOf);

} // namespace
} // namespace cnnc::kernels::test
