// Values of constants, and new constants in their place.
#pragma once

#include "dialects/cnn/Cnn.h"

namespace cnnc {

/// Widens the values of a constant f32 operand; nullopt when it is none, or when its data are left out.
std::optional<std::vector<double>> constantValues(mlir::Value value);

/// A constant op that holds `values`, under the name of the parameter that it replaces.
mlir::Value makeConstant(mlir::OpBuilder &builder, mlir::Location location, mlir::RankedTensorType type, llvm::ArrayRef<float> values, const llvm::Twine &name);

/// The name of a constant in the weights file, "folded" when it has none.
std::string nameOfConstant(mlir::Value constant);

} // namespace cnnc
