// cnn.add and cnn.mul: two operands, broadcast.
#include "dialects/cnn/Cnn.h"

using namespace mlir;
using namespace cnnc::cnn;

static FailureOr<RankedTensorType> broadcast(std::optional<Location> location, StringRef constraint, RankedTensorType lhs, RankedTensorType rhs) {
  int64_t rank = std::max(lhs.getRank(), rhs.getRank());
  auto extent = [rank](RankedTensorType type, int64_t dim) {
    int64_t own = dim - (rank - type.getRank());
    return own < 0 ? 1 : type.getDimSize(own);
  };
  SmallVector<int64_t> shape;
  for (int64_t dim = 0; dim < rank; ++dim) {
    int64_t left = extent(lhs, dim), right = extent(rhs, dim);
    if (left != right && left != 1 && right != 1)
      return violates(location, constraint,
                      "shapes " + shapeString(lhs) + " and " + shapeString(rhs) + " do not broadcast: dimension " + Twine(dim) + " of the result differs");
    shape.push_back(left == 1 ? right : left);
  }
  return withShape(lhs, shape);
}

// Steps through an operand for one step of each result dimension: 0 where the operand is broadcast.
static SmallVector<int64_t> broadcastStrides(const HostTensor &operand, const HostTensor &result) {
  SmallVector<int64_t> strides(result.rank(), 0);
  int64_t stride = 1;
  for (int64_t dim = operand.rank() - 1, out = result.rank() - 1; dim >= 0; --dim, --out) {
    strides[out] = operand.dim(dim) == 1 ? 0 : stride;
    stride *= operand.dim(dim);
  }
  return strides;
}

template <typename F> static void zipElements(const HostTensor &lhs, const HostTensor &rhs, HostTensor &result, F f) {
  SmallVector<int64_t> left = broadcastStrides(lhs, result), right = broadcastStrides(rhs, result), index(result.rank(), 0);
  int64_t l = 0, r = 0;
  for (double &value : result.data) {
    value = f(lhs.data[l], rhs.data[r]);
    for (int64_t dim = result.rank() - 1; dim >= 0; --dim) {
      l += left[dim], r += right[dim];
      if (++index[dim] < result.dim(dim))
        break;
      l -= left[dim] * result.dim(dim), r -= right[dim] * result.dim(dim), index[dim] = 0;
    }
  }
}

FailureOr<RankedTensorType> AddOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  return broadcast(location, "add C1", tensorOf(adaptor.getLhs()), tensorOf(adaptor.getRhs()));
}

LogicalResult AddOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  zipElements(*operands[0], *operands[1], results[0], [](double a, double b) { return a + b; });
  return success();
}

FailureOr<RankedTensorType> MulOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  return broadcast(location, "mul C1", tensorOf(adaptor.getLhs()), tensorOf(adaptor.getRhs()));
}

LogicalResult MulOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  zipElements(*operands[0], *operands[1], results[0], [](double a, double b) { return a * b; });
  return success();
}
