// Ops that move values: joins, pads, reshapes.
#include "frontend/onnx/Registry.h"

using namespace mlir;

namespace cnnc::frontend {

static LogicalResult exportConcat(cnn::ConcatOp op, OnnxLayer &layer) {
  layer.result("Concat", layer.inputs()).set("axis", static_cast<int64_t>(op.getAxis()));
  return success();
}

static LogicalResult exportFlatten(cnn::FlattenOp op, OnnxLayer &layer) {
  layer.result("Flatten", {layer.input(0)}).set("axis", static_cast<int64_t>(op.getAxis()));
  return success();
}

static LogicalResult exportReshape(cnn::ReshapeOp op, OnnxLayer &layer) {
  SmallVector<int64_t> shape(op.getShape());
  if (layer.isCounted())
    shape[0] = 0; // as many as there are
  layer.result("Reshape", {layer.input(0), layer.integers("shape", shape)});
  return success();
}

static LogicalResult exportTranspose(cnn::TransposeOp op, OnnxLayer &layer) {
  layer.result("Transpose", {layer.input(0)}).set("perm", op.getPerm());
  return success();
}

// Cropping comes before padding, whatever a runtime makes of one Pad that does both.
static LogicalResult exportPad(cnn::PadOp op, OnnxLayer &layer) {
  std::string input = layer.input(0), axes = layer.integers("axes", {2, 3});
  ArrayRef<int64_t> pad = op.getPad();
  if (llvm::any_of(pad, [](int64_t amount) { return amount < 0; })) {
    auto shape = cast<RankedTensorType>(op.getInput().getType()).getShape();
    auto cut = [&](int side) { return std::max<int64_t>(0, -pad[side]); };
    input =
        layer.step("Slice", {input, layer.integers("starts", {cut(0), cut(1)}), layer.integers("ends", {shape[2] - cut(2), shape[3] - cut(3)}), axes}).output();
  }
  auto grown = llvm::map_to_vector<4>(pad, [](int64_t amount) { return std::max<int64_t>(0, amount); });
  layer.result("Pad", {input, layer.integers("pads", grown), layer.scalar("value", asFloat(op.getValue())), axes}).set("mode", op.getMode());
  return success();
}

static LogicalResult exportDropout(cnn::DropoutOp op, OnnxLayer &layer) {
  layer.result("Dropout", {layer.input(0), layer.scalar("ratio", asFloat(op.getP()))});
  return success();
}

void addShapeRows(OnnxRows &rows) {
  rows.push_back(onnxRow<exportConcat>());
  rows.push_back(onnxRow<exportFlatten>());
  rows.push_back(onnxRow<exportReshape>());
  rows.push_back(onnxRow<exportTranspose>());
  rows.push_back(onnxRow<exportPad>());
  rows.push_back(onnxRow<exportDropout>());
  rows.push_back(sameOpRow<cnn::IdentityOp>("Identity"));
  rows.push_back(sameOpRow<cnn::ConvertLayoutOp>("Identity")); // a layout is physical
}

} // namespace cnnc::frontend
