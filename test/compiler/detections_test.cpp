// Outputs of a library as detections: the contract, and each way to break it.
#include "compiler/Detections.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>

using namespace cnnc;

namespace {

template <typename T> Array arrayOf(const char *dtype, std::vector<int64_t> shape, const std::vector<T> &values) {
  Array array = Array::make(dtype, std::move(shape));
  EXPECT_EQ(array.bytes.size(), values.size() * sizeof(T));
  std::copy_n(reinterpret_cast<const char *>(values.data()), array.bytes.size(), array.bytes.begin());
  return array;
}

// Two detections of at most three.
std::map<std::string, Array> outputs() {
  std::map<std::string, Array> arrays;
  arrays["boxes"] = arrayOf<float>("f32", {3, 4}, {1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0});
  arrays["scores"] = arrayOf<float>("f32", {3}, {0.75f, 0.5f, 0});
  arrays["labels"] = arrayOf<int32_t>("i32", {3}, {7, 1, 0});
  arrays["count"] = arrayOf<int32_t>("i32", {1}, {2});
  return arrays;
}

llvm::Expected<std::vector<Detection>> read(const std::map<std::string, Array> &arrays, float minScore = 0) {
  return detectionsOf(NamedArrays(arrays.begin(), arrays.end()), minScore);
}

std::string errorOf(const std::map<std::string, Array> &arrays) {
  auto detections = read(arrays);
  return detections ? "" : llvm::toString(detections.takeError());
}

std::string errorWith(const std::string &name, Array array) {
  auto arrays = outputs();
  arrays[name] = std::move(array);
  return errorOf(arrays);
}

TEST(DetectionsOf, RowsUpToTheCount) {
  auto detections = llvm::cantFail(read(outputs()));
  ASSERT_EQ(detections.size(), 2u);
  EXPECT_EQ(detections[0].box, (Box{1, 2, 3, 4}));
  EXPECT_EQ(detections[1].score, 0.5f);
  EXPECT_EQ(detections[0].label, 7);
  EXPECT_TRUE(detections[0].mask.values.empty());
}

TEST(DetectionsOf, ABatchOfOneMayLead) {
  auto arrays = outputs();
  for (auto &[name, array] : arrays)
    array.shape.insert(array.shape.begin(), 1);
  EXPECT_EQ(llvm::cantFail(read(arrays)).size(), 2u);
}

TEST(DetectionsOf, LowScoresAndNan) {
  EXPECT_EQ(llvm::cantFail(read(outputs(), 0.5f)).size(), 2u);
  EXPECT_EQ(llvm::cantFail(read(outputs(), 0.6f)).size(), 1u);
  auto arrays = outputs();
  arrays["scores"].f32()[0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(llvm::cantFail(read(arrays)).size(), 1u);
}

TEST(DetectionsOf, None) {
  auto arrays = outputs();
  arrays["count"].i32()[0] = 0;
  EXPECT_TRUE(llvm::cantFail(read(arrays)).empty());
}

TEST(DetectionsOf, Masks) {
  auto arrays = outputs();
  arrays["masks"] = arrayOf<float>("f32", {3, 1, 2}, {0, 0.25f, 0.5f, 0.75f, 0, 0});
  auto grid = llvm::cantFail(read(arrays, 0))[1].mask;
  EXPECT_EQ(grid.values, (std::vector<float>{0.5f, 0.75f}));
  EXPECT_FALSE(grid.pasted);
  arrays["pasted"] = arrayOf<uint8_t>("u8", {3, 2, 1}, {0, 1, 1, 0, 0, 0});
  auto pixels = llvm::cantFail(read(arrays))[1].mask;
  EXPECT_EQ(pixels.values, (std::vector<float>{1, 0}));
  EXPECT_TRUE(pixels.pasted);
  EXPECT_EQ(pixels.rows, 2);
}

TEST(DetectionsOf, WhatIsRefused) {
  auto missing = outputs();
  missing.erase("labels");
  EXPECT_NE(errorOf(missing).find("outputs are boxes, count, scores; a detector has"), std::string::npos) << errorOf(missing);
  EXPECT_NE(errorOf({}), "");
  EXPECT_NE(errorWith("count", arrayOf<int32_t>("i32", {1}, {4})).find("'count' is 4, expected 0 to 3"), std::string::npos);
  EXPECT_NE(errorWith("count", arrayOf<int32_t>("i32", {1}, {-1})).find("'count' is -1"), std::string::npos);
  EXPECT_NE(errorWith("count", arrayOf<int32_t>("i32", {2}, {1, 1})).find("'count' is i32 [2]"), std::string::npos);
  EXPECT_NE(errorWith("count", arrayOf<float>("f32", {1}, {1})).find("'count' is f32 [1]"), std::string::npos);
  EXPECT_NE(errorWith("boxes", Array::make("f32", {2, 4})).find("'boxes' is f32 [2, 4]"), std::string::npos);
  EXPECT_NE(errorWith("boxes", Array::make("f32", {3, 5})), "");
  EXPECT_NE(errorWith("scores", Array::make("f32", {3, 1})).find("'scores' is f32 [3, 1]"), std::string::npos);
  EXPECT_NE(errorWith("labels", Array::make("f32", {3})).find("'labels' is f32 [3]"), std::string::npos);
  EXPECT_NE(errorWith("masks", Array::make("u8", {3, 28, 28})).find("'masks' is u8"), std::string::npos);
  EXPECT_NE(errorWith("pasted", Array::make("f32", {2, 28, 28})).find("'pasted' is f32"), std::string::npos);
}

} // namespace
