#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Pipeline.h"

namespace cnnc::kernels {
namespace {

using Halide::Expr;

std::optional<std::string> check(const KernelSpec &spec, const OpDesc &op) {
  Check check(spec, op);
  check.operands(2, 3).rank(0, 2).dtype(0, DType::f32).dtype(1, DType::f32).dtype(2, DType::f32).resultDtype(DType::f32);
  check.integer("out_features", 1).boolean("bias");
  if (!check.ok())
    return check.result();
  const int64_t outputs = intAttr(op, "out_features");
  check.require(boolAttr(op, "bias") == (op.operands.size() == 3), "'bias' disagrees with the number of operands");
  check.operandShape(1, {outputs, check.operand(0).shape[1]}).operandShape(2, {outputs});
  return check.resultShape({check.operand(0).shape[0], outputs}).result();
}

/// acc[n, o] = b[o] + sum over k of w[o, k] * x[n, k]. Reduction domain: k. The operand is a stage of its own, for schedules to copy.
Value define(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands) {
  const int64_t inputs = operands[0].shape()[1];
  Stage &x = pipeline.addStage("x", operands[0].shape());
  x.func(x.vars) = operands[0](x.index);
  Stage &acc = pipeline.addStage("acc", pipeline.computedLayout(op));
  acc.domain = Halide::RDom(0, static_cast<int>(inputs), "r");
  const Coord k(acc.domain.x, inputs);
  acc.func(acc.vars) = operands.size() == 3 ? operands[2]({acc.index[1]}) : Expr(0.0f);
  acc.func(acc.vars) += operands[1]({acc.index[1], k}) * pipeline.at(x, {acc.index[0], k});
  return Value(op.result.shape, [&pipeline, &acc](const Index &index) { return pipeline.at(acc, index); });
}

constexpr std::string_view mnemonics[] = {"dense"};

} // namespace

extern const Algorithm DenseAlgorithm;
const Algorithm DenseAlgorithm = {"Dense", Algorithm::Kind::reduction, mnemonics, true, check, define};

} // namespace cnnc::kernels
