// cnn.relu, relu6, clip and leaky_relu: piecewise linear activations.
#include "dialects/cnn/Cnn.h"

#include <limits>

using namespace mlir;
using namespace cnnc::cnn;

namespace {
// Values outside [low, high] move to the nearer bound.
struct Bounds {
  double low, high;
  // NaN compares false and so stays itself.
  double clamp(double x) const { return x < low ? low : x > high ? high : x; }
};
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Bounds kRelu{0, kInfinity}, kRelu6{0, 6};
} // namespace

static Bounds boundsOf(ClipOp op) { return {op.getMin().convertToDouble(), op.getMax().convertToDouble()}; }

static std::optional<Bounds> boundsOf(Operation *op) {
  if (isa_and_nonnull<ReluOp>(op))
    return kRelu;
  if (isa_and_nonnull<Relu6Op>(op))
    return kRelu6;
  if (auto clip = dyn_cast_or_null<ClipOp>(op))
    return boundsOf(clip);
  return std::nullopt;
}

static bool equal(Bounds a, Bounds b) { return a.low == b.low && a.high == b.high; }

// Merges an op with a bounding producer and gives it its plainest spelling.
static LogicalResult canonicalizeBounds(Operation *op, PatternRewriter &rewriter) {
  Bounds bounds = *boundsOf(op);
  Value input = op->getOperand(0);
  if (auto inner = boundsOf(input.getDefiningOp()); inner && input.getDefiningOp()->getOperand(0).getType() == input.getType()) {
    bounds = {bounds.clamp(inner->low), bounds.clamp(inner->high)};
    input = input.getDefiningOp()->getOperand(0);
  }
  Type type = op->getResult(0).getType();
  if (equal(bounds, {-kInfinity, kInfinity})) {
    if (input.getType() != type)
      return failure();
    rewriter.replaceOp(op, input);
  } else if (equal(bounds, kRelu) && (!isa<ReluOp>(op) || input != op->getOperand(0))) {
    rewriter.replaceOpWithNewOp<ReluOp>(op, type, input);
  } else if (equal(bounds, kRelu6) && (!isa<Relu6Op>(op) || input != op->getOperand(0))) {
    rewriter.replaceOpWithNewOp<Relu6Op>(op, type, input);
  } else if (input != op->getOperand(0)) {
    rewriter.replaceOpWithNewOp<ClipOp>(op, type, input, rewriter.getF64FloatAttr(bounds.low), rewriter.getF64FloatAttr(bounds.high));
  } else {
    return failure();
  }
  return success();
}

LogicalResult ReluOp::canonicalize(ReluOp op, PatternRewriter &rewriter) { return canonicalizeBounds(op, rewriter); }
LogicalResult Relu6Op::canonicalize(Relu6Op op, PatternRewriter &rewriter) { return canonicalizeBounds(op, rewriter); }
LogicalResult ClipOp::canonicalize(ClipOp op, PatternRewriter &rewriter) { return canonicalizeBounds(op, rewriter); }

LogicalResult ReluOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  mapElements(*operands[0], results[0], [](double x) { return kRelu.clamp(x); });
  return success();
}

LogicalResult Relu6Op::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  mapElements(*operands[0], results[0], [](double x) { return kRelu6.clamp(x); });
  return success();
}

FailureOr<RankedTensorType> ClipOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  double low = adaptor.getMin().convertToDouble(), high = adaptor.getMax().convertToDouble();
  if (!(low <= high))
    return violates(location, "clip C1", "min must be at most max");
  return withoutLayout(adaptor.getInput().getType());
}

LogicalResult ClipOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  mapElements(*operands[0], results[0], [bounds = boundsOf(*this)](double x) { return bounds.clamp(x); });
  return success();
}

LogicalResult LeakyReluOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  mapElements(*operands[0], results[0], [alpha = getAlpha().convertToDouble()](double x) { return x < 0 ? alpha * x : x; });
  return success();
}
