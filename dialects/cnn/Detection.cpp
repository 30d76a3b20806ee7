// Checks, boxes and orders of detectors.
#include "dialects/cnn/Detection.h"

using namespace mlir;

namespace cnnc::cnn {

LogicalResult checkRows(std::optional<Location> location, const Twine &constraint, Type type, int64_t rank) {
  auto tensor = cast<RankedTensorType>(type);
  if (tensor.getRank() == rank && tensor.hasStaticShape())
    return success();
  return violates(location, constraint, "rows must be a tensor of static shape and rank " + Twine(rank) + ", got shape " + shapeString(tensor));
}

LogicalResult checkBoxes(std::optional<Location> location, const Twine &constraint, Type type) {
  auto tensor = cast<RankedTensorType>(type);
  if (tensor.getRank() == 2 && tensor.hasStaticShape() && tensor.getDimSize(1) == 4)
    return success();
  return violates(location, constraint, "boxes must have shape [R, 4], got " + shapeString(tensor));
}

LogicalResult checkMap(std::optional<Location> location, const Twine &constraint, Type type) {
  auto tensor = cast<RankedTensorType>(type);
  if (tensor.getRank() == 4 && tensor.getDimSize(0) == 1)
    return success();
  return violates(location, constraint, "a map must be of one image, [1, C, H, W], got shape " + shapeString(tensor));
}

LogicalResult checkSize(std::optional<Location> location, const Twine &constraint, StringRef name, ArrayRef<int64_t> size) {
  if (size.size() == 2 && llvm::all_of(size, [](int64_t extent) { return extent >= 1 && extent <= int64_t(1) << 20; }))
    return success();
  return violates(location, constraint, name + Twine(" must be two extents (height, width) from 1 to 2^20"));
}

Box boxAt(const HostTensor &boxes, int64_t row) {
  const double *sides = boxes.data.data() + 4 * row;
  return {sides[0], sides[1], sides[2], sides[3]};
}

void setBox(HostTensor &boxes, int64_t row, const Box &box) { llvm::copy(box, boxes.data.begin() + 4 * row); }

int64_t meantRows(const HostTensor &count, int64_t rows) {
  double meant = count.data[0];
  return meant > 0 ? static_cast<int64_t>(std::min(meant, static_cast<double>(rows))) : 0;
}

} // namespace cnnc::cnn
