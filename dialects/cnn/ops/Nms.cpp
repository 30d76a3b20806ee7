// cnn.nms and detections.
#include "dialects/cnn/Detection.h"

#include <cmath>

using namespace mlir;
using namespace cnnc::cnn;

LogicalResult NmsOp::inferTypes(std::optional<Location> location, Adaptor adaptor, SmallVectorImpl<RankedTensorType> &types) {
  RankedTensorType boxes = tensorOf(adaptor.getBoxes());
  if (failed(checkBoxes(location, "nms C1", boxes)) || failed(checkShape(location, "nms C2", "scores", adaptor.getScores().getType(), {boxes.getDimSize(0)})) ||
      failed(checkShape(location, "nms C2", "groups", adaptor.getGroups().getType(), {boxes.getDimSize(0)})) ||
      failed(checkCap(location, "nms C3", "cap", adaptor.getCap())) || failed(checkFinite(location, "nms C4", "iou_threshold", adaptor.getIouThreshold())))
    return failure();
  if (auto threshold = adaptor.getScoreThreshold(); threshold && failed(checkFinite(location, "nms C4", "score_threshold", *threshold)))
    return failure();
  MLIRContext *context = boxes.getContext();
  llvm::append_values(types, i32Tensor(context, {static_cast<int64_t>(adaptor.getCap())}), countType(context));
  return success();
}

Value NmsOp::rowCount(unsigned number) { return number < 1 ? getKeptCount() : Value(); }

int64_t NmsOp::scratchBytes() {
  int64_t rows = tensorOf(getBoxes()).getDimSize(0);
  return ScratchSize().add(rows, sizeof(int32_t)).addTopK(rows).addNms(rows).total();
}

LogicalResult NmsOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &boxes = *operands[0], &scores = *operands[1], &groups = *operands[2];
  int64_t rows = meantRows(*operands[3], boxes.dim(0));
  std::vector<Box> corners;
  std::vector<int64_t> numbers;
  for (int64_t row = 0; row < rows; ++row) {
    corners.push_back(boxAt(boxes, row));
    numbers.push_back(static_cast<int64_t>(groups.data[row]));
  }
  std::vector<int64_t> order = bestFirst(ArrayRef(scores.data).take_front(rows));
  if (auto threshold = getScoreThreshold())
    llvm::erase_if(order, [&](int64_t row) { return !reaches(scores.data[row], threshold->convertToDouble()); });
  std::vector<int64_t> kept = suppress(corners, numbers, order, getIouThreshold().convertToDouble(), getCap());
  llvm::copy(kept, results[0].data.begin());
  results[1].data[0] = static_cast<double>(kept.size());
  return success();
}

LogicalResult DetectionsOp::inferTypes(std::optional<Location> location, Adaptor adaptor, SmallVectorImpl<RankedTensorType> &types) {
  RankedTensorType boxes = tensorOf(adaptor.getBoxes()), scores = tensorOf(adaptor.getScores());
  if (scores.getRank() != 2 || !scores.hasStaticShape() || scores.getDimSize(1) < 2 || scores.getNumElements() > kMaxRows)
    return violates(location, "detections C1", "scores must have shape [R, K] with K at least 2 and R * K up to 2^24, got " + shapeString(scores));
  int64_t rows = scores.getDimSize(0), classes = scores.getDimSize(1);
  if (boxes.getShape() != ArrayRef<int64_t>{rows, classes, 4} && boxes.getShape() != ArrayRef<int64_t>{rows, 4})
    return violates(location, "detections C2",
                    "boxes must have shape " + shapeString({rows, classes, 4}) + " or " + shapeString({rows, 4}) + ", got " + shapeString(boxes));
  if (failed(checkCap(location, "detections C3", "cap", adaptor.getCap())) ||
      failed(checkFinite(location, "detections C4", "score_threshold", adaptor.getScoreThreshold())) ||
      failed(checkFinite(location, "detections C4", "iou_threshold", adaptor.getIouThreshold())) ||
      failed(checkFinite(location, "detections C4", "min_size", adaptor.getMinSize())))
    return failure();
  MLIRContext *context = boxes.getContext();
  int64_t cap = adaptor.getCap();
  llvm::append_values(types, f32Tensor(context, {cap, 4}), f32Tensor(context, {cap}), i32Tensor(context, {cap}), countType(context));
  return success();
}

Value DetectionsOp::rowCount(unsigned number) { return number < 3 ? getKeptCount() : Value(); }

int64_t DetectionsOp::scratchBytes() {
  RankedTensorType scores = tensorOf(getScores());
  int64_t candidates = scores.getDimSize(0) * (scores.getDimSize(1) - 1);
  ScratchSize scratch;
  scratch.add(candidates + 1, 4 * sizeof(float));
  for (int array = 0; array < 5; ++array)
    scratch.add(candidates, sizeof(float));
  return scratch.addTopK(candidates).addNms(candidates).total();
}

LogicalResult DetectionsOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &boxes = *operands[0], &scores = *operands[1];
  int64_t classes = scores.dim(1);
  float threshold = static_cast<float>(getScoreThreshold().convertToDouble());
  std::vector<Box> corners;
  std::vector<double> values;
  std::vector<int64_t> labels;
  for (int64_t row = 0; row < meantRows(*operands[2], scores.dim(0)); ++row)
    for (int64_t label = 1; label < classes; ++label) {
      double score = scores.data[row * classes + label];
      Box box = boxAt(boxes, boxes.rank() == 2 ? row : row * classes + label);
      if (!(static_cast<float>(score) > threshold) || isSmall(box, getMinSize().convertToDouble()))
        continue;
      corners.push_back(box);
      values.push_back(score);
      labels.push_back(label);
    }
  std::vector<int64_t> kept = suppress(corners, labels, bestFirst(values), getIouThreshold().convertToDouble(), getCap());
  for (auto [row, at] : llvm::enumerate(kept)) {
    setBox(results[0], static_cast<int64_t>(row), corners[at]);
    results[1].data[row] = values[at];
    results[2].data[row] = static_cast<double>(labels[at]);
  }
  results[3].data[0] = static_cast<double>(kept.size());
  return success();
}
