// The cnn dialect: what a convolutional network computes.
#pragma once

#include "dialects/cnn/HostTensor.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/TensorEncoding.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace cnnc::cnn {

/// A learned parameter that an op asks for: `suffix` is its name after the layer's ("weight", "bias", "running_mean").
struct ParameterDecl {
  std::string suffix;
  mlir::RankedTensorType type;
};

template <typename Op> class Pointwise : public mlir::OpTrait::TraitBase<Op, Pointwise> {};
template <typename Op> class ChannelBlockable : public mlir::OpTrait::TraitBase<Op, ChannelBlockable> {};

/// Equal element types and shapes, encodings aside.
bool sameShapesAndElements(mlir::TypeRange a, mlir::TypeRange b);

/// The same tensor type, dense row-major.
mlir::RankedTensorType withoutLayout(mlir::Type type);

/// Emits "<op> C<number>: <message>" when a location is set, so that a constraint's number joins ODS text, code and test.
llvm::LogicalResult violates(std::optional<mlir::Location> location, llvm::StringRef constraint, const llvm::Twine &message);

/// "1x64x56x56" with "?" for a dynamic batch: how shapes are printed in messages.
std::string shapeString(mlir::Type type);

} // namespace cnnc::cnn

#include "dialects/cnn/CnnDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/cnn/CnnAttributes.h.inc"

#include "dialects/cnn/CnnInterfaces.h.inc"

#define GET_OP_CLASSES
#include "dialects/cnn/CnnOps.h.inc"

namespace cnnc::cnn {
/// The layout of a tensor type, or null for dense row-major.
inline LayoutAttr layoutOf(mlir::Type type) {
  auto tensor = llvm::dyn_cast<mlir::RankedTensorType>(type);
  return tensor ? llvm::dyn_cast_or_null<LayoutAttr>(tensor.getEncoding()) : LayoutAttr();
}
} // namespace cnnc::cnn
