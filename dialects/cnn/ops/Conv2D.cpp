// cnn.conv2d.
#include "dialects/cnn/Cnn.h"
#include "dialects/cnn/Convolution.h"

#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Parallel.h"

using namespace mlir;
using namespace cnnc::cnn;

static SmallVector<int64_t> weightShape(const Convolution &shape) {
  return {shape.outChannels, shape.input.getDimSize(1) / shape.groups, shape.window.kernel[0], shape.window.kernel[1]};
}

LogicalResult Conv2DOp::inferParameters(MLIRContext *context, std::optional<Location> location, TypeRange inputs, DictionaryAttr attributes,
                                        SmallVectorImpl<ParameterDecl> &parameters) {
  auto adaptor = parametricAdaptor<Conv2DOp>(context, location, inputs, attributes);
  if (failed(adaptor))
    return failure();
  const Convolution shape(cast<RankedTensorType>(inputs[0]), *adaptor);
  if (failed(shape.check(location, "conv2d")))
    return failure();
  return shape.addParameters(location, "conv2d", weightShape(shape), parameters);
}

FailureOr<RankedTensorType> Conv2DOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  const Convolution shape(tensorOf(adaptor.getInput()), adaptor);
  if (failed(shape.check(location, "conv2d")))
    return failure();
  RankedTensorType input = shape.input, weight = tensorOf(adaptor.getWeight());
  if (weight.getShape() != ArrayRef<int64_t>(weightShape(shape)))
    return violates(location, "conv2d C4", "the weight must have shape " + shapeString(weightShape(shape)) + ", got " + shapeString(weight));
  if (failed(checkBias(location, "conv2d C5", shape.bias, adaptor.getBiasValue(), shape.outChannels)))
    return failure();
  auto height = shape.window.outputExtent(0, input.getDimSize(2)), width = shape.window.outputExtent(1, input.getDimSize(3));
  if (!height || !width)
    return violates(location, "conv2d C6",
                    "the dilated kernel " + shape.window.dilatedString() + " does not fit the padded input of " + shapeString(input) +
                        "; enlarge the pads or the input");
  return withShape(input, {input.getDimSize(0), shape.outChannels, *height, *width});
}

int64_t Conv2DOp::macs() {
  auto weight = tensorOf(getWeight()).getShape(), result = tensorOf(getResult()).getShape();
  return saturatingProduct({weight[0], weight[1], weight[2], weight[3], result[2], result[3]});
}

// Outputs of one row that tap column `offset + x * stride` of the input: those inside it.
static std::pair<int64_t, int64_t> insideRange(int64_t offset, int64_t stride, int64_t input, int64_t output) {
  int64_t first = std::max<int64_t>(0, llvm::divideCeilSigned(-offset, stride)), last = std::min(output, llvm::divideCeilSigned(input - offset, stride));
  return {first, last};
}

LogicalResult Conv2DOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &input = *operands[0], &weight = *operands[1];
  HostTensor &result = results[0];
  auto stride = getStride(), dilation = getDilation(), pad = getPad();
  int64_t inPerGroup = weight.dim(1), outPerGroup = weight.dim(0) / static_cast<int64_t>(getGroups()), width = result.dim(3), step = stride[1];
  llvm::parallelFor(0, result.dim(0) * result.dim(1), [&](size_t plane) {
    int64_t n = static_cast<int64_t>(plane) / result.dim(1), o = static_cast<int64_t>(plane) % result.dim(1), group = o / outPerGroup;
    double *out = &result.at(n, o, 0, 0);
    std::fill_n(out, result.dim(2) * width, operands.size() > 2 ? operands[2]->data[o] : 0.0);
    for (int64_t i = 0; i < inPerGroup; ++i)
      for (int64_t u = 0; u < weight.dim(2); ++u)
        for (int64_t v = 0; v < weight.dim(3); ++v) {
          double w = weight.at(o, i, u, v);
          int64_t rowOffset = u * dilation[0] - pad[0], columnOffset = v * dilation[1] - pad[1];
          auto [firstRow, lastRow] = insideRange(rowOffset, stride[0], input.dim(2), result.dim(2));
          auto [first, last] = insideRange(columnOffset, step, input.dim(3), width);
          for (int64_t y = firstRow; y < lastRow; ++y) {
            const double *in =
                &input.data[((n * input.dim(1) + group * inPerGroup + i) * input.dim(2) + y * stride[0] + rowOffset) * input.dim(3)] + columnOffset;
            double *row = out + y * width;
            if (step == 1)
              for (int64_t x = first; x < last; ++x)
                row[x] += w * in[x];
            else
              for (int64_t x = first; x < last; ++x)
                row[x] += w * in[x * step];
          }
        }
  });
  return success();
}
