// cnn.spatial_pyramid_pool.
#include "dialects/cnn/Cnn.h"

#include "llvm/Support/Parallel.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace cnnc::cnn;

FailureOr<RankedTensorType> SpatialPyramidPoolOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  RankedTensorType input = tensorOf(adaptor.getInput());
  if (failed(needsRank4(location, "spatial_pyramid_pool C1", input)))
    return failure();
  ArrayRef<int64_t> levels = adaptor.getLevels();
  if (levels.empty() || levels.size() > 16 || llvm::any_of(levels, [](int64_t bins) { return bins < 1 || bins > 1 << 10; }))
    return violates(location, "spatial_pyramid_pool C2", "levels must be 1 to 16 counts of bins from 1 to 2^10");
  if (adaptor.getMode() != "max" && adaptor.getMode() != "average")
    return violates(location, "spatial_pyramid_pool C3", "mode must be \"max\" or \"average\", got \"" + adaptor.getMode() + "\"");
  int64_t bins = 0;
  for (int64_t level : levels)
    bins += level * level;
  return withShape(input, {input.getDimSize(0), saturatingProduct({input.getDimSize(1), bins})});
}

LogicalResult SpatialPyramidPoolOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &input = *operands[0];
  HostTensor &result = results[0];
  int64_t channels = input.dim(1), height = input.dim(2), width = input.dim(3);
  bool maximum = getMode() == "max";
  llvm::parallelFor(0, input.dim(0) * channels, [&](size_t plane) {
    int64_t n = static_cast<int64_t>(plane) / channels, c = static_cast<int64_t>(plane) % channels, begin = 0;
    const double *cells = input.data.data() + plane * height * width;
    for (int64_t bins : getLevels()) {
      double *out = &result.data[n * result.dim(1) + begin + c * bins * bins];
      for (int64_t i = 0; i < bins * bins; ++i) {
        auto [top, bottom] = cellsOfBin(i / bins, bins, height);
        auto [left, right] = cellsOfBin(i % bins, bins, width);
        double largest = -std::numeric_limits<double>::infinity(), sum = 0;
        for (int64_t y = top; y < bottom; ++y)
          for (int64_t x = left; x < right; ++x) {
            double cell = cells[y * width + x];
            sum += cell;
            largest = std::isnan(cell) || std::isnan(largest) ? std::numeric_limits<double>::quiet_NaN() : std::max(largest, cell);
          }
        out[i] = maximum ? largest : sum / static_cast<double>((bottom - top) * (right - left));
      }
      begin += channels * bins * bins;
    }
  });
  return success();
}
