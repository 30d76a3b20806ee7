// cnn.image_to_batch.
#include "dialects/cnn/Detection.h"
#include "dialects/cnn/Sampling.h"

#include <cmath>

using namespace mlir;
using namespace cnnc::cnn;

// Height and width of a scaled picture.
static std::pair<int64_t, int64_t> scaledSize(int64_t height, int64_t width, int64_t minSize, int64_t maxSize) {
  double shorter = static_cast<double>(std::min(height, width)), longer = static_cast<double>(std::max(height, width));
  double scale = std::min(static_cast<double>(minSize) / shorter, static_cast<double>(maxSize) / longer);
  auto scaled = [scale](int64_t side) { return static_cast<int64_t>(std::floor(static_cast<double>(side) * scale)); };
  return {scaled(height), scaled(width)};
}

// What keeps a picture of this size from the canvas; empty when it fits.
static std::string misfit(int64_t height, int64_t width, int64_t scaledHeight, int64_t scaledWidth, ArrayRef<int64_t> canvas) {
  if (scaledHeight >= 1 && scaledWidth >= 1 && scaledHeight <= canvas[0] && scaledWidth <= canvas[1])
    return "";
  return "a picture of " + shapeString({height, width}) + " is scaled to " + shapeString({scaledHeight, scaledWidth}) + ", which " +
         (scaledHeight < 1 || scaledWidth < 1 ? "is empty" : "does not fit the canvas of " + shapeString(canvas));
}

LogicalResult ImageToBatchOp::inferTypes(std::optional<Location> location, Adaptor adaptor, SmallVectorImpl<RankedTensorType> &types) {
  RankedTensorType image = tensorOf(adaptor.getImage());
  ArrayRef<int64_t> size = adaptor.getSize();
  if (failed(checkPicture(location, "image_to_batch C1", image)) || failed(checkSize(location, "image_to_batch C2", "size", size)) ||
      failed(checkCap(location, "image_to_batch C3", "min_size", adaptor.getMinSize())) ||
      failed(checkCap(location, "image_to_batch C3", "max_size", adaptor.getMaxSize())) ||
      failed(checkNormalization(location, "image_to_batch C4", adaptor.getMean(), adaptor.getStd(), adaptor.getScale())))
    return failure();
  if (!cappedOf(image)) {
    auto [height, width] = scaledSize(image.getDimSize(0), image.getDimSize(1), adaptor.getMinSize(), adaptor.getMaxSize());
    std::string message = misfit(image.getDimSize(0), image.getDimSize(1), height, width, size);
    if (!message.empty())
      return violates(location, "image_to_batch C5", message);
  }
  MLIRContext *context = image.getContext();
  llvm::append_values(types, f32Tensor(context, {1, 3, size[0], size[1]}), i32Tensor(context, {4}));
  return success();
}

LogicalResult ImageToBatchOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &picture = *operands[0];
  int64_t height = picture.dim(0), width = picture.dim(1);
  auto [scaledHeight, scaledWidth] = scaledSize(height, width, getMinSize(), getMaxSize());
  std::string message = misfit(height, width, scaledHeight, scaledWidth, getSize());
  if (!message.empty())
    return emitOpError(message);
  Normalization normalization{getMean(), getStd(), getScale().convertToDouble(), getReverseChannels()};
  std::vector<Taps> rows = resizeTaps(height, scaledHeight), columns = resizeTaps(width, scaledWidth);
  for (int64_t channel = 0; channel < 3; ++channel)
    for (int64_t y = 0; y < scaledHeight; ++y)
      for (int64_t x = 0; x < scaledWidth; ++x) {
        double sum = 0;
        for (auto [row, rowWeight] : llvm::enumerate(rows[y].weights))
          for (auto [column, columnWeight] : llvm::enumerate(columns[x].weights))
            sum += rowWeight * columnWeight *
                   normalization.at(picture, rows[y].first + static_cast<int64_t>(row), columns[x].first + static_cast<int64_t>(column), channel);
        results[0].at(0, channel, y, x) = sum;
      }
  results[1].data = {static_cast<double>(scaledHeight), static_cast<double>(scaledWidth), static_cast<double>(height), static_cast<double>(width)};
  return success();
}
