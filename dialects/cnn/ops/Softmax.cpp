// cnn.softmax.
#include "dialects/cnn/Cnn.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace cnnc::cnn;

FailureOr<RankedTensorType> SoftmaxOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  RankedTensorType input = tensorOf(adaptor.getInput());
  auto axis = normalizeAxis(static_cast<int64_t>(adaptor.getAxis()), input.getRank());
  if (!axis || input.isDynamicDim(*axis))
    return violates(location, "softmax C1",
                    "axis = " + Twine(static_cast<int64_t>(adaptor.getAxis())) + " must name a dimension of shape " + shapeString(input) +
                        " other than a dynamic batch");
  return withoutLayout(input);
}

LogicalResult SoftmaxOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &input = *operands[0];
  int64_t axis = *normalizeAxis(static_cast<int64_t>(getAxis()), input.rank()), length = input.dim(axis), inner = 1;
  for (int64_t dim = axis + 1; dim < input.rank(); ++dim)
    inner *= input.dim(dim);
  for (int64_t start = 0; start < input.size(); start += length * inner)
    for (int64_t lane = start; lane < start + inner; ++lane) {
      double largest = -std::numeric_limits<double>::infinity(), sum = 0;
      for (int64_t i = 0; i < length; ++i)
        largest = std::max(largest, input.data[lane + i * inner]);
      for (int64_t i = 0; i < length; ++i)
        sum += results[0].data[lane + i * inner] = std::exp(input.data[lane + i * inner] - largest);
      for (int64_t i = 0; i < length; ++i)
        results[0].data[lane + i * inner] /= sum;
    }
  return success();
}
