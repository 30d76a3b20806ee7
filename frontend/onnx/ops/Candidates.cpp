// Choices among candidates: orders, suppression, detections.
#include "frontend/onnx/Detection.h"
#include "frontend/onnx/Registry.h"

#include <limits>

using namespace mlir;

namespace cnnc::frontend {

static constexpr float infinity = std::numeric_limits<float>::infinity();

static OnnxNode asInt32(OnnxNode cast) { return cast.set("to", static_cast<int64_t>(::onnx::TensorProto::INT32)); }

// Scores in which a NaN is the least, as TopK does not say where NaN stands.
static std::string withoutNaN(OnnxLayer &layer, const std::string &scores) {
  return layer.step("Where", {layer.step("IsNaN", {scores}).output(), layer.scalar("least", -infinity), scores}).output();
}

static LogicalResult exportTopK(cnn::TopKOp op, OnnxLayer &layer) {
  std::string scores = layer.rows(0, op.getCount()), best = order(layer, withoutNaN(layer, scores), op.getK());
  layer.result("Gather", {scores, best}).set("axis", 0);
  asInt32(layer.result("Cast", {best}, 1));
  countResult(layer, best, 2);
  return success();
}

static LogicalResult exportGatherRows(cnn::GatherRowsOp op, OnnxLayer &layer) {
  layer.result("Gather", {layer.present(0), layer.rows(1, op.getCount())}).set("axis", 0);
  return success();
}

// Groups are classes: one row of scores for each, in which the boxes of other groups have none. Boxes come sorted and with equal scores, so
// that they are visited, and kept, in the order of scores over all groups.
static LogicalResult exportNms(cnn::NmsOp op, OnnxLayer &layer) {
  std::string boxes = layer.rows(0, op.getCount()), scores = layer.rows(1, op.getCount()), groups = layer.rows(2, op.getCount());
  std::string candidates;
  if (auto threshold = op.getScoreThreshold()) {
    candidates = whereTrue(layer, layer.step("GreaterOrEqual", {scores, layer.scalar("score_threshold", asFloat(*threshold))}).output());
    scores = gatherRows(layer, scores, candidates);
  }
  std::string visited = order(layer, withoutNaN(layer, scores), -1);
  if (!candidates.empty())
    visited = gatherRows(layer, candidates, visited);
  std::string sorted = layer.step("Cast", {gatherRows(layer, groups, visited)}).set("to", static_cast<int64_t>(::onnx::TensorProto::INT64)).output();
  std::string member = layer.step("Equal", {unsqueeze(layer, layer.step("Unique", {sorted}).output(), {1}), sorted}).output();
  auto kept = suppress(layer, unsqueeze(layer, gatherRows(layer, boxes, visited), {0}), unsqueeze(layer, asFloats(layer, member), {0}), op.getCap(),
                       op.getIouThreshold(), 0.5F);
  if (failed(kept))
    return failure();
  std::string places = layer.step("Gather", {*kept, layer.integer("box", 2)}).set("axis", 1).output();
  places = gatherRows(layer, places, order(layer, places, op.getCap(), /*largestFirst=*/false));
  asInt32(layer.result("Cast", {gatherRows(layer, visited, places)}));
  countResult(layer, places, 1);
  return success();
}

// Each class suppresses by itself: a batch of its own boxes, or a class of boxes that all share. What is left is numbered by row, then class,
// the order of equal scores.
static LogicalResult exportDetections(cnn::DetectionsOp op, OnnxLayer &layer) {
  int64_t classes = cnn::tensorOf(op.getScores()).getDimSize(1) - 1;
  bool shared = cnn::tensorOf(op.getBoxes()).getRank() == 2;
  auto foreground = [&](const std::string &value) {
    return layer.step("Slice", {value, layer.integers("starts", {1}), layer.integers("ends", {classes + 1}), layer.integers("axes", {1})}).output();
  };
  std::string boxes = layer.rows(0, op.getCount()), scores = foreground(layer.rows(1, op.getCount())), candidates = boxes;
  if (!shared) {
    boxes = foreground(boxes);
    candidates = layer.step("Transpose", {boxes}).set("perm", ArrayRef<int64_t>{1, 0, 2}).output();
  }
  std::string byClass = layer.step("Transpose", {scores}).set("perm", ArrayRef<int64_t>{1, 0}).output();
  std::string eligible =
      layer.step("Where", {areLarge(layer, candidates, shared ? 2 : 3, op.getMinSize()), byClass, layer.scalar("least", -infinity)}).output();
  auto kept = suppress(layer, shared ? unsqueeze(layer, candidates, {0}) : candidates, unsqueeze(layer, eligible, {shared ? 0 : 1}), op.getCap(),
                       op.getIouThreshold(), asFloat(op.getScoreThreshold()));
  if (failed(kept))
    return failure();
  auto column = [&](StringRef name, int64_t number) { return layer.step("Gather", {*kept, layer.integer(name, number)}).set("axis", 1).output(); };
  std::string count = layer.integer("classes", classes);
  std::string numbers = layer.step("Add", {layer.step("Mul", {column("row", 2), count}).output(), column("class", shared ? 1 : 0)}).output();
  numbers = gatherRows(layer, numbers, order(layer, numbers, -1, /*largestFirst=*/false));
  std::string values = gatherRows(layer, reshape(layer, scores, {-1}), numbers), best = order(layer, values, op.getCap());
  numbers = gatherRows(layer, numbers, best);
  std::string chosen = shared ? layer.step("Div", {numbers, count}).output() : numbers;
  layer.result("Gather", {shared ? boxes : reshape(layer, boxes, {-1, 4}), chosen}).set("axis", 0);
  layer.result("Gather", {values, best}, 1).set("axis", 0);
  std::string labels = layer.step("Add", {layer.step("Mod", {numbers, count}).output(), layer.integer("first", 1)}).output();
  asInt32(layer.result("Cast", {labels}, 2));
  countResult(layer, best, 3);
  return success();
}

void addCandidateRows(OnnxRows &rows) {
  rows.push_back(onnxRow<exportTopK>());
  rows.push_back(onnxRow<exportGatherRows>());
  rows.push_back(onnxRow<exportNms>());
  rows.push_back(onnxRow<exportDetections>());
}

} // namespace cnnc::frontend
