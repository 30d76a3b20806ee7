#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Columns.h"

namespace cnnc::kernels {
namespace {

using Halide::Expr;

std::optional<std::string> check(const KernelSpec &spec, const OpDesc &op) {
  Check check(spec, op);
  check.operands(1, 1).rank(0, 4).dtype(0, DType::f32).resultDtype(DType::f32);
  check.integers("kernel", 2, 1, 1 << 16).integers("stride", 2, 1, 1 << 16).integers("pad", 4, 0, 1 << 16);
  check.boolean("ceil_mode").boolean("count_include_pad");
  check.require(!check.ok() || !op.attributes.contains("dilation") || intsAttr(op, "dilation") == std::vector<int64_t>{1, 1},
                "a dilated average has no kernel");
  if (!check.ok())
    return check.result();
  const std::vector<int64_t> &x = check.operand(0).shape;
  const auto [rows, columns] = windowExtents(spec, op);
  check.require(rows > 0 && columns > 0, "the kernel is larger than the padded input").resultShape({x[0], x[1], rows, columns});
  for (int axis = 0; check.ok() && axis < 2; ++axis)
    check.require(boolAttr(op, "count_include_pad") || windowAxis(spec, op, axis).everyWindowHasData(), "a window lies wholly in the padding");
  return check.result();
}

/// Cells of a window that count: those inside the input, with count_include_pad those inside the padded input (never the
/// overhang of ceil_mode).
Expr cellCount(const WindowAxis &axis, const Expr &out, bool includePad) {
  const int low = includePad ? static_cast<int>(-axis.padBegin) : 0;
  const int high = static_cast<int>(includePad ? axis.input + axis.padEnd : axis.input);
  if (axis.padBegin == 0 || includePad)
    if ((axis.output - 1) * axis.stride - axis.padBegin + axis.kernel <= high)
      return static_cast<int>(axis.kernel);
  const Expr begin = out * static_cast<int>(axis.stride) - static_cast<int>(axis.padBegin);
  return min(begin + static_cast<int>(axis.kernel), high) - max(begin, low);
}

/// result[n, c, y, x] = (sum over (ky, kx) of the cells inside the input) / cells that count (ONNX AveragePool).
Value define(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands) {
  const WindowAxis h = windowAxis(pipeline.spec(), op, 0), w = windowAxis(pipeline.spec(), op, 1);
  // A row and a column counted from the first that a window reads -> the cell there, zero outside the input.
  auto cell = [&, zeros = haloCovers(pipeline.spec(), op)](const Index &at, const Expr &row, const Expr &column) {
    Expr valid;
    auto position = [&](const WindowAxis &axis, const Expr &distance) {
      const Expr place = distance + static_cast<int>(axis.first() - axis.padBegin);
      if (zeros || (axis.reachBefore() == 0 && axis.reachAfter() == 0))
        return place;
      const int last = static_cast<int>(axis.input - 1);
      const Expr here = place >= 0 && place <= last;
      valid = valid.defined() ? valid && here : here;
      return clamp(place, 0, last);
    };
    const Expr y = position(h, row), x = position(w, column);
    const Expr term = operands[0]({at[0], at[1], Coord(y, h.input), Coord(x, w.input)});
    return valid.defined() ? select(valid, term, 0.0f) : term;
  };
  Stage &acc = reduceWindows(
      pipeline, op, cell, [&](const Stage &columns, const Index &at) { return pipeline.at(columns, at); },
      [](Stage &stage, const Expr &term) {
        stage.func(stage.vars) = 0.0f;
        stage.func(stage.vars) += Halide::strict_float(term);
      });
  const bool includePad = boolAttr(op, "count_include_pad");
  return Value(op.result.shape, [=, &pipeline, &acc](const Index &index) {
    // One rounding more than a division, which takes longer than all the sums of a window.
    const Expr cells = cellCount(h, index[2].value(), includePad) * cellCount(w, index[3].value(), includePad);
    return pipeline.at(acc, index) * (1.0f / cast<float>(cells));
  });
}

constexpr std::string_view mnemonics[] = {"avg_pool"};

} // namespace

extern const Algorithm AvgPoolAlgorithm;
const Algorithm AvgPoolAlgorithm = {"AvgPool", Algorithm::Kind::reduction, mnemonics, false, check, define};

} // namespace cnnc::kernels
