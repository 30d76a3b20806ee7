// Drawing into a small picture, pixel by pixel.
#include "compiler/Draw.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

using namespace cnnc;

namespace {

constexpr Colour kRed{200, 0, 0};
constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();

// A black picture between guards that nothing may touch.
struct Picture {
  static constexpr size_t kGuard = 4096;
  int64_t width, height;
  std::vector<uint8_t> bytes;

  Picture(int64_t width, int64_t height) : width(width), height(height), bytes(width * height * 3 + 2 * kGuard, 0) {
    std::fill_n(bytes.begin(), kGuard, 77);
    std::fill_n(bytes.end() - kGuard, kGuard, 77);
  }
  ~Picture() {
    auto intact = [](uint8_t byte) { return byte == 77; };
    EXPECT_TRUE(std::all_of(bytes.begin(), bytes.begin() + kGuard, intact));
    EXPECT_TRUE(std::all_of(bytes.end() - kGuard, bytes.end(), intact));
  }
  Canvas canvas() { return {bytes.data() + kGuard, width, height}; }
  Colour at(int64_t x, int64_t y) {
    const uint8_t *pixel = bytes.data() + kGuard + (y * width + x) * 3;
    return {pixel[0], pixel[1], pixel[2]};
  }
  /// '#' where a pixel is not black, a line a row.
  std::string text() {
    std::string result;
    for (int64_t y = 0; y < height; ++y, result += '\n')
      for (int64_t x = 0; x < width; ++x)
        result += at(x, y) == Colour{0, 0, 0} ? '.' : '#';
    return result;
  }
  bool black() { return text().find('#') == std::string::npos; }
};

Detection detectionAt(Box box, int32_t label = 1, float score = 0.5f) {
  Detection detection;
  detection.box = box;
  detection.label = label;
  detection.score = score;
  return detection;
}

Mask grid(int64_t rows, int64_t columns, float value) { return {std::vector<float>(rows * columns, value), rows, columns, false}; }

TEST(PixelsOf, TouchedPixels) {
  EXPECT_EQ(pixelsOf({1, 2, 4, 5}), (PixelBox{1, 2, 4, 5}));
  EXPECT_EQ(pixelsOf({1.5, 2.5, 3.5, 4.1f}), (PixelBox{1, 2, 4, 5}));
  EXPECT_EQ(pixelsOf({-1.5, -0.5, 0, 1}), (PixelBox{-2, -1, 0, 1}));
}

TEST(PixelsOf, DegenerateBoxes) {
  EXPECT_EQ(pixelsOf({3, 3, 3, 3}), (PixelBox{3, 3, 4, 4}));
  EXPECT_TRUE(pixelsOf({4, 0, 3, 9}).empty());
  for (int i = 0; i < 4; ++i) {
    Box box{0, 0, 9, 9};
    box[i] = kNan;
    EXPECT_TRUE(pixelsOf(box).empty());
  }
  EXPECT_FALSE(pixelsOf({-kInfinity, -kInfinity, kInfinity, kInfinity}).empty());
}

TEST(Outline, Inside) {
  Picture picture(6, 5);
  drawOutline(picture.canvas(), {1, 1, 5, 5}, kRed, 1);
  EXPECT_EQ(picture.text(), "......\n.####.\n.#..#.\n.#..#.\n.####.\n");
  EXPECT_EQ(picture.at(1, 1), kRed);
}

TEST(Outline, ClippedAtEachBorder) {
  Picture picture(4, 4);
  drawOutline(picture.canvas(), {-2, -2, 3, 3}, kRed, 1);
  EXPECT_EQ(picture.text(), "..#.\n..#.\n###.\n....\n");
  Picture other(4, 4);
  drawOutline(other.canvas(), {1, 1, 9, 9}, kRed, 1);
  EXPECT_EQ(other.text(), "....\n.###\n.#..\n.#..\n");
  Picture outside(4, 4);
  drawOutline(outside.canvas(), {-5, -5, 9, 9}, kRed, 2);
  drawOutline(outside.canvas(), {10, 0, 12, 2}, kRed, 2);
  EXPECT_TRUE(outside.black());
}

TEST(Outline, ALineWiderThanTheBox) {
  Picture picture(4, 3);
  drawOutline(picture.canvas(), {1, 1, 3, 2}, kRed, 9);
  EXPECT_EQ(picture.text(), "....\n.##.\n....\n");
}

TEST(BlendMask, HalfOpaqueAndCutAtTheBox) {
  Picture picture(40, 40);
  blendMask(picture.canvas(), grid(28, 28, 1), {3, 3, 31, 31}, kRed);
  for (int64_t y = 0; y < 40; ++y)
    for (int64_t x = 0; x < 40; ++x)
      ASSERT_EQ(picture.at(x, y), (x >= 3 && x < 31 && y >= 3 && y < 31 ? Colour{100, 0, 0} : Colour{0, 0, 0})) << x << ',' << y;
}

TEST(BlendMask, FollowsTheGrid) {
  Picture picture(28, 28);
  Mask mask = grid(28, 28, 0);
  for (int64_t row = 0; row < 28; ++row)
    std::fill_n(mask.values.begin() + row * 28, 14, 1.0f); // the left half
  blendMask(picture.canvas(), mask, {0, 0, 28, 28}, kRed);
  EXPECT_EQ(picture.at(12, 14), (Colour{100, 0, 0}));
  EXPECT_EQ(picture.at(16, 14), (Colour{0, 0, 0}));
}

TEST(BlendMask, AHalfIsNotAbove) {
  Picture picture(28, 28);
  blendMask(picture.canvas(), grid(28, 28, 0.5f), {0, 0, 28, 28}, kRed);
  EXPECT_TRUE(picture.black());
}

TEST(BlendMask, PastedPixels) {
  Picture picture(3, 2);
  blendMask(picture.canvas(), {{0, 1, 1, 1, 0, 1}, 2, 3, true}, {0, 0, 2, 2}, kRed);
  EXPECT_EQ(picture.text(), ".#.\n#..\n");
  blendMask(picture.canvas(), {{1, 1, 1, 1, 1, 1}, 3, 2, true}, {0, 0, 2, 2}, kRed); // of another picture
  EXPECT_EQ(picture.text(), ".#.\n#..\n");
}

TEST(BlendMask, HostileBoxes) {
  Picture picture(8, 8);
  for (Box box : {Box{kNan, 0, 4, 4}, Box{9, 9, 12, 12}, Box{4, 4, 2, 2}, Box{0, 0, kInfinity, kInfinity}, Box{-9, -9, -2, -2}})
    blendMask(picture.canvas(), grid(28, 28, 1), box, kRed);
  EXPECT_TRUE(picture.black());
  blendMask(picture.canvas(), grid(28, 28, 1), {-1e6f, -1e6f, 1e6f, 1e6f}, kRed);
  EXPECT_EQ(picture.text().find('.'), std::string::npos);
}

// The strip's rectangle, from its colour.
PixelBox stripOf(Picture &picture) {
  PixelBox strip{picture.width, picture.height, 0, 0};
  for (int64_t y = 0; y < picture.height; ++y)
    for (int64_t x = 0; x < picture.width; ++x)
      if (picture.at(x, y) == kRed)
        strip = {std::min(strip.x1, x), std::min(strip.y1, y), std::max(strip.x2, x + 1), std::max(strip.y2, y + 1)};
  return strip;
}

TEST(Caption, AboveTheBoxWhereThereIsRoom) {
  Picture picture(40, 40);
  drawCaption(picture.canvas(), {5, 20, 30, 30}, "AB", kRed, 1);
  EXPECT_EQ(stripOf(picture), (PixelBox{5, 11, 18, 20}));
}

TEST(Caption, StaysInsideThePicture) {
  for (PixelBox box : {PixelBox{-9, -9, 3, 3}, PixelBox{38, 2, 60, 60}, PixelBox{30, 38, 60, 60}, PixelBox{-9, 35, 60, 60}}) {
    Picture picture(40, 40);
    drawCaption(picture.canvas(), box, "AB", kRed, 1);
    PixelBox strip = stripOf(picture);
    EXPECT_EQ(strip.x2 - strip.x1, 13);
    EXPECT_EQ(strip.y2 - strip.y1, 9);
  }
}

TEST(Caption, WiderThanThePicture) {
  Picture picture(20, 6);
  drawCaption(picture.canvas(), {3, 3, 5, 5}, "A LONG CAPTION", kRed, 2);
  EXPECT_EQ(stripOf(picture), (PixelBox{0, 0, 20, 6}));
}

TEST(Caption, Letters) {
  Picture picture(7, 9);
  drawCaption(picture.canvas(), {0, 0, 7, 9}, "t", Colour{0, 0, 0}, 1);
  EXPECT_EQ(picture.text(), ".......\n.#####.\n...#...\n...#...\n...#...\n...#...\n...#...\n...#...\n.......\n");
  EXPECT_EQ(picture.at(1, 1), (Colour{255, 255, 255}));
}

TEST(Caption, ForeignLettersAreOneBoxEach) {
  Picture one(40, 9), two(40, 9);
  drawCaption(one.canvas(), {0, 0, 9, 9}, "\xc3\xa9", kRed, 1);
  drawCaption(two.canvas(), {0, 0, 9, 9}, "~", kRed, 1);
  EXPECT_EQ(one.bytes, two.bytes);
}

TEST(Caption, NameAndScore) {
  std::vector<std::string> labels{"background", "dog", ""};
  EXPECT_EQ(captionOf(detectionAt({}, 1, 0.934f), labels), "dog 0.93");
  EXPECT_EQ(captionOf(detectionAt({}, 2, 1), labels), "2 1.00");
  EXPECT_EQ(captionOf(detectionAt({}, 7, 0), labels), "7 0.00");
  EXPECT_EQ(captionOf(detectionAt({}, -3, 0), labels), "-3 0.00");
  EXPECT_EQ(captionOf(detectionAt({}, 1, std::numeric_limits<float>::max()), {}).substr(0, 6), "1 3402");
}

TEST(Colours, DistinctAndRepeating) {
  std::set<Colour> colours;
  for (int32_t label = 1; label <= 21; ++label)
    colours.insert(labelColour(label));
  EXPECT_EQ(colours.size(), 21u);
  EXPECT_EQ(labelColour(22), labelColour(1));
  EXPECT_EQ(labelColour(1), (Colour{230, 159, 0}));
  labelColour(std::numeric_limits<int32_t>::min());
}

TEST(Detections, NoneLeaveThePictureAsItIs) {
  Picture picture(30, 30);
  drawDetections(picture.canvas(), {}, {});
  std::vector<Detection> odd{detectionAt({kNan, kNan, kNan, kNan}), detectionAt({9, 9, 1, 1}), detectionAt({100, 100, 120, 120})};
  drawDetections(picture.canvas(), odd, {});
  EXPECT_TRUE(picture.black());
}

TEST(Detections, TheFirstIsOnTop) {
  Picture picture(60, 60);
  std::vector<Detection> detections{detectionAt({10, 20, 50, 50}, 1), detectionAt({10, 20, 50, 50}, 2)};
  drawDetections(picture.canvas(), detections, {});
  EXPECT_EQ(picture.at(10, 40), labelColour(1));
  EXPECT_EQ(picture.at(30, 40), (Colour{0, 0, 0}));
}

TEST(Detections, APictureWithoutPixels) {
  Picture picture(0, 0);
  std::vector<Detection> detections{detectionAt({0, 0, 5, 5})};
  detections[0].mask = grid(28, 28, 1);
  drawDetections(picture.canvas(), detections, {});
}

TEST(Style, GrowsWithThePicture) {
  EXPECT_EQ(Style::of({nullptr, 100, 50}).line, 1);
  EXPECT_EQ(Style::of({nullptr, 1280, 960}).text, 3);
}

} // namespace
