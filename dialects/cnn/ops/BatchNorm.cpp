// cnn.batch_norm and cnn.bias: one affine function per channel.
#include "dialects/cnn/Cnn.h"

#include <cmath>

using namespace mlir;
using namespace cnnc::cnn;

static LogicalResult needsChannels(std::optional<Location> location, StringRef constraint, RankedTensorType input) {
  if (input.getRank() >= 2)
    return success();
  return violates(location, constraint, "the input needs a channel dimension (N, C, ...), got shape " + shapeString(input));
}

static LogicalResult needsPerChannel(std::optional<Location> location, StringRef constraint, StringRef what, Value parameter, RankedTensorType input) {
  if (tensorOf(parameter).getShape() == input.getShape().slice(1, 1))
    return success();
  return violates(location, constraint, what + " must have shape " + Twine(input.getDimSize(1)) + ", got " + shapeString(tensorOf(parameter).getShape()));
}

// result[n, c, ...] = f(input[n, c, ...], c).
template <typename F> static void mapChannels(const HostTensor &input, HostTensor &result, F f) {
  int64_t channels = input.dim(1), planes = input.dim(0) * channels, area = planes ? input.size() / planes : 0;
  for (int64_t plane = 0; plane < planes; ++plane)
    for (int64_t i = plane * area; i < (plane + 1) * area; ++i)
      result.data[i] = f(input.data[i], plane % channels);
}

template <typename Attributes>
static LogicalResult checkBatchNorm(std::optional<Location> location, RankedTensorType input, Attributes attributes) {
  if (failed(needsChannels(location, "batch_norm C1", input)))
    return failure();
  APFloat epsilon = attributes.getEpsilon();
  if (!epsilon.isFinite() || epsilon.isNegative())
    return violates(location, "batch_norm C2", "epsilon must be finite and not negative");
  return success();
}

LogicalResult BatchNormOp::inferParameters(MLIRContext *context, std::optional<Location> location, TypeRange inputs, DictionaryAttr attributes,
                                           SmallVectorImpl<ParameterDecl> &parameters) {
  auto adaptor = parametricAdaptor<BatchNormOp>(context, location, inputs, attributes);
  if (failed(adaptor))
    return failure();
  auto input = cast<RankedTensorType>(inputs[0]);
  if (failed(checkBatchNorm(location, input, *adaptor)))
    return failure();
  for (const char *suffix : {"weight", "bias", "running_mean", "running_var"})
    parameters.push_back({suffix, withShape(input, input.getDimSize(1))});
  return success();
}

FailureOr<RankedTensorType> BatchNormOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  RankedTensorType input = tensorOf(adaptor.getInput());
  if (failed(checkBatchNorm(location, input, adaptor)) || failed(needsPerChannel(location, "batch_norm C3", "weight", adaptor.getWeight(), input)) ||
      failed(needsPerChannel(location, "batch_norm C3", "bias", adaptor.getBias(), input)) ||
      failed(needsPerChannel(location, "batch_norm C3", "running_mean", adaptor.getRunningMean(), input)) ||
      failed(needsPerChannel(location, "batch_norm C3", "running_var", adaptor.getRunningVar(), input)))
    return failure();
  return withoutLayout(input);
}

LogicalResult BatchNormOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  double epsilon = getEpsilon().convertToDouble();
  mapChannels(*operands[0], results[0], [&](double x, int64_t c) {
    return (x - operands[3]->data[c]) / std::sqrt(operands[4]->data[c] + epsilon) * operands[1]->data[c] + operands[2]->data[c];
  });
  return success();
}

LogicalResult BiasOp::inferParameters(MLIRContext *context, std::optional<Location> location, TypeRange inputs, DictionaryAttr attributes,
                                      SmallVectorImpl<ParameterDecl> &parameters) {
  if (failed(parametricAdaptor<BiasOp>(context, location, inputs, attributes)))
    return failure();
  auto input = cast<RankedTensorType>(inputs[0]);
  if (failed(needsChannels(location, "bias C1", input)))
    return failure();
  parameters.push_back({"bias", withShape(input, input.getDimSize(1))});
  return success();
}

FailureOr<RankedTensorType> BiasOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  RankedTensorType input = tensorOf(adaptor.getInput());
  if (failed(needsChannels(location, "bias C1", input)) || failed(needsPerChannel(location, "bias C2", "the bias", adaptor.getBiasValue(), input)))
    return failure();
  return withoutLayout(input);
}

LogicalResult BiasOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  mapChannels(*operands[0], results[0], [&](double x, int64_t c) { return x + operands[1]->data[c]; });
  return success();
}
