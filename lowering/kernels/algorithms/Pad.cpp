#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Pipeline.h"

namespace cnnc::kernels {
namespace {

using Halide::Expr;

std::optional<std::string> check(const KernelSpec &spec, const OpDesc &op) {
  Check check(spec, op);
  check.operands(1, 1).rank(0, 4).dtype(0, DType::f32).resultDtype(DType::f32);
  check.integers("pad", 4, -(1 << 20), 1 << 20).number("value").oneOf("mode", {"constant", "reflect", "edge"});
  if (!check.ok())
    return check.result();
  const std::vector<int64_t> &x = check.operand(0).shape, &pad = intsAttr(op, "pad");
  if (stringAttr(op, "mode") == "reflect")
    for (int side = 0; side < 4; ++side)
      check.require(pad[side] < x[2 + side % 2], "a reflection is wider than the axis");
  return check.resultShape({x[0], x[1], x[2] + pad[0] + pad[2], x[3] + pad[1] + pad[3]}).result();
}

/// ONNX Pad over H and W; a negative amount crops.
Value define(Pipeline &, const OpDesc &op, const std::vector<Value> &operands) {
  const std::string mode = stringAttr(op, "mode");
  const auto value = static_cast<float>(doubleAttr(op, "value"));
  return Value(op.result.shape, [x = operands[0], mode, value, pad = intsAttr(op, "pad")](const Index &index) {
    Index own = index;
    Expr inside = Halide::Internal::const_true();
    for (int axis = 0; axis < 2; ++axis) {
      const int64_t extent = x.shape()[2 + axis];
      const int last = static_cast<int>(extent - 1);
      Expr position = index[2 + axis].value() - static_cast<int>(pad[axis]);
      if (mode == "reflect") {
        position = Halide::cast<int>(abs(position));
        position = select(position > last, 2 * last - position, position);
      } else if (mode == "constant" && (pad[axis] > 0 || pad[2 + axis] > 0)) {
        inside = inside && position >= 0 && position <= last;
      }
      own[2 + axis] = Coord(clamp(position, 0, last), extent);
    }
    return Halide::Internal::is_const_one(inside) ? x(own) : select(inside, x(own), value);
  });
}

constexpr std::string_view mnemonics[] = {"pad"};

} // namespace

extern const Algorithm PadAlgorithm;
const Algorithm PadAlgorithm = {"Pad", Algorithm::Kind::movement, mnemonics, false, check, define};

} // namespace cnnc::kernels
