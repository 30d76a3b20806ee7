// From a picture to a network's input, and enlargements of maps.
#include "frontend/onnx/Registry.h"

using namespace mlir;

namespace cnnc::frontend {

static LogicalResult exportImageToNchw(cnn::ImageToNchwOp op, OnnxLayer &layer) {
  std::string planes = layer.step("Transpose", {layer.input(0)}).set("perm", ArrayRef<int64_t>{0, 3, 1, 2}).output();
  if (op.getReverseChannels())
    planes = layer
                 .step("Slice", {planes, layer.integers("starts", {-1}), layer.integers("ends", {INT64_MIN}), layer.integers("axes", {1}),
                                 layer.integers("steps", {-1})})
                 .output();
  layer.result("Cast", {planes}).set("to", static_cast<int64_t>(::onnx::TensorProto::FLOAT));
  return success();
}

static void setNearest(OnnxNode resize) {
  resize.set("mode", "nearest").set("coordinate_transformation_mode", "asymmetric").set("nearest_mode", "floor").set("axes", ArrayRef<int64_t>{2, 3});
}

static LogicalResult exportUpsampleAdd(cnn::UpsampleAddOp op, OnnxLayer &layer) {
  auto size = cnn::tensorOf(op.getLateral()).getShape().take_back(2);
  OnnxNode top = layer.step("Resize", {layer.input(0), "", "", layer.integers("sizes", size)});
  setNearest(top);
  layer.result("Add", {top.output(), layer.input(1)});
  return success();
}

// Sizes, never scales: a size that passes through a float scale may come back one short. Pillow's filter leaves out the cells
// beyond the border and weighs the rest up, which ONNX calls exclude_outside; plain bilinear repeats the border cell.
static LogicalResult exportResize(cnn::ResizeOp op, OnnxLayer &layer) {
  if (op.getMode() == "nearest") {
    setNearest(layer.result("Resize", {layer.input(0), "", "", layer.integers("sizes", op.getSize())}));
    return success();
  }
  layer.result("Resize", {layer.input(0), "", "", layer.integers("sizes", op.getSize())})
      .set("mode", "linear")
      .set("coordinate_transformation_mode", "half_pixel")
      .set("antialias", static_cast<int64_t>(op.getAntialias()))
      .set("exclude_outside", static_cast<int64_t>(op.getAntialias()))
      .set("axes", ArrayRef<int64_t>{2, 3});
  return success();
}

static LogicalResult exportCenterCrop(cnn::CenterCropOp op, OnnxLayer &layer) {
  auto shape = cast<RankedTensorType>(op.getInput().getType()).getShape();
  ArrayRef<int64_t> size = op.getSize();
  int64_t top = cnn::CenterCropOp::firstCell(shape[2], size[0]), left = cnn::CenterCropOp::firstCell(shape[3], size[1]);
  layer.result("Slice", {layer.input(0), layer.integers("starts", {top, left}), layer.integers("ends", {top + size[0], left + size[1]}),
                         layer.integers("axes", {2, 3})});
  return success();
}

static LogicalResult exportNormalize(cnn::NormalizeOp op, OnnxLayer &layer) {
  auto perChannel = [&](StringRef suffix, ArrayRef<double> values) {
    return layer.floats(suffix, llvm::map_to_vector<4>(values, [](double value) { return static_cast<float>(value); }),
                        {1, static_cast<int64_t>(values.size()), 1, 1});
  };
  std::string value = layer.input(0);
  if (!op.getScale().isExactlyValue(1.0))
    value = layer.step("Mul", {value, layer.scalar("scale", asFloat(op.getScale()))}).output();
  value = layer.step("Sub", {value, perChannel("mean", op.getMean())}).output();
  layer.result("Div", {value, perChannel("std", op.getStd())});
  return success();
}

void addImageRows(OnnxRows &rows) {
  rows.push_back(onnxRow<exportImageToNchw>());
  rows.push_back(onnxRow<exportResize>());
  rows.push_back(onnxRow<exportUpsampleAdd>());
  rows.push_back(onnxRow<exportCenterCrop>());
  rows.push_back(onnxRow<exportNormalize>());
}

} // namespace cnnc::frontend
