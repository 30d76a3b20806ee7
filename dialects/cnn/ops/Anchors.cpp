// cnn.anchors.
#include "dialects/cnn/Detection.h"

#include "mlir/IR/AsmState.h"

using namespace mlir;
using namespace cnnc::cnn;

LogicalResult AnchorsOp::inferTypes(std::optional<Location> location, Adaptor adaptor, SmallVectorImpl<RankedTensorType> &types) {
  RankedTensorType map = tensorOf(adaptor.getFeatures());
  ArrayRef<double> sizes = adaptor.getSizes(), ratios = adaptor.getAspectRatios();
  if (failed(checkMap(location, "anchors C1", map)) || failed(checkAnchors(location, "anchors C2", sizes, ratios)) ||
      failed(checkStride(location, "anchors C3", map, adaptor.getImageSize())))
    return failure();
  int64_t count = map.getDimSize(2) * map.getDimSize(3);
  count = saturatingProduct({count, static_cast<int64_t>(sizes.size()), static_cast<int64_t>(ratios.size())});
  if (count > kMaxRows)
    return violates(location, "anchors C4", "a map of shape " + shapeString(map) + " gives " + Twine(count) + " anchors, more than 2^24");
  types.push_back(f32Tensor(map.getContext(), {count, 4}));
  return success();
}

static std::vector<std::array<float, 4>> anchorsOf(AnchorsOp op) {
  RankedTensorType map = tensorOf(op.getFeatures());
  return gridAnchors(baseAnchors(op.getSizes(), op.getAspectRatios()), map.getDimSize(2), map.getDimSize(3), op.getImageSize());
}

LogicalResult AnchorsOp::evaluate(ArrayRef<const HostTensor *>, MutableArrayRef<HostTensor> results) {
  for (auto [row, box] : llvm::enumerate(anchorsOf(*this)))
    setBox(results[0], static_cast<int64_t>(row), {box[0], box[1], box[2], box[3]});
  return success();
}

LogicalResult AnchorsOp::canonicalize(AnchorsOp op, PatternRewriter &rewriter) {
  std::vector<std::array<float, 4>> boxes = anchorsOf(op);
  auto blob = HeapAsmResourceBlob::allocateAndCopyInferAlign(ArrayRef<std::array<float, 4>>(boxes), /*dataIsMutable=*/false);
  auto type = withoutLayout(op.getType());
  rewriter.replaceOpWithNewOp<ConstantOp>(op, type, DenseResourceElementsAttr::get(type, "anchors", std::move(blob)), StringAttr());
  return success();
}
