// Workers that crash, stall, babble or vanish: an error each, never a hang.
#include "compiler/tune/Worker.h"
#include "test/compiler/tune/tune_records.h"

#include <chrono>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace cnnc;
using namespace cnnc::tune;
using namespace cnnc::tune::test;

namespace {

const std::string hello = toJson(WorkerHello{"1.0", machine(), 3}).dump();

/// A worker that says hello and goes on with a shell script.
Worker scripted(const std::string &script) { return Worker({"/bin/sh", "-c", "echo '" + hello + "'; " + script}); }

TEST(WorkerTest, SaysHelloAndAnswers) {
  Worker worker = scripted(R"(read line; echo '{"id": 7, "times": [{"seconds": 0.5, "error": 1e-7}, {"failure": "wrong"}]}'; sleep 100)");
  auto said = worker.start(10);
  ASSERT_TRUE(said) << said.error();
  EXPECT_EQ(said->version, "1.0");
  EXPECT_EQ(said->machine, machine());
  EXPECT_EQ(said->slots, 3);
  EXPECT_EQ(worker.send({7, "module", 2, 0.1}), std::nullopt);
  auto reply = worker.receive(10);
  ASSERT_TRUE(reply) << reply.error();
  ASSERT_TRUE(*reply);
  EXPECT_EQ((*reply)->id, 7);
  ASSERT_EQ((*reply)->times.size(), 2U);
  EXPECT_EQ((*reply)->times[0].seconds, 0.5);
  EXPECT_EQ((*reply)->times[1].failure, "wrong");
  auto silence = worker.receive(0.05);
  ASSERT_TRUE(silence);
  EXPECT_FALSE(*silence);
  EXPECT_TRUE(worker.running());
}

TEST(WorkerTest, ACrashIsAnErrorAndAnotherCanBeStarted) {
  Worker worker = scripted("read line; kill -SEGV $$");
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(worker.start(10));
    EXPECT_EQ(worker.send({1, "module", 2, 0.1}), std::nullopt);
    auto reply = worker.receive(10);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error(), "was ended by a signal: Segmentation fault");
    EXPECT_FALSE(worker.running());
  }
}

TEST(WorkerTest, NonsenseEndsIt) {
  for (const char *nonsense : {"no JSON", "{}", "[]", R"({"id": 1})", R"({"id": 1, "times": 3})", R"({"id": 1, "times": [{"seconds": -1, "error": 0}]})",
                               R"({"id": 1, "times": [{"seconds": 1}]})", R"({"id": 1, "times": [[]]})"}) {
    Worker worker = scripted("read line; echo '" + std::string(nonsense) + "'; sleep 100");
    ASSERT_TRUE(worker.start(10));
    EXPECT_EQ(worker.send({1, "module", 2, 0.1}), std::nullopt);
    auto reply = worker.receive(10);
    EXPECT_FALSE(reply) << nonsense;
    EXPECT_FALSE(worker.running());
  }
}

TEST(WorkerTest, WhatDoesNotStartIsAnError) {
  EXPECT_FALSE(Worker({"/nonexistent/cnnc"}).start(10));
  EXPECT_FALSE(Worker({"/bin/true"}).start(10));
  EXPECT_FALSE(Worker({"/bin/echo", "hello"}).start(10));
  EXPECT_FALSE(Worker({"/bin/sh", "-c", "yes no newline | tr -d '\\n'"}).start(10));
  auto stalled = Worker({"/bin/sleep", "100"}).start(0.1);
  ASSERT_FALSE(stalled);
  EXPECT_NE(stalled.error().find("did not answer in time"), std::string::npos);
  auto refused = Worker({"/bin/echo", R"({"failure": "Dask is not installed"})"}).start(10);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), "the worker '/bin/echo' says: Dask is not installed");
}

TEST(WorkerTest, RequestsAndHellosAreChecked) {
  using nlohmann::json;
  EXPECT_TRUE(trialRequestFrom(toJson(TrialRequest{1, "m", 2, 0.5})));
  for (const char *bad : {"3", "{}", R"({"id": 1, "module": "m", "threads": 0, "seconds": 1})", R"({"id": 1, "module": "m", "threads": 2, "seconds": 1e9})",
                          R"({"id": "1", "module": "m", "threads": 2, "seconds": 1})"})
    EXPECT_FALSE(trialRequestFrom(json::parse(bad))) << bad;
  EXPECT_FALSE(workerHelloFrom(json::parse(R"({"cnnc": "1", "slots": 1})")));
  EXPECT_FALSE(workerHelloFrom(json(3)));
}

} // namespace
