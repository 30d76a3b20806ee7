// Records and their file: hostile text, interrupted writes, several writers.
#include "compiler/tune/Database.h"
#include "compiler/tune/TunedSchedules.h"
#include "test/compiler/tune/tune_records.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

using namespace cnnc;
using namespace cnnc::tune;
using namespace cnnc::tune::test;
using nlohmann::json;

namespace {

class DatabaseTest : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "tune-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    path = folder + "/records.jsonl";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  void write(const std::string &text) const { std::ofstream(path, std::ios::binary) << text; }
  std::string text() const {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  Database open() const {
    auto database = Database::open(path);
    EXPECT_TRUE(database) << (database ? "" : database.error());
    return *database;
  }

  std::string folder, path;
};

TEST_F(DatabaseTest, RecordsComeBackAsTheyWere) {
  Database database = open();
  EXPECT_TRUE(database.records().empty());
  Record failure = record("k2", 3, 0);
  failure.failure = "the worker was ended by a signal: Segmentation fault";
  failure.defaultSeconds = failure.error = 0;
  const std::vector<Record> all = {record("k1", 1, 2e-3), record("k1", 2, 1e-4, "resnet50"), failure};
  for (const Record &one : all)
    EXPECT_EQ(database.append(one), std::nullopt);
  EXPECT_EQ(database.records(), all);
  EXPECT_EQ(open().records(), all);
}

TEST_F(DatabaseTest, AnInterruptedLineSpoilsNothingElse) {
  Database database = open();
  EXPECT_EQ(database.append(record("k1", 1, 2e-3)), std::nullopt);
  const std::string whole = text();
  for (size_t cut = 0; cut + 1 < whole.size(); ++cut) {
    write(whole + whole.substr(0, cut));
    Database damaged = open();
    EXPECT_EQ(damaged.records().size(), 1U);
    EXPECT_TRUE(damaged.complaints().empty()) << cut;
    EXPECT_EQ(damaged.append(record("k2", 2, 1e-3)), std::nullopt);
    EXPECT_EQ(damaged.records().back().kernel, "k2");
    Database again = open();
    EXPECT_EQ(again.records().back().kernel, "k2") << cut;
    EXPECT_EQ(again.complaints().size(), cut == 0 ? 0U : 1U) << cut;
  }
}

TEST_F(DatabaseTest, WhatIsNoRecordIsNamedByItsLine) {
  const json good = toJson(record("k1", 1, 2e-3));
  auto without = [&](const char *key) {
    json other = good;
    other.erase(key);
    return other.dump();
  };
  auto with = [&](const char *key, const json &value) {
    json other = good;
    other[key] = value;
    return other.dump();
  };
  json machineless = good;
  machineless["machine"]["threads"] = 0;
  const std::vector<std::string> bad = {"{", "[]", "\"text\"", "null", "\xff\xfe{}", with("format", 2), without("format"), without("kernel"), without("schedule"),
                                        without("machine"), machineless.dump(), with("seconds", 0), with("seconds", -1), with("seconds", "1"),
                                        with("seconds", json()), with("default_seconds", 0), with("error", -1), with("kernel", 7),
                                        with("what", std::string(2000, 'x')), with("schedule", {{"name", "a"}, {"knobs", {{"x", 1.5}}}}),
                                        std::string(100000, '['), with("what", std::string(70000, 'x'))};
  std::string lines;
  for (const std::string &line : bad)
    lines += line + "\n";
  write(lines + "\n" + good.dump() + "\n");
  Database database = open();
  ASSERT_EQ(database.complaints().size(), bad.size());
  for (size_t i = 0; i < bad.size(); ++i)
    EXPECT_TRUE(database.complaints()[i].starts_with(path + ":" + std::to_string(i + 1) + ": is ")) << database.complaints()[i];
  ASSERT_EQ(database.records().size(), 1U);
  EXPECT_EQ(database.records().front(), record("k1", 1, 2e-3));
}

TEST_F(DatabaseTest, WhatCannotBeReadOrWrittenIsAnError) {
  auto folderAsFile = Database::open(folder);
  ASSERT_FALSE(folderAsFile);
  EXPECT_NE(folderAsFile.error().find("it is no file"), std::string::npos);
  auto missing = Database::open(folder + "/none/records.jsonl");
  ASSERT_TRUE(missing);
  EXPECT_NE(missing->append(record("k", 1, 1)).value_or("").find("cannot write"), std::string::npos);
  EXPECT_NE(writeDatabase(folder + "/none/records.jsonl", {}).value_or("").find("cannot write"), std::string::npos);
  Database database = open();
  EXPECT_EQ(database.append(record("k", 1, 1)), std::nullopt);
  write("");
  EXPECT_NE(database.refresh().value_or("").find("became smaller"), std::string::npos);
}

TEST_F(DatabaseTest, SeveralWritersLoseNothing) {
  constexpr int kWriters = 4, kRecords = 50;
  std::vector<pid_t> children;
  for (int writer = 0; writer < kWriters; ++writer) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto database = Database::open(path);
      bool good = static_cast<bool>(database);
      for (int i = 0; good && i < kRecords; ++i)
        good = !database->append(record("w" + std::to_string(writer), i, 1e-3 * (i + 1)));
      _exit(good ? 0 : 1);
    }
    children.push_back(child);
  }
  for (pid_t child : children) {
    int status = 1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  Database database = open();
  EXPECT_TRUE(database.complaints().empty());
  std::map<std::string, int64_t> next;
  for (const Record &one : database.records())
    EXPECT_EQ(one.schedule.knob("tile_c"), next[one.kernel]++);
  EXPECT_EQ(database.records().size(), static_cast<size_t>(kWriters * kRecords));
}

TEST_F(DatabaseTest, TheFastestOfThisMachineAndVersionCounts) {
  Record otherMachine = record("k", 1, 1e-6), otherVersion = record("k", 2, 1e-6), failure = record("k", 3, 1e-6);
  otherMachine.machine.cpu = "Another CPU";
  otherVersion.version = "0.9";
  failure.failure = "wrong";
  const std::vector<Record> alone = {otherMachine, otherVersion, failure, record("k", 4, 5e-4), record("k", 5, 4e-4), record("j", 6, 2e-3)};
  auto best = bestOf(alone, "1.0", machine());
  ASSERT_EQ(best.size(), 2U);
  EXPECT_EQ(best.at("k").schedule.knob("tile_c"), 5);
  EXPECT_EQ(best.at("j").schedule.knob("tile_c"), 6);
  // Inside a network it was slower: that counts more.
  std::vector<Record> both = alone;
  both.push_back(record("k", 5, 1.1e-3, "net"));
  both.push_back(record("k", 7, 1e-3, "net"));
  EXPECT_EQ(bestOf(both, "1.0", machine()).at("k").schedule.knob("tile_c"), 7);
  // What is as fast as chance may have it does not displace the default, which comes first.
  both.push_back(record("k", 8, 9.9e-4, "net"));
  EXPECT_EQ(bestOf(both, "1.0", machine()).at("k").schedule.knob("tile_c"), 7);
  both.push_back(record("k", 9, 9e-4, "net"));
  EXPECT_EQ(bestOf(both, "1.0", machine()).at("k").schedule.knob("tile_c"), 9);
}

TEST_F(DatabaseTest, MergeKeepsEveryRecordOnceAndPruneTheFastest) {
  const Record a = record("a", 1, 3e-4), b = record("a", 2, 2e-4), c = record("a", 3, 4e-4, "net"), d = record("b", 4, 1e-4);
  const std::vector<Record> all = merged({{a, b, c}, {b, d}, {a}});
  EXPECT_EQ(all, (std::vector<Record>{a, b, c, d}));
  Record old = record("a", 9, 1e-6), failure = record("b", 9, 1e-6);
  old.version = "0.9";
  failure.failure = "wrong";
  std::vector<Record> more = all;
  more.push_back(old);
  more.push_back(failure);
  EXPECT_EQ(pruned(more, "1.0", 1), (std::vector<Record>{c, d}));
  EXPECT_EQ(pruned(more, "", 1), (std::vector<Record>{c, d, old}));
  EXPECT_EQ(pruned(more, "1.0", 2), (std::vector<Record>{b, c, d}));
  EXPECT_EQ(pruned(more, "1.0", 3), all);
  EXPECT_EQ(writeDatabase(path, all), std::nullopt);
  EXPECT_EQ(open().records(), all);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
}

TEST_F(DatabaseTest, RecordsOfAnotherMachineAreNotAppliedUnlessAsked) {
  Target target;
  target.name = "x86-64-v4";
  auto choose = [&](const std::vector<Record> &records, const std::string &on) {
    return TunedSchedules::choose(records, "records.jsonl", {"1.0", target, machine("This CPU"), on});
  };
  auto foreign = choose({record("k", 1, 1e-4)}, "");
  ASSERT_TRUE(foreign);
  EXPECT_EQ(foreign->whyNone(), "its records were measured on 'A CPU, 2 threads', and this is 'This CPU'; --tuned-on takes them all the same");
  auto asked = choose({record("k", 1, 1e-4)}, "A CPU");
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->whyNone(), "");
  EXPECT_EQ(asked->description(), "records.jsonl, measured on A CPU, 2 threads");
  EXPECT_FALSE(choose({record("k", 1, 1e-4)}, "Third CPU"));
  Record other = record("k", 2, 1e-4);
  other.machine.cpu = "A CPU of another kind";
  EXPECT_FALSE(choose({record("k", 1, 1e-4), other}, "A CPU"));
  EXPECT_TRUE(choose({record("k", 1, 1e-4), other}, "another kind"));
  Record otherTarget = record("k", 1, 1e-4), own = record("k", 1, 1e-4);
  otherTarget.target = "x86-64-v3";
  own.machine.cpu = "This CPU";
  own.machine.threads = 7;
  EXPECT_EQ(choose({otherTarget}, "")->whyNone(), "it has no records for target x86-64-v4 and cnnc 1.0");
  EXPECT_EQ(choose({own, otherTarget}, "")->description(), "records.jsonl, measured on This CPU, 7 threads");
}

} // namespace
