// Pools.
#include "frontend/onnx/Registry.h"

#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace mlir;

namespace cnnc::frontend {

namespace {
// A pool in terms of ONNX. Two things on which runtimes and ONNX's own shape inference differ are reworded:
// - a last window of ceil_mode that starts in the trailing pads is dropped, but shape inference counts it;
// - ONNX Runtime refuses pads that reach the kernel's size.
struct PoolWindow {
  ArrayRef<int64_t> kernel, stride, dilation;
  SmallVector<int64_t, 4> pad;
  bool ceilMode, padsCount;
  ArrayRef<int64_t> input, output; // height and width

  int64_t span(int axis) const { return dilation[axis] * (kernel[axis] - 1) + 1; }

  // How many cells the last window reads behind the input; negative when it ends inside.
  int64_t reach(int axis) const { return (output[axis] - 1) * stride[axis] + span(axis) - pad[axis] - input[axis]; }

  bool overhangsPads() const { return reach(0) > pad[2] || reach(1) > pad[3]; }

  bool dropsWindow() const {
    return ceilMode && llvm::any_of(ArrayRef<int>{0, 1}, [&](int axis) {
             return llvm::divideCeilSigned(input[axis] + pad[axis] + pad[axis + 2] - span(axis), stride[axis]) + 1 > output[axis];
           });
  }

  bool padsBelowKernel() const {
    return llvm::all_of(llvm::seq(4), [&](int side) { return pad[side] < kernel[side % 2]; });
  }

  // Trailing pads that end where the last window does: rounding down then gives the same windows. Only where pads are in the
  // divisor, and cells beyond them are not, must the overhang stay one.
  void reword() {
    if (!dropsWindow() && padsBelowKernel())
      return;
    ceilMode = padsCount && overhangsPads();
    for (int axis : {0, 1}) {
      int64_t needed = std::max<int64_t>(0, reach(axis));
      pad[axis + 2] = ceilMode ? std::min(needed, pad[axis + 2]) : needed;
    }
  }

  // Turns the pads into cells of `value`.
  std::string padExplicitly(OnnxLayer &layer, const std::string &source, float value) {
    std::string padded = layer.step("Pad", {source, layer.integers("pads", pad), layer.scalar("value", value), layer.integers("axes", {2, 3})}).output();
    pad.assign(4, 0);
    return padded;
  }
};
} // namespace

template <typename Op> static PoolWindow windowOf(Op op, ArrayRef<int64_t> dilation, bool padsCount) {
  return {op.getKernel(),
          op.getStride(),
          dilation,
          SmallVector<int64_t, 4>(op.getPad()),
          op.getCeilMode(),
          padsCount,
          cast<RankedTensorType>(op.getInput().getType()).getShape().drop_front(2),
          cast<RankedTensorType>(op.getType()).getShape().drop_front(2)};
}

static OnnxNode exportPool(OnnxLayer &layer, StringRef type, PoolWindow window, float padValue) {
  std::string source = layer.input(0);
  window.reword();
  if (!window.padsBelowKernel())
    source = window.padExplicitly(layer, source, padValue);
  return layer.result(type, {source})
      .set("kernel_shape", window.kernel)
      .set("strides", window.stride)
      .set("pads", ArrayRef<int64_t>(window.pad))
      .set("dilations", window.dilation)
      .set("ceil_mode", static_cast<int64_t>(window.ceilMode));
}

static LogicalResult exportMaxPool(cnn::MaxPoolOp op, OnnxLayer &layer) {
  exportPool(layer, "MaxPool", windowOf(op, op.getDilation(), /*padsCount=*/false), -std::numeric_limits<float>::infinity());
  return success();
}

static LogicalResult exportAvgPool(cnn::AvgPoolOp op, OnnxLayer &layer) {
  static constexpr int64_t dense[] = {1, 1};
  bool padsCount = op.getCountIncludePad();
  exportPool(layer, "AveragePool", windowOf(op, dense, padsCount), 0).set("count_include_pad", static_cast<int64_t>(padsCount));
  return success();
}

namespace {
// The bins of one axis of a level.
struct Bins {
  int64_t count, extent;
  std::pair<int64_t, int64_t> cells(int64_t index) const { return cnn::SpatialPyramidPoolOp::cellsOfBin(index, count, extent); }
  int64_t size() const { return cells(0).second; }
  int64_t stride() const { return count > 1 ? cells(1).first : 1; }
  // Whether they are the windows of a pool without pads.
  bool areWindows() const {
    for (int64_t index = 0; index < count; ++index)
      if (cells(index) != std::pair(index * stride(), index * stride() + size()))
        return false;
    return stride() > 0 && (extent - size()) / stride() + 1 == count;
  }
};
} // namespace

// Reduces each bin of one axis by itself; the results side by side.
static std::string reduceBins(OnnxLayer &layer, const std::string &source, const Bins &bins, int64_t axis, StringRef reduction) {
  std::string axes = layer.integers("axes", {axis});
  SmallVector<std::string> parts;
  for (int64_t index = 0; index < bins.count; ++index) {
    auto [begin, end] = bins.cells(index);
    std::string cells = layer.step("Slice", {source, layer.integers("starts", {begin}), layer.integers("ends", {end}), axes}).output();
    parts.push_back(layer.step(reduction, {cells, axes}).set("keepdims", 1).output());
  }
  return layer.step("Concat", parts).set("axis", axis).output();
}

// A level whose bins are equal windows is a pool, any other is made of slices.
static LogicalResult exportSpatialPyramidPool(cnn::SpatialPyramidPoolOp op, OnnxLayer &layer) {
  auto shape = cnn::tensorOf(op.getInput()).getShape();
  bool maximum = op.getMode() == "max";
  SmallVector<std::string> levels;
  for (int64_t count : op.getLevels()) {
    Bins rows{count, shape[2]}, columns{count, shape[3]};
    std::string grid;
    if (rows.areWindows() && columns.areWindows()) {
      grid = layer.step(maximum ? "MaxPool" : "AveragePool", {layer.input(0)})
                 .set("kernel_shape", ArrayRef<int64_t>{rows.size(), columns.size()})
                 .set("strides", ArrayRef<int64_t>{rows.stride(), columns.stride()})
                 .output();
    } else {
      StringRef reduction = maximum ? "ReduceMax" : "ReduceMean";
      grid = reduceBins(layer, reduceBins(layer, layer.input(0), rows, 2, reduction), columns, 3, reduction);
    }
    levels.push_back(layer.step("Flatten", {grid}).set("axis", 1).output());
  }
  layer.result("Concat", levels).set("axis", 1);
  return success();
}

void addPoolingRows(OnnxRows &rows) {
  rows.push_back(onnxRow<exportMaxPool>());
  rows.push_back(onnxRow<exportAvgPool>());
  rows.push_back(sameOpRow<cnn::GlobalAvgPoolOp>("GlobalAveragePool"));
  rows.push_back(onnxRow<exportSpatialPyramidPool>());
}

} // namespace cnnc::frontend
