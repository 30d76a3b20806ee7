// Convolutions and dense layers.
#include "frontend/onnx/Registry.h"

using namespace mlir;

namespace cnnc::frontend {

static LogicalResult exportConv2D(cnn::Conv2DOp op, OnnxLayer &layer) {
  layer.result("Conv", layer.inputs())
      .set("kernel_shape", op.getKernel())
      .set("strides", op.getStride())
      .set("pads", op.getPad())
      .set("dilations", op.getDilation())
      .set("group", static_cast<int64_t>(op.getGroups()));
  return success();
}

static LogicalResult exportConvTranspose2D(cnn::ConvTranspose2DOp op, OnnxLayer &layer) {
  layer.result("ConvTranspose", layer.inputs())
      .set("kernel_shape", op.getKernel())
      .set("strides", op.getStride())
      .set("pads", op.getPad())
      .set("output_padding", op.getOutputPadding())
      .set("dilations", op.getDilation())
      .set("group", static_cast<int64_t>(op.getGroups()));
  return success();
}

static LogicalResult exportDense(cnn::DenseOp op, OnnxLayer &layer) {
  layer.result("Gemm", layer.inputs()).set("transB", 1);
  return success();
}

void addConvolutionRows(OnnxRows &rows) {
  rows.push_back(onnxRow<exportConv2D>());
  rows.push_back(onnxRow<exportConvTranspose2D>());
  rows.push_back(onnxRow<exportDense>());
}

} // namespace cnnc::frontend
