#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Math.h"
#include "lowering/kernels/Pipeline.h"

#include <limits>

namespace cnnc::kernels {
namespace {

using Halide::Expr;

std::optional<std::string> check(const KernelSpec &spec, const OpDesc &op) {
  Check check(spec, op);
  check.operands(1, 1).dtype(0, DType::f32).resultDtype(DType::f32);
  if (!check.ok())
    return check.result();
  check.integer("axis", 0, static_cast<int64_t>(check.operand(0).shape.size()) - 1);
  return check.ok() ? check.resultShape(check.operand(0).shape).result() : check.result();
}

/// result = exp(x - peak) / total with peak = max and total = sum of exp(x - peak) along the axis (ONNX Softmax, opset 13).
/// Stages: peak, total. Reduction domain of both: the axis.
Value define(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands) {
  const auto axis = static_cast<ptrdiff_t>(intAttr(op, "axis"));
  const Value x = operands[0];
  const int64_t extent = x.shape()[axis];
  std::vector<int64_t> rest = x.shape();
  rest.erase(rest.begin() + axis);
  auto insert = [axis](Index index, const Coord &coord) {
    index.insert(index.begin() + axis, coord);
    return index;
  };
  Stage &peak = pipeline.addStage("peak", rest), &total = pipeline.addStage("total", rest);
  peak.domain = Halide::RDom(0, static_cast<int>(extent), "rp");
  total.domain = Halide::RDom(0, static_cast<int>(extent), "rt");
  peak.func(peak.vars) = -std::numeric_limits<float>::infinity();
  peak.func(peak.vars) = max(peak.func(peak.vars), x(insert(peak.index, Coord(peak.domain.x, extent))));
  total.func(total.vars) = 0.0f;
  total.func(total.vars) += Halide::strict_float(expF32(x(insert(total.index, Coord(total.domain.x, extent))) - pipeline.at(peak, total.index)));
  return Value(op.result.shape, [&pipeline, &peak, &total, x, axis](const Index &index) {
    Index rest = index;
    rest.erase(rest.begin() + axis);
    return expF32(x(index) - pipeline.at(peak, rest)) / pipeline.at(total, rest);
  });
}

constexpr std::string_view mnemonics[] = {"softmax"};

} // namespace

extern const Algorithm SoftmaxAlgorithm;
const Algorithm SoftmaxAlgorithm = {"Softmax", Algorithm::Kind::reduction, mnemonics, false, check, define};

} // namespace cnnc::kernels
