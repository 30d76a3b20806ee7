// The sliding window shared by convolutions and pools.
#pragma once

#include "dialects/cnn/Cnn.h"

namespace cnnc::cnn {

/// kernel, stride, dilation: height then width; pad: top, left, bottom, right (ONNX order).
struct Window {
  llvm::ArrayRef<int64_t> kernel, stride, dilation, pad;

  /// Reports wrong lengths and values below 1 (pads: below 0).
  llvm::LogicalResult check(std::optional<mlir::Location> location, llvm::StringRef constraint) const;

  /// Extent of the output along axis 0 (height) or 1 (width), rounded down; nullopt when the dilated kernel does not fit.
  /// With `ceilMode` the last window may overhang but must start inside the input or its leading pad (ONNX ceil_mode, torch).
  std::optional<int64_t> outputExtent(int axis, int64_t input, bool ceilMode = false) const;

  /// "3x3" after dilation.
  std::string dilatedString() const;
};

/// Properties of an op from a dictionary that may leave defaults out. Emits what is malformed at `location`.
template <typename Op>
llvm::FailureOr<typename Op::Properties> propertiesFrom(std::optional<mlir::Location> location, mlir::DictionaryAttr attributes) {
  typename Op::Properties properties;
  mlir::OperationName name(Op::getOperationName(), attributes.getContext());
  Op::populateDefaultProperties(name, properties);
  auto emitError = [&] {
    return mlir::emitError(location.value_or(mlir::UnknownLoc::get(attributes.getContext())));
  };
  // Attributes that are absent keep their defaults.
  mlir::NamedAttrList merged(Op::getPropertiesAsAttr(attributes.getContext(), properties) ? llvm::cast<mlir::DictionaryAttr>(Op::getPropertiesAsAttr(attributes.getContext(), properties)) : mlir::DictionaryAttr::get(attributes.getContext()));
  for (mlir::NamedAttribute attribute : attributes)
    merged.set(attribute.getName(), attribute.getValue());
  if (llvm::failed(Op::setPropertiesFromAttr(properties, merged.getDictionary(attributes.getContext()), emitError)))
    return llvm::failure();
  return properties;
}

} // namespace cnnc::cnn
