// What the ops of detectors share: checks of their operands, arithmetic of boxes, orders.
#pragma once

#include "dialects/cnn/Cnn.h"

#include "llvm/Support/MathExtras.h"

#include <array>

namespace cnnc::cnn {

/// Most maps of a pyramid and most anchors of a cell: what the structs of runtime/lib/detect hold.
inline constexpr size_t kMaxLevels = 8, kMaxAnchors = 16;
/// Most rows of boxes or scores: keeps numbers of rows within i32 and scratch in bounds.
inline constexpr int64_t kMaxRows = int64_t(1) << 24;

// -------------------------------------------------------------------------------------------------------------------- checks

/// Reports an operand that is no [R, 4] tensor of static shape with at most 2^24 rows.
llvm::LogicalResult checkBoxes(std::optional<mlir::Location> location, const llvm::Twine &constraint, mlir::Type type);
/// Reports an operand that is no [1, C, H, W] tensor.
llvm::LogicalResult checkMap(std::optional<mlir::Location> location, const llvm::Twine &constraint, mlir::Type type);
/// Reports an attribute that is no pair of extents from 1 to 2^20.
llvm::LogicalResult checkSize(std::optional<mlir::Location> location, const llvm::Twine &constraint, llvm::StringRef name, llvm::ArrayRef<int64_t> size);
/// Reports an operand of another shape than `shape`; `what` names it.
llvm::LogicalResult checkShape(std::optional<mlir::Location> location, const llvm::Twine &constraint, llvm::StringRef what, mlir::Type type,
                               llvm::ArrayRef<int64_t> shape);
/// Reports weights that are no four finite numbers other than 0, or a clip that is not finite.
llvm::LogicalResult checkCoder(std::optional<mlir::Location> location, const llvm::Twine &constraint, llvm::ArrayRef<double> weights,
                               const llvm::APFloat &clip);
/// Reports sizes or aspect ratios that are empty or not all finite and above 0, and more than 2^10 of them.
llvm::LogicalResult checkAnchors(std::optional<mlir::Location> location, const llvm::Twine &constraint, llvm::ArrayRef<double> sizes,
                                 llvm::ArrayRef<double> ratios);
/// Reports a map that has more rows or columns than the picture has pixels.
llvm::LogicalResult checkStride(std::optional<mlir::Location> location, const llvm::Twine &constraint, mlir::Type map, llvm::ArrayRef<int64_t> imageSize);
/// Reports a number of rows outside [1, 2^20].
llvm::LogicalResult checkCap(std::optional<mlir::Location> location, const llvm::Twine &constraint, llvm::StringRef name, int64_t cap);
/// Reports a threshold that is not finite.
llvm::LogicalResult checkFinite(std::optional<mlir::Location> location, const llvm::Twine &constraint, llvm::StringRef name, const llvm::APFloat &value);

/// Reports an operand that is no picture [H, W, 3] of static shape, or one whose channels are capped.
llvm::LogicalResult checkPicture(std::optional<mlir::Location> location, const llvm::Twine &constraint, mlir::Type type);
/// Reports mean or std without three finite values, a std of 0, and a scale that is not finite.
llvm::LogicalResult checkNormalization(std::optional<mlir::Location> location, const llvm::Twine &constraint, llvm::ArrayRef<double> mean,
                                       llvm::ArrayRef<double> deviation, const llvm::APFloat &scale);

inline mlir::RankedTensorType f32Tensor(mlir::MLIRContext *context, llvm::ArrayRef<int64_t> shape) {
  return mlir::RankedTensorType::get(shape, mlir::Float32Type::get(context));
}
inline mlir::RankedTensorType i32Tensor(mlir::MLIRContext *context, llvm::ArrayRef<int64_t> shape) {
  return mlir::RankedTensorType::get(shape, mlir::IntegerType::get(context, 32));
}
/// The type of a count.
inline mlir::RankedTensorType countType(mlir::MLIRContext *context) { return i32Tensor(context, {1}); }

// --------------------------------------------------------------------------------------------------------------------- boxes

/// Corners x1, y1, x2, y2.
using Box = std::array<double, 4>;

/// Row `row` of boxes [..., 4].
Box boxAt(const HostTensor &boxes, int64_t row);
void setBox(HostTensor &boxes, int64_t row, const Box &box);

/// How a network writes a box relative to another: torchvision's BoxCoder.
struct BoxCoder {
  std::array<double, 4> weights; // of dx, dy, dw, dh
  double clip;                   // upper bound of dw and dh
  BoxCoder(llvm::ArrayRef<double> factors, double bound) : weights{factors[0], factors[1], factors[2], factors[3]}, clip(bound) {}
};

/// Source: torchvision BoxCoder.decode_single; Girshick et al. 2014, R-CNN, appendix C. NaN stays NaN.
Box decodeBox(const BoxCoder &coder, const Box &box, const Box &deltas);
/// Clamps a box into [0, width] x [0, height]; NaN stays. Source: torchvision.ops.clip_boxes_to_image.
Box clipBox(const Box &box, double height, double width);
/// Whether a side is below `minSize` or NaN, in f32. Source: torchvision.ops.remove_small_boxes.
bool isSmall(const Box &box, double minSize);
/// Whether score >= threshold, in f32; false for NaN.
bool reaches(double score, double threshold);

/// Base anchors about the origin in f32, ratio-major: for each ratio (height / width) one of each size. Halves of sides are rounded, ties to
/// even. Source: torchvision AnchorGenerator.generate_anchors.
std::vector<std::array<float, 4>> baseAnchors(llvm::ArrayRef<double> sizes, llvm::ArrayRef<double> ratios);

/// Anchors of a map's cells, [y, x, anchor]: strides are the picture's extents over the map's, rounded down. Source: torchvision
/// AnchorGenerator.grid_anchors.
std::vector<std::array<float, 4>> gridAnchors(llvm::ArrayRef<std::array<float, 4>> base, int64_t height, int64_t width, llvm::ArrayRef<int64_t> imageSize);

/// Level of a map in the pyramid of a picture: -log2 of the power of two nearest to the map's scale, in f32. Source: torchvision
/// MultiScaleRoIAlign (_infer_scale).
int64_t levelOfMap(int64_t extent, int64_t imageExtent);
/// Level of a region whose side is `ratio` times the canonical size, less minLevel; 0 for NaN. Rounded to f32 as in torchvision's LevelMapper.
int64_t levelOfRatio(float ratio, int64_t minLevel, int64_t maxLevel, int64_t canonicalLevel, double eps);

// -------------------------------------------------------------------------------------------------------------------- orders

/// Numbers of the scores in order: larger first, compared in f32, then smaller number; NaN last.
std::vector<int64_t> bestFirst(llvm::ArrayRef<double> scores);

/// Greedy suppression: visits boxes in `order` and keeps one unless a kept box of the same group has IoU > threshold with it; stops at `cap`.
/// IoU is inter / (area + area - inter), each step rounded to f32, compared in f64, as in torchvision.ops.nms; NaN suppresses nothing.
std::vector<int64_t> suppress(llvm::ArrayRef<Box> boxes, llvm::ArrayRef<int64_t> groups, llvm::ArrayRef<int64_t> order, double threshold, int64_t cap);

// ------------------------------------------------------------------------------------------------------------------- scratch

/// Bytes of arrays that a routine carves from its scratch, each aligned to 64 (runtime/lib/detect/scratch.h).
class ScratchSize {
public:
  ScratchSize &add(int64_t count, int64_t bytesEach) {
    bytes += llvm::alignTo<64>(count * bytesEach);
    return *this;
  }
  /// What cnnc_top_k needs for `count` scores.
  ScratchSize &addTopK(int64_t count);
  /// What cnnc_nms needs for `count` boxes.
  ScratchSize &addNms(int64_t count);
  int64_t total() const { return bytes; }

private:
  int64_t bytes = 0;
};

/// Pixels [H, W, 3] of bytes as the network sees them: (byte * scale - mean[c]) / std[c], c counted from the last channel where `reversed`.
struct Normalization {
  llvm::ArrayRef<double> mean, deviation;
  double scale;
  bool reversed;

  double at(const HostTensor &picture, int64_t y, int64_t x, int64_t channel) const {
    double byte = picture.data[(y * picture.dim(1) + x) * 3 + (reversed ? 2 - channel : channel)];
    return (byte * scale - mean[channel]) / deviation[channel];
  }
};

/// How many of `rows` rows a count means; counts outside [0, rows] are brought there.
int64_t meantRows(const HostTensor &count, int64_t rows);

} // namespace cnnc::cnn
