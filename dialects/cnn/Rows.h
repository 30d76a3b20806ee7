// What ops do along dimension 0: the images of a batch, or the candidates of a detector.
#pragma once

#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"

#include <string>

namespace cnnc {

/// Why row i of an op's result depends on more than row i of its operands, or why these have not `rows` rows; empty when it does not.
std::string mixesRows(mlir::Operation *op, int64_t rows);

/// How many rows of each value are meant, for values that have fewer than their type says.
class RowCounts {
public:
  /// Learns the results of an op, whose operands were visited before.
  void visit(mlir::Operation *op);
  /// The count, tensor<1xi32>, of a value's rows; null when all are meant.
  mlir::Value of(mlir::Value value) const;

private:
  llvm::DenseMap<mlir::Value, mlir::Value> counts;
};

} // namespace cnnc
