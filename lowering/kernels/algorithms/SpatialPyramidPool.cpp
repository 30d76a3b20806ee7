#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Maximum.h"
#include "lowering/kernels/Pyramid.h"

namespace cnnc::kernels {
namespace {

using Halide::Expr;

std::optional<std::string> check(const KernelSpec &spec, const OpDesc &op) {
  Check check(spec, op);
  check.operands(1, 1).rank(0, 4).dtype(0, DType::f32).resultDtype(DType::f32).oneOf("mode", {"max", "average"});
  auto levels = op.attributes.find("levels");
  check.require(levels != op.attributes.end() && std::holds_alternative<std::vector<int64_t>>(levels->second) &&
                    !std::get<std::vector<int64_t>>(levels->second).empty() && std::get<std::vector<int64_t>>(levels->second).size() <= 16,
                "attribute 'levels' must be 1 to 16 integers");
  if (!check.ok())
    return check.result();
  check.integers("levels", intsAttr(op, "levels").size(), 1, 1 << 10);
  if (!check.ok())
    return check.result();
  int64_t bins = 0;
  for (int64_t level : intsAttr(op, "levels"))
    bins += level * level;
  const std::vector<int64_t> &x = check.operand(0).shape;
  return check.resultShape({x[0], x[1] * bins}).result();
}

/// The cells of a bin along an axis: cell number `number` of the largest bin, the last one repeated in smaller ones.
struct BinCells {
  Expr cell, valid, count;
  BinCells(const BinAxis &axis, const Expr &bin, const Expr &number) {
    const int extent = static_cast<int>(axis.extent), bins = static_cast<int>(axis.bins);
    const Expr begin = bin * extent / bins, end = ((bin + 1) * extent + bins - 1) / bins;
    const bool uniform = axis.isUniform();
    cell = uniform ? begin + number : min(begin + number, end - 1);
    valid = uniform ? Halide::Internal::const_true() : begin + number < end;
    count = uniform ? Expr(static_cast<int>(axis.largest())) : end - begin;
  }
};

/// For each level a stage of bins: level[n, c, i, j] = maximum or sum of the cells of bin (i, j); the result picks among them.
Value define(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands) {
  const Value x = operands[0];
  const std::vector<int64_t> in = x.shape(), &levels = intsAttr(op, "levels");
  const bool largest = stringAttr(op, "mode") == "max";
  struct Level {
    Stage *stage;
    BinAxis rows, columns;
  };
  std::vector<Level> stages;
  for (size_t number = 0; number < levels.size(); ++number) {
    const BinAxis rows{levels[number], in[2]}, columns{levels[number], in[3]};
    TensorDesc grid;
    grid.shape = {in[0], in[1], rows.bins, columns.bins};
    grid.block = pipeline.target().lanes();
    Stage &stage = pipeline.addStage(levelStage(number), grid);
    stage.domain = Halide::RDom({{0, static_cast<int>(columns.largest())}, {0, static_cast<int>(rows.largest())}}, "r_" + levelStage(number));
    const BinCells y(rows, stage.index[2].value(), stage.domain[1]), z(columns, stage.index[3].value(), stage.domain[0]);
    const Expr cell = x({stage.index[0], stage.index[1], Coord(y.cell, rows.extent), Coord(z.cell, columns.extent)});
    if (largest) {
      maximise(stage, Candidate(cell));
    } else {
      stage.func(stage.vars) = 0.0f;
      stage.func(stage.vars) += Halide::strict_float(select(y.valid && z.valid, cell, 0.0f));
    }
    stages.push_back({&stage, rows, columns});
  }
  return Value(op.result.shape, [=, &pipeline](const Index &index) {
    const Expr place = index[1].value();
    Expr result;
    auto end = static_cast<int>(op.result.shape[1]);
    for (size_t number = stages.size(); number-- > 0;) {
      const Level &level = stages[number];
      const auto bins = static_cast<int>(level.rows.bins), cells = bins * bins;
      const int begin = end - static_cast<int>(in[1]) * cells;
      const Expr within = clamp(place - begin, 0, end - begin - 1), row = within % cells / bins, column = within % bins;
      const Index at = {index[0], Coord(within / cells, in[1]), Coord(row, bins), Coord(column, bins)};
      const Expr value =
          largest ? maximum({pipeline.at(*level.stage, at, 0), pipeline.at(*level.stage, at, 1)})
                  : pipeline.at(*level.stage, at) / Halide::cast<float>(BinCells(level.rows, row, 0).count * BinCells(level.columns, column, 0).count);
      result = result.defined() ? select(place < end, value, result) : value;
      end = begin;
    }
    return result;
  });
}

constexpr std::string_view mnemonics[] = {"spatial_pyramid_pool"};

} // namespace

extern const Algorithm SpatialPyramidPoolAlgorithm;
const Algorithm SpatialPyramidPoolAlgorithm = {"SpatialPyramidPool", Algorithm::Kind::reduction, mnemonics, false, check, define};

} // namespace cnnc::kernels
