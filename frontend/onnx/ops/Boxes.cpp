// Boxes: reference boxes, deltas, clipping, scaling.
#include "dialects/cnn/Detection.h"
#include "frontend/onnx/Detection.h"
#include "frontend/onnx/Registry.h"

using namespace mlir;

namespace cnnc::frontend {

static LogicalResult exportAnchors(cnn::AnchorsOp op, OnnxLayer &layer) {
  auto map = cnn::tensorOf(op.getFeatures()).getShape();
  auto anchors = cnn::gridAnchors(cnn::baseAnchors(op.getSizes(), op.getAspectRatios()), map[2], map[3], op.getImageSize());
  layer.result("Identity", {layer.floats("boxes", ArrayRef(anchors.front().data(), 4 * anchors.size()), {static_cast<int64_t>(anchors.size()), 4})});
  return success();
}

static LogicalResult exportDecodeBoxes(cnn::DecodeBoxesOp op, OnnxLayer &layer) {
  int64_t classes = cnn::tensorOf(op.getDeltas()).getDimSize(1) / 4;
  layer.result("Identity", {decodeBoxes(layer, layer.input(0), layer.input(1), classes, op.getWeights(), op.getClip())});
  return success();
}

static LogicalResult exportClipBoxes(cnn::ClipBoxesOp, OnnxLayer &layer) {
  layer.result("Identity", {clipBoxes(layer, layer.input(0), layer.input(1))});
  return success();
}

static LogicalResult exportRescaleBoxes(cnn::RescaleBoxesOp, OnnxLayer &layer) {
  std::string geometry = asFloats(layer, layer.input(1));
  std::string scaled = pick(layer, geometry, {1, 0, 1, 0}), original = pick(layer, geometry, {3, 2, 3, 2});
  auto [width, height] = halves(layer, pick(layer, geometry, {1, 0}));
  std::string empty = layer.step("Equal", {layer.step("Mul", {width, height}).output(), layer.scalar("zero", 0)}).output();
  std::string ratio = layer.step("Where", {empty, layer.scalar("one", 1), layer.step("Div", {original, scaled}).output()}).output();
  layer.result("Mul", {layer.input(0), ratio});
  return success();
}

static LogicalResult exportRemoveSmall(cnn::RemoveSmallOp op, OnnxLayer &layer) {
  std::string boxes = layer.rows(0, op.getCount()), scores = layer.rows(1, op.getCount());
  std::string large = whereTrue(layer, areLarge(layer, boxes, 2, op.getMinSize()));
  layer.result("Gather", {boxes, large}).set("axis", 0);
  layer.result("Gather", {scores, large}, 1).set("axis", 0);
  countResult(layer, large, 2);
  return success();
}

void addBoxRows(OnnxRows &rows) {
  rows.push_back(onnxRow<exportAnchors>());
  rows.push_back(onnxRow<exportDecodeBoxes>());
  rows.push_back(onnxRow<exportClipBoxes>());
  rows.push_back(onnxRow<exportRescaleBoxes>());
  rows.push_back(onnxRow<exportRemoveSmall>());
}

} // namespace cnnc::frontend
