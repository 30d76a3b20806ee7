// cnn.conv_transpose2d.
#include "dialects/cnn/Cnn.h"
#include "dialects/cnn/Convolution.h"

#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Parallel.h"

using namespace mlir;
using namespace cnnc::cnn;

namespace {
struct TransposedShape : Convolution {
  ArrayRef<int64_t> outputPadding;

  template <typename Attributes>
  TransposedShape(RankedTensorType input, Attributes attributes) : Convolution(input, attributes), outputPadding(attributes.getOutputPadding()) {}

  SmallVector<int64_t> weight() const { return {input.getDimSize(1), outChannels / groups, window.kernel[0], window.kernel[1]}; }

  // Rows (axis 0) or columns of the result, below 1 when the pads take all; nullopt beyond 64 bits.
  std::optional<int64_t> extent(int axis) const {
    int64_t span = window.dilation[axis] * (window.kernel[axis] - 1) + 1, last;
    if (llvm::MulOverflow(input.getDimSize(2 + axis) - 1, window.stride[axis], last) || llvm::AddOverflow(last, span + outputPadding[axis], last))
      return std::nullopt;
    return last - window.pad[axis] - window.pad[axis + 2];
  }
};
} // namespace

// Checks C1 to C4 on the activation and the attributes.
template <typename Attributes>
static FailureOr<TransposedShape> checkInput(std::optional<Location> location, RankedTensorType input, Attributes attributes) {
  TransposedShape shape(input, attributes);
  if (failed(shape.check(location, "conv_transpose2d")))
    return failure();
  auto fits = [&](int axis) {
    return shape.outputPadding[axis] >= 0 && shape.outputPadding[axis] < std::max(shape.window.stride[axis], shape.window.dilation[axis]);
  };
  if (shape.outputPadding.size() != 2 || !fits(0) || !fits(1))
    return violates(location, "conv_transpose2d C4",
                    "output_padding must be two counts (height, width) from 0 to below the larger of stride and dilation; enlarge the result with cnn.pad");
  return shape;
}

LogicalResult ConvTranspose2DOp::inferParameters(MLIRContext *context, std::optional<Location> location, TypeRange inputs, DictionaryAttr attributes,
                                                 SmallVectorImpl<ParameterDecl> &parameters) {
  auto adaptor = parametricAdaptor<ConvTranspose2DOp>(context, location, inputs, attributes);
  if (failed(adaptor))
    return failure();
  auto shape = checkInput(location, cast<RankedTensorType>(inputs[0]), *adaptor);
  if (failed(shape))
    return failure();
  return shape->addParameters(location, "conv_transpose2d", shape->weight(), parameters);
}

FailureOr<RankedTensorType> ConvTranspose2DOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  auto shape = checkInput(location, tensorOf(adaptor.getInput()), adaptor);
  if (failed(shape))
    return failure();
  RankedTensorType input = shape->input, weight = tensorOf(adaptor.getWeight());
  if (weight.getShape() != ArrayRef<int64_t>(shape->weight()))
    return violates(location, "conv_transpose2d C5", "the weight must have shape " + shapeString(shape->weight()) + ", got " + shapeString(weight));
  if (failed(checkBias(location, "conv_transpose2d C6", shape->bias, adaptor.getBiasValue(), shape->outChannels)))
    return failure();
  auto height = shape->extent(0), width = shape->extent(1);
  if (!height || !width || *height < 1 || *width < 1)
    return violates(location, "conv_transpose2d C7",
                    "the pads leave nothing of the result of an input of " + shapeString(input) + " and a dilated kernel of " + shape->window.dilatedString() +
                        "; make them smaller");
  return withShape(input, {input.getDimSize(0), shape->outChannels, *height, *width});
}

int64_t ConvTranspose2DOp::macs() {
  auto weight = tensorOf(getWeight()).getShape(), input = tensorOf(getInput()).getShape();
  return saturatingProduct({weight[0], weight[1], weight[2], weight[3], input[2], input[3]});
}

LogicalResult ConvTranspose2DOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &input = *operands[0], &weight = *operands[1];
  HostTensor &result = results[0];
  auto stride = getStride(), dilation = getDilation(), pad = getPad();
  int64_t inPerGroup = input.dim(1) / static_cast<int64_t>(getGroups()), outPerGroup = weight.dim(1);
  llvm::parallelFor(0, result.dim(0) * result.dim(1), [&](size_t plane) {
    int64_t n = static_cast<int64_t>(plane) / result.dim(1), o = static_cast<int64_t>(plane) % result.dim(1), group = o / outPerGroup;
    std::fill_n(&result.at(n, o, 0, 0), result.dim(2) * result.dim(3), operands.size() > 2 ? operands[2]->data[o] : 0.0);
    for (int64_t i = group * inPerGroup; i < (group + 1) * inPerGroup; ++i)
      for (int64_t u = 0; u < weight.dim(2); ++u)
        for (int64_t v = 0; v < weight.dim(3); ++v) {
          double w = weight.at(i, o - group * outPerGroup, u, v);
          for (int64_t y = 0; y < input.dim(2); ++y) {
            int64_t row = y * stride[0] + u * dilation[0] - pad[0];
            if (row < 0 || row >= result.dim(2))
              continue;
            for (int64_t x = 0; x < input.dim(3); ++x)
              if (int64_t column = x * stride[1] + v * dilation[1] - pad[1]; column >= 0 && column < result.dim(3))
                result.at(n, o, row, column) += w * input.at(n, i, y, x);
          }
        }
  });
  return success();
}
