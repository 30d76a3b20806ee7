// Order, suppression, boxes, proposals and detections: exact small cases and hostile values.
#include "test/runtime/detect/maps.h"

#include <algorithm>
#include <array>
#include <random>

#include <gtest/gtest.h>

using namespace detect;

namespace {

using Box = std::array<float, 4>;
using Indices = std::vector<int32_t>;

const double clipAtLog = std::log(1000.0 / 16);

Indices topK(const std::vector<float> &scores, int k) {
  const int n = int(scores.size());
  Scratch scratch(cnnc_top_k_scratch(n));
  Indices result(std::max(k, 0));
  result.resize(cnnc_top_k(scores.data(), n, k, result.data(), scratch.data()));
  return result;
}

Indices nms(const std::vector<Box> &boxes, const Indices &order, double threshold, int cap = 1 << 30, const Indices &groups = {}) {
  const int n = int(order.size());
  Scratch scratch(cnnc_nms_scratch(n));
  Indices result(n);
  result.resize(cnnc_nms(boxes.empty() ? nullptr : boxes[0].data(), groups.empty() ? nullptr : groups.data(), order.data(), n, threshold, cap, result.data(),
                         scratch.data()));
  return result;
}

Indices range(int n) {
  Indices result(n);
  for (int i = 0; i < n; ++i)
    result[i] = i;
  return result;
}

Indices nms(const std::vector<Box> &boxes, double threshold, int cap = 1 << 30) { return nms(boxes, range(int(boxes.size())), threshold, cap); }

TEST(TopK, EqualScoresByIndex) {
  EXPECT_EQ(topK({0, 1, 2, 2}, 1), (Indices{2}));
  EXPECT_EQ(topK({0, 1, 2, 2}, 2), (Indices{2, 3}));
  EXPECT_EQ(topK({-0.0f, 0, -0.0f}, 3), (Indices{0, 1, 2}));
  EXPECT_EQ(topK(std::vector<float>(1000, 0.5f), 3), (Indices{0, 1, 2}));
}

TEST(TopK, AnyValues) {
  EXPECT_EQ(topK({1, quiet, 0, -0.0f, infinity, -infinity, 1}, 7), (Indices{4, 0, 6, 2, 3, 5, 1}));
  EXPECT_EQ(topK({quiet, -quiet, quiet, 1}, 3), (Indices{3, 0, 1}));
  EXPECT_EQ(topK({}, 3), Indices{});
  EXPECT_EQ(topK({3, 4}, 0), Indices{});
  EXPECT_EQ(topK({3, 4}, -1), Indices{});
  EXPECT_EQ(topK({3, 4}, 1000), (Indices{1, 0}));
}

TEST(Nms, EqualScoresKeepTheFirst) { EXPECT_EQ(nms({{0, 0, 10, 10}, {0, 0, 10, 9.9f}, {0.1f, 0, 10, 10}}, 0.2), (Indices{0})); }

TEST(Nms, OnlyAboveTheThreshold) {
  EXPECT_EQ(nms({{0, 0, 4, 4}, {0, 0, 4, 2}, {9, 9, 10, 10}}, 0.5), (Indices{0, 1, 2}));
  EXPECT_EQ(nms({{0, 0, 4, 4}, {0, 0, 4, 2}, {9, 9, 10, 10}}, std::nextafter(0.5, 0)), (Indices{0, 2}));
  EXPECT_EQ(nms({{0, 0, 1, 1}, {2, 2, 3, 3}, {1, 1, 2, 2}}, 0), (Indices{0, 1, 2}));
  EXPECT_EQ(nms({{0, 0, 1, 1}, {2, 2, 3, 3}}, -1), (Indices{0}));
  // The IoU is the f32 next to 0.7, which lies below the f64.
  EXPECT_EQ(nms({{0, 0, 10, 10}, {0, 0, 10, 7}}, 0.7), (Indices{0, 1}));
  EXPECT_EQ(nms({{0, 0, 10, 10}, {0, 0, 10, 7}}, std::nextafter(double(0.7f), 0)), (Indices{0}));
}

TEST(Nms, BoxesWithoutArea) {
  EXPECT_EQ(nms({{.1f, .1f, .2f, .2f}, {.3f, .3f, .3f, .4f}, {.5f, .5f, .6f, .6f}, {.7f, .7f, .8f, .8f}, {.3f, .3f, .3f, .4f}}, .5, 8), range(5));
  EXPECT_EQ(nms({{1, 1, 1, 1}, {1, 1, 1, 1}}, 0), (Indices{0, 1}));
}

TEST(Nms, SuppressedBoxesDoNotSuppress) { EXPECT_EQ(nms({{0, 0, 10, 10}, {0, 5, 10, 15}, {0, 10, 10, 20}}, .3), (Indices{0, 2})); }

TEST(Nms, ExclusiveCorners) { EXPECT_EQ(nms({{0, 0, 2, 2}, {1, 1, 3, 3}}, .2), (Indices{0, 1})); }

TEST(Nms, NegativeSidesAreNoOverlap) { EXPECT_EQ(nms({{0, 0, 1, 1}, {10, 10, 20, 20}}, .5), (Indices{0, 1})); }

TEST(Nms, HostileBoxes) {
  EXPECT_EQ(nms({{quiet, 0, 1, 1}, {0, 0, 1, 1}, {0, 0, 1, quiet}, {0, 0, 1, 1}}, .5), (Indices{0, 1, 2}));
  EXPECT_EQ(nms({{-infinity, -infinity, infinity, infinity}, {0, 0, 1, 1}, {0, 0, infinity, 1}}, .5), range(3));
  EXPECT_EQ(nms({{3, 3, 1, 1}, {1, 1, 3, 3}, {3, 3, 1, 1}}, .5), range(3));
  EXPECT_EQ(nms({{-3e38f, -3e38f, 3e38f, 3e38f}, {-3e38f, -3e38f, 3e38f, 3e38f}}, .5), range(2));
}

TEST(Nms, Counts) {
  EXPECT_EQ(nms({}, .5), Indices{});
  EXPECT_EQ(nms({{0, 0, 1, 1}}, .5, 0), Indices{});
  EXPECT_EQ(nms({{0, 0, 1, 1}, {5, 5, 6, 6}}, .5, 1), (Indices{0}));
}

TEST(Nms, AsTheDefinition) {
  std::mt19937 random(7);
  for (int n : {15, 16, 17, 63, 64, 65, 300})
    for (double threshold : {0.0, 0.3, 0.5}) {
      std::vector<Box> boxes(n);
      Indices groups(n), order = range(n), expected;
      for (int i = 0; i < n; ++i) {
        const float x = random() % 20, y = random() % 20;
        boxes[i] = {x, y, x + random() % 16, y + random() % 16};
        groups[i] = random() % 3;
      }
      std::shuffle(order.begin(), order.end(), random);
      for (int i : order) {
        const auto covers = [&](int j) {
          const Box &a = boxes[i], &b = boxes[j];
          const float w = std::max(std::min(a[2], b[2]) - std::max(a[0], b[0]), 0.0f), h = std::max(std::min(a[3], b[3]) - std::max(a[1], b[1]), 0.0f);
          const float joint = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h;
          return groups[i] == groups[j] && double(w * h / joint) > threshold;
        };
        if (std::none_of(expected.begin(), expected.end(), covers))
          expected.push_back(i);
      }
      EXPECT_EQ(nms(boxes, order, threshold, n, groups), expected) << n << " boxes at " << threshold;
      expected.resize(std::min<size_t>(expected.size(), 5));
      EXPECT_EQ(nms(boxes, order, threshold, 5, groups), expected);
    }
}

cnnc_box_coder coder(float centre = 1, float size = 1) { return {{centre, centre, size, size}, float(clipAtLog)}; }

Box decode(const cnnc_box_coder &coder, Box box, Box delta) {
  Box result;
  cnnc_decode_boxes(&coder, box.data(), delta.data(), 1, 1, result.data());
  return result;
}

TEST(Boxes, Decode) {
  EXPECT_EQ(decode(coder(), {0, 0, 16, 16}, {0, 0, 0, 0}), (Box{0, 0, 16, 16}));
  EXPECT_EQ(decode(coder(10, 5), {0, 0, 16, 32}, {5, -10, 0, 0}), (Box{8, -32, 24, 0}));
  const Box clipped = decode(coder(), {0, 0, 16, 16}, {0, 0, 125.76f, 0});
  EXPECT_NEAR(clipped[0], -492, 1e-3);
  EXPECT_NEAR(clipped[2], 508, 1e-3);
  EXPECT_EQ(clipped[1], 0);
  EXPECT_EQ(decode(coder(), {0, 0, 16, 16}, {0, 0, -infinity, infinity})[0], 8);
  EXPECT_TRUE(std::isnan(decode(coder(), {0, 0, 16, 16}, {0, 0, quiet, 0})[2]));
  cnnc_decode_boxes(nullptr, nullptr, nullptr, 0, 3, nullptr);
}

TEST(Boxes, Clip) {
  std::vector<Box> boxes = {{-492, 0, 508, 700}, {quiet, -infinity, infinity, 3}, {900, 900, -5, -5}};
  cnnc_clip_boxes(boxes[0].data(), 3, 600, 800);
  EXPECT_EQ(boxes[0], (Box{0, 0, 508, 600}));
  EXPECT_TRUE(std::isnan(boxes[1][0]));
  EXPECT_EQ((Box{0, boxes[1][1], boxes[1][2], boxes[1][3]}), (Box{0, 0, 800, 3}));
  EXPECT_EQ(boxes[2], (Box{800, 600, 0, 0}));
}

TEST(Boxes, RemoveSmall) {
  const std::vector<Box> boxes = {{0, 0, 1, 1}, {0, 0, 1, .5f}, {3, 3, 1, 1}, {quiet, 0, 9, 9}, {5, 5, 7, 8}, {0, 0, infinity, 1}};
  Indices kept(boxes.size());
  kept.resize(cnnc_remove_small(boxes[0].data(), int(boxes.size()), 1, kept.data()));
  EXPECT_EQ(kept, (Indices{0, 4, 5}));
}

TEST(Boxes, Rescale) {
  Box box = {10, 20, 30, 40};
  const int32_t from[] = {100, 200}, to[] = {50, 600}, none[] = {0, 0};
  cnnc_rescale_boxes(box.data(), 1, from, to);
  EXPECT_EQ(box, (Box{30, 10, 90, 20}));
  cnnc_rescale_boxes(box.data(), 1, none, to);
  EXPECT_EQ(box, (Box{30, 10, 90, 20}));
}

TEST(Boxes, AssignLevel) {
  const cnnc_level_mapper mapper = {4, 2, 224, 4, 1e-6f};
  const auto level = [&](Box box) { return cnnc_assign_level(&mapper, box.data()); };
  EXPECT_EQ(level({0, 0, 224, 224}), 2);
  EXPECT_EQ(level({0, 0, 223.9999f, 223.9999f}), 2); // within eps
  EXPECT_EQ(level({0, 0, 223, 223}), 1);
  EXPECT_EQ(level({0, 0, 448, 448}), 3);
  EXPECT_EQ(level({0, 0, 5000, 5000}), 3);
  EXPECT_EQ(level({0, 0, 111, 111}), 0);
  EXPECT_EQ(level({7, 7, 7, 7}), 0);
  EXPECT_EQ(level({0, 0, infinity, 1}), 3);
  EXPECT_EQ(level({0, 0, -3, 3}), 0);
  EXPECT_EQ(level({quiet, 0, 3, 3}), 0);
}

TEST(Anchors, RoundedAndInOrder) {
  cnnc_anchors anchors = {3, 4, 8, {}};
  const float size = 32, ratios[] = {.5f, 1, 2}, sizes[] = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(cnnc_base_anchors(&size, 1, ratios, 3, anchors.base), 3);
  const auto at = [&](int index) {
    Box box;
    cnnc_anchor_at(&anchors, 5, index, box.data());
    return box;
  };
  EXPECT_EQ(at(0), (Box{-23, -11, 23, 11}));
  EXPECT_EQ(at(1), (Box{-16, -16, 16, 16}));
  EXPECT_EQ(at(2), (Box{-11, -23, 11, 23}));
  EXPECT_EQ(at(4), (Box{-8, -16, 24, 16}));
  EXPECT_EQ(at(3 * 5 + 1), (Box{-16, -12, 16, 20}));
  EXPECT_EQ(cnnc_base_anchors(sizes, 6, ratios, 3, anchors.base), 0);
}

/// Two levels of one and two anchors a cell whose boxes are the anchors themselves.
struct Pyramid {
  explicit Pyramid(int block = 1) : objectness{{1, 2, 3, block}, {2, 1, 2, block}}, deltas{{4, 2, 3, block}, {8, 1, 2, block}} {
    options = {2, {}, 100, 10, 1, 0, .5, coder()};
    options.level[0].anchors = {1, 10, 10, {{0, 0, 10, 10}}};
    options.level[1].anchors = {2, 20, 20, {{0, 0, 10, 10}, {0, 0, 10, 9}}};
    for (int l = 0; l < 2; ++l) {
      options.level[l].objectness = objectness[l].layout;
      options.level[l].deltas = deltas[l].layout;
      objectness[l].fill([&](int c, int y, int x) { return float(c + 2 * x + 7 * y - l); });
      deltas[l].fill([](int, int, int) { return 0.0f; });
    }
  }

  int32_t run(int height = 100, int width = 100) {
    const float *maps[] = {objectness[0].data(), objectness[1].data()}, *changes[] = {deltas[0].data(), deltas[1].data()};
    Scratch scratch(cnnc_proposals_scratch(&options));
    boxes.assign(options.post_nms_top_n, {quiet, quiet, quiet, quiet});
    scores.assign(options.post_nms_top_n, quiet);
    return cnnc_proposals(&options, maps, changes, height, width, boxes.empty() ? nullptr : boxes[0].data(), withScores ? scores.data() : nullptr,
                          scratch.data());
  }

  Map objectness[2], deltas[2];
  bool withScores = true;
  cnnc_proposal_options options;
  std::vector<Box> boxes;
  std::vector<float> scores;
};

TEST(Proposals, BestOfAllLevels) {
  Pyramid p;
  // Level 0 holds logits 0 2 4 / 7 9 11; level 1 -1 1 (cells 0, 1 of anchor 0) and 0 2, whose anchor 1 suppresses anchor 0.
  ASSERT_EQ(p.run(), 8);
  const std::vector<Box> expected = {{20, 10, 30, 20}, {10, 10, 20, 20}, {0, 10, 10, 20}, {20, 0, 30, 10}, {10, 0, 20, 10},
                                     {20, 0, 30, 9},   {0, 0, 10, 10},   {0, 0, 10, 9},   {0, 0, 0, 0},    {0, 0, 0, 0}};
  EXPECT_EQ(p.boxes, expected);
  EXPECT_FLOAT_EQ(p.scores[0], 1 / (1 + std::exp(-11.0f)));
  EXPECT_EQ(p.scores[7], 0.5f);
  EXPECT_EQ(p.scores[8], 0);
  for (int block : {4, 8, 16}) {
    Pyramid blocked(block);
    EXPECT_EQ(blocked.run(), 8);
    EXPECT_EQ(blocked.boxes, expected);
  }
}

TEST(Proposals, Caps) {
  Pyramid p;
  p.options.pre_nms_top_n = 1;
  ASSERT_EQ(p.run(), 2);
  EXPECT_EQ(p.boxes[1], (Box{20, 0, 30, 9}));
  p.options.pre_nms_top_n = 0;
  EXPECT_EQ(p.run(), 0);
  EXPECT_EQ(p.boxes[0], (Box{0, 0, 0, 0}));
  p.options.pre_nms_top_n = 100;
  p.options.post_nms_top_n = 1;
  EXPECT_EQ(p.run(), 1);
  EXPECT_EQ(p.boxes[0], (Box{20, 10, 30, 20}));
  p.options.post_nms_top_n = 0;
  EXPECT_EQ(p.run(), 0);
  p.options.levels = 0;
  EXPECT_EQ(p.run(), 0);
}

TEST(Proposals, WithoutScores) {
  Pyramid p;
  p.withScores = false;
  EXPECT_EQ(p.run(), 8);
  EXPECT_EQ(p.boxes[0], (Box{20, 10, 30, 20}));
}

TEST(Proposals, SmallAndImprobable) {
  Pyramid p;
  EXPECT_EQ(p.run(12, 100), 8); // the lower row keeps 2 of its 10 pixels
  EXPECT_EQ(p.run(10, 100), 5);
  EXPECT_EQ(p.run(0, 0), 0);
  p.options.score_threshold = 0.5f; // reached by logit 0
  EXPECT_EQ(p.run(), 8);
  p.options.score_threshold = std::nextafter(0.5f, 1.0f);
  EXPECT_EQ(p.run(), 6);
}

TEST(Proposals, HostileValues) {
  Pyramid p;
  p.objectness[0].fill([](int, int y, int x) { return y ? quiet : x ? infinity : -infinity; });
  p.deltas[1].fill([](int c, int, int) { return c % 3 ? infinity : quiet; });
  ASSERT_EQ(p.run(), 3); // equal probabilities by number, -infinity last, NaN never
  EXPECT_EQ(p.boxes[0], (Box{10, 0, 20, 10}));
  EXPECT_EQ(p.boxes[1], (Box{20, 0, 30, 10}));
  EXPECT_EQ(p.boxes[2], (Box{0, 0, 10, 10}));
  EXPECT_EQ(p.scores[1], 1);
  EXPECT_EQ(p.scores[2], 0);
}

struct Detector {
  int32_t run(const std::vector<float> &scores, const std::vector<Box> &boxes, const std::vector<Box> &deltas = {}, int height = 100, int width = 100) {
    const int rows = int(scores.size()) / options.classes;
    Scratch scratch(cnnc_detections_scratch(&options, rows));
    found.assign(options.cap, {quiet, quiet, quiet, quiet});
    probabilities.assign(options.cap, quiet);
    labels.assign(options.cap, -1);
    sources.assign(options.cap, -1);
    return cnnc_detections(&options, scores.data(), boxes.empty() ? nullptr : boxes[0].data(), deltas.empty() ? nullptr : deltas[0].data(), rows, height, width,
                           options.cap ? found[0].data() : nullptr, probabilities.data(), labels.data(), sources.data(), scratch.data());
  }

  cnnc_detection_options options = {3, 3, 1, 4, .25f, .01f, .5, coder()};
  std::vector<Box> found;
  std::vector<float> probabilities;
  Indices labels, sources;
};

const Box here = {0, 0, 10, 10}, there = {50, 50, 60, 60}, none = {0, 0, 0, 0};

TEST(Detections, WithinTheirClass) {
  Detector d;
  EXPECT_EQ(d.run({.9f, .5f, .5f, .9f, .625f, .25f, 0, 0, quiet}, {here, here, here, here, here, there, here, here, here}), 2);
  EXPECT_EQ(d.labels, (Indices{1, 2, 0, 0}));
  EXPECT_EQ(d.sources, (Indices{1, 0, 0, 0}));
  EXPECT_EQ(d.probabilities, (std::vector<float>{.625f, .5f, 0, 0}));
  EXPECT_EQ(d.found, (std::vector<Box>{here, here, none, none}));
}

TEST(Detections, EqualScoresByRowThenClass) {
  Detector d;
  EXPECT_EQ(d.run({0, .5f, .5f, 0, .5f, .5f, 0, .5f, .5f}, {none, here, here, none, there, there, none, here, here}), 4);
  EXPECT_EQ(d.labels, (Indices{1, 2, 1, 2}));
  EXPECT_EQ(d.sources, (Indices{0, 0, 1, 1}));
}

TEST(Detections, OneBoxForAllClasses) {
  Detector d;
  d.options.box_classes = 1;
  EXPECT_EQ(d.run({0, .5f, .75f, 0, .5f, 0}, {here, there}), 3);
  EXPECT_EQ(d.found, (std::vector<Box>{here, here, there, none}));
  d.options.classes = 1;
  d.options.first_class = 0;
  EXPECT_EQ(d.run({.5f, .75f}, {here, there}), 2);
  EXPECT_EQ(d.found, (std::vector<Box>{there, here, none, none}));
  EXPECT_EQ(d.labels, (Indices{0, 0, 0, 0}));
}

TEST(Detections, UnclippedBoxesReachOutside) {
  const Box outside = {-20, -10, 5, 110};
  Detector d;
  d.options.box_classes = 1;
  EXPECT_EQ(d.run({0, .5f, 0}, {outside}, {}, -1, -1), 1);
  EXPECT_EQ(d.found[0], outside);
  EXPECT_EQ(d.run({0, .5f, 0}, {outside}), 1);
  EXPECT_EQ(d.found[0], (Box{0, 0, 5, 100}));
}

TEST(Detections, FromDeltas) {
  Detector d;
  const Box right = {1, 0, 0, 0}, stay = none;
  EXPECT_EQ(d.run({0, .5f, .75f}, {here}, {stay, right, stay}), 2);
  EXPECT_EQ(d.found, (std::vector<Box>{here, {10, 0, 20, 10}, none, none}));
  d.options.box_classes = 1;
  EXPECT_EQ(d.run({0, .5f, .75f}, {here}, {right}, 100, 15), 2);
  EXPECT_EQ(d.found[0], (Box{10, 0, 15, 10}));
}

TEST(Detections, CountsAndHostileValues) {
  Detector d;
  EXPECT_EQ(d.run({}, {}), 0);
  EXPECT_EQ(d.found, (std::vector<Box>{none, none, none, none}));
  EXPECT_EQ(d.run({infinity, infinity, quiet}, {here, {quiet, 0, 9, 9}, here}), 0);
  EXPECT_EQ(d.run({0, infinity, 1}, {here, {-infinity, -infinity, infinity, infinity}, {9, 9, 1, 1}}), 1);
  EXPECT_EQ(d.found[0], (Box{0, 0, 100, 100}));
  d.options.cap = 1;
  EXPECT_EQ(d.run({0, .5f, .75f}, {here, here, there}), 1);
  EXPECT_EQ(d.labels, (Indices{2}));
  d.options.cap = 0;
  EXPECT_EQ(d.run({0, .5f, .75f}, {here, here, there}), 0);
}

TEST(Detections, ManyClasses) {
  Detector d;
  d.options.classes = d.options.box_classes = 91;
  d.options.cap = 200;
  std::vector<float> scores(3 * 91, 0.0f);
  for (int at : {1, 15, 16, 17, 32, 33, 74, 75, 89, 90, 91, 92, 181, 182, 272})
    scores[at] = .5f;
  // 91 and 182 are background; 92, 181 and 272 are classes that row 0 has.
  EXPECT_EQ(d.run(scores, std::vector<Box>(3 * 91, here)), 10);
  d.labels.resize(11);
  EXPECT_EQ(d.labels, (Indices{1, 15, 16, 17, 32, 33, 74, 75, 89, 90, 0}));
}

} // namespace
