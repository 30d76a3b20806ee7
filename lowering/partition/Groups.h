// The groups of ops that become kernels.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <vector>

namespace cnnc {

/// Ops of one `group` number (fuse-epilogue, fuse-chains), in order; an op without one is a group of its own.
using Group = llvm::SmallVector<mlir::Operation *>;

/// The groups of a function in the order in which they run: each where its last op stands, when all that it reads exists. Constants are in none.
std::vector<Group> groupsOf(mlir::func::FuncOp func);

} // namespace cnnc
