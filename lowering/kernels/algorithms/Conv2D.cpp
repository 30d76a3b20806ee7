#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Convolution.h"
#include "lowering/kernels/Pipeline.h"
#include "lowering/kernels/Window.h"

#include <algorithm>

namespace cnnc::kernels {
namespace {

using Halide::Expr;

std::optional<std::string> check(const KernelSpec &spec, const OpDesc &op) {
  Check check(spec, op);
  check.operands(2, 3).rank(0, 4).rank(1, 4).dtype(0, DType::f32).dtype(1, DType::f32).dtype(2, DType::f32).resultDtype(DType::f32);
  check.integers("kernel", 2, 1, 1 << 16).integers("stride", 2, 1, 1 << 16).integers("dilation", 2, 1, 1 << 16);
  check.integers("pad", 4, 0, 1 << 16).integer("out_channels", 1).integer("groups", 1).boolean("bias");
  if (!check.ok())
    return check.result();
  const std::vector<int64_t> &x = check.operand(0).shape;
  const int64_t groups = intAttr(op, "groups"), outputs = intAttr(op, "out_channels");
  check.require(x[1] % groups == 0 && outputs % groups == 0, "channels are no multiple of 'groups'");
  check.require(boolAttr(op, "bias") == (op.operands.size() == 3), "'bias' disagrees with the number of operands");
  check.operandShape(1, {outputs, x[1] / groups, intsAttr(op, "kernel")[0], intsAttr(op, "kernel")[1]}).operandShape(2, {outputs});
  if (!check.ok())
    return check.result();
  const auto [rows, columns] = windowExtents(spec, op);
  return check.require(rows > 0 && columns > 0, "the kernel is larger than the padded input").resultShape({x[0], outputs, rows, columns}).result();
}

/// acc[n, c, y, x] = bias[c] + sum over (i, ky, kx) of w[c, i, ky, kx] * x[n, group(c) * I + i, y * s + ky * d - p, ...].
/// Reduction domain, innermost first: place in a run of adjacent input channels, kx, ky, run.
Value define(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands) {
  const KernelSpec &spec = pipeline.spec();
  const ConvShape conv = convShape(spec, op);
  const WindowAxis h = windowAxis(spec, op, 0), w = windowAxis(spec, op, 1);
  Stage &acc = pipeline.addStage("acc", pipeline.computedLayout(op));
  const Index &at = acc.index;
  const Coord &channel = at[1];

  const int block = static_cast<int>(conv.reductionBlock), blocks = static_cast<int>(conv.reductionBlocks);
  acc.domain = Halide::RDom(
      {{0, block}, {static_cast<int>(w.first()), static_cast<int>(w.count())}, {static_cast<int>(h.first()), static_cast<int>(h.count())}, {0, blocks}}, "r");
  const Expr lane = acc.domain[0], kx = acc.domain[1], ky = acc.domain[2], ci = acc.domain[3];
  const int64_t inGroup = int64_t(block) * blocks;
  const Coord withinGroup({{ci, block}, {lane, 1}}, inGroup);

  const int64_t inputBlock = std::max<int64_t>(spec.value(op.operands[0]).block, 1);
  // Run number `run` of `block` adjacent input channels, in the digits of the input's blocks.
  const auto runOf = [&](const Expr &run, int64_t limit) {
    const auto runs = static_cast<int>(inputBlock / block);
    return runs <= 1 ? Coord({{run, block}, {lane, 1}}, limit) : Coord({{run / runs, inputBlock}, {run % runs * block + lane, 1}}, limit);
  };
  Coord source = runOf(ci, inGroup);
  if (const int64_t lanes = channel.parts.front().step; conv.depthwise()) {
    source = channel;
  } else if (channel.parts.size() == 2 && inputBlock == lanes && conv.groupsWithin(lanes)) {
    const auto perGroup = static_cast<int>(conv.outputsPerGroup);
    source = Coord({channel.parts.front(), {channel.parts.back().value / perGroup * perGroup + ci, 1}}, channel.limit);
  } else if (conv.groups > 1) {
    // A block of output channels inside one group reads the same inputs in every lane; else each lane asks for its own.
    const Coord::Part &coarse = channel.parts.front();
    const int64_t perGroup = conv.outputsPerGroup;
    const bool uniform = perGroup % coarse.step == 0;
    const Expr group = min(uniform ? coarse.value / static_cast<int>(perGroup / coarse.step) : channel.value() / static_cast<int>(perGroup),
                           static_cast<int>(conv.groups - 1));
    source = runOf(group * blocks + ci, conv.groups * inGroup);
  }

  const Expr y = at[2].value() * static_cast<int>(h.stride) + ky * static_cast<int>(h.dilation) - static_cast<int>(h.padBegin);
  const Expr x = at[3].value() * static_cast<int>(w.stride) + kx * static_cast<int>(w.dilation) - static_cast<int>(w.padBegin);
  Expr cell;
  if (haloCovers(spec, op)) {
    cell = operands[0]({at[0], source, Coord(y, h.input), Coord(x, w.input)});
  } else {
    const int lastY = static_cast<int>(h.input - 1), lastX = static_cast<int>(w.input - 1);
    cell = select(y >= 0 && y <= lastY && x >= 0 && x <= lastX,
                  operands[0]({at[0], source, Coord(clamp(y, 0, lastY), h.input), Coord(clamp(x, 0, lastX), w.input)}), 0.0f);
  }
  const Expr weight = operands[1]({channel, withinGroup, Coord(ky, h.kernel), Coord(kx, w.kernel)});
  acc.func(acc.vars) = operands.size() == 3 ? operands[2]({channel}) : Expr(0.0f);
  acc.func(acc.vars) += weight * cell;
  return Value(op.result.shape, [&pipeline, &acc](const Index &index) { return pipeline.at(acc, index); });
}

constexpr std::string_view mnemonics[] = {"conv2d"};

} // namespace

ConvShape convShape(const KernelSpec &spec, const OpDesc &op) {
  const TensorDesc &x = spec.value(op.operands[0]);
  ConvShape conv;
  conv.groups = intAttr(op, "groups");
  conv.inputsPerGroup = x.shape[1] / conv.groups;
  conv.outputsPerGroup = op.result.shape[1] / conv.groups;
  conv.reductionBlock = 1;
  if (!conv.depthwise() && !conv.groupsWithin(x.block)) {
    // Long runs cost loops less, short ones skip the padding of the last block. Runs of a group are whole.
    int64_t best = 0;
    for (int64_t run = std::max<int64_t>(x.block, 1); run >= 1; run /= 2) {
      const int64_t runs = (conv.inputsPerGroup + run - 1) / run, steps = runs * (8 * run + 1);
      if ((conv.groups == 1 || conv.inputsPerGroup % run == 0) && (best == 0 || steps < best))
        conv.reductionBlock = run, best = steps;
    }
  }
  conv.reductionBlocks = (conv.inputsPerGroup + conv.reductionBlock - 1) / conv.reductionBlock;
  return conv;
}

extern const Algorithm Conv2DAlgorithm;
const Algorithm Conv2DAlgorithm = {"Conv2D", Algorithm::Kind::reduction, mnemonics, false, check, define};

} // namespace cnnc::kernels
