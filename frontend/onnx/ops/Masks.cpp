// Masks of detections.
#include "frontend/onnx/Detection.h"
#include "frontend/onnx/Registry.h"

using namespace mlir;

namespace cnnc::frontend {

// Planes are rows of [n * K, h, w], which Gather takes where GatherND's batches may not be empty.
static LogicalResult exportSelectMasks(cnn::SelectMasksOp op, OnnxLayer &layer) {
  ArrayRef<int64_t> shape = cnn::tensorOf(op.getLogits()).getShape();
  std::string logits = layer.rows(0, op.getCount());
  std::string labels = layer.step("Cast", {layer.rows(1, op.getCount())}).set("to", static_cast<int64_t>(::onnx::TensorProto::INT64)).output();
  std::string count = squeeze(layer, extentOf(layer, logits), 0), planes = layer.integer("planes", shape[1]);
  std::string rows = layer.step("Range", {layer.integer("first", 0), count, layer.integer("step", 1)}).output();
  std::string inside = layer.step("Clip", {labels, layer.integer("least", 0), layer.integer("most", shape[1] - 1)}).output();
  std::string numbers = layer.step("Add", {layer.step("Mul", {rows, planes}).output(), inside}).output();
  std::string chosen = gatherRows(layer, reshape(layer, logits, {-1, shape[2], shape[3]}), numbers);
  std::string known = unsqueeze(layer, layer.step("Equal", {labels, inside}).output(), {1, 2});
  layer.result("Where", {known, layer.step("Sigmoid", {chosen}).output(), layer.scalar("zero", 0)});
  return success();
}

// Bilinear scaling along each axis is a product with the weights of the mask's cells, [n, size, m + 2] with the border.
static LogicalResult exportPasteMasks(cnn::PasteMasksOp op, OnnxLayer &layer) {
  int64_t cells = cnn::tensorOf(op.getMasks()).getDimSize(1) + 2;
  auto grown = static_cast<float>(static_cast<double>(cells) / static_cast<double>(cells - 2));
  auto ramp = [](int64_t count) { return llvm::map_to_vector(llvm::seq<int64_t>(0, count), [](int64_t i) { return static_cast<float>(i); }); };
  auto [low, high] = halves(layer, layer.rows(1, op.getCount()));
  auto times = [&](const std::string &value, StringRef name, float factor) { return layer.step("Mul", {value, layer.scalar(name, factor)}).output(); };
  std::string half = times(times(layer.step("Sub", {high, low}).output(), "half", 0.5F), "grown", grown);
  std::string centre = times(layer.step("Add", {high, low}).output(), "half", 0.5F);
  auto whole = [&](const std::string &value) { // towards zero
    std::string bounded = layer.step("Clip", {value, layer.scalar("least", -0x1p40F), layer.scalar("most", 0x1p40F)}).output();
    return asFloats(layer, layer.step("Cast", {bounded}).set("to", static_cast<int64_t>(::onnx::TensorProto::INT64)).output());
  };
  std::string start = whole(layer.step("Sub", {centre, half}).output()), last = whole(layer.step("Add", {centre, half}).output());
  std::string one = layer.scalar("one", 1);
  std::string extent = layer.step("Max", {layer.step("Add", {layer.step("Sub", {last, start}).output(), one}).output(), one}).output();
  auto [left, top] = halves(layer, start);
  auto [width, height] = halves(layer, extent);
  auto weights = [&](const std::string &begin, const std::string &span, int axis) {
    int64_t size = op.getSize()[axis];
    std::string offset = layer.step("Sub", {layer.floats("pixels", ramp(size), {size}), begin}).output();
    std::string middle = layer.step("Add", {offset, layer.scalar("middle", 0.5F)}).output();
    std::string scaled = layer.step("Div", {times(middle, "cells", static_cast<float>(cells)), span}).output();
    std::string position = layer
                               .step("Clip", {layer.step("Sub", {scaled, layer.scalar("middle", 0.5F)}).output(), layer.scalar("zero", 0),
                                              layer.scalar("last", static_cast<float>(cells - 1))})
                               .output();
    std::string distance =
        layer.step("Abs", {layer.step("Sub", {unsqueeze(layer, position, {2}), layer.floats("cell", ramp(cells), {cells})}).output()}).output();
    std::string weight = layer.step("Relu", {layer.step("Sub", {one, distance}).output()}).output();
    std::string covered =
        layer.step("And", {layer.step("GreaterOrEqual", {offset, layer.scalar("zero", 0)}).output(), layer.step("Less", {offset, span}).output()}).output();
    std::string side = asFloats(layer, pick(layer, layer.input(2), {2 + axis}));
    std::string inPicture = layer.step("Less", {layer.floats("pixels", ramp(size), {size}), side}).output();
    std::string seen = unsqueeze(layer, layer.step("And", {covered, inPicture}).output(), {2});
    return layer.step("Where", {seen, weight, layer.scalar("zero", 0)}).output();
  };
  std::string bordered = layer.step("Pad", {layer.rows(0, op.getCount()), layer.integers("pads", {1, 1, 1, 1}), "", layer.integers("axes", {1, 2})}).output();
  std::string across = layer.step("Transpose", {weights(left, width, 1)}).set("perm", ArrayRef<int64_t>{0, 2, 1}).output();
  std::string pasted = layer.step("MatMul", {layer.step("MatMul", {weights(top, height, 0), bordered}).output(), across}).output();
  std::string set = layer.step("GreaterOrEqual", {pasted, layer.scalar("threshold", asFloat(op.getThreshold()))}).output();
  layer.result("Cast", {set}).set("to", static_cast<int64_t>(::onnx::TensorProto::UINT8));
  return success();
}

void addMaskRows(OnnxRows &rows) {
  rows.push_back(onnxRow<exportSelectMasks>());
  rows.push_back(onnxRow<exportPasteMasks>());
}

} // namespace cnnc::frontend
