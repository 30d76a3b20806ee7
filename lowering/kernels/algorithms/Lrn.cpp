#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Math.h"
#include "lowering/kernels/Pipeline.h"

#include <algorithm>

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
/// Stage "squares" has the squares of a pixel's channels in a row, with blocks of zeros before and after. Reduction domain of acc: the
/// channel window.
Value define(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands) {
  const Value x = operands[0];
  const int64_t channels = x.shape()[1], size = intAttr(op, "size");
  const TensorDesc layout = pipeline.computedLayout(op);
  Stage &acc = pipeline.addStage("acc", layout);
  const int64_t block = std::max<int64_t>(layout.block, 1), blocks = (channels + block - 1) / block, before = (size / 2 + block - 1) / block;
  Stage &squares = pipeline.addStage("squares", {x.shape()[0], x.shape()[2], x.shape()[3], (before + blocks + before) * block});
  const Expr digit = squares.index[3].value() / static_cast<int>(block) - static_cast<int>(before), lane = squares.index[3].value() % static_cast<int>(block);
  const Coord channel({{clamp(digit, 0, static_cast<int>(blocks - 1)), block}, {lane, 1}}, blocks * block);
  const Expr cell = x({squares.index[0], block == 1 ? Coord(channel.value(), channels) : channel, squares.index[1], squares.index[2]});
  Expr inside = digit >= 0 && digit < static_cast<int>(blocks);
  if (channels % block != 0)
    inside = inside && channel.value() < static_cast<int>(channels);
  squares.func(squares.vars) = select(inside, Halide::strict_float(cell * cell), 0.0f);
  acc.domain = Halide::RDom(0, static_cast<int>(size), "r");
  const Expr place = acc.index[1].value() + acc.domain.x + static_cast<int>(before * block - (size - 1) / 2);
  acc.func(acc.vars) = 0.0f;
  acc.func(acc.vars) += Halide::strict_float(pipeline.at(squares, {acc.index[0], acc.index[2], acc.index[3], Coord(place, squares.index[3].limit)}));
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
