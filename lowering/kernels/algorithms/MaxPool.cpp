#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Columns.h"
#include "lowering/kernels/Maximum.h"

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
Value define(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands) {
  const WindowAxis h = windowAxis(pipeline.spec(), op, 0), w = windowAxis(pipeline.spec(), op, 1);
  const Value x = operands[0];
  // A row and a column counted from the first that a window reads -> the cell there.
  auto cell = [=](const Index &at, const Expr &row, const Expr &column) {
    bool inside = true;
    Expr valid = Halide::Internal::const_true();
    auto position = [&](const WindowAxis &axis, const Expr &distance) {
      const Expr place = distance + static_cast<int>(axis.first() * axis.dilation - axis.padBegin);
      if (axis.reachBefore() == 0 && axis.reachAfter() == 0)
        return place;
      const int last = static_cast<int>(axis.input - 1);
      // An undilated window that overhangs the edge holds the edge cell, so clamping only repeats a candidate.
      if (axis.dilation > 1) {
        valid = valid && place >= 0 && place <= last;
        inside = false;
      }
      return clamp(place, 0, last);
    };
    const Expr y = position(h, row), x_ = position(w, column);
    const Candidate candidate(x({at[0], at[1], Coord(y, h.input), Coord(x_, w.input)}));
    return inside ? candidate : candidate.where(valid);
  };
  Stage &acc = reduceWindows(
      pipeline, op, cell, [&](const Stage &columns, const Index &at) { return Candidate{pipeline.at(columns, at, 0), pipeline.at(columns, at, 1)}; }, maximise);
  return Value(op.result.shape, [&pipeline, &acc](const Index &index) { return maximum({pipeline.at(acc, index, 0), pipeline.at(acc, index, 1)}); });
}

constexpr std::string_view mnemonics[] = {"max_pool"};

} // namespace

extern const Algorithm MaxPoolAlgorithm;
const Algorithm MaxPoolAlgorithm = {"MaxPool", Algorithm::Kind::reduction, mnemonics, false, check, define};

} // namespace cnnc::kernels
