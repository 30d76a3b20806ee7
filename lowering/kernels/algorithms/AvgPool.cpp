#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Pipeline.h"
#include "lowering/kernels/Window.h"

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
  const Expr begin = out * static_cast<int>(axis.stride) - static_cast<int>(axis.padBegin);
  return min(begin + static_cast<int>(axis.kernel), high) - max(begin, low);
}

/// result[n, c, y, x] = (sum over (ky, kx) of the cells inside the input) / cells that count (ONNX AveragePool).
/// Reduction domain, innermost first: kx, ky.
Value define(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands) {
  const WindowAxis h = windowAxis(pipeline.spec(), op, 0), w = windowAxis(pipeline.spec(), op, 1);
  Stage &acc = pipeline.addStage("acc", pipeline.computedLayout(op));
  const Index &at = acc.index;
  acc.domain = Halide::RDom({{static_cast<int>(w.first()), static_cast<int>(w.count())}, {static_cast<int>(h.first()), static_cast<int>(h.count())}}, "r");
  Expr valid;
  auto cell = [&](const WindowAxis &axis, const Expr &out, const Expr &k) {
    const Expr position = out * static_cast<int>(axis.stride) + k - static_cast<int>(axis.padBegin);
    if (axis.reachBefore() == 0 && axis.reachAfter() == 0)
      return position;
    const int last = static_cast<int>(axis.input - 1);
    const Expr here = position >= 0 && position <= last;
    valid = valid.defined() ? valid && here : here;
    return clamp(position, 0, last);
  };
  const Expr y = cell(h, at[2].value(), acc.domain[1]), x = cell(w, at[3].value(), acc.domain[0]);
  Expr term = operands[0]({at[0], at[1], Coord(y, h.input), Coord(x, w.input)});
  if (valid.defined())
    term = select(valid, term, 0.0f);
  acc.func(acc.vars) = 0.0f;
  acc.func(acc.vars) += Halide::strict_float(term);
  const bool includePad = boolAttr(op, "count_include_pad");
  return Value(op.result.shape, [=, &pipeline, &acc](const Index &index) {
    const Expr cells = cellCount(h, index[2].value(), includePad) * cellCount(w, index[3].value(), includePad);
    return pipeline.at(acc, index) / cast<float>(cells);
  });
}

constexpr std::string_view mnemonics[] = {"avg_pool"};

} // namespace

extern const Algorithm AvgPoolAlgorithm;
const Algorithm AvgPoolAlgorithm = {"AvgPool", Algorithm::Kind::reduction, mnemonics, false, check, define};

} // namespace cnnc::kernels
