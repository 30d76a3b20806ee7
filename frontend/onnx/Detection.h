// Steps that the exports of detector ops share. Values are names; n is an extent that a run decides and that may be 0.
#pragma once

#include "frontend/onnx/Graph.h"

#include <optional>
#include <utility>

namespace cnnc::frontend {

/// Halves of a value's last axis: [.., 4] boxes as their lower and upper corners [.., 2], [.., 2] as x and y [.., 1].
std::pair<std::string, std::string> halves(OnnxLayer &layer, const std::string &value);
/// Rows `indices` [k] of a value.
std::string gatherRows(OnnxLayer &layer, const std::string &value, const std::string &indices);
/// Elements `numbers` of an [m] value, in an initialiser's order.
std::string pick(OnnxLayer &layer, const std::string &value, llvm::ArrayRef<int64_t> numbers);
/// i64 [k]: where a boolean [n] is true, ascending.
std::string whereTrue(OnnxLayer &layer, const std::string &mask);
/// i64 [1]: extent of a value along dimension 0.
std::string extentOf(OnnxLayer &layer, const std::string &value);
/// The layer's result `index`, a count: extent of a value along dimension 0, as i32 [1].
void countResult(OnnxLayer &layer, const std::string &value, unsigned index);
/// f32.
std::string asFloats(OnnxLayer &layer, const std::string &value);
/// A value with axes of extent 1 put in, or taken out.
std::string unsqueeze(OnnxLayer &layer, const std::string &value, llvm::ArrayRef<int64_t> axes);
std::string squeeze(OnnxLayer &layer, const std::string &value, int64_t axis);
std::string reshape(OnnxLayer &layer, const std::string &value, llvm::ArrayRef<int64_t> shape);

/// i64 [k]: the first numbers of [n] values in order, k the smaller of n and `limit` (all, when it is negative); equal values stand in the
/// order of their numbers. Not for NaN.
std::string order(OnnxLayer &layer, const std::string &values, int64_t limit, bool largestFirst = true);

/// Boxes [n, 4] moved by deltas [n, 4]; with `classes` above 1 deltas are [n, 4 * classes], and boxes of all classes [n, classes, 4].
std::string decodeBoxes(OnnxLayer &layer, const std::string &boxes, const std::string &deltas, int64_t classes, llvm::ArrayRef<double> weights,
                        const llvm::APFloat &clip);
/// Boxes [.., 4] clamped into the scaled picture of an i32 geometry [4].
std::string clipBoxes(OnnxLayer &layer, const std::string &boxes, const std::string &geometry);
/// Boolean [..]: no side of boxes [.., 4] of rank `rank` is below `minSize` or NaN.
std::string areLarge(OnnxLayer &layer, const std::string &boxes, int64_t rank, const llvm::APFloat &minSize);

/// i64 [m, 3], batch, class and box of what NonMaxSuppression keeps of boxes [B, n, 4] with scores [B, G, n]: of each batch and class at most
/// `cap`, by score above `scoreThreshold`, then number. Failure, reported, for an IoU below 0, which ONNX does not take.
llvm::FailureOr<std::string> suppress(OnnxLayer &layer, const std::string &boxes, const std::string &scores, int64_t cap, const llvm::APFloat &iouThreshold,
                                      std::optional<float> scoreThreshold);

} // namespace cnnc::frontend
