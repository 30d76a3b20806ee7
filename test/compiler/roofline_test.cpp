// The least time of a launch: which of compute and memory bounds it, and from which level it reads.
#include "compiler/Roofline.h"

#include <gtest/gtest.h>

using namespace cnnc;
using nlohmann::json;

namespace {

// 1e12 operations a second, 4e12 on tiles; 100, 10 and 1 GB/s from 1 KiB, 1 MiB and beyond.
MachinePeak machine() { return {"any", 1, 128, 1e12, 4e12, {{"L2", 1 << 10, 1, 100e9}, {"L3", 1 << 20, 1, 10e9}, {"memory", 1 << 30, 1, 1e9}}}; }

LaunchWork work(double flops, double done, double weights, double activations) {
  return {
      .layer = "layer", .kernel = "kernel", .schedule = "schedule", .shape = {1}, .flops = flops, .done = done, .weights = weights, .activations = activations};
}

TEST(Roofline, LevelsHoldWhatTheyHold) {
  const MachinePeak peak = machine();
  EXPECT_EQ(peak.levelFor(0).name, "L2");
  EXPECT_EQ(peak.levelFor(1 << 10).name, "L2");
  EXPECT_EQ(peak.levelFor((1 << 10) + 1).name, "L3");
  EXPECT_EQ(peak.levelFor((1 << 20) + 1).name, "memory");
  EXPECT_EQ(peak.levelFor(int64_t(1) << 40).name, "memory");
}

TEST(Roofline, TheLongerTimeBounds) {
  const Roofline roofline(machine(), 1 << 19, 1 << 10); // weights come from L3
  const LaunchWork heavy = work(8e6, 4e6, 1000, 1000);
  EXPECT_EQ(roofline.limitOf(heavy, heavy.done).bound, "compute");
  EXPECT_DOUBLE_EQ(roofline.limitOf(heavy, heavy.done).seconds, 4e-6);
  EXPECT_DOUBLE_EQ(roofline.limitOf(heavy, heavy.flops).seconds, 8e-6);
  const LaunchWork weights = work(1, 1, 1e5, 1000);
  EXPECT_EQ(roofline.limitOf(weights, 1).bound, "L3");
  EXPECT_DOUBLE_EQ(roofline.limitOf(weights, 1).seconds, 1e5 / 10e9 + 1000 / 100e9);
  EXPECT_EQ(roofline.limitOf(work(0, 0, 0, 1000), 0).bound, "L2");
  EXPECT_EQ(roofline.limitOf(work(0, 0, 0, 1e7), 0).bound, "memory");
}

TEST(Roofline, TilesHaveAPeakOfTheirOwn) {
  MachinePeak peak = machine();
  LaunchWork tiles = work(8e6, 8e6, 0, 0);
  tiles.pieces = 2;
  EXPECT_DOUBLE_EQ(Roofline(peak, 1, 1).limitOf(tiles, tiles.done).seconds, 2e-6);
  tiles.pieces = 3;
  EXPECT_DOUBLE_EQ(Roofline(peak, 1, 1).limitOf(tiles, tiles.done).seconds, 4e-6) << "six products instead of three";
  peak.tileFlops = 0; // measured for another target
  EXPECT_DOUBLE_EQ(Roofline(peak, 1, 1).limitOf(tiles, tiles.done).seconds, 8e-6);
}

TEST(Roofline, WeightsAreReadOnceARun) {
  EXPECT_EQ(Roofline(machine(), 1 << 20, 1).weightsFrom(), "memory");
  EXPECT_EQ(Roofline(machine(), 512, 512).limitOf(work(0, 0, 100, 0), 0).bound, "L2");
  EXPECT_EQ(Roofline(machine(), 512, 513).limitOf(work(0, 0, 100, 0), 0).bound, "L3");
  EXPECT_EQ(Roofline(machine(), 1 << 20, 1).limitOf(work(0, 0, 100, 0), 0).bound, "memory");
}

TEST(Roofline, ImagesThatAreGatheredShareTheWeights) {
  const json metadata = {{"launches",
                          {{{"layer", "fc"},
                            {"kernel", "k0_dense"},
                            {"schedule", "dense.rows"},
                            {"shape", {1, 4}},
                            {"macs", 12},
                            {"multiplications", 12},
                            {"counted", false},
                            {"images", 8},
                            {"args",
                             {{{"space", "gathered"}, {"dtype", "f32"}, {"extents", {8, 3}}},
                              {{"space", "weights"}, {"dtype", "f32"}, {"extents", {4, 3}}},
                              {{"space", "output"}, {"dtype", "f32"}, {"extents", {8, 4}}}}}}}}};
  const auto of = [&](int64_t batch) {
    LaunchWork work = launchWork(metadata).value().front();
    work.shareWeights(batch);
    return work;
  };
  EXPECT_EQ(of(1).weights, 48);
  EXPECT_EQ(of(4).weights, 12);
  EXPECT_EQ(of(12).weights, 8); // two calls
  EXPECT_EQ(of(8).activations, (3 + 4) * 4);
  EXPECT_EQ(of(8).flops, 24);
}

TEST(Roofline, ReadsWhatALibrarySays) {
  const json launch = {{"layer", "conv"},
                       {"kernel", "k0_conv2d"},
                       {"schedule", "conv2d.winograd(tile=4, rows=1)"},
                       {"shape", {2, 8, 4, 4}},
                       {"macs", 100},
                       {"multiplications", 50},
                       {"counted", true},
                       {"images", 1},
                       {"args",
                        {{{"space", "input"}, {"dtype", "u8"}, {"extents", {2, 3, 5}}},
                         {{"space", "weights"}, {"dtype", "f32"}, {"extents", {7}}},
                         {{"space", "arena"}, {"dtype", "f32"}, {"extents", {2, 4}}}}}};
  json metadata = {{"launches", {launch, launch}}};
  metadata["launches"][1]["schedule"] = "";
  metadata["launches"].push_back(launch);
  metadata["launches"][2]["schedule"] = "dense.bf16(chunk=2, pieces=3, rows=250)";
  const auto list = launchWork(metadata).value();
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0].schedule, "conv2d.winograd");
  EXPECT_EQ(list[0].pieces, 0);
  EXPECT_EQ(list[2].pieces, 3);
  EXPECT_EQ(list[1].schedule, "k0_conv2d");
  EXPECT_EQ(list[0].flops, 2 * 100 * 2);
  EXPECT_EQ(list[0].done, 2 * 50);
  EXPECT_EQ(list[0].weights, 28);
  EXPECT_EQ(list[0].activations, 30 + 32);
  LaunchWork half = list[0];
  EXPECT_TRUE(half.counted);
  half.computeOnly(0.5);
  EXPECT_EQ(half.flops, list[0].flops / 2);
  EXPECT_EQ(half.done, list[0].done / 2);
  EXPECT_EQ(half.weights, list[0].weights);
  EXPECT_EQ(half.activations, list[0].activations / 2); // both of its activations have two rows
  half.computeOnly(0);
  EXPECT_EQ(half.flops + half.done + half.weights + half.activations, 0);
  for (const char *key : {"layer", "schedule", "shape", "macs", "multiplications", "counted", "images", "args"}) {
    json broken = metadata;
    broken["launches"][1].erase(key);
    EXPECT_FALSE(launchWork(broken)) << key;
    broken["launches"][1][key] = {{"of another", "form"}};
    EXPECT_FALSE(launchWork(broken)) << key;
  }
  metadata["launches"][0]["args"][0]["dtype"] = "float";
  EXPECT_FALSE(launchWork(metadata));
  EXPECT_FALSE(launchWork(json::array()));
}

} // namespace
