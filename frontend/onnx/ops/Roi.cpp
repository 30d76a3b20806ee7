// Regions of maps.
#include "dialects/cnn/Detection.h"
#include "frontend/onnx/Detection.h"
#include "frontend/onnx/Registry.h"

#include "llvm/ADT/bit.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace cnnc::frontend {

namespace {
struct Levels {
  int64_t least, most, canonicalSize, canonicalLevel;
  double eps;

  // The least ratio of a region's side to the canonical size that is of `level` or a later one. Positive floats are in the order of their bits.
  float firstRatio(int64_t level) const {
    uint32_t below = 0, reached = llvm::bit_cast<uint32_t>(std::numeric_limits<float>::infinity());
    while (reached - below > 1) {
      uint32_t middle = below + (reached - below) / 2;
      bool isReached = cnn::levelOfRatio(llvm::bit_cast<float>(middle), least, most, canonicalLevel, eps) >= level - least;
      (isReached ? reached : below) = middle;
    }
    return llvm::bit_cast<float>(reached);
  }
};
} // namespace

// i32 [n]: how many levels' first ratios each region reaches. Comparisons instead of a logarithm, whose last bit decides which map is read.
static std::string assignLevels(OnnxLayer &layer, const std::string &boxes, const Levels &levels) {
  auto [low, high] = halves(layer, boxes);
  auto [wide, tall] = halves(layer, layer.step("Sub", {high, low}).output());
  std::string side = layer.step("Sqrt", {layer.step("Mul", {wide, tall}).output()}).output();
  std::string ratio = layer.step("Div", {side, layer.scalar("canonical_size", static_cast<float>(levels.canonicalSize))}).output();
  auto thresholds = llvm::map_to_vector(llvm::seq(levels.least + 1, levels.most + 1), [&](int64_t level) { return levels.firstRatio(level); });
  if (thresholds.empty())
    thresholds.push_back(std::numeric_limits<float>::quiet_NaN());
  std::string reached = layer.step("GreaterOrEqual", {ratio, layer.floats("ratios", thresholds, {static_cast<int64_t>(thresholds.size())})}).output();
  std::string counted = layer.step("Cast", {reached}).set("to", static_cast<int64_t>(::onnx::TensorProto::INT32)).output();
  return layer.step("ReduceSum", {counted, layer.integers("axes", {1})}).set("keepdims", 0).output();
}

static LogicalResult exportAssignLevels(cnn::AssignLevelsOp op, OnnxLayer &layer) {
  Levels levels{static_cast<int64_t>(op.getMinLevel()), static_cast<int64_t>(op.getMaxLevel()), static_cast<int64_t>(op.getCanonicalSize()),
                static_cast<int64_t>(op.getCanonicalLevel()), op.getEps().convertToDouble()};
  layer.result("Identity", {assignLevels(layer, layer.input(0), levels)});
  return success();
}

static std::string pictureOfEach(OnnxLayer &layer, const std::string &boxes) {
  return layer.step("Expand", {layer.integers("picture", {0}), extentOf(layer, boxes)}).output();
}

static void setAlign(OnnxNode node, ArrayRef<int64_t> size, float scale, int64_t samplingRatio, bool aligned) {
  node.set("mode", "avg")
      .set("output_height", size[0])
      .set("output_width", size[1])
      .set("spatial_scale", scale)
      .set("sampling_ratio", samplingRatio)
      .set("coordinate_transformation_mode", aligned ? "half_pixel" : "output_half_pixel");
}

static LogicalResult exportRoiAlign(cnn::RoiAlignOp op, OnnxLayer &layer) {
  std::string boxes = layer.rows(0, op.getCount());
  setAlign(layer.result("RoiAlign", {layer.input(2), boxes, pictureOfEach(layer, boxes)}), op.getSize(), asFloat(op.getScale()),
           static_cast<int64_t>(op.getSamplingRatio()), op.getAligned());
  return success();
}

// Each map gives the bins of its regions; regions and bins, map after map, are put back into the order of the boxes.
static LogicalResult exportMultiscaleRoiAlign(cnn::MultiscaleRoiAlignOp op, OnnxLayer &layer) {
  std::string boxes = layer.rows(0, op.getCount());
  int64_t maps = static_cast<int64_t>(op.getFeatures().size()), first = op.levelOf(0);
  auto align = [&](OnnxNode node, int64_t map) {
    setAlign(node, op.getSize(), std::ldexp(1.0F, -static_cast<int>(first + map)), static_cast<int64_t>(op.getSamplingRatio()), /*aligned=*/false);
    return node.output();
  };
  if (maps == 1) {
    align(layer.result("RoiAlign", {layer.input(2), boxes, pictureOfEach(layer, boxes)}), 0);
    return success();
  }
  std::string levels =
      assignLevels(layer, boxes, {first, first + maps - 1, static_cast<int64_t>(op.getCanonicalSize()), static_cast<int64_t>(op.getCanonicalLevel()), 1e-6});
  SmallVector<std::string> regions, bins;
  for (int64_t map = 0; map < maps; ++map) {
    regions.push_back(whereTrue(layer, layer.step("Equal", {levels, layer.ints32("level", {static_cast<int32_t>(map)})}).output()));
    std::string own = gatherRows(layer, boxes, regions.back());
    bins.push_back(align(layer.step("RoiAlign", {layer.input(2 + static_cast<unsigned>(map)), own, pictureOfEach(layer, own)}), map));
  }
  std::string all = layer.step("Concat", regions).set("axis", 0).output(), places = order(layer, all, -1, /*largestFirst=*/false);
  layer.result("Gather", {layer.step("Concat", bins).set("axis", 0).output(), places}).set("axis", 0);
  return success();
}

static LogicalResult exportRoiPool(cnn::RoiPoolOp op, OnnxLayer &layer) {
  std::string numbered =
      layer.step("Pad", {layer.rows(0, op.getCount()), layer.integers("pads", {0, 1, 0, 0})}).output(); // the number of the picture, 0, in front
  layer.result("MaxRoiPool", {layer.input(2), numbered}).set("pooled_shape", op.getSize()).set("spatial_scale", asFloat(op.getScale()));
  return success();
}

void addRegionRows(OnnxRows &rows) {
  rows.push_back(onnxRow<exportAssignLevels>());
  rows.push_back(onnxRow<exportRoiAlign>());
  rows.push_back(onnxRow<exportMultiscaleRoiAlign>());
  rows.push_back(onnxRow<exportRoiPool>());
}

} // namespace cnnc::frontend
