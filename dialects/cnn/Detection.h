// What the ops of detectors share: checks of their operands, arithmetic of boxes, orders.
#pragma once

#include "dialects/cnn/Cnn.h"

#include <array>

namespace cnnc::cnn {

/// Most maps of a pyramid and most anchors of a cell: what the structs of runtime/lib/detect hold.
inline constexpr size_t kMaxLevels = 8, kMaxAnchors = 16;

// -------------------------------------------------------------------------------------------------------------------- checks

/// Reports an operand that is no [R, 4] tensor of static shape.
llvm::LogicalResult checkBoxes(std::optional<mlir::Location> location, const llvm::Twine &constraint, mlir::Type type);
/// Reports an operand that is no [1, C, H, W] tensor.
llvm::LogicalResult checkMap(std::optional<mlir::Location> location, const llvm::Twine &constraint, mlir::Type type);
/// Reports an attribute that is no pair of extents from 1 to 2^20.
llvm::LogicalResult checkSize(std::optional<mlir::Location> location, const llvm::Twine &constraint, llvm::StringRef name, llvm::ArrayRef<int64_t> size);
/// Reports an operand that has not the shape [rows, ...] of rank `rank`.
llvm::LogicalResult checkRows(std::optional<mlir::Location> location, const llvm::Twine &constraint, mlir::Type type, int64_t rank);

inline mlir::RankedTensorType f32Tensor(mlir::MLIRContext *context, llvm::ArrayRef<int64_t> shape) {
  return mlir::RankedTensorType::get(shape, mlir::Float32Type::get(context));
}
inline mlir::RankedTensorType i32Tensor(mlir::MLIRContext *context, llvm::ArrayRef<int64_t> shape) {
  return mlir::RankedTensorType::get(shape, mlir::IntegerType::get(context, 32));
}
/// The type of a count.
inline mlir::RankedTensorType countType(mlir::MLIRContext *context) { return i32Tensor(context, {1}); }

// --------------------------------------------------------------------------------------------------------------------- boxes

/// Corners x1, y1, x2, y2.
using Box = std::array<double, 4>;

/// Row `row` of boxes [..., 4].
Box boxAt(const HostTensor &boxes, int64_t row);
void setBox(HostTensor &boxes, int64_t row, const Box &box);

/// How many of `rows` rows a count means; counts outside [0, rows] are brought there.
int64_t meantRows(const HostTensor &count, int64_t rows);

} // namespace cnnc::cnn
