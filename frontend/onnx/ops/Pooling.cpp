// Pools.
#include "frontend/onnx/Registry.h"

#include <limits>

using namespace mlir;

namespace cnnc::frontend {

namespace {
// The window of a pool and how it is padded. ONNX Runtime takes pads below the kernel only; wider ones become a Pad node of their own.
struct PoolWindow {
  ArrayRef<int64_t> kernel, stride, dilation;
  SmallVector<int64_t, 4> pad;
  bool ceilMode;

  bool padsBelowKernel() const {
    return pad[0] < kernel[0] && pad[2] < kernel[0] && pad[1] < kernel[1] && pad[3] < kernel[1];
  }

  // Where the last window ends, counted from the first cell of the input.
  int64_t end(int axis, int64_t output) const {
    return (output - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1 - pad[axis];
  }
};
} // namespace

static void setWindow(Node node, const PoolWindow &window) {
  node.set("kernel_shape", window.kernel)
      .set("strides", window.stride)
      .set("pads", ArrayRef<int64_t>(window.pad))
      .set("dilations", window.dilation)
      .set("ceil_mode", static_cast<int64_t>(window.ceilMode));
}

// Writes the pads as cells of `value`. Trailing pads are cut to what the last window reads, so that no window more fits; when the
// last one overhangs even the pads, ceil_mode must stay, for the overhang does not count in an average.
static std::string padExplicitly(LayerBuilder &layer, PoolWindow &window, RankedTensorType input, RankedTensorType result, float value) {
  bool overhangs = false;
  for (int axis : {0, 1}) {
    int64_t needed = std::max<int64_t>(0, window.end(axis, result.getDimSize(2 + axis)) - input.getDimSize(2 + axis));
    overhangs |= needed > window.pad[axis + 2];
    window.pad[axis + 2] = std::min(needed, window.pad[axis + 2]);
  }
  window.ceilMode = overhangs;
  std::string padded = layer.step("Pad", {layer.input(0), layer.integers("pads", window.pad), layer.scalar("value", value), layer.integers("axes", {2, 3})}).output();
  window.pad.assign(4, 0);
  return padded;
}

static LogicalResult exportMaxPool(cnn::MaxPoolOp op, LayerBuilder &layer) {
  PoolWindow window{op.getKernel(), op.getStride(), op.getDilation(), SmallVector<int64_t, 4>(op.getPad()), op.getCeilMode()};
  std::string input = layer.input(0);
  if (!window.padsBelowKernel())
    input = padExplicitly(layer, window, cast<RankedTensorType>(op.getInput().getType()), cast<RankedTensorType>(op.getType()),
                          -std::numeric_limits<float>::infinity());
  setWindow(layer.result("MaxPool", {input}), window);
  return success();
}

static LogicalResult exportAvgPool(cnn::AvgPoolOp op, LayerBuilder &layer) {
  static constexpr int64_t dense[] = {1, 1};
  PoolWindow window{op.getKernel(), op.getStride(), dense, SmallVector<int64_t, 4>(op.getPad()), op.getCeilMode()};
  std::string input = layer.input(0);
  if (!window.padsBelowKernel()) {
    if (!op.getCountIncludePad())
      return layer.unsupported("pads of an average that do not count must be below the kernel");
    input = padExplicitly(layer, window, cast<RankedTensorType>(op.getInput().getType()), cast<RankedTensorType>(op.getType()), 0);
  }
  Node node = layer.result("AveragePool", {input}).set("count_include_pad", static_cast<int64_t>(op.getCountIncludePad()));
  setWindow(node, window);
  return success();
}

void addPoolingRows(OnnxRows &rows) {
  rows.push_back(onnxRow<exportMaxPool>());
  rows.push_back(onnxRow<exportAvgPool>());
  rows.push_back(sameOpRow<cnn::GlobalAvgPoolOp>("GlobalAveragePool"));
}

} // namespace cnnc::frontend
