// cnn.conv2d.
#include "dialects/cnn/Cnn.h"
#include "dialects/cnn/Window.h"

#include "llvm/Support/Parallel.h"

using namespace mlir;
using namespace cnnc::cnn;

namespace {
struct Conv2DShape {
  RankedTensorType input;
  int64_t outChannels, groups;
  bool bias;
  Window window;
};
} // namespace

// Checks C1 to C3 on the activation and the attributes.
template <typename Attributes>
static FailureOr<Conv2DShape> checkInput(std::optional<Location> location, Type inputType, Attributes attributes) {
  auto input = dyn_cast<RankedTensorType>(inputType);
  if (!input || input.getRank() != 4)
    return violates(location, "conv2d C1", "the input must have rank 4 (N, C, H, W), got " + Twine(input ? shapeString(input) : "no tensor"));
  Conv2DShape shape{input, static_cast<int64_t>(attributes.getOutChannels()), static_cast<int64_t>(attributes.getGroups()), attributes.getBias(),
                    Window{attributes.getKernel(), attributes.getStride(), attributes.getDilation(), attributes.getPad()}};
  if (failed(shape.window.check(location, "conv2d C2")))
    return failure();
  int64_t channels = input.getDimSize(1);
  if (shape.groups < 1 || shape.outChannels < 1 || channels % shape.groups || shape.outChannels % shape.groups)
    return violates(location, "conv2d C3", "groups = " + Twine(shape.groups) + " must divide the " + Twine(channels) + " input channels and out_channels = " + Twine(shape.outChannels));
  return shape;
}

static SmallVector<int64_t> weightShape(const Conv2DShape &shape) {
  return {shape.outChannels, shape.input.getDimSize(1) / shape.groups, shape.window.kernel[0], shape.window.kernel[1]};
}

LogicalResult Conv2DOp::inferParameters(MLIRContext *context, std::optional<Location> location, TypeRange inputs, DictionaryAttr attributes,
                                        SmallVectorImpl<ParameterDecl> &parameters) {
  FailureOr<Properties> properties = propertiesFrom<Conv2DOp>(location, attributes);
  if (failed(properties))
    return failure();
  Adaptor adaptor(ValueRange(), attributes, *properties);
  auto shape = checkInput(location, inputs[0], adaptor);
  if (failed(shape))
    return failure();
  Type f32 = shape->input.getElementType();
  parameters.push_back({"weight", RankedTensorType::get(weightShape(*shape), f32)});
  if (shape->bias)
    parameters.push_back({"bias", RankedTensorType::get({shape->outChannels}, f32)});
  return success();
}

LogicalResult Conv2DOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, ValueRange operands, DictionaryAttr attributes,
                                         OpaqueProperties properties, RegionRange regions, SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto shape = checkInput(location, adaptor.getInput().getType(), adaptor);
  if (failed(shape))
    return failure();
  auto weight = cast<RankedTensorType>(adaptor.getWeight().getType());
  if (weight.getShape() != ArrayRef<int64_t>(weightShape(*shape)))
    return violates(location, "conv2d C4", "the weight must have shape " + shapeString(RankedTensorType::get(weightShape(*shape), weight.getElementType())) + ", got " + shapeString(weight));
  if (shape->bias != static_cast<bool>(adaptor.getBiasValue()))
    return violates(location, "conv2d C5", shape->bias ? "bias = true needs a bias operand" : "bias = false takes no bias operand");
  if (Value bias = adaptor.getBiasValue()) {
    auto type = cast<RankedTensorType>(bias.getType());
    if (type.getShape() != ArrayRef<int64_t>{shape->outChannels})
      return violates(location, "conv2d C5", "the bias must have shape " + Twine(shape->outChannels) + ", got " + shapeString(type));
  }
  auto height = shape->window.outputExtent(0, shape->input.getDimSize(2)), width = shape->window.outputExtent(1, shape->input.getDimSize(3));
  if (!height || !width)
    return violates(location, "conv2d C6", "the dilated kernel " + shape->window.dilatedString() + " does not fit the padded input of " + shapeString(shape->input) + "; enlarge the pads or the input");
  types.push_back(RankedTensorType::get({shape->input.getDimSize(0), shape->outChannels, *height, *width}, shape->input.getElementType()));
  return success();
}

int64_t Conv2DOp::macs() {
  auto weight = getWeight().getType().getShape(), result = getType().getShape();
  return weight[0] * weight[1] * weight[2] * weight[3] * result[2] * result[3];
}

LogicalResult Conv2DOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &input = *operands[0], &weight = *operands[1];
  HostTensor &result = results[0];
  auto stride = getStride(), dilation = getDilation(), pad = getPad();
  int64_t height = input.dim(2), width = input.dim(3), inPerGroup = weight.dim(1), outPerGroup = weight.dim(0) / static_cast<int64_t>(getGroups());
  llvm::parallelFor(0, result.dim(0) * result.dim(1), [&](size_t plane) {
    int64_t n = static_cast<int64_t>(plane) / result.dim(1), o = static_cast<int64_t>(plane) % result.dim(1), first = o / outPerGroup * inPerGroup;
    double *out = &result.at(n, o, 0, 0);
    std::fill_n(out, result.dim(2) * result.dim(3), getBiasValue() ? operands[2]->data[o] : 0.0);
    for (int64_t i = 0; i < inPerGroup; ++i)
      for (int64_t u = 0; u < weight.dim(2); ++u)
        for (int64_t v = 0; v < weight.dim(3); ++v) {
          double w = weight.at(o, i, u, v);
          for (int64_t y = 0; y < result.dim(2); ++y) {
            int64_t row = y * stride[0] + u * dilation[0] - pad[0];
            if (row < 0 || row >= height)
              continue;
            for (int64_t x = 0; x < result.dim(3); ++x) {
              int64_t column = x * stride[1] + v * dilation[1] - pad[1];
              if (column >= 0 && column < width)
                out[y * result.dim(3) + x] += w * input.at(n, first + i, row, column);
            }
          }
        }
  });
  return success();
}
