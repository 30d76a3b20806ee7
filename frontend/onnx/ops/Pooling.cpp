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

void addPoolingRows(OnnxRows &rows) {
  rows.push_back(onnxRow<exportMaxPool>());
  rows.push_back(onnxRow<exportAvgPool>());
  rows.push_back(sameOpRow<cnn::GlobalAvgPoolOp>("GlobalAveragePool"));
}

} // namespace cnnc::frontend
