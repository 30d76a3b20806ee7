#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Convolution.h"
#include "lowering/kernels/Pipeline.h"
#include "lowering/kernels/Transposed.h"

#include <algorithm>

namespace cnnc::kernels {
namespace {

using Halide::Expr;

std::optional<std::string> check(const KernelSpec &spec, const OpDesc &op) {
  Check check(spec, op);
  check.operands(2, 3).rank(0, 4).rank(1, 4).dtype(0, DType::f32).dtype(1, DType::f32).dtype(2, DType::f32).resultDtype(DType::f32);
  check.integers("kernel", 2, 1, 1 << 12).integers("stride", 2, 1, 1 << 12).integers("dilation", 2, 1, 1 << 12);
  check.integers("pad", 4, 0, 1 << 16).integers("output_padding", 2, 0, 1 << 12).integer("out_channels", 1).integer("groups", 1).boolean("bias");
  if (!check.ok())
    return check.result();
  const std::vector<int64_t> &x = check.operand(0).shape, &pad = intsAttr(op, "pad");
  const int64_t groups = intAttr(op, "groups"), outputs = intAttr(op, "out_channels");
  check.require(x[1] % groups == 0 && outputs % groups == 0, "channels are no multiple of 'groups'");
  check.require(boolAttr(op, "bias") == (op.operands.size() == 3), "'bias' disagrees with the number of operands");
  check.operandShape(1, {x[1], outputs / groups, intsAttr(op, "kernel")[0], intsAttr(op, "kernel")[1]}).operandShape(2, {outputs});
  std::vector<int64_t> result = {x[0], outputs};
  for (int axis = 0; axis < 2; ++axis)
    result.push_back((x[2 + axis] - 1) * intsAttr(op, "stride")[axis] + intsAttr(op, "dilation")[axis] * (intsAttr(op, "kernel")[axis] - 1) + 1 +
                     intsAttr(op, "output_padding")[axis] - pad[axis] - pad[2 + axis]);
  return check.require(result[2] > 0 && result[3] > 0, "the pads leave nothing of the result").resultShape(result).result();
}

/// The taps of one axis for a phase and a tap number within it.
struct Taps {
  Expr first, offset, reached; ///< First tap; the input cell it reads, less the cell within the phase; whether the phase has any.
  Taps(const TransposedAxis &axis, const Expr &phase) {
    const int common = static_cast<int>(axis.common());
    const Expr place = phase + static_cast<int>(axis.padBegin);
    reached = common == 1 ? Halide::Internal::const_true() : Expr(place % common == 0);
    first = axis.step() == 1 ? Expr(0) : (common == 1 ? place : place / common) * static_cast<int>(axis.inverse()) % static_cast<int>(axis.step());
    offset = (place - first * static_cast<int>(axis.dilation)) / static_cast<int>(axis.stride);
  }
};

/// Channels of the weight and of the input that a sum over a group's inputs reads.
struct Channels {
  Coord input, weightInput, weightOutput;
};

Channels channelsOf(const KernelSpec &spec, const OpDesc &op, const ConvShape &conv, const Coord &channel, const Expr &lane, const Expr &run) {
  if (conv.depthwise())
    return {channel, channel, Coord(0, 1)};
  const int64_t inputBlock = std::max<int64_t>(spec.value(op.operands[0]).block, 1), block = conv.reductionBlock;
  const int64_t channels = conv.groups * block * conv.reductionBlocks;
  // Input channel number `place` * block + lane in the digits of the input's blocks.
  const auto inputAt = [&](const Expr &place) {
    const auto runs = static_cast<int>(inputBlock / block);
    return runs <= 1 ? Coord({{place, block}, {lane, 1}}, channels)
                     : Coord({{place / runs, inputBlock}, {place % runs * static_cast<int>(block) + lane, 1}}, channels);
  };
  if (conv.groups == 1)
    return {inputAt(run), Coord({{run, block}, {lane, 1}}, channels), channel};
  // A block of output channels inside one group reads the same inputs in every lane; else each lane asks for its own.
  const Coord::Part &coarse = channel.parts.front();
  const int64_t perGroup = conv.outputsPerGroup;
  const bool uniform = perGroup % coarse.step == 0;
  const Expr group =
      min(uniform ? coarse.value / static_cast<int>(perGroup / coarse.step) : channel.value() / static_cast<int>(perGroup), static_cast<int>(conv.groups - 1));
  const Expr place = group * static_cast<int>(conv.reductionBlocks) + run;
  if (!uniform || channel.parts.size() != 2)
    return {inputAt(place), Coord({{place, block}, {lane, 1}}, channels), Coord(channel.value() % static_cast<int>(perGroup), perGroup)};
  return {inputAt(place), Coord({{place, block}, {lane, 1}}, channels),
          Coord({{coarse.value % static_cast<int>(perGroup / coarse.step), coarse.step}, channel.parts.back()}, perGroup)};
}

/// The results of one phase, those at Y * stride + phase, read every tap at the same distance: acc[n, block, phases, Y, X, lane] = bias + sum over
/// (i, j) of w[i, c, first(phase) + j * step] * x[n, i, Y + offset(phase) - j * d]. A kernel as large as its stride is one 1x1 convolution a phase.
/// Reduction domain, innermost first: place in a run of adjacent input channels, tap of x, tap of y, run.
Value define(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands) {
  const KernelSpec &spec = pipeline.spec();
  const ConvShape conv = convShape(spec, op);
  const TransposedAxis h = transposedAxis(spec, op, 0), w = transposedAxis(spec, op, 1);
  const int64_t lanes = std::max<int64_t>(1, pipeline.computedLayout(op).block), blocks = (op.result.shape[1] + lanes - 1) / lanes;
  const std::vector<int64_t> shape = {op.result.shape[0], blocks, h.stride, w.stride, h.cells(), w.cells(), lanes};
  Stage &acc = pipeline.addStage("acc", shape);
  const Index &at = acc.index;
  const Coord channel = lanes == 1 ? at[1] : Coord({{at[1].value(), lanes}, {at[6].value(), 1}}, blocks * lanes);

  acc.domain = Halide::RDom({{0, static_cast<int>(conv.reductionBlock)},
                             {0, static_cast<int>(w.taps())},
                             {0, static_cast<int>(h.taps())},
                             {0, static_cast<int>(conv.reductionBlocks)}},
                            "r");
  const Expr lane = acc.domain[0], kx = acc.domain[1], ky = acc.domain[2], run = acc.domain[3];
  const Taps rows(h, at[2].value()), columns(w, at[3].value());
  const auto tapAt = [](const TransposedAxis &axis, const Taps &taps, const Expr &number) {
    return axis.step() == 1 ? Coord(number, axis.taps()) : Coord({{number, axis.step()}, {taps.first, 1}}, axis.taps() * axis.step());
  };
  const Coord tapY = tapAt(h, rows, ky), tapX = tapAt(w, columns, kx);
  if (!h.isRegular())
    acc.domain.where(rows.reached && tapY.value() < static_cast<int>(h.kernel));
  if (!w.isRegular())
    acc.domain.where(columns.reached && tapX.value() < static_cast<int>(w.kernel));

  const Channels channels = channelsOf(spec, op, conv, channel, lane, run);
  const Expr y = at[4].value() + rows.offset - ky * static_cast<int>(h.dilation / h.common());
  const Expr x = at[5].value() + columns.offset - kx * static_cast<int>(w.dilation / w.common());
  Expr cell;
  if (haloCoversTaps(spec, op)) {
    // Bounds of phases and taps that are taken apart reach further than those that meet.
    const std::array<int64_t, 4> &halo = spec.value(op.operands[0]).halo;
    const auto inside = [&](const Expr &place, const TransposedAxis &axis, size_t side) {
      return Coord(unsafe_promise_clamped(place, static_cast<int>(-halo[side]), static_cast<int>(axis.input - 1 + halo[side + 2])), axis.input);
    };
    cell = operands[0]({at[0], channels.input, inside(y, h, 0), inside(x, w, 1)});
  } else {
    const int lastY = static_cast<int>(h.input - 1), lastX = static_cast<int>(w.input - 1);
    cell = select(y >= 0 && y <= lastY && x >= 0 && x <= lastX,
                  operands[0]({at[0], channels.input, Coord(clamp(y, 0, lastY), h.input), Coord(clamp(x, 0, lastX), w.input)}), 0.0f);
  }
  acc.func(acc.vars) = operands.size() == 3 ? operands[2]({channel}) : Expr(0.0f);
  acc.func(acc.vars) += operands[1]({channels.weightInput, channels.weightOutput, tapY, tapX}) * cell;
  // Results of all phases side by side: where a tile of the result is one of each phase, they wait here while acc is in registers.
  Stage &phases = pipeline.addStage("phases", shape);
  phases.func(phases.vars) = pipeline.at(acc, phases.index);
  return Value(op.result.shape, [=, &pipeline, &phases](const Index &index) {
    const Coord &c = index[1];
    const bool sameDigits = c.parts.size() == 2 && c.parts.front().step == lanes;
    const auto block = static_cast<int>(lanes);
    const auto strideY = static_cast<int>(h.stride), strideX = static_cast<int>(w.stride);
    const Expr row = index[2].value(), column = index[3].value();
    return pipeline.at(phases, {index[0], Coord(sameDigits ? c.parts.front().value : c.value() / block, blocks), Coord(row % strideY, h.stride),
                                Coord(column % strideX, w.stride), Coord(row / strideY, h.cells()), Coord(column / strideX, w.cells()),
                                Coord(sameDigits ? c.parts.back().value : c.value() % block, lanes)});
  });
}

constexpr std::string_view mnemonics[] = {"conv_transpose2d"};

} // namespace

extern const Algorithm ConvTranspose2DAlgorithm;
const Algorithm ConvTranspose2DAlgorithm = {"ConvTranspose2D", Algorithm::Kind::reduction, mnemonics, false, check, define};

} // namespace cnnc::kernels
