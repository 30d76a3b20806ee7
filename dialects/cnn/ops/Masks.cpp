// cnn.select_masks and paste_masks.
#include "dialects/cnn/Detection.h"
#include "dialects/cnn/Sampling.h"

#include <cmath>

using namespace mlir;
using namespace cnnc::cnn;

#pragma STDC FP_CONTRACT OFF

LogicalResult SelectMasksOp::inferTypes(std::optional<Location> location, Adaptor adaptor, SmallVectorImpl<RankedTensorType> &types) {
  RankedTensorType logits = tensorOf(adaptor.getLogits());
  if (logits.getRank() != 4 || !logits.hasStaticShape())
    return violates(location, "select_masks C1", "logits must have a static shape [D, K, h, w], got " + shapeString(logits));
  if (failed(checkShape(location, "select_masks C2", "labels", adaptor.getLabels().getType(), {logits.getDimSize(0)})))
    return failure();
  types.push_back(withShape(logits, {logits.getDimSize(0), logits.getDimSize(2), logits.getDimSize(3)}));
  return success();
}

LogicalResult SelectMasksOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &logits = *operands[0], &labels = *operands[1];
  int64_t classes = logits.dim(1), area = logits.dim(2) * logits.dim(3);
  for (int64_t row = 0; row < meantRows(*operands[2], logits.dim(0)); ++row) {
    int64_t label = static_cast<int64_t>(labels.data[row]);
    for (int64_t cell = 0; cell < area && label >= 0 && label < classes; ++cell)
      results[0].data[row * area + cell] = 1 / (1 + std::exp(-logits.data[(row * classes + label) * area + cell]));
  }
  return success();
}

namespace {
// Pixels that an enlarged box covers along one axis, and the cells of the unpadded mask that each of them inside the picture reads.
struct Span {
  int64_t begin = 0;
  std::vector<Taps> taps;
};
} // namespace

// Rounds towards zero; far coordinates keep their side.
static int64_t wholePixel(float coordinate) { return static_cast<int64_t>(std::clamp(coordinate, -0x1p40f, 0x1p40f)); }

static Span spanOf(double low, double high, int64_t cells, int64_t extent) {
  float first = static_cast<float>(low), last = static_cast<float>(high);
  float scale = static_cast<float>(static_cast<double>(cells + 2) / static_cast<double>(cells));
  float half = (last - first) * 0.5f * scale, centre = (last + first) * 0.5f;
  Span span;
  if (!std::isfinite(half) || !std::isfinite(centre))
    return span;
  int64_t start = wholePixel(centre - half), end = wholePixel(centre + half) + 1;
  double step = static_cast<double>(cells + 2) / static_cast<double>(std::max<int64_t>(end - start, 1));
  span.begin = std::max<int64_t>(start, 0);
  for (int64_t pixel = span.begin; pixel < std::min(end, extent); ++pixel) {
    span.taps.push_back(bilinearTaps((static_cast<double>(pixel - start) + 0.5) * step - 0.5, cells + 2));
    --span.taps.back().first;
  }
  return span;
}

// The probability at one pixel: cells of the padding are 0.
static double sample(const double *mask, int64_t cells, const Taps &y, const Taps &x) {
  double sum = 0;
  for (auto [row, rowWeight] : llvm::enumerate(y.weights))
    for (auto [column, columnWeight] : llvm::enumerate(x.weights)) {
      int64_t cellY = y.first + static_cast<int64_t>(row), cellX = x.first + static_cast<int64_t>(column);
      if (cellY >= 0 && cellY < cells && cellX >= 0 && cellX < cells)
        sum += rowWeight * columnWeight * mask[cellY * cells + cellX];
    }
  return sum;
}

LogicalResult PasteMasksOp::inferTypes(std::optional<Location> location, Adaptor adaptor, SmallVectorImpl<RankedTensorType> &types) {
  RankedTensorType masks = tensorOf(adaptor.getMasks());
  ArrayRef<int64_t> size = adaptor.getSize();
  if (masks.getRank() != 3 || !masks.hasStaticShape() || masks.getDimSize(1) != masks.getDimSize(2))
    return violates(location, "paste_masks C1", "masks must have a static shape [D, M, M], got " + shapeString(masks));
  if (failed(checkBoxes(location, "paste_masks C2", adaptor.getBoxes().getType())) ||
      failed(checkShape(location, "paste_masks C2", "boxes", adaptor.getBoxes().getType(), {masks.getDimSize(0), 4})) ||
      failed(checkSize(location, "paste_masks C3", "size", size)) || failed(checkFinite(location, "paste_masks C4", "threshold", adaptor.getThreshold())))
    return failure();
  MLIRContext *context = masks.getContext();
  types.push_back(RankedTensorType::get({masks.getDimSize(0), size[0], size[1]}, IntegerType::get(context, 8, IntegerType::Unsigned)));
  return success();
}

LogicalResult PasteMasksOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &masks = *operands[0], &boxes = *operands[1], &geometry = *operands[2];
  int64_t cells = masks.dim(1), height = getSize()[0], width = getSize()[1];
  int64_t pictureHeight = std::min(height, static_cast<int64_t>(geometry.data[2])), pictureWidth = std::min(width, static_cast<int64_t>(geometry.data[3]));
  double threshold = getThreshold().convertToDouble();
  for (int64_t row = 0; row < meantRows(*operands[3], masks.dim(0)); ++row) {
    Box box = boxAt(boxes, row);
    Span y = spanOf(box[1], box[3], cells, pictureHeight), x = spanOf(box[0], box[2], cells, pictureWidth);
    for (auto [down, yTaps] : llvm::enumerate(y.taps))
      for (auto [across, xTaps] : llvm::enumerate(x.taps)) {
        int64_t pixel = (row * height + y.begin + static_cast<int64_t>(down)) * width + x.begin + static_cast<int64_t>(across);
        results[0].data[pixel] = sample(masks.data.data() + row * cells * cells, cells, yTaps, xTaps) > threshold;
      }
  }
  return success();
}
