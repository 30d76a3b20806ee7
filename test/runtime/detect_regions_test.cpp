// Pools of regions, pictures and masks: exact small cases, every layout, hostile values.
#include "test/runtime/detect/maps.h"

#include <algorithm>
#include <array>
#include <random>

#include <gtest/gtest.h>

using namespace detect;

namespace {

using Box = std::array<float, 4>;
using Values = std::vector<float>;

const int blocks[] = {1, 3, 4, 8, 16, 32};

Map roiAlign(Map &map, Box region, int rows, int columns, int ratio, int aligned, float scale = 1, int block = 1) {
  Map result(map.layout.channels, rows, columns, block);
  const cnnc_roi_align_options options = {map.layout, result.layout, scale, ratio, aligned};
  cnnc_roi_align(&options, map.data(), region.data(), result.data());
  EXPECT_TRUE(result.neat());
  return result;
}

Map roiPool(Map &map, Box region, int rows, int columns, float scale = 1, int block = 1) {
  Map result(map.layout.channels, rows, columns, block);
  const cnnc_roi_pool_options options = {map.layout, result.layout, scale};
  cnnc_roi_pool(&options, map.data(), region.data(), result.data());
  EXPECT_TRUE(result.neat());
  return result;
}

/// A picture channel whose cell (y, x) is f(y, x).
template <typename F> Map plane(int height, int width, F f) {
  return Map(1, height, width).fill([&](int, int y, int x) { return float(f(y, x)); });
}

Map numbered(int channels, int height, int width, int block) {
  return Map(channels, height, width, block).fill([](int c, int y, int x) { return float((c * 31 + y * 17 + x * 5) % 64); });
}

TEST(RoiAlign, Frames) {
  Map map = plane(3, 3, [](int y, int x) { return 1 + 3 * y + x; });
  EXPECT_EQ(roiAlign(map, {0, 0, 2, 2}, 2, 2, 1, 0).values(), (Values{3, 4, 6, 7}));
  EXPECT_EQ(roiAlign(map, {0, 0, 2, 2}, 2, 2, 1, 1).values(), (Values{1, 2, 4, 5}));
}

TEST(RoiAlign, AdaptiveSamples) {
  Map map = plane(8, 8, [](int, int x) { return x * x; });
  const Values adaptive = roiAlign(map, {0, 0, 6, 3}, 2, 2, 0, 0).values();
  for (int row = 0; row < 2; ++row) {
    EXPECT_FLOAT_EQ(adaptive[2 * row], 3.1666667f);
    EXPECT_FLOAT_EQ(adaptive[2 * row + 1], 21.166667f);
  }
  EXPECT_EQ(roiAlign(map, {0, 0, 6, 3}, 2, 2, 2, 0).values(), (Values{3, 21, 3, 21}));
}

TEST(RoiAlign, SamplesOutside) {
  Map map = plane(2, 2, [](int y, int x) { return 1 + 2 * y + x; });
  const auto pooled = [&](Box region) { return roiAlign(map, region, 1, 1, 1, 0).values()[0]; };
  EXPECT_EQ(pooled({-3, -3, -1.5f, -1.5f}), 0);
  EXPECT_EQ(pooled({-1, -1, 0, 0}), 1);
  EXPECT_EQ(pooled({1.5f, 1.5f, 3, 3}), 0);
  EXPECT_EQ(pooled({1, 1, 3, 3}), 4);
}

TEST(RoiAlign, DegenerateRegions) {
  Map map = plane(5, 7, [](int y, int x) { return 10 * y + x; });
  EXPECT_EQ(roiAlign(map, {2, 2, 2, 2}, 1, 1, 1, 0).values()[0], 22.0f + 5.5f); // at least one cell
  EXPECT_EQ(roiAlign(map, {2, 2, 2, 2}, 1, 1, 1, 1).values()[0], 15.0f + 1.5f);
  EXPECT_EQ(roiAlign(map, {2, 2, 2, 2}, 1, 1, 0, 1).values()[0], 0); // no samples
  EXPECT_EQ(roiAlign(map, {4, 3, 2, 1}, 1, 1, 2, 1).values()[0], 15.0f + 2.5f);
}

TEST(RoiAlign, ManyCellsInABin) {
  Map map = plane(100, 150, [](int y, int x) { return 2 * y - x; });
  // The samples of an affine function average to its value at the middle.
  EXPECT_NEAR(roiAlign(map, {1, 2, 141, 92}, 1, 1, 0, 0).values()[0], 2 * 47 - 71, 1e-3);
  EXPECT_NEAR(roiAlign(map, {1, 2, 141, 92}, 2, 1, 0, 0).values()[1], 2 * 69.5 - 71, 1e-3);
  EXPECT_NEAR(roiAlign(map, {1, 2, 141, 92}, 1, 1, 200, 0).values()[0], 2 * 47 - 71, 1e-3);
}

TEST(RoiAlign, HugeRegions) {
  Map map = plane(10, 10, [](int, int) { return 1; });
  const float share = roiAlign(map, {-50000, -5, 50000, 5}, 1, 1, 0, 0).values()[0]; // 11 of 100000 columns, 6 of 10 rows
  EXPECT_NEAR(share, 11e-5 * 0.6, 1e-7);
  for (float far : {1e9f, 1e20f, 3e38f, infinity, quiet})
    for (int ratio : {0, 2})
      for (int aligned : {0, 1})
        for (Box region : {Box{-far, -far, far, far}, Box{0, 0, far, far}, Box{far, far, far, far}, Box{far, 0, 1, 1}})
          EXPECT_LE(std::abs(roiAlign(map, region, 7, 7, ratio, aligned).values()[0]), 1.001f);
}

TEST(RoiAlign, EveryLayout) {
  Map dense = numbered(21, 9, 13, 1);
  for (int from : blocks)
    for (int to : blocks)
      for (int ratio : {0, 2}) {
        Map map = numbered(21, 9, 13, from);
        const Box region = {4, 3, 49, 33};
        const Values expected = roiAlign(dense, region, 7, 5, ratio, 1, .25f).values(), got = roiAlign(map, region, 7, 5, ratio, 1, .25f, to).values();
        for (size_t i = 0; i < got.size(); ++i)
          ASSERT_NEAR(got[i], expected[i], 1e-5) << from << " to " << to;
      }
}

TEST(RoiAlign, FromTheMapOfTheLevel) {
  Map fine = plane(4, 4, [](int, int) { return 1; }), coarse = plane(2, 2, [](int, int) { return 2; }), result(1, 1, 1);
  cnnc_multiscale_options options = {{2, 2, 224, 4, 1e-6f}, {fine.layout, coarse.layout}, {1 / 100.f, 1 / 200.f}, result.layout, 2, 0};
  const float *maps[] = {fine.data(), coarse.data()};
  const auto pooled = [&](Box region) {
    cnnc_multiscale_roi_align(&options, maps, region.data(), result.data());
    return result.at(0, 0, 0);
  };
  EXPECT_EQ(pooled({50, 50, 150, 150}), 1);
  EXPECT_EQ(pooled({50, 50, 300, 300}), 2);
  EXPECT_LE(std::abs(pooled({quiet, 0, 5, 5})), 1);
}

TEST(RoiPool, HalvesAwayFromZero) {
  Map map = plane(8, 8, [](int y, int x) { return 8 * y + x; });
  EXPECT_EQ(roiPool(map, {1, 1, 9, 9}, 1, 1, .5f).values(), (Values{45}));
}

TEST(RoiPool, EmptyBinsAndDegenerateRegions) {
  Map map = plane(4, 4, [](int y, int x) { return -1 - 4 * y - x; });
  EXPECT_EQ(roiPool(map, {2, 2, 5, 5}, 2, 2).values(), (Values{-11, 0, 0, 0}));
  EXPECT_EQ(roiPool(map, {3, 3, 1, 1}, 1, 1).values(), (Values{-16}));
  EXPECT_EQ(roiPool(map, {-9, -9, -7, -7}, 1, 1).values(), (Values{0}));
  EXPECT_EQ(roiPool(map, {0, 0, 2, 0}, 1, 2).values(), (Values{-1, -2}));
  for (float far : {1e9f, 3e38f, infinity, quiet})
    for (Box region : {Box{-far, -far, far, far}, Box{far, far, far, far}, Box{far, 0, 1, 1}})
      EXPECT_LE(roiPool(map, region, 3, 3).values()[4], 0);
  EXPECT_EQ(roiPool(map, {-1e9f, -1e9f, 1e9f, 1e9f}, 1, 1).values(), (Values{-1}));
}

TEST(RoiPool, PassesOverNan) {
  Map map = plane(1, 3, [](int, int x) { return x == 1 ? quiet : -5.0f - x; });
  EXPECT_EQ(roiPool(map, {0, 0, 2, 0}, 1, 1).values(), (Values{-5}));
}

TEST(RoiPool, EveryLayout) {
  Map dense = numbered(21, 9, 13, 1);
  for (int from : blocks)
    for (int to : blocks) {
      Map map = numbered(21, 9, 13, from);
      EXPECT_EQ(roiPool(map, {4, 3, 49, 33}, 7, 5, .25f, to).values(), roiPool(dense, {4, 3, 49, 33}, 7, 5, .25f).values()) << from << " to " << to;
    }
}

/// Byte (y, x, c) is 50 y + 10 x + c.
std::vector<uint8_t> pixels(int height, int width) {
  std::vector<uint8_t> result;
  for (int i = 0; i < height * width * 3; ++i)
    result.push_back(uint8_t(50 * (i / (3 * width)) + 10 * (i / 3 % width) + i % 3));
  return result;
}

cnnc_picture dense(const std::vector<uint8_t> &bytes, int height, int width) { return {bytes.data(), 3 * width, 3, 1, height, width}; }

const cnnc_normalization asBytes = {1, {0, 0, 0}, {1, 1, 1}, 0};

TEST(Image, SameSize) {
  const std::vector<uint8_t> bytes = pixels(3, 4);
  const cnnc_picture picture = dense(bytes, 3, 4);
  for (int block : blocks) {
    Map canvas(3, 5, 6, block);
    const cnnc_image_options options = {{255, {.5f, .25f, .125f}, {.5f, .3f, .2f}, 0}, 3, 4, canvas.layout};
    int32_t geometry[4];
    ASSERT_EQ(cnnc_image_to_batch(&options, &picture, canvas.data(), geometry), CNNC_IMAGE_OK);
    EXPECT_EQ(std::vector<int32_t>(geometry, geometry + 4), (std::vector<int32_t>{3, 4, 3, 4}));
    EXPECT_TRUE(canvas.neat());
    for (int c = 0; c < 3; ++c)
      for (int y = 0; y < 5; ++y)
        for (int x = 0; x < 6; ++x)
          EXPECT_EQ(canvas.at(c, y, x),
                    y < 3 && x < 4 ? (float(50 * y + 10 * x + c) / 255.0f - options.normalization.mean[c]) / options.normalization.std[c] : 0);
  }
}

TEST(Image, TwiceTheSize) {
  const std::vector<uint8_t> bytes = pixels(1, 2);
  const cnnc_picture picture = dense(bytes, 1, 2);
  Map canvas(3, 2, 5);
  const cnnc_image_options options = {asBytes, 2, 99, canvas.layout};
  int32_t geometry[4];
  ASSERT_EQ(cnnc_image_to_batch(&options, &picture, canvas.data(), geometry), CNNC_IMAGE_OK);
  const Values row = {0, 2.5f, 7.5f, 10, 0};
  for (int y = 0; y < 2; ++y)
    for (int x = 0; x < 5; ++x)
      EXPECT_EQ(canvas.at(2, y, x), row[x] + (x < 4 ? 2 : 0));
}

TEST(Image, Strides) {
  const std::vector<uint8_t> bytes = pixels(4, 5);
  Map expected(3, 8, 10), got(3, 8, 10);
  const auto convert = [](Map &canvas, const cnnc_picture &picture, int reversed) {
    cnnc_image_options options = {asBytes, 8, 99, canvas.layout};
    options.normalization.reversed = reversed;
    int32_t geometry[4];
    EXPECT_EQ(cnnc_image_to_batch(&options, &picture, canvas.data(), geometry), CNNC_IMAGE_OK);
    return canvas.values();
  };
  const Values upright = convert(expected, dense(bytes, 4, 5), 0);
  // The same picture from planes, upside down in memory, and with its channels the other way round.
  std::vector<uint8_t> planes(60), flipped(60), swapped(60);
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 5; ++x)
      for (int c = 0; c < 3; ++c)
        planes[c * 20 + y * 5 + x] = flipped[(3 - y) * 15 + 3 * x + c] = swapped[y * 15 + 3 * x + 2 - c] = bytes[y * 15 + 3 * x + c];
  EXPECT_EQ(convert(got, {planes.data(), 5, 1, 20, 4, 5}, 0), upright);
  EXPECT_EQ(convert(got, {flipped.data() + 45, -15, 3, 1, 4, 5}, 0), upright);
  EXPECT_EQ(convert(got, {swapped.data(), 15, 3, 1, 4, 5}, 1), upright);
  EXPECT_EQ(convert(got, {swapped.data() + 2, 15, 3, -1, 4, 5}, 0), upright);
}

TEST(Image, RowsByThemselves) {
  const std::vector<uint8_t> bytes = pixels(5, 60);
  const cnnc_picture picture = dense(bytes, 5, 60);
  Map whole(3, 20, 200, 4), rows(3, 20, 200, 4);
  const cnnc_image_options options = {asBytes, 15, 180, whole.layout};
  int32_t geometry[4];
  ASSERT_EQ(cnnc_image_to_batch(&options, &picture, whole.data(), geometry), CNNC_IMAGE_OK);
  for (int y = 20; y-- > 0;)
    cnnc_image_rows(&options, &picture, geometry, y, y + 1, rows.data());
  EXPECT_EQ(whole.values(), rows.values());
  EXPECT_TRUE(rows.neat());
}

TEST(Image, Geometry) {
  Map canvas(3, 800, 1344);
  const cnnc_image_options options = {asBytes, 800, 1333, canvas.layout};
  const auto geometry = [&](int height, int width) {
    std::array<int32_t, 5> result;
    result[4] = cnnc_image_geometry(&options, height, width, result.data());
    return result;
  };
  EXPECT_EQ(geometry(480, 640), (std::array<int32_t, 5>{800, 1066, 480, 640, CNNC_IMAGE_OK}));
  EXPECT_EQ(geometry(500, 1000), (std::array<int32_t, 5>{666, 1333, 500, 1000, CNNC_IMAGE_OK}));
  EXPECT_EQ(geometry(640, 480)[4], CNNC_IMAGE_TOO_LARGE);
  EXPECT_EQ(geometry(1, 2147483647)[4], CNNC_IMAGE_EMPTY);
  for (auto [height, width] : {std::array{0, 5}, {5, 0}, {-3, 7}, {0, 0}})
    EXPECT_EQ(geometry(height, width)[4], CNNC_IMAGE_EMPTY);
  const cnnc_picture none = {nullptr, 0, 3, 1, 0, 0};
  int32_t values[4];
  EXPECT_EQ(cnnc_image_to_batch(&options, &none, canvas.data(), values), CNNC_IMAGE_EMPTY);
  EXPECT_EQ(canvas.at(0, 0, 0), edge);
}

Map warp(const cnnc_picture &picture, Box box, int size, int padding, cnnc_normalization normalization = asBytes, int block = 1) {
  Map result(3, size, size, block);
  const cnnc_warp_options options = {normalization, result.layout, padding};
  cnnc_warp_region(&options, &picture, box.data(), result.data());
  EXPECT_TRUE(result.neat());
  return result;
}

TEST(Warp, WholePixels) {
  const std::vector<uint8_t> bytes = pixels(4, 5);
  for (int block : blocks) {
    Map got = warp(dense(bytes, 4, 5), {1, 1, 3, 3}, 2, 0, asBytes, block);
    for (int c = 0; c < 3; ++c)
      EXPECT_EQ((Values{got.at(c, 0, 0), got.at(c, 0, 1), got.at(c, 1, 0), got.at(c, 1, 1)}), (Values{60.f + c, 70.f + c, 110.f + c, 120.f + c}));
  }
}

TEST(Warp, ContextAndMean) {
  const std::vector<uint8_t> bytes = pixels(4, 5);
  const cnnc_normalization normalization = {1, {7, 7, 7}, {2, 2, 2}, 0};
  Map got = warp(dense(bytes, 4, 5), {0, 1, 2, 3}, 4, 1, normalization); // one more pixel on each side
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 4; ++x)
      EXPECT_EQ(got.at(1, y, x), x ? (50 * y + 10 * (x - 1) + 1 - 7) / 2.0f : 0);
}

TEST(Warp, HostileBoxes) {
  const std::vector<uint8_t> bytes = pixels(4, 5);
  for (float far : {1e9f, 3e38f, infinity, quiet})
    for (Box box : {Box{far, far, far, far}, Box{-far, 0, -far, 1}, Box{far, 0, -far, 4}})
      for (float value : warp(dense(bytes, 4, 5), box, 5, 1).values())
        EXPECT_TRUE(value >= 0 && value <= 255);
  for (float value : warp({nullptr, 0, 3, 1, 0, 0}, {-1, -1, 1, 1}, 5, 1).values())
    EXPECT_EQ(value, 0);
}

TEST(Masks, Select) {
  for (int block : blocks) {
    Map logits = Map(5, 2, 3, block).fill([](int c, int y, int x) { return c == 3 ? (y ? infinity : x ? -infinity : 0) : quiet; });
    Values result(6, quiet);
    cnnc_select_mask(&logits.layout, logits.data(), 3, result.data());
    EXPECT_EQ(result, (Values{.5f, 0, 0, 1, 1, 1}));
    for (int label : {-1, 5, 2147483647}) {
      cnnc_select_mask(&logits.layout, logits.data(), label, result.data());
      EXPECT_EQ(result, Values(6, 0.0f));
    }
  }
}

Values paste(Values mask, Box box, int height, int width, int padding = 0) {
  const cnnc_paste_options options = {int(std::lround(std::sqrt(mask.size()))), padding, .5f};
  Values result(size_t(height) * width, quiet);
  std::vector<uint8_t> bytes(result.size(), 77);
  cnnc_paste_mask(&options, mask.data(), box.data(), height, width, result.data());
  cnnc_paste_mask_u8(&options, mask.data(), box.data(), height, width, bytes.data());
  for (size_t i = 0; i < result.size(); ++i)
    EXPECT_EQ(bytes[i], result[i] > .5f) << i;
  return result;
}

TEST(Masks, Paste) {
  EXPECT_EQ(paste({.25f, .5f, .75f, 1}, {1, 0, 2, 1}, 3, 4), (Values{0, .25f, .5f, 0, 0, .75f, 1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(paste({1}, {-1, -1, 1, 1}, 3, 3), (Values{1, 1, 0, 1, 1, 0, 0, 0, 0})); // partly outside
  EXPECT_EQ(paste({1}, {5, 5, 5, 5}, 6, 6)[35], 1);
  // A padding of one cell around one cell: the box grows threefold, and the values fall off towards the padding.
  EXPECT_EQ(paste({1}, {2, 2, 3, 3}, 6, 6, 1)[2 * 6 + 2], 0.625f * 0.625f);
}

TEST(Masks, BoxesAnywhere) {
  const Values nothing(12, 0.0f);
  for (Box box : {Box{9, 9, 12, 12}, Box{-9, 0, -5, 3}, Box{quiet, 0, 3, 3}, Box{-infinity, 0, infinity, 3}, Box{3, 3, 1, 1}, Box{3e38f, 0, 3e38f, 1}})
    EXPECT_EQ(paste({1, 1, 1, 1}, box, 3, 4), nothing);
  EXPECT_EQ(paste({1, 1, 1, 1}, {-1e9f, -1e9f, 1e9f, 1e9f}, 3, 4), Values(12, 1.0f));
  EXPECT_EQ(paste({1, 1, 1, 1}, {0, 0, 5, 5}, 0, 0), Values());
  const Values wide = paste({1}, {3, 0, 1002, 0}, 1, 2000);
  EXPECT_EQ(std::count(wide.begin(), wide.end(), 1), 1000);
  EXPECT_EQ(wide[2], 0);
  EXPECT_EQ(wide[3], 1);
}

} // namespace
