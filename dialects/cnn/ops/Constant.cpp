// cnn.constant.
#include "dialects/cnn/Cnn.h"

using namespace mlir;
using namespace cnnc::cnn;

LogicalResult ConstantOp::inferReturnTypes(MLIRContext *, std::optional<Location>, ValueRange, DictionaryAttr attributes,
                                           OpaqueProperties properties, RegionRange, SmallVectorImpl<Type> &types) {
  ElementsAttr value;
  if (properties)
    value = properties.as<Properties *>()->value;
  else if (attributes)
    value = attributes.getAs<ElementsAttr>("value");
  if (!value)
    return failure();
  types.push_back(value.getType());
  return success();
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

LogicalResult ConstantOp::evaluate(ArrayRef<const HostTensor *>, MutableArrayRef<HostTensor> results) {
  auto tensor = HostTensor::fromElements(getValue());
  if (!tensor)
    return emitOpError("holds data that does not fill its type ") << getType();
  results[0] = std::move(*tensor);
  return success();
}
