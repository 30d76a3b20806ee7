#include "lowering/kernels/Bf16Tiles.h"

#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Convolution.h"
#include "lowering/kernels/Pieces.h"
#include "lowering/kernels/Pipeline.h"
#include "lowering/kernels/SplitFloats.h"
#include "lowering/kernels/Window.h"

#include <algorithm>
#include <functional>

namespace cnnc::kernels {
namespace {

using Halide::Expr;

constexpr int64_t tileRows = 16; ///< Of a tile register.

/// Stage "cells" at a place: a piece of the numbers in both blocks of a run of 32 channels. `index` is theirs but for the channel; 0 where not `inside`.
struct RunOfChannels {
  const Value &input;
  int64_t blocks, lanes, pieces;

  Expr operator()(const Expr &run, const Expr &piece, const Expr &lane, Index index, const Expr &inside = {}) const {
    Expr values[2];
    for (int second = 0; second < 2; ++second) {
      Expr block = run * 2 + second, there = inside;
      if (second == 1 && blocks % 2 != 0) { // the last run has one
        const Expr within = block < static_cast<int>(blocks);
        there = there.defined() ? there && within : within, block = min(block, static_cast<int>(blocks - 1));
      }
      index[1] = Coord({{block, lanes}, {lane, 1}}, blocks * lanes);
      const Expr value = input(index);
      values[second] = there.defined() ? select(there, value, 0.0f) : value;
    }
    return pairOfPieces(values[0], values[1], piece, pieces);
  }
};

} // namespace

int64_t piecesAt(Accuracy accuracy) { return accuracy == Accuracy::fast ? 2 : kMostPieces; }

std::optional<std::string> illegalPieces(Accuracy accuracy, int64_t pieces) {
  if (accuracy == Accuracy::strict)
    return "strict accuracy asks for plain sums";
  if (pieces != 2 && pieces != kMostPieces)
    return "pieces is neither 2 nor 3";
  if (pieces < piecesAt(accuracy))
    return "only fast accuracy multiplies pairs of bf16";
  return std::nullopt;
}

double bf16Budget(const KernelSpec &, const Schedule &schedule) { return schedule.knob("pieces") == 2 ? 1e-5 : 1e-6; }

int64_t divisorOf(int64_t whole, int64_t most) {
  int64_t part = std::clamp<int64_t>(most, 1, std::max<int64_t>(whole, 1));
  while (whole % part != 0)
    --part;
  return part;
}

RowTiles::RowTiles(int64_t rows) : tiles(ceilDiv(rows, tileRows)), height(ceilDiv(rows, tiles)) {}

Bf16Tiles::Bf16Tiles(const KernelSpec &spec, const Schedule &schedule) {
  const OpDesc &op = spec.root();
  const TensorDesc &output = spec.output(), &input = spec.value(op.operands[0]);
  const auto knob = [&](const char *name, int64_t most) { return std::clamp<int64_t>(schedule.knob(name, 1), 1, std::max<int64_t>(most, 1)); };
  for (size_t axis = 0; axis < 2; ++axis) {
    taps[axis] = intsAttr(op, "kernel")[axis];
    skip[axis] = intsAttr(op, "stride")[axis];
    stride[axis] = taps[axis] > 1 ? skip[axis] : 1;
    dilation[axis] = intsAttr(op, "dilation")[axis];
  }
  const int64_t down = output.shape[2], across = output.shape[3];
  flat = down == 1 && taps[0] == 1 && taps[1] == 1;
  rows = flat ? 1 : knob("rows", down);
  columns = flat ? knob("columns", across) : across;
  tileX = knob("tile_x", columns), tileY = flat ? 1 : knob("tile_y", rows);
  strips = flat ? ceilDiv(across, columns) : ceilDiv(down, rows);
  const int64_t beyond[2] = {(taps[0] - 1) * dilation[0] / stride[0], (taps[1] - 1) * dilation[1] / stride[1]};
  pitch = across + beyond[1];
  const RowTiles run((tileY - 1) * pitch + tileX);
  tiles = run.tiles, height = run.height;
  const int64_t lastX = ceilDiv(columns, tileX) * tileX - tileX, lastY = ceilDiv(rows, tileY) * tileY - tileY;
  copiedColumns = flat ? lastX + positions() : pitch;
  copiedRows = flat ? 1 : ((lastY + beyond[0]) * pitch + lastX + beyond[1] + positions() - 1) / pitch + 1;
  pieces = schedule.knob("pieces", kMostPieces);
  chunks = ceilDiv(input.shape[1], kSplitInputs);
  chunk = schedule.knob("chunk") > 0 ? schedule.knob("chunk") : chunks;
  blocks = ceilDiv(output.shape[1], std::max<int64_t>(1, output.block));
}

Value bf16Convolution(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands) {
  const KernelSpec &spec = pipeline.spec();
  const Bf16Tiles tiles(spec, pipeline.schedule());
  const TensorDesc &input = spec.value(op.operands[0]);
  const int64_t images = op.result.shape[0], lanes = spec.output().block;
  const int64_t inputBlocks = ceilDiv(input.shape[1], lanes);

  // Rows, or columns, of all strips.
  const int64_t allRows = tiles.flat ? 1 : op.result.shape[2] + tiles.copiedRows;
  const int64_t allColumns = tiles.flat ? op.result.shape[3] + tiles.copiedColumns : tiles.copiedColumns;
  Stage &cells = pipeline.addStage("cells", {images, tiles.chunks, tiles.planes(), allRows, allColumns, tiles.pieces, lanes});
  {
    const Index &at = cells.index; // image, run of channels, plane, row, column, piece, lane
    const Expr plane = at[2].value(), across = static_cast<int>(tiles.stride[1]);
    const Expr phases[2] = {tiles.planes() == 1 ? Expr(0) : plane / across, tiles.planes() == 1 ? Expr(0) : plane % across};
    Expr inside;
    Index index = {at[0], Coord(0, 1)};
    for (int axis = 0; axis < 2; ++axis) {
      const WindowAxis window = windowAxis(spec, op, axis);
      const auto last = static_cast<int>(window.input - 1);
      const Expr place = at[3 + axis].value() * static_cast<int>(tiles.skip[axis]) + phases[axis] - static_cast<int>(window.padBegin);
      const int64_t before = input.halo[axis], after = input.halo[2 + axis];
      index.emplace_back(clamp(place, static_cast<int>(-before), last + static_cast<int>(after)), window.input);
      // Of cells that no result reads any will do.
      if (before < window.padBegin || after < window.reachAfter()) {
        const Expr within = place >= 0 && place <= last;
        inside = inside.defined() ? inside && within : within;
      }
    }
    const RunOfChannels numbers = {operands[0], inputBlocks, lanes, tiles.pieces};
    cells.func(cells.vars) = numbers(at[1].value(), at[5].value(), at[6].value(), index, inside);
  }

  const int64_t positions = op.result.shape[2] * tiles.pitch + tiles.positions();
  Stage &sums = pipeline.addStage("sums", {images, tiles.blocks, positions, lanes});
  {
    const Index &at = sums.index; // image, block, position, lane
    sums.domain = Halide::RDom({{0, static_cast<int>(kSplitInputs)},
                                {0, static_cast<int>(tiles.taps[1])},
                                {0, static_cast<int>(tiles.taps[0])},
                                {0, static_cast<int>(tiles.chunk)},
                                {0, static_cast<int>(tiles.chunks / tiles.chunk)}},
                               "r");
    const Expr channel = sums.domain[0], chunk = sums.domain[4] * static_cast<int>(tiles.chunk) + sums.domain[3], position = at[2].value();
    const Expr x = sums.domain[1] * static_cast<int>(tiles.dilation[1]), y = sums.domain[2] * static_cast<int>(tiles.dilation[0]);
    const auto down = static_cast<int>(tiles.stride[0]), across = static_cast<int>(tiles.stride[1]), pitch = static_cast<int>(tiles.pitch);
    const auto piece = [&](int which) {
      const Expr pair = pipeline.at(cells, {at[0], Coord(chunk, tiles.chunks), Coord(y % down * across + x % across, tiles.planes()),
                                            Coord(tiles.flat ? Expr(0) : position / pitch + y / down, allRows),
                                            Coord(tiles.flat ? position : position % pitch + x / across, allColumns), Coord(which, tiles.pieces),
                                            Coord(channel % static_cast<int>(lanes), lanes)});
      return pieceOf(pair, channel < static_cast<int>(lanes));
    };
    const Coord output({{at[1].value(), lanes}, {at[3].value(), 1}}, tiles.blocks * lanes),
        inputs({{chunk, kSplitInputs}, {channel, 1}}, tiles.chunks * kSplitInputs);
    const Expr weight = operands[1]({output, inputs, Coord(sums.domain[2], tiles.taps[0]), Coord(sums.domain[1], tiles.taps[1])});
    sums.func(sums.vars) = 0.0f;
    sums.func(sums.vars) += weight * sumOfPieces(piece, tiles.pieces);
  }
  return Value(op.result.shape, [=, &pipeline, &sums](const Index &index) {
    const auto [block, lane] = blockAndLane(index[1], lanes, tiles.blocks);
    const Expr position = index[2].value() * static_cast<int>(tiles.pitch) + index[3].value();
    const Expr sum = pipeline.at(sums, {index[0], block, Coord(tiles.flat ? index[3].value() : position, positions), lane});
    return operands.size() == 3 ? sum + operands[2]({index[1]}) : sum;
  });
}

TransposedTiles::TransposedTiles(const KernelSpec &spec, const Schedule &schedule) {
  const OpDesc &op = spec.root();
  const TensorDesc &output = spec.output(), &input = spec.value(op.operands[0]);
  stride = {intsAttr(op, "stride")[0], intsAttr(op, "stride")[1]};
  height = input.shape[2], width = input.shape[3];
  rows = std::clamp<int64_t>(schedule.knob("rows", 1), 1, std::max<int64_t>(height, 1));
  strips = ceilDiv(height, rows);
  copiedRows = ceilDiv(RowTiles(rows * width).positions(), std::max<int64_t>(width, 1));
  pieces = schedule.knob("pieces", kMostPieces);
  chunks = ceilDiv(input.shape[1], kSplitInputs);
  blocks = ceilDiv(output.shape[1], std::max<int64_t>(1, output.block));
}

Value bf16Transposed(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands) {
  const KernelSpec &spec = pipeline.spec();
  const TransposedTiles tiles(spec, pipeline.schedule());
  const int64_t images = op.result.shape[0], lanes = spec.output().block, inputBlocks = ceilDiv(spec.value(op.operands[0]).shape[1], lanes);
  const int64_t allRows = tiles.height + tiles.copiedRows, allPositions = allRows * tiles.width;
  const auto width = static_cast<int>(tiles.width), across = static_cast<int>(tiles.stride[1]), down = static_cast<int>(tiles.stride[0]);
  const auto blocks = static_cast<int>(tiles.blocks);

  Stage &cells = pipeline.addStage("cells", {images, tiles.chunks, allRows, tiles.width, tiles.pieces, lanes});
  {
    const Index &at = cells.index; // image, run of channels, row, column, piece, lane
    const RunOfChannels numbers = {operands[0], inputBlocks, lanes, tiles.pieces};
    const Coord row(min(at[2].value(), static_cast<int>(tiles.height - 1)), tiles.height); // no result reads what is below
    cells.func(cells.vars) = numbers(at[1].value(), at[4].value(), at[5].value(), {at[0], Coord(0, 1), row, at[3]});
  }
  Stage &sums = pipeline.addStage("sums", {images, tiles.phases() * tiles.blocks, allPositions, lanes});
  {
    const Index &at = sums.index; // image, block of a phase, position, lane
    sums.domain = Halide::RDom({{0, static_cast<int>(kSplitInputs)}, {0, static_cast<int>(tiles.chunks)}}, "r");
    const Expr channel = sums.domain[0], chunk = sums.domain[1], position = at[2].value(), phase = at[1].value() / blocks;
    const auto piece = [&](int which) {
      const Expr pair = pipeline.at(cells, {at[0], Coord(chunk, tiles.chunks), Coord(position / width, allRows), Coord(position % width, tiles.width),
                                            Coord(which, tiles.pieces), Coord(channel % static_cast<int>(lanes), lanes)});
      return pieceOf(pair, channel < static_cast<int>(lanes));
    };
    const Coord output({{at[1].value() % blocks, lanes}, {at[3].value(), 1}}, tiles.blocks * lanes),
        inputs({{chunk, kSplitInputs}, {channel, 1}}, tiles.chunks * kSplitInputs);
    const Expr weight = operands[1]({inputs, output, Coord(phase / across, tiles.stride[0]), Coord(phase % across, tiles.stride[1])});
    sums.func(sums.vars) = 0.0f;
    sums.func(sums.vars) += weight * sumOfPieces(piece, tiles.pieces);
  }
  return Value(op.result.shape, [=, &pipeline, &sums](const Index &index) {
    const auto [block, lane] = blockAndLane(index[1], lanes, tiles.blocks);
    const Expr row = index[2].value(), column = index[3].value(), phase = row % down * across + column % across;
    const Expr sum = pipeline.at(sums, {index[0], Coord(phase * blocks + block.value(), tiles.phases() * tiles.blocks),
                                        Coord(row / down * width + column / across, allPositions), lane});
    return operands.size() == 3 ? sum + operands[2]({index[1]}) : sum;
  });
}

Value bf16Dense(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands) {
  const int64_t lanes = kSplitOutputs, rows = op.result.shape[0], outputs = op.result.shape[1], inputs = operands[0].shape()[1];
  const auto knob = [&](const char *name) { return pipeline.schedule().knob(name, 1); };
  const int64_t chunks = inputs / kSplitInputs, chunk = knob("chunk"); // of a task
  const int64_t pieces = pipeline.schedule().knob("pieces", kMostPieces);
  const int64_t allBlocks = ceilDiv(outputs, lanes), allRows = rows + knob("rows") + tileRows;

  Stage &cells = pipeline.addStage("cells", {chunks, allRows, pieces, lanes});
  {
    const Index &at = cells.index; // run of inputs, row, piece, input
    const auto value = [&](int second) {
      const Coord input({{at[0].value(), kSplitInputs}, {at[3].value() + second * static_cast<int>(lanes), 1}}, inputs);
      return operands[0]({Coord(min(at[1].value(), static_cast<int>(rows - 1)), rows), input});
    };
    cells.func(cells.vars) = pairOfPieces(value(0), value(1), at[2].value(), pieces);
  }
  Stage &sums = pipeline.addStage("sums", {allBlocks, allRows, lanes});
  {
    const Index &at = sums.index; // block of outputs, row, lane
    sums.domain = Halide::RDom({{0, static_cast<int>(kSplitInputs)}, {0, static_cast<int>(chunk)}, {0, static_cast<int>(chunks / chunk)}}, "r");
    const Expr input = sums.domain[0], run = sums.domain[2] * static_cast<int>(chunk) + sums.domain[1];
    const auto piece = [&](int which) {
      return pieceOf(pipeline.at(cells, {Coord(run, chunks), at[1], Coord(which, pieces), Coord(input % static_cast<int>(lanes), lanes)}),
                     input < static_cast<int>(lanes));
    };
    const Coord output({{at[0].value(), lanes}, {at[2].value(), 1}}, allBlocks * lanes);
    sums.func(sums.vars) = 0.0f;
    sums.func(sums.vars) += operands[1]({output, Coord({{run, kSplitInputs}, {input, 1}}, inputs)}) * sumOfPieces(piece, pieces);
  }
  return Value(op.result.shape, [=, &pipeline, &sums](const Index &index) {
    const Expr output = index[1].value(), width = static_cast<int>(lanes);
    const Expr sum = pipeline.at(sums, {Coord(output / width, allBlocks), index[0], Coord(output % width, lanes)});
    return operands.size() == 3 ? sum + operands[2]({index[1]}) : sum;
  });
}

} // namespace cnnc::kernels
