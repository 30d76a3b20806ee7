// The tuner with workers whose times are made up: what it records, and what it makes of crashes, stalls and wrong results.
#include "compiler/Targets.h"
#include "compiler/tune/Tuner.h"
#include "test/compiler/tune/tune_records.h"

#include <algorithm>
#include <filesystem>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace cnnc;
using namespace cnnc::tune;
using namespace cnnc::tune::test;

namespace {

const std::string inputs = CNNC_TUNE_INPUTS;

class TunerTest : public testing::Test {
protected:
  void SetUp() override {
    if (!hostCanRun(target))
      GTEST_SKIP() << "the host cannot run " << target.name;
    std::string pattern = (std::filesystem::temp_directory_path() / "tuner-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  Database open() const {
    auto database = Database::open(folder + "/records.jsonl");
    EXPECT_TRUE(database);
    return *database;
  }

  kernels::Result<TuneReport> tune(Database &database, const std::string &mode, int64_t trials = 6, const std::string &version = "1.0") const {
    frontend::DiagnosticSink sink;
    SessionOptions options;
    options.target = target;
    options.keepImported = false;
    options.cacheFolder = folder + "/cache";
    options.import.weights = "random:1";
    Session session(options, sink);
    if (!session.load(inputs + "/small.json"))
      return kernels::Result<TuneReport>::failure(sink.text());
    TuneOptions tuning;
    tuning.seconds = 300;
    tuning.trials = trials;
    tuning.networkSeconds = 0.05;
    tuning.threads = 1;
    tuning.version = version;
    tuning.patience = mode == "stall" ? 2 : 60;
    tuning.worker = {"python3", inputs + "/fake_worker.py", toJson(machine("A CPU", 1)).dump(), mode};
    return tuneNetwork(session, database, tuning);
  }

  Target target = *findTarget("x86-64-v3");
  std::string folder;
};

int64_t unroll(const Record &record) { return record.schedule.knob("unroll"); }

TEST_F(TunerTest, RecordsEveryTrialAndGoesOnFromThem) {
  Database database = open();
  auto report = tune(database, "none");
  ASSERT_TRUE(report) << report.error();
  EXPECT_GT(report->schedules, 6);
  EXPECT_EQ(report->known, 0);
  EXPECT_EQ(report->failures, 0);
  EXPECT_TRUE(database.complaints().empty());
  int64_t alone = 0;
  std::map<std::string, int> inside;
  for (const Record &one : database.records()) {
    EXPECT_EQ(one.machine, machine("A CPU", 1));
    EXPECT_EQ(one.target, target.name);
    alone += one.network.empty();
    if (one.network.empty())
      EXPECT_EQ(one.ratio(), unroll(one) == 4 ? 0.5 : 1) << toString(one.schedule);
    else
      ++inside[one.kernel];
  }
  EXPECT_EQ(alone, report->schedules);
  const auto choices = std::ranges::count_if(report->kernels, [](const TunedKernel &kernel) { return kernel.candidates > 1; });
  EXPECT_EQ(static_cast<int64_t>(inside.size()), choices) << "every kernel that has a choice is measured inside the network";
  double shares = 0;
  for (const TunedKernel &kernel : report->kernels)
    shares += kernel.share;
  EXPECT_NEAR(shares, 1, 1e-6);

  auto again = tune(database, "none");
  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(again->known, report->schedules);
  for (size_t i = 0; i < database.records().size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (const Record &a = database.records()[i], &b = database.records()[j]; a.network.empty() && b.network.empty())
        EXPECT_FALSE(a.kernel == b.kernel && a.schedule == b.schedule) << "tried twice";
}

TEST_F(TunerTest, WhatCrashesStallsOrIsWrongIsFoundAndNotTriedAgain) {
  for (const char *mode : {"crash", "refuse", "wrong", "stall"}) {
    SCOPED_TRACE(mode);
    std::filesystem::remove(folder + "/records.jsonl");
    Database database = open();
    auto report = tune(database, mode, std::string(mode) == "stall" ? 8 : 20);
    ASSERT_TRUE(report) << report.error();
    EXPECT_GT(report->failures, 0);
    int64_t failures = 0, works = 0;
    for (const Record &one : database.records())
      if (one.network.empty()) {
        EXPECT_EQ(!one.failure.empty(), unroll(one) == 1) << toString(one.schedule) << one.failure;
        failures += !one.failure.empty();
        works += one.failure.empty();
      }
    EXPECT_EQ(failures, report->failures);
    EXPECT_GT(works, 0) << "schedules beside a guilty one get another try";
  }
}

TEST_F(TunerTest, AnotherVersionIsRefused) {
  Database database = open();
  auto report = tune(database, "none", 6, "2.0");
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error(), "the worker is cnnc 1.0, this is 2.0; give both the same version");
  EXPECT_TRUE(database.records().empty());
}

TEST_F(TunerTest, ADatabaseThatCannotBeWrittenEndsTheSearch) {
  auto database = Database::open(folder + "/none/records.jsonl");
  ASSERT_TRUE(database);
  auto report = tune(*database, "none");
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().find("cannot write"), std::string::npos);
}

} // namespace
