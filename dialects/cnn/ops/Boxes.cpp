// cnn.decode_boxes, clip_boxes, rescale_boxes and remove_small.
#include "dialects/cnn/Detection.h"

using namespace mlir;
using namespace cnnc::cnn;

LogicalResult DecodeBoxesOp::inferTypes(std::optional<Location> location, Adaptor adaptor, SmallVectorImpl<RankedTensorType> &types) {
  RankedTensorType boxes = tensorOf(adaptor.getBoxes()), deltas = tensorOf(adaptor.getDeltas());
  if (failed(checkBoxes(location, "decode_boxes C1", boxes)))
    return failure();
  int64_t rows = boxes.getDimSize(0);
  if (deltas.getRank() != 2 || deltas.getDimSize(0) != rows || deltas.getDimSize(1) % 4)
    return violates(location, "decode_boxes C2", "deltas must have shape [" + Twine(rows) + ", 4K], got " + shapeString(deltas));
  if (failed(checkCoder(location, "decode_boxes C3", adaptor.getWeights(), adaptor.getClip())))
    return failure();
  int64_t classes = deltas.getDimSize(1) / 4;
  types.push_back(classes == 1 ? withShape(boxes, {rows, 4}) : withShape(boxes, {rows, classes, 4}));
  return success();
}

LogicalResult DecodeBoxesOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &boxes = *operands[0], &deltas = *operands[1];
  BoxCoder coder(getWeights(), getClip().convertToDouble());
  int64_t classes = deltas.dim(1) / 4;
  for (int64_t row = 0; row < boxes.dim(0) * classes; ++row)
    setBox(results[0], row, decodeBox(coder, boxAt(boxes, row / classes), boxAt(deltas, row)));
  return success();
}

// C1 of the ops on boxes of any rank, and the type of the result.
static LogicalResult inferSameBoxes(std::optional<Location> location, const Twine &constraint, Value boxes, SmallVectorImpl<RankedTensorType> &types) {
  RankedTensorType type = tensorOf(boxes);
  if (type.getRank() < 2 || !type.hasStaticShape() || type.getShape().back() != 4 || type.getNumElements() > 4 * kMaxRows)
    return violates(location, constraint, "boxes must have a shape [.., 4] of rank 2 or more with up to 2^24 boxes, got " + shapeString(type));
  types.push_back(withoutLayout(type));
  return success();
}

LogicalResult ClipBoxesOp::inferTypes(std::optional<Location> location, Adaptor adaptor, SmallVectorImpl<RankedTensorType> &types) {
  return inferSameBoxes(location, "clip_boxes C1", adaptor.getBoxes(), types);
}

LogicalResult ClipBoxesOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &boxes = *operands[0], &geometry = *operands[1];
  for (int64_t row = 0; row < boxes.size() / 4; ++row)
    setBox(results[0], row, clipBox(boxAt(boxes, row), geometry.data[0], geometry.data[1]));
  return success();
}

LogicalResult RescaleBoxesOp::inferTypes(std::optional<Location> location, Adaptor adaptor, SmallVectorImpl<RankedTensorType> &types) {
  return inferSameBoxes(location, "rescale_boxes C1", adaptor.getBoxes(), types);
}

LogicalResult RescaleBoxesOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &boxes = *operands[0], &geometry = *operands[1];
  const double *from = geometry.data.data() + (getToScaled() ? 2 : 0), *to = geometry.data.data() + (getToScaled() ? 0 : 2);
  bool empty = from[0] == 0 || from[1] == 0;
  auto ratio = [&](int axis) { return empty ? 1.0f : static_cast<float>(to[axis]) / static_cast<float>(from[axis]); };
  double vertical = ratio(0), horizontal = ratio(1);
  for (int64_t row = 0; row < boxes.size() / 4; ++row) {
    auto [x1, y1, x2, y2] = boxAt(boxes, row);
    setBox(results[0], row, {x1 * horizontal, y1 * vertical, x2 * horizontal, y2 * vertical});
  }
  return success();
}

LogicalResult RemoveSmallOp::inferTypes(std::optional<Location> location, Adaptor adaptor, SmallVectorImpl<RankedTensorType> &types) {
  RankedTensorType boxes = tensorOf(adaptor.getBoxes());
  if (failed(checkBoxes(location, "remove_small C1", boxes)) ||
      failed(checkShape(location, "remove_small C2", "scores", adaptor.getScores().getType(), {boxes.getDimSize(0)})) ||
      failed(checkFinite(location, "remove_small C3", "min_size", adaptor.getMinSize())))
    return failure();
  llvm::append_values(types, withoutLayout(boxes), withShape(boxes, {boxes.getDimSize(0)}), countType(boxes.getContext()));
  return success();
}

Value RemoveSmallOp::rowCount(unsigned number) { return number < 2 ? getLargeCount() : Value(); }

int64_t RemoveSmallOp::scratchBytes() { return ScratchSize().add(tensorOf(getBoxes()).getDimSize(0), sizeof(int32_t)).total(); }

LogicalResult RemoveSmallOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &boxes = *operands[0], &scores = *operands[1];
  int64_t kept = 0;
  for (int64_t row = 0; row < meantRows(*operands[2], boxes.dim(0)); ++row) {
    if (isSmall(boxAt(boxes, row), getMinSize().convertToDouble()))
      continue;
    setBox(results[0], kept, boxAt(boxes, row));
    results[1].data[kept++] = scores.data[row];
  }
  results[2].data[0] = static_cast<double>(kept);
  return success();
}
