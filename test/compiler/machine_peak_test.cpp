// The machine's peak: whole, positive, and the same after a trip through its document. No figure is judged.
#include "compiler/MachinePeak.h"

#include <gtest/gtest.h>

using namespace cnnc;
using nlohmann::json;

namespace {

const json sound = {{"target", "x86-64-v3"}, {"threads", 2},
                    {"vector_bits", 256},    {"gflops", 200.0},    {"levels", {{{"name", "L2"}, {"capacity_bytes", 1 << 20}, {"buffer_bytes", 1 << 19}, {"gb_s", 100.0}}}}};

TEST(MachinePeak, IsMeasured) {
  Target any;
  any.name = "any";
  any.vectorBits = 128;
  for (int threads : {1, 3}) {
    const MachinePeak peak = measurePeak(any, threads);
    EXPECT_EQ(peak.target, "any");
    EXPECT_EQ(peak.threads, threads);
    EXPECT_EQ(peak.vectorBits, 128);
    EXPECT_EQ(peak.tileFlops, 0);
    EXPECT_GT(peak.flops, 0);
    ASSERT_FALSE(peak.levels.empty());
    EXPECT_EQ(peak.levels.front().name, "L2");
    for (const MemoryLevel &level : peak.levels) {
      EXPECT_GT(level.bandwidth, 0) << level.name;
      EXPECT_GT(level.buffer, 0) << level.name;
      EXPECT_LE(level.buffer, level.capacity) << level.name;
    }
    for (size_t i = 1; i < peak.levels.size(); ++i) {
      EXPECT_GT(peak.levels[i].capacity, peak.levels[i - 1].capacity);
      EXPECT_GT(peak.levels[i].buffer, peak.levels[i - 1].capacity) << "what is read of " << peak.levels[i].name << " must not fit the level before";
    }
    EXPECT_EQ(toJson(peakFromJson(toJson(peak)).value()), toJson(peak));
  }
}

TEST(MachinePeak, ReadsNothingElse) {
  EXPECT_TRUE(peakFromJson(sound));
  for (const auto &[key, value] : std::initializer_list<std::pair<const char *, json>>{{"threads", 0},
                                                                                       {"threads", "two"},
                                                                                       {"gflops", -1},
                                                                                       {"gflops", nullptr},
                                                                                       {"levels", json::array()},
                                                                                       {"levels", {{{"name", "L2"}}}},
                                                                                       {"target", 3}}) {
    json broken = sound;
    broken[key] = value;
    EXPECT_FALSE(peakFromJson(broken)) << broken.dump();
    broken.erase(key);
    EXPECT_FALSE(peakFromJson(broken)) << broken.dump();
  }
  json tiles = sound;
  for (const json &value : {json(-1), json("many"), json(nullptr)}) {
    tiles["tile_gflops"] = value;
    EXPECT_FALSE(peakFromJson(tiles)) << value;
  }
  tiles["tile_gflops"] = 1.0;
  EXPECT_EQ(peakFromJson(tiles).value().tileFlops, 1e9);
  EXPECT_FALSE(peakFromJson(json::array()));
  EXPECT_FALSE(peakFromJson(json::value_t::discarded));
}

} // namespace
