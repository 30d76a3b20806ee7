// Runs a function of cnn ops on host tensors through their evaluate(): the oracle that compiled code is compared with.
#pragma once

#include "dialects/cnn/Cnn.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace cnnc::cnn {

/// Called after each op with its results.
using InterpreterObserver = llvm::function_ref<void(mlir::Operation *, llvm::ArrayRef<HostTensor>)>;

/// Returns the tensors that `function` returns for `inputs`, computed in f64 and never rounded to f32.
///
/// A dynamic batch is taken from the inputs; extents that #cnn.capped names may be smaller than the argument's. Every op needs
/// ReferenceOpInterface; the body is one block that func.return ends.
/// A value is freed after its last use, so the peak is that of the widest point of the graph. Not recursive.
/// Reports at the function, or at the op concerned: inputs that do not match, an op without a reference, a tensor above 2^31
/// elements, and what an op itself reports.
///
/// With a dynamic batch the ops that `observer` sees belong to a copy of the function; locations and attributes are the same.
llvm::FailureOr<std::vector<HostTensor>> interpret(mlir::func::FuncOp function, llvm::ArrayRef<HostTensor> inputs, InterpreterObserver observer = {});

/// Sets the dynamic batch of the arguments to `batch` and infers all types again; layouts stay. Reports what no longer holds.
llvm::LogicalResult bindBatch(mlir::func::FuncOp function, int64_t batch);

} // namespace cnnc::cnn
