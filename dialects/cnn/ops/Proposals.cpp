// cnn.proposals.
#include "dialects/cnn/Detection.h"

#include <cmath>

using namespace mlir;
using namespace cnnc::cnn;

LogicalResult ProposalsOp::inferTypes(std::optional<Location> location, Adaptor adaptor, SmallVectorImpl<RankedTensorType> &types) {
  size_t maps = adaptor.getOperands().size() - 1, levels = maps / 2;
  if (maps % 2 || levels < 1 || levels > kMaxLevels)
    return violates(location, "proposals C1", "takes logits of 1 to 8 levels and as many maps of deltas, got " + Twine(maps) + " maps");
  ArrayRef<double> sizes = adaptor.getSizes(), ratios = adaptor.getAspectRatios();
  if (failed(checkAnchors(location, "proposals C3", sizes, ratios)))
    return failure();
  int64_t anchors = static_cast<int64_t>(sizes.size() / levels * ratios.size()), total = 0;
  if (sizes.size() % levels || anchors > static_cast<int64_t>(kMaxAnchors))
    return violates(location, "proposals C3",
                    Twine(sizes.size()) + " sizes and " + Twine(ratios.size()) + " aspect_ratios must give each of the " + Twine(levels) +
                        " levels 1 to 16 anchors");
  for (auto [logits, deltas] : llvm::zip(adaptor.getObjectness(), adaptor.getDeltas())) {
    ArrayRef<int64_t> shape = tensorOf(logits).getShape();
    if (failed(checkMap(location, "proposals C2", logits.getType())))
      return failure();
    if (shape[1] != anchors)
      return violates(location, "proposals C3", "logits of shape " + shapeString(shape) + " are of another number of anchors than " + Twine(anchors));
    if (failed(checkShape(location, "proposals C2", "deltas", deltas.getType(), {1, 4 * anchors, shape[2], shape[3]})) ||
        failed(checkStride(location, "proposals C4", logits.getType(), adaptor.getImageSize())))
      return failure();
    total += anchors * shape[2] * shape[3];
  }
  if (failed(checkCap(location, "proposals C5", "pre_nms_top_n", adaptor.getPreNmsTopN())) ||
      failed(checkCap(location, "proposals C5", "post_nms_top_n", adaptor.getPostNmsTopN())))
    return failure();
  if (total > kMaxRows)
    return violates(location, "proposals C5", "the maps give " + Twine(total) + " anchors, more than 2^24");
  if (failed(checkFinite(location, "proposals C6", "iou_threshold", adaptor.getIouThreshold())) ||
      failed(checkFinite(location, "proposals C6", "score_threshold", adaptor.getScoreThreshold())) ||
      failed(checkFinite(location, "proposals C6", "min_size", adaptor.getMinSize())) ||
      failed(checkCoder(location, "proposals C7", adaptor.getWeights(), adaptor.getClip())))
    return failure();
  MLIRContext *context = adaptor.getGeometry().getContext();
  int64_t rows = adaptor.getPostNmsTopN();
  llvm::append_values(types, f32Tensor(context, {rows, 4}), f32Tensor(context, {rows}), countType(context));
  return success();
}

Value ProposalsOp::rowCount(unsigned number) { return number < 2 ? getCount() : Value(); }

int64_t ProposalsOp::scratchBytes() {
  int64_t most = 0, candidates = 0;
  for (Value logits : getObjectness()) {
    int64_t count = tensorOf(logits).getNumElements();
    most = std::max(most, count);
    candidates += std::min<int64_t>(count, getPreNmsTopN());
  }
  ScratchSize scratch;
  scratch.add(most, sizeof(float)).add(candidates, 4 * sizeof(float));
  for (int array = 0; array < 7; ++array)
    scratch.add(candidates, sizeof(float));
  return scratch.addTopK(std::max(most, candidates)).addNms(candidates).total();
}

// A map's values in the order of anchors: y, x, channel.
static std::vector<double> byCells(const HostTensor &map) {
  int64_t channels = map.dim(1), area = map.dim(2) * map.dim(3);
  std::vector<double> values(map.size());
  for (int64_t channel = 0; channel < channels; ++channel)
    for (int64_t cell = 0; cell < area; ++cell)
      values[cell * channels + channel] = map.data[channel * area + cell];
  return values;
}

LogicalResult ProposalsOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &geometry = *operands[0];
  size_t levels = getObjectness().size();
  BoxCoder coder(getWeights(), getClip().convertToDouble());
  double minSize = getMinSize().convertToDouble(), scoreThreshold = getScoreThreshold().convertToDouble();
  std::vector<Box> boxes;
  std::vector<double> scores;
  std::vector<int64_t> groups;
  for (size_t level = 0; level < levels; ++level) {
    const HostTensor &map = *operands[1 + level];
    std::vector<double> logits = byCells(map), deltas = byCells(*operands[1 + levels + level]);
    auto anchors = gridAnchors(baseAnchors(sizesOf(level), getAspectRatios()), map.dim(2), map.dim(3), getImageSize());
    std::vector<int64_t> order = bestFirst(logits);
    for (int64_t at : ArrayRef(order).take_front(getPreNmsTopN())) {
      auto [x1, y1, x2, y2] = anchors[at];
      Box box = decodeBox(coder, {x1, y1, x2, y2}, {deltas[4 * at], deltas[4 * at + 1], deltas[4 * at + 2], deltas[4 * at + 3]});
      box = clipBox(box, geometry.data[0], geometry.data[1]);
      double score = 1 / (1 + std::exp(-logits[at]));
      if (isSmall(box, minSize) || !reaches(score, scoreThreshold))
        continue;
      boxes.push_back(box);
      scores.push_back(score);
      groups.push_back(static_cast<int64_t>(level));
    }
  }
  std::vector<int64_t> kept = suppress(boxes, groups, bestFirst(scores), getIouThreshold().convertToDouble(), getPostNmsTopN());
  for (auto [row, at] : llvm::enumerate(kept)) {
    setBox(results[0], static_cast<int64_t>(row), boxes[at]);
    results[1].data[row] = scores[at];
  }
  results[2].data[0] = static_cast<double>(kept.size());
  return success();
}
