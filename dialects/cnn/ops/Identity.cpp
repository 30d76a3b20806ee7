// cnn.identity and cnn.dropout.
#include "dialects/cnn/Cnn.h"

using namespace mlir;
using namespace cnnc::cnn;

OpFoldResult IdentityOp::fold(FoldAdaptor) { return getInput().getType() == getType() ? getInput() : Value(); }

LogicalResult IdentityOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  results[0].data = operands[0]->data;
  return success();
}

FailureOr<RankedTensorType> DropoutOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  double p = adaptor.getP().convertToDouble();
  if (!(p >= 0 && p <= 1))
    return violates(location, "dropout C1", "p must lie from 0 to 1");
  return withoutLayout(adaptor.getInput().getType());
}

OpFoldResult DropoutOp::fold(FoldAdaptor) { return getInput().getType() == getType() ? getInput() : Value(); }

LogicalResult DropoutOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  results[0].data = operands[0]->data;
  return success();
}
