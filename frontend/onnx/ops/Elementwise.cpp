// Activations and arithmetic.
#include "frontend/onnx/Registry.h"

#include <cmath>

using namespace mlir;

namespace cnnc::frontend {

// Clip takes its bounds as inputs; one left out does not clip, so that an infinity needs no representation.
static void clip(OnnxLayer &layer, double low, double high) {
  layer.result("Clip", {layer.input(0), std::isinf(low) ? "" : layer.scalar("min", static_cast<float>(low)),
                        std::isinf(high) ? "" : layer.scalar("max", static_cast<float>(high))});
}

static LogicalResult exportRelu6(cnn::Relu6Op, OnnxLayer &layer) {
  clip(layer, 0, 6);
  return success();
}

static LogicalResult exportClip(cnn::ClipOp op, OnnxLayer &layer) {
  clip(layer, op.getMin().convertToDouble(), op.getMax().convertToDouble());
  return success();
}

static LogicalResult exportLeakyRelu(cnn::LeakyReluOp op, OnnxLayer &layer) {
  layer.result("LeakyRelu", {layer.input(0)}).set("alpha", asFloat(op.getAlpha()));
  return success();
}

static LogicalResult exportHardSigmoid(cnn::HardSigmoidOp op, OnnxLayer &layer) {
  layer.result("HardSigmoid", {layer.input(0)}).set("alpha", asFloat(op.getAlpha())).set("beta", asFloat(op.getBeta()));
  return success();
}

// ONNX has no Silu before opset 24.
static LogicalResult exportSilu(cnn::SiluOp, OnnxLayer &layer) {
  std::string sigmoid = layer.step("Sigmoid", {layer.input(0)}).output();
  layer.result("Mul", {layer.input(0), sigmoid});
  return success();
}

void addElementwiseRows(OnnxRows &rows) {
  rows.push_back(sameOpRow<cnn::ReluOp>("Relu"));
  rows.push_back(sameOpRow<cnn::SigmoidOp>("Sigmoid"));
  rows.push_back(sameOpRow<cnn::TanhOp>("Tanh"));
  rows.push_back(sameOpRow<cnn::HardSwishOp>("HardSwish"));
  rows.push_back(sameOpRow<cnn::AddOp>("Add"));
  rows.push_back(sameOpRow<cnn::MulOp>("Mul"));
  rows.push_back(onnxRow<exportRelu6>());
  rows.push_back(onnxRow<exportClip>());
  rows.push_back(onnxRow<exportLeakyRelu>());
  rows.push_back(onnxRow<exportHardSigmoid>());
  rows.push_back(onnxRow<exportSilu>());
}

} // namespace cnnc::frontend
