// Regions that may hold an object.
#include "dialects/cnn/Detection.h"
#include "frontend/onnx/Detection.h"
#include "frontend/onnx/Registry.h"

using namespace mlir;

namespace cnnc::frontend {

namespace {
// What is left of a level, best first.
struct LevelProposals {
  std::string boxes, scores;
};
} // namespace

static FailureOr<LevelProposals> exportLevel(cnn::ProposalsOp op, OnnxLayer &layer, unsigned level) {
  unsigned levels = op.getObjectness().size();
  ArrayRef<int64_t> map = cnn::tensorOf(op.getObjectness()[level]).getShape();
  auto anchors = cnn::gridAnchors(cnn::baseAnchors(op.sizesOf(level), op.getAspectRatios()), map[2], map[3], op.getImageSize());
  int64_t count = static_cast<int64_t>(anchors.size());

  std::string logits = layer.step("Transpose", {layer.input(1 + level)}).set("perm", ArrayRef<int64_t>{0, 2, 3, 1}).output();
  OnnxNode top = layer.step("TopK", {reshape(layer, logits, {count}), layer.integers("k", {std::min<int64_t>(count, op.getPreNmsTopN())})}, /*outputs=*/2)
                     .set("largest", 1)
                     .set("sorted", 1);
  std::string planes = reshape(layer, layer.input(1 + levels + level), {map[1], 4, map[2], map[3]});
  std::string deltas = layer.step("Transpose", {planes}).set("perm", ArrayRef<int64_t>{2, 3, 0, 1}).output();
  std::string base = layer.floats("anchors", ArrayRef(anchors.front().data(), 4 * anchors.size()), {count, 4});
  std::string boxes = decodeBoxes(layer, gatherRows(layer, base, top.output(1)), gatherRows(layer, reshape(layer, deltas, {count, 4}), top.output(1)),
                                  /*classes=*/1, op.getWeights(), op.getClip());
  boxes = clipBoxes(layer, boxes, layer.input(0));
  std::string scores = layer.step("Sigmoid", {top.output()}).output();

  std::string likely = layer.step("GreaterOrEqual", {scores, layer.scalar("score_threshold", asFloat(op.getScoreThreshold()))}).output();
  std::string eligible = whereTrue(layer, layer.step("And", {likely, areLarge(layer, boxes, 2, op.getMinSize())}).output());
  boxes = gatherRows(layer, boxes, eligible);
  scores = gatherRows(layer, scores, eligible);
  auto kept = suppress(layer, unsqueeze(layer, boxes, {0}), unsqueeze(layer, scores, {0, 1}), op.getPostNmsTopN(), op.getIouThreshold(), std::nullopt);
  if (failed(kept))
    return failure();
  std::string rows = layer.step("Gather", {*kept, layer.integer("box", 2)}).set("axis", 1).output();
  return LevelProposals{gatherRows(layer, boxes, rows), gatherRows(layer, scores, rows)};
}

static LogicalResult exportProposals(cnn::ProposalsOp op, OnnxLayer &layer) {
  SmallVector<std::string> boxes, scores;
  for (unsigned level = 0; level < op.getObjectness().size(); ++level) {
    auto proposals = exportLevel(op, layer, level);
    if (failed(proposals))
      return failure();
    boxes.push_back(proposals->boxes);
    scores.push_back(proposals->scores);
  }
  std::string allScores = layer.step("Concat", scores).set("axis", 0).output(), best = order(layer, allScores, op.getPostNmsTopN());
  layer.result("Gather", {layer.step("Concat", boxes).set("axis", 0).output(), best}).set("axis", 0);
  layer.result("Gather", {allScores, best}, 1).set("axis", 0);
  countResult(layer, best, 2);
  return success();
}

void addProposalRows(OnnxRows &rows) { rows.push_back(onnxRow<exportProposals>()); }

} // namespace cnnc::frontend
