#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Nearest.h"
#include "lowering/kernels/Pipeline.h"
#include "lowering/kernels/Resampling.h"

#include <algorithm>
#include <cmath>

namespace cnnc::kernels {

int64_t Resampling::taps() const {
  // Cells whose centre lies inside an open interval of twice the support.
  const double support = std::max(static_cast<double>(input) / static_cast<double>(output), 1.0);
  return std::min<int64_t>(input, static_cast<int64_t>(std::ceil(2 * support)));
}

int64_t resizeStackBytes(const KernelSpec &spec, const OpDesc &op) {
  if (!boolAttr(op, "antialias"))
    return 0;
  const std::vector<int64_t> &x = spec.value(op.operands[0]).shape, &y = op.result.shape;
  const Resampling rows{x[2], y[2]}, columns{x[3], y[3]};
  return 4 * (columns.output * (columns.taps() + 2) + rows.output * (rows.taps() + 2) + rows.taps() * columns.output);
}

namespace {

using Halide::Expr;

std::optional<std::string> check(const KernelSpec &spec, const OpDesc &op) {
  Check check(spec, op);
  check.operands(1, 1).rank(0, 4).resultDtype(DType::f32).integers("size", 2, 1, 1 << 20).boolean("antialias").oneOf("mode", {"bilinear", "nearest"});
  if (!check.ok())
    return check.result();
  const std::vector<int64_t> &x = check.operand(0).shape, &size = intsAttr(op, "size");
  check.require(stringAttr(op, "mode") == "bilinear" || !boolAttr(op, "antialias"), "'antialias' needs mode bilinear");
  return check.resultShape({x[0], x[1], size[0], size[1]}).result();
}

/// Centre of an output cell on the input's axis, half-pixel convention. f64: the weights keep f32 precision at any size.
Expr centre(const Resampling &axis, const Expr &out) {
  return (Halide::cast<double>(out) + Expr(0.5)) * Expr(static_cast<double>(axis.input) / static_cast<double>(axis.output));
}

/// Plain bilinear: the two cells around the centre, clamped to the edge.
struct Neighbours {
  Expr low, high, fraction;
  Neighbours(const Resampling &axis, const Expr &out) {
    const Expr position = max(centre(axis, out) - Expr(0.5), Expr(0.0));
    const int last = static_cast<int>(axis.input - 1);
    low = clamp(Halide::cast<int>(floor(position)), 0, last);
    high = min(low + 1, last);
    fraction = Halide::cast<float>(position - Halide::cast<double>(low));
  }
};

/// Antialiased bilinear as in Pillow: a triangle as wide as the reduction, its weights normalised over the cells inside.
/// The first cell is a table: recomputed in another place it could round to the other side.
struct Triangle {
  Resampling axis;
  Stage *first, *weights;

  Triangle(Pipeline &pipeline, const std::string &name, const Resampling &axis) : axis(axis) {
    const int64_t taps = axis.taps();
    const int last = static_cast<int>(axis.input - 1);
    const Expr support(std::max(static_cast<double>(axis.input) / static_cast<double>(axis.output), 1.0)), half(0.5);
    first = &pipeline.addStage(name + "_first", std::vector<int64_t>{axis.output});
    first->func(first->vars) = clamp(Halide::cast<int>(Halide::strict_float(floor(centre(axis, first->vars[0]) - support + half))), 0, last);
    auto raw = [&](const Expr &out, const Expr &tap) {
      const Expr cell = first->func(out) + tap, middle = centre(axis, out);
      const Expr distance = abs(Halide::cast<double>(cell) + half - middle) / support;
      return Halide::cast<float>(Halide::strict_float(select(cell <= last, max(Expr(1.0) - distance, Expr(0.0)), Expr(0.0))));
    };
    Stage &sum = pipeline.addStage(name + "_sum", std::vector<int64_t>{axis.output});
    sum.domain = Halide::RDom(0, static_cast<int>(taps), "r_" + name);
    sum.func(sum.vars) = 0.0f;
    sum.func(sum.vars) += raw(sum.vars[0], sum.domain.x);
    weights = &pipeline.addStage(name, std::vector<int64_t>{axis.output, taps});
    weights->func(weights->vars) = raw(weights->vars[1], weights->vars[0]) / sum.func(weights->vars[1]);
  }
  Expr cell(const Expr &out, const Expr &tap) const { return min(first->func(out) + tap, static_cast<int>(axis.input - 1)); }
};

Value define(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands) {
  const Value x = operands[0];
  const std::vector<int64_t> &in = x.shape(), &result = op.result.shape;
  const Resampling rows{in[2], result[2]}, columns{in[3], result[3]};
  if (stringAttr(op, "mode") == "nearest")
    return Value(result, [=](const Index &index) {
      return Halide::cast<float>(x({index[0], index[1], nearest(index[2], rows.input, rows.output), nearest(index[3], columns.input, columns.output)}));
    });
  if (!boolAttr(op, "antialias"))
    return Value(result, [x, rows, columns](const Index &index) {
      const Neighbours y(rows, index[2].value()), z(columns, index[3].value());
      auto at = [&](const Expr &row, const Expr &column) {
        return Halide::cast<float>(x({index[0], index[1], Coord(row, rows.input), Coord(column, columns.input)}));
      };
      auto between = [](const Expr &a, const Expr &b, const Expr &t) { return a * (1.0f - t) + b * t; };
      return between(between(at(y.low, z.low), at(y.low, z.high), z.fraction), between(at(y.high, z.low), at(y.high, z.high), z.fraction), y.fraction);
    });
  // Two passes: along the input rows that an output row needs (numbered by tap), then down the taps.
  const Triangle across(pipeline, "across", columns), down(pipeline, "down", rows);
  Stage &pass = pipeline.addStage("pass", std::vector<int64_t>{in[0], in[1], rows.output, rows.taps(), columns.output});
  pass.domain = Halide::RDom(0, static_cast<int>(columns.taps()), "r_pass");
  const Expr column = pass.vars[0], inputRow = down.cell(pass.vars[2], pass.vars[1]);
  pass.func(pass.vars) = 0.0f;
  pass.func(pass.vars) +=
      across.weights->func(pass.domain.x, column) *
      Halide::cast<float>(x({pass.index[0], pass.index[1], Coord(inputRow, rows.input), Coord(across.cell(column, pass.domain.x), columns.input)}));
  Stage &acc = pipeline.addStage("acc", pipeline.computedLayout(op));
  acc.domain = Halide::RDom(0, static_cast<int>(rows.taps()), "r");
  const Expr row = acc.index[2].value(), channel = min(acc.index[1].value(), static_cast<int>(in[1] - 1));
  acc.func(acc.vars) = 0.0f;
  acc.func(acc.vars) += down.weights->func(acc.domain.x, row) * pass.func(acc.index[3].value(), acc.domain.x, row, channel, acc.index[0].value());
  return Value(result, [&pipeline, &acc](const Index &index) { return pipeline.at(acc, index); });
}

constexpr std::string_view mnemonics[] = {"resize"};

} // namespace

extern const Algorithm ResizeAlgorithm;
const Algorithm ResizeAlgorithm = {"Resize", Algorithm::Kind::reduction, mnemonics, true, check, define};

} // namespace cnnc::kernels
