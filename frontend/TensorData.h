// Conversion of a file's tensor data to f32; shared by the readers of weights files.
#pragma once

#include "frontend/Weights.h"

namespace cnnc::frontend {

enum class FileDtype { F32, F64, F16, BF16 };

size_t dtypeBytes(FileDtype dtype);

/// Number of elements of a shape; nullopt when an extent is negative or the product does not fit 62 bits.
std::optional<size_t> elementCount(llvm::ArrayRef<int64_t> shape);

/// A tensor over little-endian `bytes` (exactly the data): a view for aligned F32, kept alive by `owner`; else a converted copy.
WeightTensor makeTensor(llvm::ArrayRef<int64_t> shape, FileDtype dtype, llvm::StringRef bytes, std::shared_ptr<void> owner);

} // namespace cnnc::frontend
