// cnn.image_to_nchw, resize, center_crop and normalize: from a picture to a network's input.
#include "dialects/cnn/Cnn.h"
#include "dialects/cnn/Nearest.h"
#include "dialects/cnn/Sampling.h"

#include "llvm/Support/Parallel.h"

#include <cmath>

using namespace mlir;
using namespace cnnc::cnn;

FailureOr<RankedTensorType> ImageToNchwOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  RankedTensorType input = tensorOf(adaptor.getInput());
  if (input.getRank() != 4)
    return violates(location, "image_to_nchw C1", "the input must have rank 4 (N, H, W, C), got shape " + shapeString(input));
  auto shape = input.getShape();
  return RankedTensorType::get({shape[0], shape[3], shape[1], shape[2]}, Float32Type::get(input.getContext()));
}

LogicalResult ImageToNchwOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  HostTensor &result = results[0];
  int64_t channels = result.dim(1), area = result.dim(2) * result.dim(3);
  for (int64_t n = 0; n < result.dim(0); ++n)
    for (int64_t c = 0; c < channels; ++c) {
      int64_t source = getReverseChannels() ? channels - 1 - c : c;
      for (int64_t i = 0; i < area; ++i)
        result.data[(n * channels + c) * area + i] = operands[0]->data[(n * area + i) * channels + source];
    }
  return success();
}

FailureOr<RankedTensorType> ResizeOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  RankedTensorType input = tensorOf(adaptor.getInput());
  if (failed(needsRank4(location, "resize C1", input)))
    return failure();
  ArrayRef<int64_t> size = adaptor.getSize();
  if (size.size() != 2 || llvm::any_of(size, [](int64_t extent) { return extent < 1 || extent > int64_t(1) << 20; }))
    return violates(location, "resize C2", "size must be two extents (height, width) from 1 to 2^20");
  if (adaptor.getMode() != "bilinear" && adaptor.getMode() != "nearest")
    return violates(location, "resize C3", "mode must be \"bilinear\" or \"nearest\", got \"" + adaptor.getMode() + "\"");
  if (adaptor.getMode() == "nearest" && adaptor.getAntialias())
    return violates(location, "resize C3", "antialias needs mode \"bilinear\"");
  return withShape(input, {input.getDimSize(0), input.getDimSize(1), size[0], size[1]});
}

OpFoldResult ResizeOp::fold(FoldAdaptor) { return getInput().getType() == getType() ? getInput() : Value(); }

static Taps triangleTaps(int64_t index, int64_t input, double scale) {
  double support = std::max(scale, 1.0), center = (static_cast<double>(index) + 0.5) * scale;
  int64_t first = std::max<int64_t>(0, static_cast<int64_t>(center - support + 0.5));
  int64_t last = std::min(input, static_cast<int64_t>(center + support + 0.5));
  Taps taps{first, {}};
  double sum = 0;
  for (int64_t cell = first; cell < last; ++cell) {
    double weight = std::max(0.0, 1 - std::abs((static_cast<double>(cell) + 0.5 - center) / support));
    taps.weights.push_back(weight);
    sum += weight;
  }
  for (double &weight : taps.weights)
    weight /= sum;
  return taps;
}

static std::vector<Taps> tapsOf(int64_t input, int64_t output, bool nearest, bool antialias) {
  if (!nearest && !antialias)
    return resizeTaps(input, output);
  double scale = static_cast<double>(input) / static_cast<double>(output);
  std::vector<Taps> taps;
  for (int64_t index = 0; index < output; ++index)
    taps.push_back(nearest ? Taps{nearestCell(index, input, output), {1}} : triangleTaps(index, input, scale));
  return taps;
}

LogicalResult ResizeOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &input = *operands[0];
  HostTensor &result = results[0];
  int64_t height = input.dim(2), width = input.dim(3), outWidth = result.dim(3);
  bool nearest = getMode() == "nearest";
  std::vector<Taps> rows = tapsOf(height, result.dim(2), nearest, getAntialias()), columns = tapsOf(width, outWidth, nearest, getAntialias());
  llvm::parallelFor(0, result.dim(0) * result.dim(1), [&](size_t plane) {
    for (int64_t y = 0; y < result.dim(2); ++y)
      for (int64_t x = 0; x < outWidth; ++x) {
        double sum = 0;
        for (auto [row, rowWeight] : llvm::enumerate(rows[y].weights))
          for (auto [column, columnWeight] : llvm::enumerate(columns[x].weights))
            sum += rowWeight * columnWeight * input.data[(plane * height + rows[y].first + row) * width + columns[x].first + column];
        result.data[(plane * result.dim(2) + y) * outWidth + x] = sum;
      }
  });
  return success();
}

FailureOr<RankedTensorType> CenterCropOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  RankedTensorType input = tensorOf(adaptor.getInput());
  if (failed(needsRank4(location, "center_crop C1", input)))
    return failure();
  ArrayRef<int64_t> size = adaptor.getSize();
  if (size.size() != 2 || size[0] < 1 || size[1] < 1 || size[0] > input.getDimSize(2) || size[1] > input.getDimSize(3))
    return violates(location, "center_crop C2",
                    "size must be two extents from 1 to those of the input of " + shapeString(input) + "; pad it first for a larger crop");
  return withShape(input, {input.getDimSize(0), input.getDimSize(1), size[0], size[1]});
}

OpFoldResult CenterCropOp::fold(FoldAdaptor) { return getInput().getType() == getType() ? getInput() : Value(); }

int64_t CenterCropOp::firstCell(int64_t input, int64_t output) {
  int64_t rest = input - output, half = rest / 2;
  return rest % 2 ? half + half % 2 : half;
}

LogicalResult CenterCropOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &input = *operands[0];
  HostTensor &result = results[0];
  int64_t top = firstCell(input.dim(2), result.dim(2)), left = firstCell(input.dim(3), result.dim(3));
  double *out = result.data.data();
  for (int64_t plane = 0; plane < result.dim(0) * result.dim(1); ++plane)
    for (int64_t y = 0; y < result.dim(2); ++y)
      out = std::copy_n(&input.data[(plane * input.dim(2) + top + y) * input.dim(3) + left], result.dim(3), out);
  return success();
}

FailureOr<RankedTensorType> NormalizeOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  RankedTensorType input = tensorOf(adaptor.getInput());
  if (failed(needsRank4(location, "normalize C1", input)))
    return failure();
  ArrayRef<double> mean = adaptor.getMean(), deviation = adaptor.getStd();
  int64_t channels = input.getDimSize(1);
  if (static_cast<int64_t>(mean.size()) != channels || static_cast<int64_t>(deviation.size()) != channels)
    return violates(location, "normalize C2", "mean and std need one value for each of the " + Twine(channels) + " channels");
  auto finite = [](double value) { return std::isfinite(value); };
  if (!llvm::all_of(mean, finite) || !llvm::all_of(deviation, finite) || llvm::is_contained(deviation, 0.0) || !adaptor.getScale().isFinite())
    return violates(location, "normalize C3", "mean, std and scale must be finite, and no std 0");
  return withoutLayout(input);
}

LogicalResult NormalizeOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &input = *operands[0];
  int64_t channels = input.dim(1), area = input.dim(2) * input.dim(3);
  double scale = getScale().convertToDouble();
  for (int64_t i = 0; i < input.size(); ++i) {
    int64_t c = i / area % channels;
    results[0].data[i] = (input.data[i] * scale - getMean()[c]) / getStd()[c];
  }
  return success();
}
