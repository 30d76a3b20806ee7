#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Math.h"
#include "lowering/kernels/Pipeline.h"

#include <algorithm>

namespace cnnc::kernels {
namespace {

using Halide::Expr;

Expr constant(double value) { return Expr(static_cast<float>(value)); }

/// Clamping that lets NaN through: neither comparison holds for it (ONNX Clip, Relu).
Expr clip(const Expr &x, double low, double high) { return select(x < constant(low), constant(low), select(x > constant(high), constant(high), x)); }

Expr sigmoid(const Expr &x) { return 1.0f / (1.0f + expF32(-x)); }

using Activation = Expr (*)(const OpDesc &op, const Expr &x);
struct ActivationRow {
  std::string_view mnemonic;
  std::initializer_list<const char *> parameters;
  Activation function;
};
const ActivationRow activations[] = {
    {"relu", {}, [](const OpDesc &, const Expr &x) -> Expr { return select(x < 0.0f, 0.0f, x); }},
    {"relu6", {}, [](const OpDesc &, const Expr &x) -> Expr { return clip(x, 0, 6); }},
    {"clip", {"min", "max"}, [](const OpDesc &op, const Expr &x) -> Expr { return clip(x, doubleAttr(op, "min"), doubleAttr(op, "max")); }},
    {"leaky_relu", {"alpha"}, [](const OpDesc &op, const Expr &x) -> Expr { return select(x < 0.0f, x * constant(doubleAttr(op, "alpha")), x); }},
    {"sigmoid", {}, [](const OpDesc &, const Expr &x) -> Expr { return sigmoid(x); }},
    {"hard_sigmoid",
     {"alpha", "beta"},
     [](const OpDesc &op, const Expr &x) -> Expr { return clip(x * constant(doubleAttr(op, "alpha")) + constant(doubleAttr(op, "beta")), 0, 1); }},
    {"hard_swish", {}, [](const OpDesc &, const Expr &x) -> Expr { return x * clip(x * constant(1.0 / 6) + 0.5f, 0, 1); }},
    {"silu", {}, [](const OpDesc &, const Expr &x) -> Expr { return x * sigmoid(x); }},
    {"tanh", {}, [](const OpDesc &, const Expr &x) -> Expr { return tanhF32(x); }},
};

const ActivationRow *findActivation(const std::string &mnemonic) {
  auto it = std::ranges::find(activations, mnemonic, &ActivationRow::mnemonic);
  return it == std::end(activations) ? nullptr : it;
}

std::vector<int64_t> broadcastShape(const std::vector<int64_t> &a, const std::vector<int64_t> &b) {
  std::vector<int64_t> shape(std::max(a.size(), b.size()));
  for (size_t d = 0; d < shape.size(); ++d) {
    const int64_t x = d < a.size() ? a[a.size() - 1 - d] : 1, y = d < b.size() ? b[b.size() - 1 - d] : 1;
    if (x != y && x != 1 && y != 1)
      return {};
    shape[shape.size() - 1 - d] = std::max(x, y);
  }
  return shape;
}

std::optional<std::string> check(const KernelSpec &spec, const OpDesc &op) {
  Check check(spec, op);
  check.resultDtype(DType::f32);
  if (const ActivationRow *row = findActivation(op.mnemonic)) {
    check.operands(1, 1).dtype(0, DType::f32);
    for (const char *parameter : row->parameters)
      check.number(parameter);
    return check.ok() ? check.resultShape(check.operand(0).shape).result() : check.result();
  }
  if (op.mnemonic == "add" || op.mnemonic == "mul") {
    check.operands(2, 2).dtype(0, DType::f32).dtype(1, DType::f32);
    if (!check.ok())
      return check.result();
    const auto shape = broadcastShape(check.operand(0).shape, check.operand(1).shape);
    check.require(!shape.empty() || (check.operand(0).shape.empty() && check.operand(1).shape.empty()), "shapes do not broadcast");
    return check.resultShape(shape).result();
  }
  const size_t vectors = op.mnemonic == "bias" ? 1 : op.mnemonic == "batch_norm" ? 4 : 0;
  check.operands(1 + vectors, 1 + vectors);
  if (!check.ok())
    return check.result();
  const TensorDesc &x = check.operand(0);
  check.require(x.shape.size() >= 2, "operand 0 must have a channel axis");
  check.require(x.dtype == DType::f32 || (op.mnemonic == "normalize" && x.dtype == DType::u8), "operand 0 must be f32");
  for (size_t i = 1; check.ok() && i <= vectors; ++i)
    check.dtype(i, DType::f32).operandShape(i, {x.shape[1]});
  if (op.mnemonic == "batch_norm") {
    check.number("epsilon");
    check.require(!check.ok() || doubleAttr(op, "epsilon") > 0, "'epsilon' must be positive");
  }
  if (op.mnemonic == "normalize" && check.ok())
    check.numbers("mean", x.shape[1]).numbers("std", x.shape[1]).number("scale").require(x.shape[1] <= 64, "more than 64 channels");
  return check.ok() ? check.resultShape(x.shape).result() : check.result();
}

/// A table entry for each channel; padding lanes get the last one.
Expr byChannel(const Coord &channel, const std::vector<float> &table) {
  if (std::ranges::all_of(table, [&](float value) { return value == table[0]; }))
    return table[0];
  std::vector<Expr> entries(table.begin(), table.end());
  return mux(channel.value(), entries);
}

Value define(Pipeline &, const OpDesc &op, const std::vector<Value> &operands) {
  const Value x = operands[0];
  auto pointwise = [&](std::function<Expr(const Index &)> function) { return Value(op.result.shape, std::move(function)); };
  if (const ActivationRow *row = findActivation(op.mnemonic))
    return pointwise([=, &op](const Index &at) { return row->function(op, x(at)); });
  if (op.mnemonic == "add")
    return pointwise([=, y = operands[1]](const Index &at) { return x.broadcast(at) + y.broadcast(at); });
  if (op.mnemonic == "mul")
    return pointwise([=, y = operands[1]](const Index &at) { return x.broadcast(at) * y.broadcast(at); });
  if (op.mnemonic == "bias")
    return pointwise([=, b = operands[1]](const Index &at) { return x(at) + b({at[1]}); });
  if (op.mnemonic == "batch_norm")
    return pointwise([=, epsilon = constant(doubleAttr(op, "epsilon"))](const Index &at) {
      const Index c = {at[1]};
      const Expr scale = operands[1](c) / sqrt(operands[4](c) + epsilon);
      return (x(at) - operands[3](c)) * scale + operands[2](c);
    });
  // normalize: (x * scale - mean[c]) / std[c], torchvision's order of operations.
  const std::vector<double> mean = doublesAttr(op, "mean"), deviation = doublesAttr(op, "std");
  return pointwise([=, scale = constant(doubleAttr(op, "scale"))](const Index &at) {
    return (cast<float>(x(at)) * scale - byChannel(at[1], {mean.begin(), mean.end()})) / byChannel(at[1], {deviation.begin(), deviation.end()});
  });
}

constexpr std::string_view mnemonics[] = {"relu", "relu6", "clip", "leaky_relu", "sigmoid", "hard_sigmoid", "hard_swish",
                                          "silu", "tanh",  "add",  "mul",        "bias",    "batch_norm",   "normalize"};

} // namespace

extern const Algorithm ElementwiseAlgorithm;
const Algorithm ElementwiseAlgorithm = {"Elementwise", Algorithm::Kind::pointwise, mnemonics, false, check, define};

} // namespace cnnc::kernels
