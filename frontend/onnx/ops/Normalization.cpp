// Per-channel shifts and normalisations.
#include "frontend/onnx/Registry.h"

using namespace mlir;

namespace cnnc::frontend {

static LogicalResult exportBatchNorm(cnn::BatchNormOp op, OnnxLayer &layer) {
  // The operands come in ONNX's order: X, scale, B, mean, var.
  layer.result("BatchNormalization", {layer.input(0), layer.input(1), layer.input(2), layer.input(3), layer.input(4)}).set("epsilon", asFloat(op.getEpsilon()));
  return success();
}

// Add broadcasts from the last dimension, so that the [C] bias becomes [C, 1, ..., 1].
static LogicalResult exportBias(cnn::BiasOp op, OnnxLayer &layer) {
  std::string bias = layer.input(1);
  if (int64_t rank = cast<RankedTensorType>(op.getInput().getType()).getRank(); rank > 2)
    bias = layer.step("Unsqueeze", {bias, layer.integers("axes", llvm::to_vector(llvm::seq<int64_t>(1, rank - 1)))}).output();
  layer.result("Add", {layer.input(0), bias});
  return success();
}

// ONNX LRN in basic ops, for what ONNX Runtime's LRN refuses: the mean of squares is a pool along the channels, laid as rows.
static void exportLrnInParts(cnn::LrnOp op, OnnxLayer &layer) {
  auto shape = cast<RankedTensorType>(op.getType()).getShape();
  int64_t size = static_cast<int64_t>(op.getSize()), before = (size - 1) / 2, after = size / 2;
  std::string squares = layer.step("Mul", {layer.input(0), layer.input(0)}).output();
  std::string rows = layer.step("Reshape", {squares, layer.integers("rows", {0, 1, shape[1], shape[2] * shape[3]})}).output();
  std::string mean = layer.step("AveragePool", {rows})
                         .set("kernel_shape", ArrayRef<int64_t>{size, 1})
                         .set("pads", ArrayRef<int64_t>{before, 0, after, 0})
                         .set("count_include_pad", 1)
                         .output();
  std::string planes = layer.step("Reshape", {mean, layer.integers("planes", {0, shape[1], shape[2], shape[3]})}).output();
  std::string scaled = layer.step("Mul", {planes, layer.scalar("alpha", asFloat(op.getAlpha()))}).output();
  std::string base = layer.step("Add", {scaled, layer.scalar("k", asFloat(op.getK()))}).output();
  std::string power = layer.step("Pow", {base, layer.scalar("beta", asFloat(op.getBeta()))}).output();
  layer.result("Div", {layer.input(0), power});
}

static LogicalResult exportLrn(cnn::LrnOp op, OnnxLayer &layer) {
  if (op.getSize() % 2 == 0 || !(op.getAlpha().convertToDouble() > 0) || !(op.getBeta().convertToDouble() > 0)) {
    exportLrnInParts(op, layer);
    return success();
  }
  layer.result("LRN", {layer.input(0)})
      .set("size", static_cast<int64_t>(op.getSize()))
      .set("alpha", asFloat(op.getAlpha()))
      .set("beta", asFloat(op.getBeta()))
      .set("bias", asFloat(op.getK()));
  return success();
}

static LogicalResult exportSoftmax(cnn::SoftmaxOp op, OnnxLayer &layer) {
  layer.result("Softmax", {layer.input(0)}).set("axis", static_cast<int64_t>(op.getAxis()));
  return success();
}

void addNormalizationRows(OnnxRows &rows) {
  rows.push_back(onnxRow<exportBatchNorm>());
  rows.push_back(onnxRow<exportBias>());
  rows.push_back(onnxRow<exportLrn>());
  rows.push_back(onnxRow<exportSoftmax>());
}

} // namespace cnnc::frontend
