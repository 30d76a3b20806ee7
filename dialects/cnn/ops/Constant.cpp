// cnn.constant.
#include "dialects/cnn/Cnn.h"

using namespace mlir;
using namespace cnnc::cnn;

FailureOr<RankedTensorType> ConstantOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  auto type = dyn_cast<RankedTensorType>(adaptor.getValue().getShapedType());
  if (!type || !type.hasStaticShape())
    return violates(location, "constant C1", "the value must be a tensor of static shape");
  return type;
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

LogicalResult ConstantOp::evaluate(ArrayRef<const HostTensor *>, MutableArrayRef<HostTensor> results) {
  auto tensor = HostTensor::fromElements(getValue());
  if (!tensor)
    return emitOpError("holds data that does not fill its type ") << getType();
  results[0] = std::move(*tensor);
  return success();
}
