// cnn.assign_levels, roi_pool, roi_align and multiscale_roi_align: regions of maps.
#include "dialects/cnn/Detection.h"
#include "dialects/cnn/Sampling.h"

#include "llvm/Support/Parallel.h"

#include <cfloat>
#include <cmath>
#include <map>

using namespace mlir;
using namespace cnnc::cnn;

#pragma STDC FP_CONTRACT OFF

static constexpr int64_t kMaxExtent = int64_t(1) << 20, kMaxSamples = int64_t(1) << 24;

// -------------------------------------------------------------------------------------------------------------------- levels

int64_t cnnc::cnn::levelOfRatio(float ratio, int64_t minLevel, int64_t maxLevel, int64_t canonicalLevel, double eps) {
  float level = std::floor(static_cast<float>(canonicalLevel) + std::log2(ratio) + static_cast<float>(eps));
  if (!(level > static_cast<float>(minLevel)))
    return 0;
  return static_cast<int64_t>(std::min(level, static_cast<float>(maxLevel))) - minLevel;
}

static int64_t levelOfRegion(const Box &box, int64_t minLevel, int64_t maxLevel, int64_t canonicalSize, int64_t canonicalLevel, double eps) {
  float width = static_cast<float>(box[2]) - static_cast<float>(box[0]), height = static_cast<float>(box[3]) - static_cast<float>(box[1]);
  float area = width * height;
  return levelOfRatio(std::sqrt(area) / static_cast<float>(canonicalSize), minLevel, maxLevel, canonicalLevel, eps);
}

static bool isLevel(int64_t level) { return level >= 0 && level <= 62; }

LogicalResult AssignLevelsOp::inferTypes(std::optional<Location> location, Adaptor adaptor, SmallVectorImpl<RankedTensorType> &types) {
  RankedTensorType boxes = tensorOf(adaptor.getBoxes());
  if (failed(checkBoxes(location, "assign_levels C1", boxes)))
    return failure();
  int64_t least = adaptor.getMinLevel(), most = adaptor.getMaxLevel(), size = adaptor.getCanonicalSize();
  if (!isLevel(least) || !isLevel(most) || least > most || !isLevel(adaptor.getCanonicalLevel()) || size < 1 || size > kMaxExtent ||
      !adaptor.getEps().isFinite())
    return violates(location, "assign_levels C2",
                    "levels must lie in [0, 62], min_level not above max_level, canonical_size in [1, 2^20], and eps be finite; got levels " + Twine(least) +
                        " to " + Twine(most));
  types.push_back(i32Tensor(boxes.getContext(), {boxes.getDimSize(0)}));
  return success();
}

LogicalResult AssignLevelsOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  for (int64_t row = 0; row < results[0].size(); ++row)
    results[0].data[row] = static_cast<double>(
        levelOfRegion(boxAt(*operands[0], row), getMinLevel(), getMaxLevel(), getCanonicalSize(), getCanonicalLevel(), getEps().convertToDouble()));
  return success();
}

// ---------------------------------------------------------------------------------------------------------------------- bins

namespace {
// Cells along one axis that a bin weighs.
using CellWeights = SmallVector<std::pair<int64_t, double>, 4>;
using Bins = std::vector<CellWeights>;
} // namespace

// Calls f(cells, y, x) for each channel and bin of the first `count` regions: `y` and `x` are the cells of the bin in a map of `map`'s channels.
template <typename F> static void forEachBin(HostTensor &result, int64_t row, const HostTensor &map, const Bins &y, const Bins &x, F f) {
  int64_t channels = map.dim(1), plane = map.dim(2) * map.dim(3);
  double *out = result.data.data() + row * channels * y.size() * x.size();
  for (int64_t channel = 0; channel < channels; ++channel)
    for (const CellWeights &rows : y)
      for (const CellWeights &columns : x)
        *out++ = f(map.data.data() + channel * plane, rows, columns);
}

static LogicalResult checkScale(std::optional<Location> location, const Twine &constraint, const APFloat &scale) {
  if (scale.isFinite() && scale.convertToDouble() > 0)
    return success();
  return violates(location, constraint, "scale must be finite and above 0");
}

static LogicalResult checkSamplingRatio(std::optional<Location> location, const Twine &constraint, int64_t ratio) {
  if (ratio >= 0 && ratio <= 1024)
    return success();
  return violates(location, constraint, "sampling_ratio must lie in [0, 1024], got " + Twine(ratio));
}

static RankedTensorType regionsOf(Value boxes, Value map, ArrayRef<int64_t> size) {
  return withShape(tensorOf(map), {tensorOf(boxes).getDimSize(0), tensorOf(map).getDimSize(1), size[0], size[1]});
}

// ---------------------------------------------------------------------------------------------------------------------- pool

// A rounded coordinate; further than 10^9 cells is all the same.
static int64_t wholeCell(float coordinate) {
  constexpr float far = 1e9f;
  float rounded = std::round(coordinate);
  return rounded > -far ? static_cast<int64_t>(std::min(rounded, far)) : -static_cast<int64_t>(far);
}

static Bins poolBins(double low, double high, double scale, int64_t bins, int64_t extent) {
  float factor = static_cast<float>(scale);
  int64_t start = wholeCell(static_cast<float>(low) * factor), end = wholeCell(static_cast<float>(high) * factor);
  float size = static_cast<float>(std::max<int64_t>(end - start + 1, 1)) / static_cast<float>(bins);
  auto inside = [&](float cell) {
    return static_cast<int64_t>(std::clamp(static_cast<double>(cell) + static_cast<double>(start), 0.0, static_cast<double>(extent)));
  };
  Bins result(bins);
  for (int64_t bin = 0; bin < bins; ++bin)
    for (int64_t cell = inside(std::floor(static_cast<float>(bin) * size)), last = inside(std::ceil(static_cast<float>(bin + 1) * size)); cell < last; ++cell)
      result[bin].emplace_back(cell, 1);
  return result;
}

LogicalResult RoiPoolOp::inferTypes(std::optional<Location> location, Adaptor adaptor, SmallVectorImpl<RankedTensorType> &types) {
  if (failed(checkBoxes(location, "roi_pool C1", adaptor.getBoxes().getType())) || failed(checkMap(location, "roi_pool C2", adaptor.getFeatures().getType())) ||
      failed(checkSize(location, "roi_pool C3", "size", adaptor.getSize())) || failed(checkScale(location, "roi_pool C4", adaptor.getScale())))
    return failure();
  types.push_back(regionsOf(adaptor.getBoxes(), adaptor.getFeatures(), adaptor.getSize()));
  return success();
}

LogicalResult RoiPoolOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &boxes = *operands[0], &map = *operands[2];
  double scale = getScale().convertToDouble();
  llvm::parallelFor(0, meantRows(*operands[1], boxes.dim(0)), [&](size_t row) {
    Box box = boxAt(boxes, row);
    Bins y = poolBins(box[1], box[3], scale, getSize()[0], map.dim(2)), x = poolBins(box[0], box[2], scale, getSize()[1], map.dim(3));
    forEachBin(results[0], row, map, y, x, [&](const double *cells, const CellWeights &rows, const CellWeights &columns) {
      double largest = rows.empty() || columns.empty() ? 0.0 : -FLT_MAX;
      for (auto [cellY, weightY] : rows)
        for (auto [cellX, weightX] : columns)
          if (double cell = cells[cellY * map.dim(3) + cellX]; cell > largest)
            largest = cell;
      return largest;
    });
  });
  return success();
}

// --------------------------------------------------------------------------------------------------------------------- align

namespace {
struct AlignOptions {
  float scale;
  int64_t samplingRatio;
  bool aligned;
};

// One axis of a region: how many samples a bin has, and the sum of their weights by cells.
struct Axis {
  int64_t samples;
  Bins bins;
};
} // namespace

static Axis alignAxis(double low, double high, const AlignOptions &options, int64_t bins, int64_t extent) {
  float shift = options.aligned ? 0.5f : 0.0f;
  float start = static_cast<float>(low) * options.scale - shift, end = static_cast<float>(high) * options.scale - shift;
  float size = end - start;
  if (!options.aligned)
    size = size > 1.0f ? size : 1.0f;
  float step = size / static_cast<float>(bins), adaptive = std::ceil(step);
  Axis axis{options.samplingRatio, Bins(bins)};
  if (options.samplingRatio == 0)
    axis.samples = adaptive >= 1.0f ? static_cast<int64_t>(std::min(adaptive, static_cast<float>(kMaxSamples))) : 0;
  if (!std::isfinite(start) || !std::isfinite(step))
    return axis;
  for (int64_t bin = 0; bin < bins; ++bin) {
    float origin = start + static_cast<float>(bin) * step;
    std::map<int64_t, double> weights;
    for (int64_t sample = 0; sample < axis.samples; ++sample) {
      float position = origin + (static_cast<float>(sample) + 0.5f) * step / static_cast<float>(axis.samples);
      if (!(position >= -1.0f && position <= static_cast<float>(extent)))
        continue;
      Taps taps = bilinearTaps(position, extent);
      for (auto [offset, weight] : llvm::enumerate(taps.weights))
        weights[taps.first + static_cast<int64_t>(offset)] += weight;
    }
    axis.bins[bin].assign(weights.begin(), weights.end());
  }
  return axis;
}

static void alignRegion(HostTensor &result, int64_t row, const Box &box, const HostTensor &map, const AlignOptions &options) {
  Axis y = alignAxis(box[1], box[3], options, result.dim(2), map.dim(2)), x = alignAxis(box[0], box[2], options, result.dim(3), map.dim(3));
  double samples = std::max(1.0, static_cast<double>(y.samples) * static_cast<double>(x.samples));
  forEachBin(result, row, map, y.bins, x.bins, [&](const double *cells, const CellWeights &rows, const CellWeights &columns) {
    double sum = 0;
    for (auto [cellY, weightY] : rows)
      for (auto [cellX, weightX] : columns)
        sum += weightY * weightX * cells[cellY * map.dim(3) + cellX];
    return sum / samples;
  });
}

LogicalResult RoiAlignOp::inferTypes(std::optional<Location> location, Adaptor adaptor, SmallVectorImpl<RankedTensorType> &types) {
  if (failed(checkBoxes(location, "roi_align C1", adaptor.getBoxes().getType())) ||
      failed(checkMap(location, "roi_align C2", adaptor.getFeatures().getType())) || failed(checkSize(location, "roi_align C3", "size", adaptor.getSize())) ||
      failed(checkScale(location, "roi_align C4", adaptor.getScale())) || failed(checkSamplingRatio(location, "roi_align C5", adaptor.getSamplingRatio())))
    return failure();
  types.push_back(regionsOf(adaptor.getBoxes(), adaptor.getFeatures(), adaptor.getSize()));
  return success();
}

LogicalResult RoiAlignOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &boxes = *operands[0], &map = *operands[2];
  AlignOptions options{static_cast<float>(getScale().convertToDouble()), static_cast<int64_t>(getSamplingRatio()), getAligned()};
  llvm::parallelFor(0, meantRows(*operands[1], boxes.dim(0)), [&](size_t row) { alignRegion(results[0], row, boxAt(boxes, row), map, options); });
  return success();
}

// ---------------------------------------------------------------------------------------------------------------- multiscale

int64_t cnnc::cnn::levelOfMap(int64_t extent, int64_t imageExtent) {
  return -static_cast<int64_t>(std::nearbyint(std::log2(static_cast<float>(static_cast<double>(extent) / static_cast<double>(imageExtent)))));
}

int64_t MultiscaleRoiAlignOp::levelOf(size_t number) { return levelOfMap(tensorOf(getFeatures()[number]).getDimSize(2), getImageSize()[0]); }

LogicalResult MultiscaleRoiAlignOp::inferTypes(std::optional<Location> location, Adaptor adaptor, SmallVectorImpl<RankedTensorType> &types) {
  ValueRange features = adaptor.getFeatures();
  if (failed(checkBoxes(location, "multiscale_roi_align C1", adaptor.getBoxes().getType())))
    return failure();
  if (features.empty() || features.size() > kMaxLevels)
    return violates(location, "multiscale_roi_align C2", "takes 1 to 8 maps, got " + Twine(features.size()));
  for (Value map : features) {
    if (failed(checkMap(location, "multiscale_roi_align C2", map.getType())))
      return failure();
    if (tensorOf(map).getDimSize(1) != tensorOf(features[0]).getDimSize(1))
      return violates(location, "multiscale_roi_align C2",
                      "maps differ in channels: shapes " + shapeString(features[0].getType()) + " and " + shapeString(map.getType()));
  }
  if (failed(checkSize(location, "multiscale_roi_align C3", "size", adaptor.getSize())) ||
      failed(checkSize(location, "multiscale_roi_align C4", "image_size", adaptor.getImageSize())))
    return failure();
  for (auto [number, map] : llvm::enumerate(features)) {
    int64_t level = levelOfMap(tensorOf(map).getDimSize(2), adaptor.getImageSize()[0]);
    int64_t first = levelOfMap(tensorOf(features[0]).getDimSize(2), adaptor.getImageSize()[0]);
    if (first < 0 || level != first + static_cast<int64_t>(number))
      return violates(location, "multiscale_roi_align C4",
                      "map " + Twine(number) + " of shape " + shapeString(map.getType()) +
                          " must have half the scale of the map before it, and none above 1; of a picture of " + shapeString(adaptor.getImageSize()) +
                          " its scale is 2^" + Twine(-level));
  }
  if (failed(checkSamplingRatio(location, "multiscale_roi_align C5", adaptor.getSamplingRatio())))
    return failure();
  int64_t size = adaptor.getCanonicalSize();
  if (!isLevel(adaptor.getCanonicalLevel()) || size < 1 || size > kMaxExtent)
    return violates(location, "multiscale_roi_align C5", "canonical_level must lie in [0, 62], canonical_size in [1, 2^20]");
  types.push_back(regionsOf(adaptor.getBoxes(), features[0], adaptor.getSize()));
  return success();
}

LogicalResult MultiscaleRoiAlignOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &boxes = *operands[0];
  int64_t maps = static_cast<int64_t>(getFeatures().size()), first = levelOf(0);
  llvm::parallelFor(0, meantRows(*operands[1], boxes.dim(0)), [&](size_t row) {
    Box box = boxAt(boxes, row);
    int64_t number = maps == 1 ? 0 : levelOfRegion(box, first, first + maps - 1, getCanonicalSize(), getCanonicalLevel(), 1e-6);
    float scale = std::ldexp(1.0f, -static_cast<int>(first + number));
    alignRegion(results[0], row, box, *operands[2 + number], {scale, static_cast<int64_t>(getSamplingRatio()), /*aligned=*/false});
  });
  return success();
}
