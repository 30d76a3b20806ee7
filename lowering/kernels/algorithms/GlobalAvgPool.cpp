#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Pipeline.h"

namespace cnnc::kernels {
namespace {

using Halide::Expr;

std::optional<std::string> check(const KernelSpec &spec, const OpDesc &op) {
  Check check(spec, op);
  check.operands(1, 1).rank(0, 4).dtype(0, DType::f32).resultDtype(DType::f32);
  return check.ok() ? check.resultShape({check.operand(0).shape[0], check.operand(0).shape[1], 1, 1}).result() : check.result();
}

/// result[n, c, 0, 0] = mean over (y, x) of x[n, c, y, x]. Reduction domain, innermost first: x, y.
Value define(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands) {
  const std::vector<int64_t> &shape = operands[0].shape();
  const int h = static_cast<int>(shape[2]), w = static_cast<int>(shape[3]);
  Stage &acc = pipeline.addStage("acc", pipeline.computedLayout(op));
  acc.domain = Halide::RDom({{0, w}, {0, h}}, "r");
  acc.func(acc.vars) = 0.0f;
  acc.func(acc.vars) += operands[0]({acc.index[0], acc.index[1], Coord(acc.domain[1], h), Coord(acc.domain[0], w)});
  const auto cells = static_cast<float>(int64_t(h) * w);
  return Value(op.result.shape, [&pipeline, &acc, cells](const Index &index) { return pipeline.at(acc, index) / cells; });
}

constexpr std::string_view mnemonics[] = {"global_avg_pool"};

} // namespace

extern const Algorithm GlobalAvgPoolAlgorithm;
const Algorithm GlobalAvgPoolAlgorithm = {"GlobalAvgPool", Algorithm::Kind::reduction, mnemonics, false, check, define};

} // namespace cnnc::kernels
