// Values that share bytes, and when those bytes are alive: what the memory planner packs and what its verifier checks.
#pragma once

#include "dialects/exec/Exec.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace cnnc {

/// Where a value lies inside a buffer.
struct Placement {
  size_t buffer;
  int64_t offset; ///< Bytes of one image from the buffer's start.
};

/// Bytes that live and die together: one launch's result, a concatenation with all its parts, a chain of launches in place.
struct Buffer {
  mlir::Value root;
  int64_t bytes = 0;
  int64_t first = 0, last = 0;   ///< Positions of the first write and the last read, in launch order.
  std::optional<int64_t> output; ///< Index of the function result that it is, if any.
};

/// Every buffer of a function of launches, and the placement of every value in one (function arguments and weights have none).
struct Buffers {
  std::vector<Buffer> buffers;
  llvm::DenseMap<mlir::Value, Placement> placements;

  static Buffers of(mlir::func::FuncOp func, bool perImage);

  /// Joins the buffer of a launch's result to that of `operand`, which must fill it and die at the launch. Both must start at offset 0.
  void join(mlir::Value result, mlir::Value operand);
};

} // namespace cnnc
