// Reductions of sliding windows. Where windows share columns of cells, the partial results down the columns are a stage of their own.
#pragma once

#include "lowering/kernels/Pipeline.h"
#include "lowering/kernels/Window.h"

namespace cnnc::kernels {

/// Adds the stage "acc" of a pool, and, where its windows share cells, the stage "columns": one row for each row of results, one column for
/// each that some window reads.
/// `cell(at, row, column)` is the term at a row and a column counted from the first that a window reads; `partial(columns, at)` is a finished
/// column as a term; `reduce(stage, term)` defines a stage as the reduction of its term.
/// Reduction domains: of columns ky; of acc kx, then ky unless there are columns.
template <typename Cell, typename Partial, typename Reduce>
Stage &reduceWindows(Pipeline &pipeline, const OpDesc &op, Cell cell, Partial partial, Reduce reduce) {
  const WindowAxis h = windowAxis(pipeline.spec(), op, 0), w = windowAxis(pipeline.spec(), op, 1);
  const TensorDesc layout = pipeline.computedLayout(op);
  Stage &acc = pipeline.addStage("acc", layout);
  const auto position = [](const Halide::Expr &out, const WindowAxis &axis, const Halide::Expr &offset) {
    return out * static_cast<int>(axis.stride) + offset * static_cast<int>(axis.dilation);
  };
  const auto rows = static_cast<int>(h.count()), columnsInWindow = static_cast<int>(w.count());
  if (!w.sharesCells()) {
    acc.domain = Halide::RDom({{0, columnsInWindow}, {0, rows}}, "r");
    reduce(acc, cell(acc.index, position(acc.index[2].value(), h, acc.domain[1]), position(acc.index[3].value(), w, acc.domain[0])));
    return acc;
  }
  TensorDesc columnLayout = layout;
  columnLayout.shape[3] = w.span();
  Stage &columns = pipeline.addStage("columns", columnLayout);
  columns.domain = Halide::RDom(0, rows, "r_columns");
  reduce(columns, cell(columns.index, position(columns.index[2].value(), h, columns.domain.x), columns.index[3].value()));
  acc.domain = Halide::RDom(0, columnsInWindow, "r");
  reduce(acc, partial(columns, Index{acc.index[0], acc.index[1], acc.index[2], Coord(position(acc.index[3].value(), w, acc.domain.x), w.span())}));
  return acc;
}

} // namespace cnnc::kernels
