#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Bf16Tiles.h"
#include "lowering/kernels/Convolution.h"
#include "lowering/kernels/Pieces.h"
#include "lowering/kernels/Pipeline.h"
#include "lowering/kernels/SplitFloats.h"
#include "lowering/kernels/Window.h"
#include "lowering/kernels/WinogradTiles.h"

#include <algorithm>
#include <utility>

namespace cnnc::kernels {
namespace {

using Halide::Expr;

/// The sum over k of row[k] * cell(k). Even and odd places apart, the odd ones with a positive leading factor: rows of opposite points share both.
Expr combine(const std::vector<double> &row, const std::function<Expr(int)> &cell) {
  Expr halves[2];
  double sign = 1;
  for (size_t parity = 0; parity < 2; ++parity) {
    bool leads = parity == 1; // the next factor is the first of the odd places
    for (size_t k = parity; k < row.size(); k += 2) {
      if (row[k] == 0)
        continue;
      if (std::exchange(leads, false))
        sign = row[k] < 0 ? -1 : 1;
      const double factor = parity == 1 ? row[k] * sign : row[k];
      const Expr value = cell(static_cast<int>(k));
      const Expr term = factor == 1 ? value : factor == -1 ? -value : value * static_cast<float>(factor);
      halves[parity] = halves[parity].defined() ? halves[parity] + term : term;
    }
  }
  if (!halves[0].defined())
    return sign < 0 ? -halves[1] : halves[1];
  if (!halves[1].defined())
    return halves[0];
  return sign < 0 ? halves[0] - halves[1] : halves[0] + halves[1];
}

/// Row number `place` of a matrix times the cells.
Expr transform(const MinimalFilter::Matrix &matrix, const Expr &place, const std::function<Expr(int)> &cell) {
  Expr result = combine(matrix.back(), cell);
  for (size_t i = matrix.size() - 1; i-- > 0;)
    result = select(place == static_cast<int>(i), combine(matrix[i], cell), result);
  return result;
}

/// The input's cells of a tile: row `y`, column `x` of those that it reads. Cells past the input and its halo count for no result that is kept.
Expr cellOf(const KernelSpec &spec, const OpDesc &op, const Value &input, const WinogradTiles &tiles, const Expr &tile, const Coord &channel, const Expr &y,
            int x) {
  const auto across = static_cast<int>(tiles.across), down = static_cast<int>(tiles.down), images = static_cast<int>(op.result.shape[0]);
  const TensorDesc &tensor = spec.value(op.operands[0]);
  const WindowAxis axes[2] = {windowAxis(spec, op, 0), windowAxis(spec, op, 1)};
  const Expr row = tile / across;
  const Expr at[2] = {(images == 1 ? row : row % down) * static_cast<int>(tiles.tile[0]) + y - static_cast<int>(axes[0].padBegin),
                      tile % across * static_cast<int>(tiles.tile[1]) + x - static_cast<int>(axes[1].padBegin)};
  Index index = {Coord(images == 1 ? Expr(0) : min(row / down, images - 1), images), channel};
  Expr inside;
  bool covered = true; // by the halo, for every tap of every result, those that meet no data too
  for (size_t axis = 0; axis < 2; ++axis) {
    const auto last = static_cast<int>(axes[axis].input - 1);
    index.emplace_back(clamp(at[axis], static_cast<int>(-tensor.halo[axis]), last + static_cast<int>(tensor.halo[2 + axis])), axes[axis].input);
    const Expr within = at[axis] >= 0 && at[axis] <= last;
    inside = inside.defined() ? inside && within : within;
    covered = covered && tensor.halo[axis] >= axes[axis].padBegin &&
              last + tensor.halo[2 + axis] >= axes[axis].output - 1 + tiles.taps[axis] - 1 - axes[axis].padBegin;
  }
  return covered ? input(index) : select(inside, input(index), 0.0f);
}

} // namespace

WinogradTiles::WinogradTiles(const KernelSpec &spec, int64_t tileCells, int64_t rowsOfGroup, int64_t imagesOfGroup) {
  const TensorDesc &output = spec.output(), &input = spec.value(spec.root().operands[0]);
  const std::vector<int64_t> &kernel = intsAttr(spec.root(), "kernel");
  for (size_t axis = 0; axis < 2; ++axis) {
    taps[axis] = kernel[axis];
    tile[axis] = taps[axis] > 1 ? std::max<int64_t>(1, tileCells) : 1;
    cells[axis] = tile[axis] + taps[axis] - 1;
  }
  across = ceilDiv(output.shape[3], tile[1]), down = ceilDiv(output.shape[2], tile[0]), all = across * down * output.shape[0];
  rows = std::clamp<int64_t>(rowsOfGroup, 1, down);
  images = std::clamp<int64_t>(imagesOfGroup, 1, output.shape[0]);
  groups = ceilDiv(down, rows) * ceilDiv(output.shape[0], images);
  blocks = ceilDiv(output.shape[1], std::max<int64_t>(1, output.block));
  inputs = ceilDiv(input.shape[1], std::max<int64_t>(1, input.block));
}

WinogradTiles::WinogradTiles(const KernelSpec &spec, const Schedule &schedule)
    : WinogradTiles(spec, schedule.knob("tile", 1), schedule.knob("rows", 1), schedule.knob("images", 1)) {}

namespace {

/// The transformed cells as stages "columns", along x only, and "data".
Stage &transformedCells(Pipeline &pipeline, const OpDesc &op, const Value &input, const WinogradTiles &tiles) {
  const MinimalFilter along[2] = {minimalFilter(tiles.tile[0], tiles.taps[0]), minimalFilter(tiles.tile[1], tiles.taps[1])};
  const KernelSpec &spec = pipeline.spec();
  const int64_t lanes = spec.output().block, rows = tiles.cells[0], width = tiles.cells[1];
  Stage &columns = pipeline.addStage("columns", {tiles.inputs, tiles.all, rows, width, lanes});
  {
    const Index &at = columns.index; // block, tile, row, column, lane
    const Coord channel({{at[0].value(), lanes}, {at[4].value(), 1}}, tiles.inputs * lanes);
    columns.func(columns.vars) =
        transform(along[1].data, at[3].value(), [&](int k) { return cellOf(spec, op, input, tiles, at[1].value(), channel, at[2].value(), k); });
  }
  Stage &data = pipeline.addStage("data", {rows, width, tiles.inputs, tiles.all, lanes});
  const Index &at = data.index; // row, column, block, tile, lane
  data.func(data.vars) = transform(along[0].data, at[0].value(), [&](int k) { return pipeline.at(columns, {at[2], at[3], Coord(k, rows), at[1], at[4]}); });
  return data;
}

/// The result of the transformed products: back along x in a stage "half", then along y.
Value transformedBack(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands, const WinogradTiles &tiles, Stage &products) {
  const MinimalFilter along[2] = {minimalFilter(tiles.tile[0], tiles.taps[0]), minimalFilter(tiles.tile[1], tiles.taps[1])};
  const int64_t lanes = pipeline.spec().output().block, rows = tiles.cells[0], width = tiles.cells[1], m = tiles.tile[1];
  Stage &half = pipeline.addStage("half", {tiles.blocks, tiles.all, rows, m, lanes});
  {
    const Index &at = half.index; // block, tile, row, column, lane
    half.func(half.vars) =
        transform(along[1].result, at[3].value(), [&](int k) { return pipeline.at(products, {at[2], Coord(k, width), at[0], at[1], at[4]}); });
  }
  return Value(op.result.shape, [=, &pipeline, &half](const Index &index) {
    const auto [block, lane] = blockAndLane(index[1], lanes, tiles.blocks);
    const int height = static_cast<int>(tiles.tile[0]), size = static_cast<int>(m);
    const Expr y = index[2].value(), x = index[3].value();
    const Expr row = op.result.shape[0] == 1 ? y / height : y / height + static_cast<int>(tiles.down) * index[0].value();
    const Coord tile(x / size + static_cast<int>(tiles.across) * row, tiles.all);
    const Expr sum = transform(along[0].result, y % height, [&](int k) { return pipeline.at(half, {block, tile, Coord(k, rows), Coord(x % size, m), lane}); });
    return operands.size() == 3 ? sum + operands[2]({index[1]}) : sum;
  });
}

} // namespace

Value winogradConvolution(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands) {
  const KernelSpec &spec = pipeline.spec();
  const WinogradTiles tiles(spec, pipeline.schedule());
  const ConvShape conv = convShape(spec, op);
  const int64_t lanes = spec.output().block, rows = tiles.cells[0], width = tiles.cells[1];

  Stage &data = transformedCells(pipeline, op, operands[0], tiles);
  Stage &acc = pipeline.addStage("acc", {rows, width, tiles.blocks, tiles.all, lanes});
  {
    const Index &at = acc.index; // row, column, block, tile, lane
    const int64_t block = conv.reductionBlock;
    const auto runs = static_cast<int>(lanes / block);
    acc.domain = Halide::RDom({{0, static_cast<int>(block)}, {0, static_cast<int>(conv.reductionBlocks)}}, "r");
    const Expr lane = acc.domain[0], run = acc.domain[1];
    const Expr group = at[2].value() / static_cast<int>(ceilDiv(conv.outputsPerGroup, lanes));
    const Expr source = conv.groups == 1 ? run : group * static_cast<int>(conv.reductionBlocks) + run; // of all channels' runs
    const Coord inputBlock(runs == 1 ? source : source / runs, tiles.inputs),
        inputLane(runs == 1 ? lane : source % runs * static_cast<int>(block) + lane, lanes);
    const Coord output({{at[2].value(), lanes}, {at[4].value(), 1}}, tiles.blocks * lanes), input({{run, block}, {lane, 1}}, block * conv.reductionBlocks);
    acc.func(acc.vars) = 0.0f;
    acc.func(acc.vars) += operands[1]({output, input, at[0], at[1]}) * pipeline.at(data, {at[0], at[1], inputBlock, at[3], inputLane});
  }
  Stage &products = pipeline.addStage("products", {rows, width, tiles.blocks, tiles.all, lanes}); // acc in memory
  products.func(products.vars) = pipeline.at(acc, products.index);
  return transformedBack(pipeline, op, operands, tiles, products);
}

Value winogradOfPieces(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands) {
  const KernelSpec &spec = pipeline.spec();
  const WinogradTiles tiles(spec, pipeline.schedule());
  const int64_t lanes = spec.output().block, rows = tiles.cells[0], width = tiles.cells[1], pieces = pipeline.schedule().knob("pieces", kMostPieces);
  const int64_t all = tiles.all + RowTiles(tiles.inGroup()).positions(), runs = tiles.inputs / 2;

  Stage &data = transformedCells(pipeline, op, operands[0], tiles);
  Stage &cells = pipeline.addStage("cells", {rows, width, runs, all, pieces, lanes});
  {
    const Index &at = cells.index; // row, column, run of 32 channels, tile, piece, lane
    const auto value = [&](int second) {
      const Expr block = at[2].value() * 2 + second;
      return pipeline.at(data, {at[0], at[1], Coord(block, tiles.inputs), at[3], at[5]});
    };
    cells.func(cells.vars) = pairOfPieces(value(0), value(1), at[4].value(), pieces);
  }
  Stage &products = pipeline.addStage("products", {rows, width, tiles.blocks, all, lanes});
  {
    const Index &at = products.index; // row, column, block, tile, lane
    products.domain = Halide::RDom({{0, static_cast<int>(kSplitInputs)}, {0, static_cast<int>(runs)}}, "r");
    const Expr channel = products.domain[0], run = products.domain[1];
    const auto piece = [&](int which) {
      const Coord lane(channel % static_cast<int>(lanes), lanes);
      return pieceOf(pipeline.at(cells, {at[0], at[1], Coord(run, runs), at[3], Coord(which, pieces), lane}), channel < static_cast<int>(lanes));
    };
    const Coord output({{at[2].value(), lanes}, {at[4].value(), 1}}, tiles.blocks * lanes), input({{run, kSplitInputs}, {channel, 1}}, runs * kSplitInputs);
    products.func(products.vars) = Halide::undef<float>();
    products.func(products.vars) += operands[1]({output, input, at[0], at[1]}) * sumOfPieces(piece, pieces);
  }
  return transformedBack(pipeline, op, operands, tiles, products);
}

} // namespace cnnc::kernels
