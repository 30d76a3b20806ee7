// Tensors of the reference evaluator.
#pragma once

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

#include <optional>
#include <vector>

namespace cnnc::cnn {

/// A dense row-major tensor of doubles; u8 and i32 data is widened exactly.
struct HostTensor {
  std::vector<int64_t> shape;
  std::vector<double> data;

  HostTensor() = default;
  explicit HostTensor(llvm::ArrayRef<int64_t> extents);

  int64_t rank() const { return static_cast<int64_t>(shape.size()); }
  int64_t dim(int64_t axis) const { return shape[axis]; }
  int64_t size() const { return static_cast<int64_t>(data.size()); }
  /// Element of a rank-4 tensor.
  double &at(int64_t n, int64_t c, int64_t y, int64_t x) { return data[((n * shape[1] + c) * shape[2] + y) * shape[3] + x]; }
  double at(int64_t n, int64_t c, int64_t y, int64_t x) const { return data[((n * shape[1] + c) * shape[2] + y) * shape[3] + x]; }

  /// Reads an f32, ui8 or i32 `dense` or `dense_resource` attribute; nullopt when its data does not fill its type.
  static std::optional<HostTensor> fromElements(mlir::ElementsAttr attribute);
  /// The values rounded to f32 as a `dense` attribute of an f32 type of the same size.
  mlir::DenseElementsAttr toElements(mlir::RankedTensorType type) const;
};

/// The f32 data of an attribute without a copy where it is stored flat; empty when the element type is not f32 or data is missing.
/// `storage` keeps the values when a splat must be expanded.
llvm::ArrayRef<float> f32Data(mlir::ElementsAttr attribute, std::vector<float> &storage);

/// result[i] = f(input[i]).
template <typename F> void mapElements(const HostTensor &input, HostTensor &result, F f) {
  for (size_t i = 0; i < input.data.size(); ++i)
    result.data[i] = f(input.data[i]);
}

} // namespace cnnc::cnn
