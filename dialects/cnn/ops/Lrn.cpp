// cnn.lrn.
#include "dialects/cnn/Cnn.h"

#include <cmath>

using namespace mlir;
using namespace cnnc::cnn;

FailureOr<RankedTensorType> LrnOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  RankedTensorType input = tensorOf(adaptor.getInput());
  if (failed(needsRank4(location, "lrn C1", input)))
    return failure();
  int64_t size = static_cast<int64_t>(adaptor.getSize());
  if (size < 1 || size > int64_t(1) << 20)
    return violates(location, "lrn C2", "size must lie from 1 to 2^20, got " + Twine(size));
  return withoutLayout(input);
}

LogicalResult LrnOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &input = *operands[0];
  int64_t size = static_cast<int64_t>(getSize()), channels = input.dim(1), area = input.dim(2) * input.dim(3);
  double scale = getAlpha().convertToDouble() / static_cast<double>(size), beta = getBeta().convertToDouble(), k = getK().convertToDouble();
  for (int64_t plane = 0; plane < input.dim(0) * channels; ++plane) {
    int64_t c = plane % channels, first = std::max<int64_t>(0, c - (size - 1) / 2), last = std::min(channels - 1, c + size / 2);
    for (int64_t i = 0; i < area; ++i) {
      double squares = 0;
      for (int64_t other = first; other <= last; ++other) {
        double x = input.data[(plane - c + other) * area + i];
        squares += x * x;
      }
      results[0].data[plane * area + i] = input.data[plane * area + i] / std::pow(k + scale * squares, beta);
    }
  }
  return success();
}
