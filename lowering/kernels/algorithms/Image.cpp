#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Pipeline.h"

namespace cnnc::kernels {
namespace {

using Halide::Expr;

std::optional<std::string> check(const KernelSpec &spec, const OpDesc &op) {
  Check check(spec, op);
  check.operands(1, 1).rank(0, 4);
  if (!check.ok())
    return check.result();
  const std::vector<int64_t> &x = check.operand(0).shape;
  if (op.mnemonic == "image_to_nchw")
    return check.boolean("reverse_channels").dtype(0, DType::u8).resultDtype(DType::f32).resultShape({x[0], x[3], x[1], x[2]}).result();
  check.integers("size", 2, 1).resultDtype(check.operand(0).dtype);
  if (!check.ok())
    return check.result();
  const std::vector<int64_t> &size = intsAttr(op, "size");
  check.require(size[0] <= x[2] && size[1] <= x[3], "the crop is larger than the image");
  return check.resultShape({x[0], x[1], size[0], size[1]}).result();
}

/// Half of the excess, rounded to even as torchvision's center_crop does.
int64_t cropOffset(int64_t extent, int64_t size) {
  const int64_t excess = extent - size;
  return excess % 2 == 0 ? excess / 2 : (excess / 2 + 1) / 2 * 2;
}

/// image_to_nchw: u8 [N, H, W, C] to f32 [N, C, H, W], values unchanged, channels in either order. center_crop: the middle size[0] x size[1] cells.
Value define(Pipeline &, const OpDesc &op, const std::vector<Value> &operands) {
  const Value x = operands[0];
  if (op.mnemonic == "image_to_nchw")
    return Value(op.result.shape, [x, reverse = boolAttr(op, "reverse_channels")](const Index &index) {
      const int channels = static_cast<int>(x.shape()[3]);
      const Coord channel = reverse ? Coord(channels - 1 - index[1].value(), channels) : index[1];
      return Halide::cast<float>(x({index[0], index[2], index[3], channel}));
    });
  return Value(op.result.shape, [x, size = intsAttr(op, "size")](const Index &index) {
    Index own = index;
    for (int axis = 2; axis < 4; ++axis)
      own[axis] = Coord(index[axis].value() + static_cast<int>(cropOffset(x.shape()[axis], size[axis - 2])), x.shape()[axis]);
    return x(own);
  });
}

constexpr std::string_view mnemonics[] = {"image_to_nchw", "center_crop"};

} // namespace

extern const Algorithm ImageAlgorithm;
const Algorithm ImageAlgorithm = {"Image", Algorithm::Kind::movement, mnemonics, false, check, define};

} // namespace cnnc::kernels
