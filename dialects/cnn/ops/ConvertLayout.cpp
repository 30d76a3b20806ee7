// cnn.convert_layout.
#include "dialects/cnn/Cnn.h"

using namespace mlir;
using namespace cnnc::cnn;

FailureOr<RankedTensorType> ConvertLayoutOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  RankedTensorType input = tensorOf(adaptor.getInput());
  if (failed(needsRank4(location, "convert_layout C1", input)))
    return failure();
  return withoutLayout(input);
}

OpFoldResult ConvertLayoutOp::fold(FoldAdaptor) { return getInput().getType() == getType() ? getInput() : Value(); }

LogicalResult ConvertLayoutOp::canonicalize(ConvertLayoutOp op, PatternRewriter &rewriter) {
  auto inner = op.getInput().getDefiningOp<ConvertLayoutOp>();
  if (!inner)
    return failure();
  rewriter.replaceOpWithNewOp<ConvertLayoutOp>(op, op.getType(), inner.getInput());
  return success();
}

LogicalResult ConvertLayoutOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  results[0].data = operands[0]->data;
  return success();
}
