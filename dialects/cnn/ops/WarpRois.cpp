// cnn.warp_rois.
#include "dialects/cnn/Detection.h"

#include "llvm/Support/Parallel.h"

#include <cmath>

using namespace mlir;
using namespace cnnc::cnn;

LogicalResult WarpRoisOp::inferTypes(std::optional<Location> location, Adaptor adaptor, SmallVectorImpl<RankedTensorType> &types) {
  RankedTensorType boxes = tensorOf(adaptor.getBoxes());
  ArrayRef<int64_t> size = adaptor.getSize();
  if (failed(checkPicture(location, "warp_rois C1", adaptor.getImage().getType())) || failed(checkBoxes(location, "warp_rois C2", boxes)) ||
      failed(checkSize(location, "warp_rois C3", "size", size)))
    return failure();
  int64_t padding = adaptor.getContextPadding();
  if (padding < 0 || padding > (std::min(size[0], size[1]) - 1) / 2)
    return violates(location, "warp_rois C4", "context_padding = " + Twine(padding) + " must be at least 0 and leave a pixel of " + shapeString(size));
  if (failed(checkNormalization(location, "warp_rois C5", adaptor.getMean(), adaptor.getStd(), adaptor.getScale())))
    return failure();
  types.push_back(withShape(boxes, {boxes.getDimSize(0), 3, size[0], size[1]}));
  return success();
}

namespace {
// A sample along one axis: the weights of pixels `first` and `first + 1`. Those outside the picture have none.
struct Sample {
  int64_t first = 0;
  double weights[2] = {0, 0};
};
} // namespace

static std::vector<Sample> samplesOf(double low, double high, int64_t padding, int64_t count, int64_t extent) {
  double pixels = static_cast<double>(count), size = (high - low) * pixels / (pixels - 2 * static_cast<double>(padding)), origin = (low + high - size) / 2;
  std::vector<Sample> samples(count);
  for (int64_t i = 0; i < count; ++i) {
    double at = origin + (static_cast<double>(i) + 0.5) * size / pixels - 0.5;
    if (!(at > -1 && at < static_cast<double>(extent)))
      continue;
    Sample &sample = samples[i];
    sample.first = static_cast<int64_t>(std::floor(at));
    double fraction = at - static_cast<double>(sample.first);
    sample.weights[0] = sample.first >= 0 ? 1 - fraction : 0;
    sample.weights[1] = sample.first + 1 < extent ? fraction : 0;
  }
  return samples;
}

LogicalResult WarpRoisOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &picture = *operands[0], &boxes = *operands[1];
  Normalization normalization{getMean(), getStd(), getScale().convertToDouble(), getReverseChannels()};
  int64_t padding = getContextPadding(), height = getSize()[0], width = getSize()[1];
  llvm::parallelFor(0, meantRows(*operands[2], boxes.dim(0)), [&](size_t row) {
    Box box = boxAt(boxes, static_cast<int64_t>(row));
    std::vector<Sample> y = samplesOf(box[1], box[3], padding, height, picture.dim(0)), x = samplesOf(box[0], box[2], padding, width, picture.dim(1));
    for (int64_t channel = 0; channel < 3; ++channel)
      for (int64_t down = 0; down < height; ++down)
        for (int64_t across = 0; across < width; ++across) {
          double sum = 0;
          for (int i : {0, 1})
            for (int j : {0, 1})
              if (double weight = y[down].weights[i] * x[across].weights[j]; weight != 0)
                sum += weight * normalization.at(picture, y[down].first + i, x[across].first + j, channel);
          results[0].at(static_cast<int64_t>(row), channel, down, across) = sum;
        }
  });
  return success();
}
