// From a picture of any size to a network's input.
#include "frontend/onnx/Detection.h"
#include "frontend/onnx/Registry.h"

using namespace mlir;

namespace cnnc::frontend {

// A picture [H, W, 3] of bytes as f32 planes [1, 3, H, W].
static std::string planesOf(OnnxLayer &layer, bool reversed) {
  std::string planes = layer.step("Transpose", {layer.input(0)}).set("perm", ArrayRef<int64_t>{2, 0, 1}).output();
  if (reversed)
    planes = gatherRows(layer, planes, layer.integers("channels", {2, 1, 0}));
  return asFloats(layer, unsqueeze(layer, planes, {0}));
}

// (value * scale - mean) / std of planes [1, 3, H, W].
template <typename Op> static std::string normalized(Op op, OnnxLayer &layer, const std::string &planes) {
  auto perChannel = [&](StringRef suffix, ArrayRef<double> values) {
    return layer.floats(suffix, llvm::map_to_vector<4>(values, [](double value) { return static_cast<float>(value); }), {1, 3, 1, 1});
  };
  std::string scaled = layer.step("Mul", {planes, layer.scalar("scale", asFloat(op.getScale()))}).output();
  return layer.step("Div", {layer.step("Sub", {scaled, perChannel("mean", op.getMean())}).output(), perChannel("std", op.getStd())}).output();
}

// Sizes are computed in f64, as in torchvision: rounding down decides them. Scaling before the normalisation, which commutes with it,
// spares the pixels that are dropped.
static LogicalResult exportImageToBatch(cnn::ImageToBatchOp op, OnnxLayer &layer) {
  std::string sides = layer.step("Shape", {layer.input(0)}).set("start", 0).set("end", 2).output();
  auto inDoubles = [&](const std::string &value) { return layer.step("Cast", {value}).set("to", static_cast<int64_t>(::onnx::TensorProto::DOUBLE)).output(); };
  auto factor = [&](StringRef name, int64_t size, StringRef side) {
    return layer.step("Div", {layer.doubles(name, static_cast<double>(size)), inDoubles(layer.step(side, {sides}).set("keepdims", 1).output())}).output();
  };
  std::string scale = layer.step("Min", {factor("min_size", op.getMinSize(), "ReduceMin"), factor("max_size", op.getMaxSize(), "ReduceMax")}).output();
  std::string scaled = layer.step("Floor", {layer.step("Mul", {inDoubles(sides), scale}).output()}).output();
  std::string size = layer.step("Cast", {scaled}).set("to", static_cast<int64_t>(::onnx::TensorProto::INT64)).output();

  std::string pixels = layer.step("Resize", {planesOf(layer, op.getReverseChannels()), "", "", size})
                           .set("mode", "linear")
                           .set("coordinate_transformation_mode", "half_pixel")
                           .set("axes", ArrayRef<int64_t>{2, 3})
                           .output();
  std::string rest = layer.step("Sub", {layer.integers("canvas", op.getSize()), size}).output();
  std::string pads = layer.step("Concat", {layer.integers("none", {0, 0}), rest}).set("axis", 0).output();
  layer.result("Pad", {normalized(op, layer, pixels), pads, "", layer.integers("axes", {2, 3})});
  layer.result("Cast", {layer.step("Concat", {size, sides}).set("axis", 0).output()}, 1).set("to", static_cast<int64_t>(::onnx::TensorProto::INT32));
  return success();
}

// Samples of all regions are rows of one grid over the picture: [1, n * height, width, 2].
static LogicalResult exportWarpRois(cnn::WarpRoisOp op, OnnxLayer &layer) {
  ArrayRef<int64_t> size = op.getSize();
  std::string boxes = layer.rows(1, op.getCount());
  auto [low, high] = halves(layer, boxes);
  auto [left, top] = halves(layer, low);
  auto [right, bottom] = halves(layer, high);
  // GridSample's coordinates [n, cells]: -1 and 1 are the borders of the picture.
  auto coordinates = [&](const std::string &begin, const std::string &end, int axis) {
    auto cells = static_cast<float>(size[axis]), used = cells - 2 * static_cast<float>(op.getContextPadding());
    std::string extent = layer.step("Sub", {end, begin}).output(), sum = layer.step("Add", {begin, end}).output();
    SmallVector<float> offsets; // of cells' centres from the region's, in extents
    for (int64_t cell = 0; cell < size[axis]; ++cell)
      offsets.push_back((static_cast<float>(cell) + 0.5F - cells / 2) / used);
    std::string moved = layer.step("Mul", {extent, layer.floats("offsets", offsets, {size[axis]})}).output();
    // 2 * position / side - 1, where a position counts from the picture's border.
    std::string doubled = layer.step("Add", {layer.step("Mul", {moved, layer.scalar("two", 2)}).output(), sum}).output();
    std::string side = asFloats(layer, layer.step("Shape", {layer.input(0)}).set("start", axis).set("end", axis + 1).output());
    return layer.step("Sub", {layer.step("Div", {doubled, side}).output(), layer.scalar("one", 1)}).output();
  };
  std::string x = layer.step("Mul", {unsqueeze(layer, coordinates(left, right, 1), {1, 3}), layer.floats("x", {1, 0}, {2})}).output();
  std::string y = layer.step("Mul", {unsqueeze(layer, coordinates(top, bottom, 0), {2, 3}), layer.floats("y", {0, 1}, {2})}).output();
  std::string grid = reshape(layer, layer.step("Add", {x, y}).output(), {1, -1, size[1], 2});
  std::string samples = layer.step("GridSample", {normalized(op, layer, planesOf(layer, op.getReverseChannels())), grid})
                            .set("mode", "linear")
                            .set("padding_mode", "zeros")
                            .set("align_corners", 0)
                            .output();
  layer.result("Transpose", {reshape(layer, samples, {3, -1, size[0], size[1]})}).set("perm", ArrayRef<int64_t>{1, 0, 2, 3});
  return success();
}

void addPictureRows(OnnxRows &rows) {
  rows.push_back(onnxRow<exportImageToBatch>());
  rows.push_back(onnxRow<exportWarpRois>());
}

} // namespace cnnc::frontend
