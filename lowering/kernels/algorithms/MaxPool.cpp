#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Pipeline.h"
#include "lowering/kernels/Window.h"

#include <limits>

namespace cnnc::kernels {
namespace {

using Halide::Expr;

std::optional<std::string> check(const KernelSpec &spec, const OpDesc &op) {
  Check check(spec, op);
  check.operands(1, 1).rank(0, 4).dtype(0, DType::f32).resultDtype(DType::f32);
  check.integers("kernel", 2, 1, 1 << 16).integers("stride", 2, 1, 1 << 16).integers("dilation", 2, 1, 1 << 16);
  check.integers("pad", 4, 0, 1 << 16).boolean("ceil_mode");
  if (!check.ok())
    return check.result();
  const std::vector<int64_t> &x = check.operand(0).shape;
  const auto [rows, columns] = windowExtents(spec, op);
  check.require(rows > 0 && columns > 0, "the kernel is larger than the padded input").resultShape({x[0], x[1], rows, columns});
  for (int axis = 0; check.ok() && axis < 2; ++axis)
    check.require(windowAxis(spec, op, axis).everyWindowHasData(), "a window lies wholly in the padding");
  return check.result();
}

/// acc[n, c, y, x] = max over (ky, kx) of the cells inside the input (ONNX MaxPool); NaN wins.
/// Reduction domain, innermost first: kx, ky.
Value define(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands) {
  const WindowAxis h = windowAxis(pipeline.spec(), op, 0), w = windowAxis(pipeline.spec(), op, 1);
  Stage &acc = pipeline.addStage("acc", pipeline.computedLayout(op));
  const Index &at = acc.index;
  acc.domain = Halide::RDom({{static_cast<int>(w.first()), static_cast<int>(w.count())}, {static_cast<int>(h.first()), static_cast<int>(h.count())}}, "r");
  bool inside = true;
  Expr valid = Halide::Internal::const_true();
  auto cell = [&](const WindowAxis &axis, const Expr &out, const Expr &k) {
    const Expr position = out * static_cast<int>(axis.stride) + k * static_cast<int>(axis.dilation) - static_cast<int>(axis.padBegin);
    if (axis.reachBefore() == 0 && axis.reachAfter() == 0)
      return position;
    const int last = static_cast<int>(axis.input - 1);
    // An undilated window that overhangs the edge holds the edge cell, so clamping only repeats a candidate.
    if (axis.dilation > 1) {
      valid = valid && position >= 0 && position <= last;
      inside = false;
    }
    return clamp(position, 0, last);
  };
  const Expr y = cell(h, at[2].value(), acc.domain[1]), x = cell(w, at[3].value(), acc.domain[0]);
  Expr candidate = operands[0]({at[0], at[1], Coord(y, h.input), Coord(x, w.input)});
  // Two maxima: of the values, and of their magnitudes as integers, which shows a NaN of either sign above infinity. Comparing
  // floats alone would not do: code is generated under the assumption that no float is NaN.
  const float lowest = -std::numeric_limits<float>::infinity();
  constexpr int infinityBits = 0x7f800000, nanBits = 0x7fc00000;
  Expr magnitude = Halide::reinterpret<int>(candidate) & 0x7fffffff;
  if (!inside) {
    candidate = select(valid, candidate, lowest);
    magnitude = select(valid, magnitude, 0);
  }
  acc.func(acc.vars) = Halide::Tuple(Expr(lowest), Expr(0));
  acc.func(acc.vars) = Halide::Tuple(max(acc.func(acc.vars)[0], candidate), max(acc.func(acc.vars)[1], magnitude));
  return Value(op.result.shape, [&pipeline, &acc](const Index &index) {
    return Halide::reinterpret<float>(select(pipeline.at(acc, index, 1) > infinityBits, nanBits, Halide::reinterpret<int>(pipeline.at(acc, index, 0))));
  });
}

constexpr std::string_view mnemonics[] = {"max_pool"};

} // namespace

extern const Algorithm MaxPoolAlgorithm;
const Algorithm MaxPoolAlgorithm = {"MaxPool", Algorithm::Kind::reduction, mnemonics, false, check, define};

} // namespace cnnc::kernels
