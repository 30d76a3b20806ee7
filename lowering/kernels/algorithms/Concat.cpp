#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Pipeline.h"

namespace cnnc::kernels {
namespace {

using Halide::Expr;

std::optional<std::string> check(const KernelSpec &spec, const OpDesc &op) {
  Check check(spec, op);
  check.operands(1, 60);
  if (!check.ok())
    return check.result();
  std::vector<int64_t> result = check.operand(0).shape;
  check.resultDtype(check.operand(0).dtype).integer("axis", 0, static_cast<int64_t>(result.size()) - 1);
  if (!check.ok())
    return check.result();
  const int64_t axis = intAttr(op, "axis");
  for (size_t i = 1; check.ok() && i < op.operands.size(); ++i) {
    std::vector<int64_t> shape = check.operand(i).shape;
    check.dtype(i, op.result.dtype).rank(i, result.size());
    if (!check.ok())
      return check.result();
    result[axis] += shape[axis];
    shape[axis] = result[axis];
    check.require(shape == result, "operand " + std::to_string(i) + " differs from operand 0 off the axis");
  }
  return check.resultShape(result).result();
}

/// The coordinate within one operand, clamped into it. Digits survive when the operand starts and ends on whole blocks.
Coord within(const Coord &coord, int64_t begin, int64_t extent) {
  if (coord.parts.size() == 2 && begin % coord.parts[0].step == 0 && extent % coord.parts[0].step == 0) {
    const int64_t step = coord.parts[0].step;
    const Expr block = clamp(coord.parts[0].value - static_cast<int>(begin / step), 0, static_cast<int>(extent / step - 1));
    return Coord({{block, step}, coord.parts[1]}, extent);
  }
  return Coord(clamp(coord.value() - static_cast<int>(begin), 0, static_cast<int>(extent - 1)), extent);
}

Expr isBefore(const Coord &coord, int64_t end) {
  if (coord.parts.size() == 2 && end % coord.parts[0].step == 0)
    return coord.parts[0].value < static_cast<int>(end / coord.parts[0].step);
  return coord.value() < static_cast<int>(end);
}

/// ONNX Concat: operand k covers [begin_k, begin_k + extent_k) of the axis.
Value define(Pipeline &, const OpDesc &op, const std::vector<Value> &operands) {
  return Value(op.result.shape, [operands, axis = intAttr(op, "axis")](const Index &index) {
    Expr result;
    int64_t end = 0;
    for (const Value &operand : operands)
      end += operand.shape()[axis];
    for (size_t k = operands.size(); k-- > 0;) {
      const int64_t begin = end - operands[k].shape()[axis];
      Index own = index;
      own[axis] = within(index[axis], begin, end - begin);
      const Expr element = operands[k](own);
      result = result.defined() ? select(isBefore(index[axis], end), element, result) : element;
      end = begin;
    }
    return result;
  });
}

constexpr std::string_view mnemonics[] = {"concat"};

} // namespace

extern const Algorithm ConcatAlgorithm;
const Algorithm ConcatAlgorithm = {"Concat", Algorithm::Kind::movement, mnemonics, false, check, define};

} // namespace cnnc::kernels
