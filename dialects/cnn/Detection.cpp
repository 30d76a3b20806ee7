// Checks, boxes and orders of detectors.
#include "dialects/cnn/Detection.h"

#include <cmath>
#include <numeric>

using namespace mlir;

#pragma STDC FP_CONTRACT OFF

namespace cnnc::cnn {

LogicalResult checkBoxes(std::optional<Location> location, const Twine &constraint, Type type) {
  auto tensor = cast<RankedTensorType>(type);
  if (tensor.getRank() == 2 && tensor.hasStaticShape() && tensor.getDimSize(1) == 4 && tensor.getDimSize(0) <= kMaxRows)
    return success();
  return violates(location, constraint, "boxes must have shape [R, 4] with R up to 2^24, got " + shapeString(tensor));
}

LogicalResult checkMap(std::optional<Location> location, const Twine &constraint, Type type) {
  auto tensor = cast<RankedTensorType>(type);
  if (tensor.getRank() == 4 && tensor.getDimSize(0) == 1)
    return success();
  return violates(location, constraint, "a map must be of one image, [1, C, H, W], got shape " + shapeString(tensor));
}

LogicalResult checkSize(std::optional<Location> location, const Twine &constraint, StringRef name, ArrayRef<int64_t> size) {
  if (size.size() == 2 && llvm::all_of(size, [](int64_t extent) { return extent >= 1 && extent <= int64_t(1) << 20; }))
    return success();
  return violates(location, constraint, name + Twine(" must be two extents (height, width) from 1 to 2^20"));
}

LogicalResult checkShape(std::optional<Location> location, const Twine &constraint, StringRef what, Type type, ArrayRef<int64_t> shape) {
  if (cast<RankedTensorType>(type).getShape() == shape)
    return success();
  return violates(location, constraint, what + " must have shape " + shapeString(shape) + ", got " + shapeString(type));
}

LogicalResult checkCoder(std::optional<Location> location, const Twine &constraint, ArrayRef<double> weights, const APFloat &clip) {
  bool sound = weights.size() == 4 && llvm::all_of(weights, [](double weight) { return std::isfinite(weight) && weight != 0; });
  if (sound && clip.isFinite())
    return success();
  return violates(location, constraint, "weights must be four finite numbers other than 0, and clip finite");
}

LogicalResult checkAnchors(std::optional<Location> location, const Twine &constraint, ArrayRef<double> sizes, ArrayRef<double> ratios) {
  auto sound = [](ArrayRef<double> values) {
    return !values.empty() && values.size() <= 1024 && llvm::all_of(values, [](double value) { return std::isfinite(value) && value > 0; });
  };
  if (sound(sizes) && sound(ratios))
    return success();
  return violates(location, constraint, "sizes and aspect_ratios must be 1 to 1024 finite numbers above 0");
}

LogicalResult checkStride(std::optional<Location> location, const Twine &constraint, Type map, ArrayRef<int64_t> imageSize) {
  auto tensor = cast<RankedTensorType>(map);
  if (failed(checkSize(location, constraint, "image_size", imageSize)))
    return failure();
  if (tensor.getDimSize(2) <= imageSize[0] && tensor.getDimSize(3) <= imageSize[1])
    return success();
  return violates(location, constraint, "a map of shape " + shapeString(map) + " has more cells than image_size = " + shapeString(imageSize) + " has pixels");
}

LogicalResult checkCap(std::optional<Location> location, const Twine &constraint, StringRef name, int64_t cap) {
  if (cap >= 1 && cap <= int64_t(1) << 20)
    return success();
  return violates(location, constraint, name + " must lie in [1, 2^20], got " + Twine(cap));
}

LogicalResult checkFinite(std::optional<Location> location, const Twine &constraint, StringRef name, const APFloat &value) {
  return value.isFinite() ? success() : violates(location, constraint, name + " must be finite");
}

LogicalResult checkPicture(std::optional<Location> location, const Twine &constraint, Type type) {
  auto tensor = cast<RankedTensorType>(type);
  CappedAttr capped = cappedOf(tensor);
  if (tensor.getRank() == 3 && tensor.hasStaticShape() && tensor.getDimSize(0) >= 1 && tensor.getDimSize(2) == 3 &&
      !(capped && llvm::is_contained(capped.getDims(), 2)))
    return success();
  return violates(location, constraint, "the image must have shape [H, W, 3], got " + shapeString(tensor));
}

LogicalResult checkNormalization(std::optional<Location> location, const Twine &constraint, ArrayRef<double> mean, ArrayRef<double> deviation,
                                 const APFloat &scale) {
  auto finite = [](double value) { return std::isfinite(value); };
  if (mean.size() == 3 && deviation.size() == 3 && llvm::all_of(mean, finite) && llvm::all_of(deviation, finite) && !llvm::is_contained(deviation, 0.0) &&
      scale.isFinite())
    return success();
  return violates(location, constraint, "mean and std must be three finite values each, scale finite, and no std 0");
}

Box boxAt(const HostTensor &boxes, int64_t row) {
  const double *sides = boxes.data.data() + 4 * row;
  return {sides[0], sides[1], sides[2], sides[3]};
}

void setBox(HostTensor &boxes, int64_t row, const Box &box) { llvm::copy(box, boxes.data.begin() + 4 * row); }

int64_t meantRows(const HostTensor &count, int64_t rows) {
  double meant = count.data[0];
  return meant > 0 ? static_cast<int64_t>(std::min(meant, static_cast<double>(rows))) : 0;
}

Box decodeBox(const BoxCoder &coder, const Box &box, const Box &deltas) {
  Box result;
  for (int axis : {0, 1}) {
    double size = box[2 + axis] - box[axis], centre = box[axis] + 0.5 * size;
    double shift = deltas[axis] / coder.weights[axis], growth = deltas[2 + axis] / coder.weights[2 + axis];
    double at = shift * size + centre, half = 0.5 * std::exp(growth > coder.clip ? coder.clip : growth) * size;
    result[axis] = at - half;
    result[2 + axis] = at + half;
  }
  return result;
}

Box clipBox(const Box &box, double height, double width) {
  auto clamp = [](double value, double high) { return value < 0 ? 0 : value > high ? high : value; };
  return {clamp(box[0], width), clamp(box[1], height), clamp(box[2], width), clamp(box[3], height)};
}

static std::array<float, 4> rounded(const Box &box) {
  return {static_cast<float>(box[0]), static_cast<float>(box[1]), static_cast<float>(box[2]), static_cast<float>(box[3])};
}

bool isSmall(const Box &box, double minSize) {
  auto [x1, y1, x2, y2] = rounded(box);
  float least = static_cast<float>(minSize);
  return !(x2 - x1 >= least && y2 - y1 >= least);
}

bool reaches(double score, double threshold) { return static_cast<float>(score) >= static_cast<float>(threshold); }

std::vector<std::array<float, 4>> baseAnchors(ArrayRef<double> sizes, ArrayRef<double> ratios) {
  std::vector<std::array<float, 4>> base;
  for (double ratio : ratios)
    for (double size : sizes) {
      float tall = std::sqrt(static_cast<float>(ratio)), wide = 1.0f / tall;
      float x = std::nearbyint(wide * static_cast<float>(size) / 2.0f), y = std::nearbyint(tall * static_cast<float>(size) / 2.0f);
      base.push_back({-x, -y, x, y});
    }
  return base;
}

std::vector<std::array<float, 4>> gridAnchors(ArrayRef<std::array<float, 4>> base, int64_t height, int64_t width, ArrayRef<int64_t> imageSize) {
  int64_t strideY = imageSize[0] / height, strideX = imageSize[1] / width;
  std::vector<std::array<float, 4>> anchors;
  anchors.reserve(height * width * base.size());
  for (int64_t row = 0; row < height; ++row)
    for (int64_t column = 0; column < width; ++column)
      for (auto [x1, y1, x2, y2] : base) {
        float x = static_cast<float>(column * strideX), y = static_cast<float>(row * strideY);
        anchors.push_back({x + x1, y + y1, x + x2, y + y2});
      }
  return anchors;
}

std::vector<int64_t> bestFirst(ArrayRef<double> scores) {
  std::vector<int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  llvm::stable_sort(order, [&](int64_t a, int64_t b) {
    float left = static_cast<float>(scores[a]), right = static_cast<float>(scores[b]);
    return left > right || (!std::isnan(left) && std::isnan(right));
  });
  return order;
}

static bool overlap(const std::array<float, 4> &a, const std::array<float, 4> &b, double threshold) {
  float areaA = (a[2] - a[0]) * (a[3] - a[1]), areaB = (b[2] - b[0]) * (b[3] - b[1]);
  float width = std::max(0.0f, std::min(a[2], b[2]) - std::max(a[0], b[0])), height = std::max(0.0f, std::min(a[3], b[3]) - std::max(a[1], b[1]));
  float inter = width * height, joint = areaA + areaB - inter;
  return static_cast<double>(inter / joint) > threshold;
}

std::vector<int64_t> suppress(ArrayRef<Box> boxes, ArrayRef<int64_t> groups, ArrayRef<int64_t> order, double threshold, int64_t cap) {
  std::vector<std::array<float, 4>> corners(boxes.size());
  llvm::transform(boxes, corners.begin(), rounded);
  std::vector<int64_t> kept;
  for (int64_t candidate : order) {
    if (static_cast<int64_t>(kept.size()) == cap)
      break;
    if (llvm::none_of(kept, [&](int64_t other) { return groups[other] == groups[candidate] && overlap(corners[other], corners[candidate], threshold); }))
      kept.push_back(candidate);
  }
  return kept;
}

ScratchSize &ScratchSize::addTopK(int64_t count) {
  for (int array = 0; array < 4; ++array)
    add(count, sizeof(int32_t));
  return add(int64_t(1) << 12, sizeof(int32_t));
}

ScratchSize &ScratchSize::addNms(int64_t count) { return add(7 * llvm::alignTo<16>(count), sizeof(float)); }

} // namespace cnnc::cnn
