// The cnn dialect: what a convolutional network computes.
#pragma once

#include "dialects/cnn/HostTensor.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/PatternMatch.h"
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
template <typename Op> class TakesCapped : public mlir::OpTrait::TraitBase<Op, TakesCapped> {};

/// Equal element types and shapes, encodings aside.
bool sameShapesAndElements(mlir::TypeRange a, mlir::TypeRange b);

/// The same tensor type, dense row-major.
mlir::RankedTensorType withoutLayout(mlir::Type type);

/// The type of a tensor value.
inline mlir::RankedTensorType tensorOf(mlir::Value value) { return llvm::cast<mlir::RankedTensorType>(value.getType()); }

/// A dense row-major tensor type with the element type of `like`.
inline mlir::RankedTensorType withShape(mlir::RankedTensorType like, llvm::ArrayRef<int64_t> shape) {
  return mlir::RankedTensorType::get(shape, like.getElementType());
}

/// Emits "<op> C<number>: <message>" when a location is set, so that a constraint's number joins ODS text, code and test.
llvm::LogicalResult violates(std::optional<mlir::Location> location, const llvm::Twine &constraint, const llvm::Twine &message);

/// Reports an operand that is no [N, C, H, W] tensor.
llvm::LogicalResult needsRank4(std::optional<mlir::Location> location, const llvm::Twine &constraint, mlir::RankedTensorType type);

/// An axis counted from the end when negative (ONNX); nullopt outside [-rank, rank).
inline std::optional<int64_t> normalizeAxis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    return std::nullopt;
  return axis < 0 ? axis + rank : axis;
}

/// "1x64x56x56" with "?" for a dynamic batch: how shapes are printed in messages.
std::string shapeString(mlir::Type type);

/// The same for a bare shape.
std::string shapeString(llvm::ArrayRef<int64_t> shape);

} // namespace cnnc::cnn

#include "dialects/cnn/Infer.h"

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
/// Which extents of a tensor type are upper bounds, or null when none is.
inline CappedAttr cappedOf(mlir::Type type) {
  auto tensor = llvm::dyn_cast<mlir::RankedTensorType>(type);
  return tensor ? llvm::dyn_cast_or_null<CappedAttr>(tensor.getEncoding()) : CappedAttr();
}
} // namespace cnnc::cnn
