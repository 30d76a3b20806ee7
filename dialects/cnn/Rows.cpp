// What ops do along dimension 0.
#include "dialects/cnn/Rows.h"

#include "dialects/cnn/Cnn.h"

using namespace mlir;
using namespace cnnc;

static int64_t elementsPerRow(RankedTensorType type) {
  int64_t count = 1;
  for (int64_t extent : type.getShape().drop_front())
    count *= extent;
  return count;
}

std::string cnnc::mixesRows(Operation *op, int64_t rows) {
  if (isa<cnn::RoutineOpInterface>(op))
    return "it works on one image";
  auto result = cast<RankedTensorType>(op->getResult(0).getType());
  auto isBatched = [&](RankedTensorType type) { return type.getRank() >= 1 && type.getDimSize(0) == rows; };
  if (!isBatched(result))
    return "its result " + cnn::shapeString(result) + " does not keep dimension 0";
  for (Value operand : op->getOperands()) {
    if (operand.getDefiningOp<cnn::ConstantOp>())
      continue;
    auto type = cast<RankedTensorType>(operand.getType());
    if (!isBatched(type))
      return "its operand " + cnn::shapeString(type) + " has no batch dimension";
    if (op->hasTrait<cnn::Pointwise>() && type.getRank() != result.getRank())
      return "operands of different ranks are broadcast along the batch";
    if (isa<cnn::ReshapeOp>(op) && elementsPerRow(type) != elementsPerRow(result))
      return "it regroups elements of several images";
  }
  if (auto axis = op->getAttrOfType<IntegerAttr>("axis"); axis && cnn::normalizeAxis(axis.getInt(), result.getRank()) == 0)
    return "it works along axis 0";
  if (auto perm = op->getAttrOfType<DenseI64ArrayAttr>("perm"); perm && (perm.empty() || perm[0] != 0))
    return "it moves dimension 0";
  return "";
}

Value RowCounts::of(Value value) const { return counts.lookup(value); }

void RowCounts::visit(Operation *op) {
  if (auto routine = dyn_cast<cnn::RoutineOpInterface>(op)) {
    for (OpResult result : op->getResults())
      if (Value count = routine.rowCount(result.getResultNumber()))
        counts[result] = count;
    return;
  }
  // Rows past the count of any operand mean nothing in the result, and no row of the result depends on another.
  Value count;
  for (Value operand : op->getOperands()) {
    if (operand.getDefiningOp<cnn::ConstantOp>())
      continue;
    Value known = of(operand);
    if (!known || (count && known != count))
      return;
    count = known;
  }
  if (count && op->getNumResults() == 1 && mixesRows(op, cast<RankedTensorType>(op->getResult(0).getType()).getDimSize(0)).empty())
    counts[op->getResult(0)] = count;
}
