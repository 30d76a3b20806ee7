// Partial results down the columns that the windows of a pool share.
#pragma once

#include "lowering/kernels/Pipeline.h"
#include "lowering/kernels/Window.h"

namespace cnnc::kernels {

/// A stage "columns" with one row for each row of results and one column for each that some window reads, in the layout that the
/// results are computed in.
inline Stage &addColumns(Pipeline &pipeline, const OpDesc &op, const WindowAxis &axis) {
  TensorDesc layout = pipeline.computedLayout(op);
  layout.shape[3] = axis.span();
  return pipeline.addStage("columns", layout);
}

} // namespace cnnc::kernels
