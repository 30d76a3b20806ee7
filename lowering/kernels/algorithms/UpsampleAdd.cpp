#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Nearest.h"
#include "lowering/kernels/Pipeline.h"

namespace cnnc::kernels {
namespace {

std::optional<std::string> check(const KernelSpec &spec, const OpDesc &op) {
  Check check(spec, op);
  check.operands(2, 2).rank(0, 4).rank(1, 4).dtype(0, DType::f32).dtype(1, DType::f32).resultDtype(DType::f32);
  if (!check.ok())
    return check.result();
  const std::vector<int64_t> &top = check.operand(0).shape, &lateral = check.operand(1).shape;
  check.require(top[2] <= lateral[2] && top[3] <= lateral[3], "operand 0 is larger than operand 1");
  return check.operandShape(0, {lateral[0], lateral[1], top[2], top[3]}).resultShape(lateral).result();
}

/// result[n, c, y, x] = lateral[n, c, y, x] + top[n, c, nearest(y), nearest(x)]. Pointwise in `lateral`, so that it ends the kernel that computes it.
Value define(Pipeline &, const OpDesc &op, const std::vector<Value> &operands) {
  return Value(op.result.shape, [top = operands[0], lateral = operands[1]](const Index &at) {
    const std::vector<int64_t> &from = top.shape(), &to = lateral.shape();
    return lateral(at) + top({at[0], at[1], nearest(at[2], from[2], to[2]), nearest(at[3], from[3], to[3])});
  });
}

constexpr std::string_view mnemonics[] = {"upsample_add"};

} // namespace

extern const Algorithm UpsampleAddAlgorithm;
const Algorithm UpsampleAddAlgorithm = {"UpsampleAdd", Algorithm::Kind::pointwise, mnemonics, false, check, define};

} // namespace cnnc::kernels
