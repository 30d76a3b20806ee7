// The door to the code generator: reproducible bytes, allowed imports, a cache that survives damage, failures that stay failures.
#include "lowering/kernels/Elf.h"
#include "lowering/kernels/Isolate.h"
#include "test/lowering/kernels/Cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace cnnc::kernels::test {
namespace {

namespace fs = std::filesystem;

std::vector<BuildRequest> someKernels(const Target &target, size_t count) {
  std::vector<BuildRequest> requests;
  for (const char *stem : {"Conv2D", "Softmax", "Elementwise", "MaxPool"}) {
    const std::vector<Case> cases = casesOf(stem, target);
    for (size_t i = 0; i < count && i < cases.size(); ++i)
      requests.push_back({cases[i].spec, defaultFor(cases[i].spec, target)});
  }
  return requests;
}

struct TemporaryFolder {
  fs::path path;
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "kernel-cache-XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { fs::remove_all(path); }
};

TEST(Build, GivesTheSameBytesInAnyOrderAndOnAnyNumberOfThreads) {
  const Target target = targetV4();
  std::vector<BuildRequest> requests = someKernels(target, 8);
  auto serial = buildAll(requests, target, {.threads = 1});
  ASSERT_TRUE(serial) << serial.error();
  std::reverse(requests.begin(), requests.end());
  auto parallel = buildAll(requests, target, {.threads = 4});
  ASSERT_TRUE(parallel) << parallel.error();
  for (size_t i = 0; i < requests.size(); ++i) {
    const Object &a = (*serial)[i], &b = (*parallel)[requests.size() - 1 - i];
    EXPECT_EQ(a.symbol, b.symbol);
    EXPECT_TRUE(a.bytes == b.bytes) << a.symbol;
  }
}

TEST(Build, ExportsItsEntryAndImportsNothingElse) {
  const Target target = targetV3();
  for (const BuildRequest &request : someKernels(target, 2)) {
    auto object = build(request.spec, request.schedule, target);
    ASSERT_TRUE(object) << object.error();
    EXPECT_EQ(object->symbol, symbolFor(request.spec, request.schedule, target));
    const auto symbols = readSymbols(object->bytes);
    ASSERT_TRUE(symbols);
    EXPECT_NE(std::ranges::find(symbols->defined, object->symbol + "_argv"), symbols->defined.end());
    for (const std::string &import : symbols->undefined)
      EXPECT_TRUE(isAllowedImport(import)) << import;
  }
}

/// Prefetch instructions (opcode 0F 18) in a kernel's code; constants do not look like them.
int64_t prefetchesIn(const KernelSpec &spec, const std::map<std::string, int64_t> &knobs, const Target &target) {
  Schedule schedule = defaultFor(spec, target);
  for (const auto &[knob, value] : knobs)
    schedule.knobs[knob] = value;
  auto object = build(spec, schedule, target);
  if (!object) {
    ADD_FAILURE() << object.error();
    return 0;
  }
  constexpr std::string_view opcode = "\x0f\x18";
  int64_t count = 0;
  const std::string_view bytes(object->bytes.data(), object->bytes.size());
  for (size_t at = bytes.find(opcode); at != std::string_view::npos; at = bytes.find(opcode, at + 1))
    ++count;
  return count;
}

TEST(Build, PrefetchesWhatTheScheduleAsksFor) {
  const Target target = targetV3();
  Region region; // tiles of 2 x 6 vectors of 32 bytes; two kinds of buffers at their ends
  const int y = region.conv2d(region.input({1, 64, 12, 12}, target.lanes()), {.outputs = 64});
  region.add(y, region.input({1, 64, 12, 12}, target.lanes()));
  const KernelSpec spec = region.finish(target.lanes());
  EXPECT_EQ(defaultFor(spec, target).name, "conv2d.direct");
  const std::map<std::string, int64_t> tile = {{"tile_c", 2}, {"tile_x", 6}, {"tile_y", 1}, {"unroll", 1}, {"flatten", 0}};
  auto with = [&](int64_t weights, int64_t panels, int64_t cells, int64_t results) {
    std::map<std::string, int64_t> knobs = tile;
    knobs.insert({{"order", 0}, {"prefetch", weights}, {"prefetch_panels", panels}, {"prefetch_cells", cells}, {"prefetch_results", results}});
    return prefetchesIn(spec, knobs, target);
  };
  EXPECT_EQ(with(0, 0, 0, 0), 0);
  EXPECT_EQ(with(64, 0, 0, 0), 2); // a vector of each block of weights
  EXPECT_EQ(with(0, 1, 0, 0), 1);  // a 24th, rounded up, of the 16 vectors that a run of 8 channels takes
  EXPECT_EQ(with(0, 0, 1, 0), 3);  // six cells are three lines
  EXPECT_EQ(with(0, 0, 0, 1), 4);  // in each of 8 runs of the sum one of three lines of each block of channels, of the output and the other summand
  EXPECT_EQ(with(64, 1, 1, 1), 10);
}

TEST(Build, ReportsAnIllegalScheduleAndAForeignTarget) {
  const Target target = targetV3();
  const BuildRequest request = someKernels(target, 1).front();
  EXPECT_EQ(build(request.spec, {"conv2d.magic", {}}, target).error(), "kernel conv2d with conv2d.magic(): unknown schedule 'conv2d.magic'");
  Target foreign = target;
  foreign.triple = "vax-dec-ultrix";
  auto object = build(request.spec, request.schedule, foreign);
  ASSERT_FALSE(object);
  EXPECT_NE(object.error().find("no code generator for triple 'vax-dec-ultrix'"), std::string::npos) << object.error();
}

TEST(BuildAll, BuildsEqualRequestsOnceAndCountsThem) {
  const Target target = targetV3();
  std::vector<BuildRequest> requests = someKernels(target, 1);
  requests.push_back(requests.front());
  int64_t calls = 0;
  BuildStatistics statistics;
  auto objects =
      buildAll(requests, target, {.progress = [](void *self, int64_t, int64_t) { ++*static_cast<int64_t *>(self); }, .progressSelf = &calls}, &statistics);
  ASSERT_TRUE(objects) << objects.error();
  EXPECT_EQ(statistics.kernels, static_cast<int64_t>(requests.size()));
  EXPECT_EQ(statistics.unique, static_cast<int64_t>(requests.size()) - 1);
  EXPECT_EQ(calls, statistics.unique);
  EXPECT_EQ(objects->front().bytes, objects->back().bytes);
}

TEST(Cache, ServesWhatItStoredAndRebuildsDamagedEntries) {
  const Target target = targetV3();
  const TemporaryFolder folder;
  const BuildOptions options = {.cacheFolder = (folder.path / "nested" / "cache").string()};
  const std::vector<BuildRequest> requests = someKernels(target, 1);
  BuildStatistics statistics;
  auto first = buildAll(requests, target, options, &statistics);
  ASSERT_TRUE(first) << first.error();
  EXPECT_EQ(statistics.cacheHits, 0);
  auto second = buildAll(requests, target, options, &statistics);
  EXPECT_EQ(statistics.cacheHits, statistics.unique);

  std::vector<fs::path> entries;
  for (const auto &entry : fs::directory_iterator(options.cacheFolder))
    entries.push_back(entry.path());
  ASSERT_EQ(static_cast<int64_t>(entries.size()), statistics.unique);
  std::ranges::sort(entries);
  fs::resize_file(entries[0], 100);                                            // cut short
  std::ofstream(entries[1], std::ios::trunc) << "cnnc-kernel 1 what";          // foreign
  fs::copy_file(entries[3], entries[2], fs::copy_options::overwrite_existing); // another kernel's
  {
    std::fstream flipped(entries[3], std::ios::in | std::ios::out | std::ios::binary);
    flipped.seekp(-1, std::ios::end).put('\x5a');
  }
  auto third = buildAll(requests, target, options, &statistics);
  ASSERT_TRUE(third) << third.error();
  EXPECT_EQ(statistics.cacheHits, statistics.unique - 4);
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_TRUE((*first)[i].bytes == (*second)[i].bytes);
    EXPECT_TRUE((*first)[i].bytes == (*third)[i].bytes);
  }
  buildAll(requests, target, options, &statistics);
  EXPECT_EQ(statistics.cacheHits, statistics.unique);
}

TEST(Cache, ThatCannotBeWrittenOnlyCostsTime) {
  const Target target = targetV3();
  BuildStatistics statistics;
  auto objects = buildAll(someKernels(target, 1), target, {.cacheFolder = "/proc/no/such/folder"}, &statistics);
  ASSERT_TRUE(objects) << objects.error();
  EXPECT_EQ(statistics.cacheHits, 0);
}

TEST(Isolate, TurnsEveryWayToFailIntoAMessage) {
  auto good = isolate([](const std::string &path) { std::ofstream(path) << "bytes"; });
  ASSERT_TRUE(good) << good.error();
  EXPECT_EQ(*good, "bytes");
  EXPECT_EQ(isolate([](const std::string &) { throw std::runtime_error("why"); }).error(), "why");
  EXPECT_EQ(isolate([](const std::string &) { std::raise(SIGSEGV); }).error(), "the code generator crashed (Segmentation fault)");
  EXPECT_EQ(isolate([](const std::string &) { std::_Exit(3); }).error(), "the code generator crashed");
  auto stalled = isolate(
      [](const std::string &) {
        for (volatile int i = 0;; i = i + 1)
          ;
      },
      1);
  EXPECT_EQ(stalled.error(), "code generation was stopped after 1 s or for lack of memory");
}

TEST(Elf, RefusesWhatIsNoObject) {
  EXPECT_FALSE(readSymbols(""));
  EXPECT_FALSE(readSymbols("#!/bin/sh"));
  auto object = build(someKernels(targetV3(), 1)[1].spec, someKernels(targetV3(), 1)[1].schedule, targetV3());
  ASSERT_TRUE(object) << object.error();
  EXPECT_FALSE(readSymbols(std::string_view(object->bytes).substr(0, object->bytes.size() / 2)));
  EXPECT_FALSE(isAllowedImport("halide_malloc"));
}

} // namespace
} // namespace cnnc::kernels::test
