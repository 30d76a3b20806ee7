#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Math.h"
#include "lowering/kernels/Pipeline.h"

namespace cnnc::kernels {
namespace {

using Halide::Expr;

std::optional<std::string> check(const KernelSpec &spec, const OpDesc &op) {
  Check check(spec, op);
  check.operands(1, 1).rank(0, 4).dtype(0, DType::f32).resultDtype(DType::f32);
  check.integer("size", 1, 1 << 16).number("alpha").number("beta").number("k");
  check.require(!check.ok() || (doubleAttr(op, "k") > 0 && doubleAttr(op, "alpha") >= 0), "'k' must be positive and 'alpha' not negative");
  return check.ok() ? check.resultShape(check.operand(0).shape).result() : check.result();
}

/// x[c] / (k + alpha / size * sum of x^2 over channels c - floor((size - 1) / 2) .. c + ceil((size - 1) / 2)) ^ beta (ONNX LRN).
/// Reduction domain: the channel window.
Value define(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands) {
  const Value x = operands[0];
  const int64_t channels = x.shape()[1], size = intAttr(op, "size");
  Stage &acc = pipeline.addStage("acc", pipeline.computedLayout(op));
  acc.domain = Halide::RDom(0, static_cast<int>(size), "r");
  const Expr c = acc.index[1].value() + acc.domain.x - static_cast<int>((size - 1) / 2);
  Index neighbour = acc.index;
  neighbour[1] = Coord(clamp(c, 0, static_cast<int>(channels - 1)), channels);
  const Expr cell = select(c >= 0 && c < static_cast<int>(channels), x(neighbour), 0.0f);
  acc.func(acc.vars) = 0.0f;
  acc.func(acc.vars) += Halide::strict_float(cell * cell);
  const auto scale = static_cast<float>(doubleAttr(op, "alpha") / static_cast<double>(size)), k = static_cast<float>(doubleAttr(op, "k"));
  return Value(op.result.shape, [&pipeline, &acc, x, scale, k, beta = doubleAttr(op, "beta")](const Index &index) {
    return x(index) / powF32(k + scale * pipeline.at(acc, index), beta);
  });
}

constexpr std::string_view mnemonics[] = {"lrn"};

} // namespace

extern const Algorithm LrnAlgorithm;
const Algorithm LrnAlgorithm = {"Lrn", Algorithm::Kind::reduction, mnemonics, false, check, define};

} // namespace cnnc::kernels
