// Steps that the exports of detector ops share.
#include "frontend/onnx/Detection.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace cnnc::frontend {

std::pair<std::string, std::string> halves(OnnxLayer &layer, const std::string &value) {
  OnnxNode split = layer.step("Split", {value}, /*outputs=*/2).set("axis", -1).set("num_outputs", 2);
  return {split.output(0), split.output(1)};
}

std::string gatherRows(OnnxLayer &layer, const std::string &value, const std::string &indices) {
  return layer.step("Gather", {value, indices}).set("axis", 0).output();
}

std::string pick(OnnxLayer &layer, const std::string &value, ArrayRef<int64_t> numbers) { return gatherRows(layer, value, layer.integers("numbers", numbers)); }

std::string whereTrue(OnnxLayer &layer, const std::string &mask) { return squeeze(layer, layer.step("NonZero", {mask}).output(), 0); }

std::string extentOf(OnnxLayer &layer, const std::string &value) { return layer.step("Shape", {value}).set("start", 0).set("end", 1).output(); }

void countResult(OnnxLayer &layer, const std::string &value, unsigned index) {
  layer.result("Cast", {extentOf(layer, value)}, index).set("to", static_cast<int64_t>(::onnx::TensorProto::INT32));
}

std::string asFloats(OnnxLayer &layer, const std::string &value) {
  return layer.step("Cast", {value}).set("to", static_cast<int64_t>(::onnx::TensorProto::FLOAT)).output();
}

std::string unsqueeze(OnnxLayer &layer, const std::string &value, ArrayRef<int64_t> axes) {
  return layer.step("Unsqueeze", {value, layer.integers("axes", axes)}).output();
}

std::string squeeze(OnnxLayer &layer, const std::string &value, int64_t axis) {
  return layer.step("Squeeze", {value, layer.integers("axes", {axis})}).output();
}

std::string reshape(OnnxLayer &layer, const std::string &value, ArrayRef<int64_t> shape) {
  return layer.step("Reshape", {value, layer.integers("shape", shape)}).output();
}

std::string order(OnnxLayer &layer, const std::string &values, int64_t limit, bool largestFirst) {
  std::string k = extentOf(layer, values);
  if (limit >= 0)
    k = layer.step("Min", {k, layer.integers("limit", {limit})}).output();
  return layer.step("TopK", {values, k}, /*outputs=*/2).set("largest", static_cast<int64_t>(largestFirst)).set("sorted", 1).output(1);
}

std::string decodeBoxes(OnnxLayer &layer, const std::string &boxes, const std::string &deltas, int64_t classes, ArrayRef<double> weights, const APFloat &clip) {
  auto [low, high] = halves(layer, boxes);
  std::string size = layer.step("Sub", {high, low}).output();
  std::string centre = layer.step("Add", {low, layer.step("Mul", {size, layer.scalar("half", 0.5F)}).output()}).output();
  std::string moves = deltas;
  if (classes > 1) {
    moves = reshape(layer, deltas, {0, classes, 4});
    size = unsqueeze(layer, size, {1});
    centre = unsqueeze(layer, centre, {1});
  }
  auto [shift, growth] = halves(layer, moves);
  auto over = [&](const std::string &value, ArrayRef<double> factors) {
    return layer.step("Div", {value, layer.floats("weights", {static_cast<float>(factors[0]), static_cast<float>(factors[1])}, {2})}).output();
  };
  std::string at = layer.step("Add", {layer.step("Mul", {over(shift, weights.take_front(2)), size}).output(), centre}).output();
  std::string bounded = layer.step("Min", {over(growth, weights.drop_front(2)), layer.scalar("clip", asFloat(clip))}).output();
  std::string scaled = layer.step("Mul", {layer.step("Exp", {bounded}).output(), size}).output();
  std::string half = layer.step("Mul", {scaled, layer.scalar("half", 0.5F)}).output();
  return layer.step("Concat", {layer.step("Sub", {at, half}).output(), layer.step("Add", {at, half}).output()}).set("axis", -1).output();
}

std::string clipBoxes(OnnxLayer &layer, const std::string &boxes, const std::string &geometry) {
  std::string bounds = asFloats(layer, pick(layer, geometry, {1, 0, 1, 0}));
  return layer.step("Min", {layer.step("Max", {boxes, layer.scalar("zero", 0)}).output(), bounds}).output();
}

std::string areLarge(OnnxLayer &layer, const std::string &boxes, int64_t rank, const APFloat &minSize) {
  auto [low, high] = halves(layer, boxes);
  std::string sides = layer.step("GreaterOrEqual", {layer.step("Sub", {high, low}).output(), layer.scalar("min_size", asFloat(minSize))}).output();
  auto [wide, tall] = halves(layer, sides);
  return squeeze(layer, layer.step("And", {wide, tall}).output(), rank - 1);
}

// The largest f32 not above a threshold: an f32 is above the one exactly when it is above the other.
static float roundedDown(const APFloat &threshold) {
  double exact = threshold.convertToDouble();
  float rounded = static_cast<float>(exact);
  return static_cast<double>(rounded) > exact ? std::nextafter(rounded, -std::numeric_limits<float>::infinity()) : rounded;
}

FailureOr<std::string> suppress(OnnxLayer &layer, const std::string &boxes, const std::string &scores, int64_t cap, const APFloat &iouThreshold,
                                std::optional<float> scoreThreshold) {
  if (iouThreshold.isNegative() && !iouThreshold.isZero())
    return layer.unsupported("NonMaxSuppression takes an iou_threshold from 0 to 1");
  SmallVector<std::string> inputs = {boxes, scores, layer.integers("cap", {cap}),
                                     layer.floats("iou_threshold", std::min(roundedDown(iouThreshold), 1.0F), {1})};
  if (scoreThreshold)
    inputs.push_back(layer.floats("score_threshold", *scoreThreshold, {1}));
  return layer.step("NonMaxSuppression", inputs).output();
}

} // namespace cnnc::frontend
