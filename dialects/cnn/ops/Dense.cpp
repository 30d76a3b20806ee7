// cnn.dense.
#include "dialects/cnn/Cnn.h"

#include "llvm/Support/Parallel.h"

using namespace mlir;
using namespace cnnc::cnn;

// Checks C1 and C2, and gives the shape of the weight.
template <typename Attributes>
static FailureOr<SmallVector<int64_t>> weightShape(std::optional<Location> location, RankedTensorType input, Attributes attributes) {
  if (input.getRank() != 2)
    return violates(location, "dense C1", "the input must have rank 2 (N, K), got shape " + shapeString(input) + "; flatten it first");
  int64_t features = static_cast<int64_t>(attributes.getOutFeatures());
  if (features < 1)
    return violates(location, "dense C2", "out_features must be at least 1, got " + Twine(features));
  return SmallVector<int64_t>{features, input.getDimSize(1)};
}

LogicalResult DenseOp::inferParameters(MLIRContext *context, std::optional<Location> location, TypeRange inputs, DictionaryAttr attributes,
                                       SmallVectorImpl<ParameterDecl> &parameters) {
  auto adaptor = parametricAdaptor<DenseOp>(context, location, inputs, attributes);
  if (failed(adaptor))
    return failure();
  auto input = cast<RankedTensorType>(inputs[0]);
  auto shape = weightShape(location, input, *adaptor);
  if (failed(shape) || failed(checkTensor(location, "dense", "the weight", withShape(input, *shape))))
    return failure();
  parameters.push_back({"weight", withShape(input, *shape)});
  if (adaptor->getBias())
    parameters.push_back({"bias", withShape(input, shape->front())});
  return success();
}

FailureOr<RankedTensorType> DenseOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  RankedTensorType input = tensorOf(adaptor.getInput()), weight = tensorOf(adaptor.getWeight());
  auto shape = weightShape(location, input, adaptor);
  if (failed(shape))
    return failure();
  if (weight.getShape() != ArrayRef<int64_t>(*shape))
    return violates(location, "dense C3", "the weight must have shape " + shapeString(*shape) + ", got " + shapeString(weight));
  if (failed(checkBias(location, "dense C4", adaptor.getBias(), adaptor.getBiasValue(), shape->front())))
    return failure();
  return withShape(input, {input.getDimSize(0), shape->front()});
}

int64_t DenseOp::macs() { return saturatingProduct(tensorOf(getWeight()).getShape()); }

LogicalResult DenseOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &input = *operands[0], &weight = *operands[1];
  HostTensor &result = results[0];
  int64_t depth = input.dim(1), features = result.dim(1);
  llvm::parallelFor(0, result.size(), [&](size_t index) {
    int64_t n = static_cast<int64_t>(index) / features, o = static_cast<int64_t>(index) % features;
    const double *x = input.data.data() + n * depth, *w = weight.data.data() + o * depth;
    double sum = operands.size() > 2 ? operands[2]->data[o] : 0.0;
    for (int64_t k = 0; k < depth; ++k)
      sum += x[k] * w[k];
    result.data[index] = sum;
  });
  return success();
}
