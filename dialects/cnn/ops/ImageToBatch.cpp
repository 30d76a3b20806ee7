<<<<<<< HEAD
// cnn.image_to_batch and warp_rois: pictures of any size as maps of one size.
=======
// cnn.image_to_batch.
>>>>>>> detops
#include "dialects/cnn/Detection.h"
#include "dialects/cnn/Sampling.h"

#include <cmath>

using namespace mlir;
using namespace cnnc::cnn;

<<<<<<< HEAD
static constexpr int64_t kMaxExtent = int64_t(1) << 20;

static LogicalResult checkPicture(std::optional<Location> location, const Twine &constraint, Type type) {
  auto tensor = cast<RankedTensorType>(type);
  CappedAttr capped = cappedOf(type);
  if (tensor.getRank() == 3 && tensor.hasStaticShape() && tensor.getDimSize(2) == 3 && (!capped || !llvm::is_contained(capped.getDims(), 2)))
    return success();
  return violates(location, constraint, "a picture must have shape [H, W, 3], got " + shapeString(tensor));
}

template <typename Adaptor> static LogicalResult checkNormalization(std::optional<Location> location, const Twine &constraint, Adaptor adaptor) {
  double scale = adaptor.getScale().convertToDouble();
  auto isFinite = [](double value) { return std::isfinite(value); };
  if (adaptor.getMean().size() == 3 && adaptor.getStd().size() == 3 && llvm::all_of(adaptor.getMean(), isFinite) && llvm::all_of(adaptor.getStd(), isFinite) &&
      !llvm::is_contained(adaptor.getStd(), 0.0) && isFinite(scale) && scale != 0)
    return success();
  return violates(location, constraint, "mean and std must have three finite values each, scale must be finite, and neither scale nor a std may be 0");
}

namespace {
// A picture as the network sees it.
struct Normalized {
  const HostTensor &picture;
  ArrayRef<double> mean, std;
  double scale;
  bool reversed;

  double operator()(int64_t channel, int64_t y, int64_t x) const {
    double byte = picture.data[(y * picture.dim(1) + x) * 3 + (reversed ? 2 - channel : channel)];
    return (byte * scale - mean[channel]) / std[channel];
  }
};
} // namespace

template <typename Op> static Normalized normalized(Op op, const HostTensor &picture) {
  return {picture, op.getMean(), op.getStd(), op.getScale().convertToDouble(), op.getReverseChannels()};
}

// ------------------------------------------------------------------------------------------------------------ image_to_batch

std::optional<std::array<int64_t, 2>> ImageToBatchOp::scaledSize(int64_t height, int64_t width, int64_t minSize, int64_t maxSize, ArrayRef<int64_t> canvas) {
  double scale = std::min(static_cast<double>(minSize) / static_cast<double>(std::min(height, width)),
                          static_cast<double>(maxSize) / static_cast<double>(std::max(height, width)));
  auto scaled = [&](int64_t side) { return static_cast<int64_t>(std::floor(static_cast<double>(side) * scale)); };
  std::array<int64_t, 2> size = {scaled(height), scaled(width)};
  if (size[0] < 1 || size[1] < 1 || size[0] > canvas[0] || size[1] > canvas[1])
    return std::nullopt;
  return size;
}

LogicalResult ImageToBatchOp::inferTypes(std::optional<Location> location, Adaptor adaptor, SmallVectorImpl<RankedTensorType> &types) {
  RankedTensorType picture = tensorOf(adaptor.getPicture());
  ArrayRef<int64_t> size = adaptor.getSize();
  int64_t minSize = adaptor.getMinSize(), maxSize = adaptor.getMaxSize();
  if (failed(checkPicture(location, "image_to_batch C1", picture)) || failed(checkSize(location, "image_to_batch C2", "size", size)))
    return failure();
  if (minSize < 1 || minSize > kMaxExtent || maxSize < 1 || maxSize > kMaxExtent)
    return violates(location, "image_to_batch C2", "min_size and max_size must lie in [1, 2^20], got " + Twine(minSize) + " and " + Twine(maxSize));
  if (failed(checkNormalization(location, "image_to_batch C3", adaptor)))
    return failure();
  if (!cappedOf(picture) && !scaledSize(picture.getDimSize(0), picture.getDimSize(1), minSize, maxSize, size))
    return violates(location, "image_to_batch C4",
                    "a picture of " + shapeString(picture) + " does not fit the canvas of " + shapeString(size) + " when it is scaled, or vanishes");
  types.push_back(f32Tensor(picture.getContext(), {1, 3, size[0], size[1]}));
  types.push_back(i32Tensor(picture.getContext(), {4}));
=======
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
>>>>>>> detops
  return success();
}

LogicalResult ImageToBatchOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &picture = *operands[0];
<<<<<<< HEAD
  HostTensor &canvas = results[0];
  int64_t height = picture.dim(0), width = picture.dim(1);
  auto size = scaledSize(height, width, getMinSize(), getMaxSize(), getSize());
  if (!size)
    return emitOpError("a picture of ") << height << "x" << width << " does not fit the canvas of " << shapeString(getSize()) << " when it is scaled, or vanishes";
  Normalized pixel = normalized(*this, picture);
  auto tapsOf = [](int64_t from, int64_t to, int64_t index) {
    return bilinearTaps((static_cast<double>(index) + 0.5) * static_cast<double>(from) / static_cast<double>(to) - 0.5, from);
  };
  for (int64_t y = 0; y < (*size)[0]; ++y) {
    Taps rows = tapsOf(height, (*size)[0], y);
    for (int64_t x = 0; x < (*size)[1]; ++x) {
      Taps columns = tapsOf(width, (*size)[1], x);
      for (int64_t channel = 0; channel < 3; ++channel) {
        double sum = 0;
        for (auto [i, rowWeight] : llvm::enumerate(rows.weights))
          for (auto [j, columnWeight] : llvm::enumerate(columns.weights))
            sum += rowWeight * columnWeight * pixel(channel, rows.first + static_cast<int64_t>(i), columns.first + static_cast<int64_t>(j));
        canvas.at(0, channel, y, x) = sum;
      }
    }
  }
  results[1].data = {static_cast<double>((*size)[0]), static_cast<double>((*size)[1]), static_cast<double>(height), static_cast<double>(width)};
  return success();
}

// ----------------------------------------------------------------------------------------------------------------- warp_rois

LogicalResult WarpRoisOp::inferTypes(std::optional<Location> location, Adaptor adaptor, SmallVectorImpl<RankedTensorType> &types) {
  RankedTensorType boxes = tensorOf(adaptor.getBoxes());
  ArrayRef<int64_t> size = adaptor.getSize();
  int64_t padding = adaptor.getContextPadding();
  if (failed(checkPicture(location, "warp_rois C1", adaptor.getPicture().getType())) || failed(checkBoxes(location, "warp_rois C2", boxes)) ||
      failed(checkSize(location, "warp_rois C3", "size", size)))
    return failure();
  if (padding < 0 || padding >= (std::min(size[0], size[1]) + 1) / 2)
    return violates(location, "warp_rois C3", "context_padding must leave cells between it: from 0 to less than half of " + shapeString(size) + ", got " + Twine(padding));
  if (failed(checkNormalization(location, "warp_rois C4", adaptor)))
    return failure();
  types.push_back(f32Tensor(boxes.getContext(), {boxes.getDimSize(0), 3, size[0], size[1]}));
  return success();
}

// The cells around `position` with their weights; those outside the picture have none, which leaves the mean, 0.
static SmallVector<std::pair<int64_t, double>> tapsInside(double position, int64_t extent) {
  SmallVector<std::pair<int64_t, double>> taps;
  if (!(position > -1 && position < static_cast<double>(extent)))
    return taps;
  auto first = static_cast<int64_t>(std::floor(position));
  double fraction = position - static_cast<double>(first);
  if (first >= 0)
    taps.emplace_back(first, 1 - fraction);
  if (first + 1 < extent)
    taps.emplace_back(first + 1, fraction);
  return taps;
}

LogicalResult WarpRoisOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &picture = *operands[0];
  HostTensor &result = results[0];
  Normalized pixel = normalized(*this, picture);
  int64_t rows = meantRows(*operands[2], result.dim(0));
  for (int64_t row = 0; row < rows; ++row) {
    Box box = boxAt(*operands[1], row);
    auto tapsOf = [&](int axis, int64_t index) { // axis 0: y
      double low = box[1 - axis], high = box[3 - axis];
      auto cells = static_cast<double>(result.dim(2 + axis)), padding = static_cast<double>(getContextPadding());
      double size = (high - low) * cells / (cells - 2 * padding), origin = (low + high - size) / 2;
      return tapsInside(origin + (static_cast<double>(index) + 0.5) * size / cells - 0.5, picture.dim(axis));
    };
    for (int64_t y = 0; y < result.dim(2); ++y) {
      auto down = tapsOf(0, y);
      for (int64_t x = 0; x < result.dim(3); ++x) {
        auto across = tapsOf(1, x);
        for (int64_t channel = 0; channel < 3; ++channel) {
          double sum = 0;
          for (auto [i, rowWeight] : down)
            for (auto [j, columnWeight] : across)
              sum += rowWeight * columnWeight * pixel(channel, i, j);
          result.at(row, channel, y, x) = sum;
        }
      }
    }
  }
=======
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
>>>>>>> detops
  return success();
}
