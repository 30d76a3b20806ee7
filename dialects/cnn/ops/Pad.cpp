// cnn.pad.
#include "dialects/cnn/Cnn.h"

using namespace mlir;
using namespace cnnc::cnn;

static constexpr int64_t kLargestPad = int64_t(1) << 20;

FailureOr<RankedTensorType> PadOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  RankedTensorType input = tensorOf(adaptor.getInput());
  if (failed(needsRank4(location, "pad C1", input)))
    return failure();
  ArrayRef<int64_t> pad = adaptor.getPad();
  if (pad.size() != 4 || llvm::any_of(pad, [](int64_t amount) { return amount < -kLargestPad || amount > kLargestPad; }))
    return violates(location, "pad C2", "pad must be four counts (top, left, bottom, right) from -2^20 to 2^20");
  StringRef mode = adaptor.getMode();
  if (mode != "constant" && mode != "reflect" && mode != "edge")
    return violates(location, "pad C3", "mode must be \"constant\", \"reflect\" or \"edge\", got \"" + mode + "\"");
  SmallVector<int64_t> shape(input.getShape());
  for (int axis : {0, 1}) {
    int64_t before = pad[axis], after = pad[axis + 2], kept = shape[2 + axis] + std::min<int64_t>(before, 0) + std::min<int64_t>(after, 0);
    if (kept < 1)
      return violates(location, "pad C4", "cropping leaves nothing of the input of " + shapeString(input));
    if (mode == "reflect" && std::max(before, after) >= kept)
      return violates(location, "pad C5",
                      "reflection by " + Twine(std::max(before, after)) + " needs more than the " + Twine(kept) + " cells that the axis has");
    shape[2 + axis] += before + after;
  }
  return withShape(input, shape);
}

OpFoldResult PadOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType() && llvm::all_of(getPad(), [](int64_t amount) { return amount == 0; }))
    return getInput();
  return {};
}

// Source of each index of a padded axis, -1 where the constant goes.
static SmallVector<int64_t> sources(int64_t input, int64_t before, int64_t after, StringRef mode) {
  int64_t low = std::max<int64_t>(0, -before), high = input + std::min<int64_t>(0, after) - 1;
  SmallVector<int64_t> indices;
  for (int64_t index = -before; index < input + after; ++index) {
    int64_t source = index;
    if (index < low)
      source = mode == "reflect" ? 2 * low - index : mode == "edge" ? low : -1;
    else if (index > high)
      source = mode == "reflect" ? 2 * high - index : mode == "edge" ? high : -1;
    indices.push_back(source);
  }
  return indices;
}

LogicalResult PadOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &input = *operands[0];
  HostTensor &result = results[0];
  auto rows = sources(input.dim(2), getPad()[0], getPad()[2], getMode()), columns = sources(input.dim(3), getPad()[1], getPad()[3], getMode());
  double value = getValue().convertToDouble(), *out = result.data.data();
  for (int64_t plane = 0; plane < result.dim(0) * result.dim(1); ++plane)
    for (int64_t row : rows)
      for (int64_t column : columns)
        *out++ = row < 0 || column < 0 ? value : input.data[(plane * input.dim(2) + row) * input.dim(3) + column];
  return success();
}
