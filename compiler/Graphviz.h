// A network as a Graphviz picture.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

namespace cnnc {
/// Prints @main in the dot language: a node a layer with its op and shape, an edge a tensor; weights are left out.
void printDot(mlir::ModuleOp module, llvm::raw_ostream &os);
} // namespace cnnc
