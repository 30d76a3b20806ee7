// cnn.max_pool, avg_pool and global_avg_pool.
#include "dialects/cnn/Cnn.h"
#include "dialects/cnn/Window.h"

#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Parallel.h"

#include <cmath>
#include <limits>
#include <numeric>

using namespace mlir;
using namespace cnnc::cnn;

static constexpr int64_t kNoDilation[] = {1, 1};

// Checks C1 to C4 and gives the type of the result.
static FailureOr<RankedTensorType> inferPool(std::optional<Location> location, const std::string &mnemonic, RankedTensorType input, const Window &window,
                                             bool ceilMode, bool padsCount) {
  if (failed(needsRank4(location, mnemonic + " C1", input)) || failed(window.check(location, mnemonic + " C2")))
    return failure();
  SmallVector<int64_t> shape(input.getShape());
  for (int axis : {0, 1}) {
    int64_t extent = input.getDimSize(2 + axis);
    auto output = window.outputExtent(axis, extent, ceilMode);
    if (!output)
      return violates(location, mnemonic + " C3", "no window of " + window.dilatedString() + " fits the padded input of " + shapeString(input));
    if (!padsCount && window.hasEmptyWindow(axis, extent, *output))
      return violates(location, mnemonic + " C4",
                      "a window of " + window.dilatedString() + " covers only pad of the input of " + shapeString(input) + "; keep pads below the kernel");
    shape[2 + axis] = *output;
  }
  return withShape(input, shape);
}

// Calls f(plane, y, x) for each cell of each plane (n, c) of the result, planes in parallel.
template <typename F> static void forEachCell(HostTensor &result, F f) {
  llvm::parallelFor(0, result.dim(0) * result.dim(1), [&](size_t plane) {
    for (int64_t y = 0; y < result.dim(2); ++y)
      for (int64_t x = 0; x < result.dim(3); ++x)
        result.data[(plane * result.dim(2) + y) * result.dim(3) + x] = f(plane, y, x);
  });
}

// First cell inside the input that a window covers along an axis, and the end of those it covers, in steps of the dilation.
static std::pair<int64_t, int64_t> cellsOf(const Window &window, int axis, int64_t index, int64_t input) {
  int64_t dilation = window.dilation[axis], start = index * window.stride[axis] - window.pad[axis];
  int64_t first = start < 0 ? start + llvm::divideCeil(-start, dilation) * dilation : start;
  return {first, std::min(input, start + dilation * (window.kernel[axis] - 1) + 1)};
}

FailureOr<RankedTensorType> MaxPoolOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  Window window{adaptor.getKernel(), adaptor.getStride(), adaptor.getDilation(), adaptor.getPad()};
  return inferPool(location, "max_pool", tensorOf(adaptor.getInput()), window, adaptor.getCeilMode(), /*padsCount=*/false);
}

LogicalResult MaxPoolOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &input = *operands[0];
  Window window{getKernel(), getStride(), getDilation(), getPad()};
  int64_t height = input.dim(2), width = input.dim(3);
  forEachCell(results[0], [&](size_t plane, int64_t y, int64_t x) {
    const double *cells = input.data.data() + plane * height * width;
    auto rows = cellsOf(window, 0, y, height), columns = cellsOf(window, 1, x, width);
    double largest = -std::numeric_limits<double>::infinity();
    for (int64_t row = rows.first; row < rows.second; row += window.dilation[0])
      for (int64_t column = columns.first; column < columns.second; column += window.dilation[1]) {
        double cell = cells[row * width + column];
        if (std::isnan(cell))
          return cell;
        largest = std::max(largest, cell);
      }
    return largest;
  });
  return success();
}

FailureOr<RankedTensorType> AvgPoolOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  Window window{adaptor.getKernel(), adaptor.getStride(), kNoDilation, adaptor.getPad()};
  return inferPool(location, "avg_pool", tensorOf(adaptor.getInput()), window, adaptor.getCeilMode(), adaptor.getCountIncludePad());
}

LogicalResult AvgPoolOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &input = *operands[0];
  auto kernel = getKernel(), stride = getStride(), pad = getPad();
  int64_t extents[] = {input.dim(2), input.dim(3)};
  forEachCell(results[0], [&](size_t plane, int64_t y, int64_t x) {
    int64_t begin[2], end[2], divisor = 1;
    for (int axis : {0, 1}) {
      int64_t start = (axis ? x : y) * stride[axis] - pad[axis];
      begin[axis] = std::max<int64_t>(start, 0), end[axis] = std::min(start + kernel[axis], extents[axis]);
      divisor *= getCountIncludePad() ? std::min(start + kernel[axis], extents[axis] + pad[axis + 2]) - start : end[axis] - begin[axis];
    }
    double sum = 0;
    for (int64_t row = begin[0]; row < end[0]; ++row)
      for (int64_t column = begin[1]; column < end[1]; ++column)
        sum += input.data[(plane * extents[0] + row) * extents[1] + column];
    return sum / divisor;
  });
  return success();
}

FailureOr<RankedTensorType> GlobalAvgPoolOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  RankedTensorType input = tensorOf(adaptor.getInput());
  if (failed(needsRank4(location, "global_avg_pool C1", input)))
    return failure();
  return withShape(input, {input.getDimSize(0), input.getDimSize(1), 1, 1});
}

LogicalResult GlobalAvgPoolOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &input = *operands[0];
  int64_t area = input.dim(2) * input.dim(3);
  forEachCell(results[0], [&](size_t plane, int64_t, int64_t) {
    const double *cells = input.data.data() + plane * area;
    return std::accumulate(cells, cells + area, 0.0) / static_cast<double>(area);
  });
  return success();
}
