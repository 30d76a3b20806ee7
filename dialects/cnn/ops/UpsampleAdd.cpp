// cnn.upsample_add.
#include "dialects/cnn/Cnn.h"
#include "dialects/cnn/Nearest.h"

#include "llvm/Support/Parallel.h"

using namespace mlir;
using namespace cnnc::cnn;

FailureOr<RankedTensorType> UpsampleAddOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  RankedTensorType top = tensorOf(adaptor.getTop()), lateral = tensorOf(adaptor.getLateral());
  if (failed(needsRank4(location, "upsample_add C1", top)) || failed(needsRank4(location, "upsample_add C1", lateral)))
    return failure();
  if (top.getShape().take_front(2) != lateral.getShape().take_front(2))
    return violates(location, "upsample_add C2",
                    "top and lateral must have the same batch and channels, got " + shapeString(top) + " and " + shapeString(lateral));
  if (top.getDimSize(2) > lateral.getDimSize(2) || top.getDimSize(3) > lateral.getDimSize(3))
    return violates(location, "upsample_add C3", "top of " + shapeString(top) + " must be no larger than lateral of " + shapeString(lateral));
  return withoutLayout(lateral);
}

LogicalResult UpsampleAddOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &top = *operands[0], &lateral = *operands[1];
  int64_t height = lateral.dim(2), width = lateral.dim(3);
  llvm::parallelFor(0, lateral.dim(0) * lateral.dim(1), [&](size_t plane) {
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x) {
        size_t cell = (plane * height + y) * width + x;
        results[0].data[cell] =
            lateral.data[cell] + top.data[(plane * top.dim(2) + nearestCell(y, top.dim(2), height)) * top.dim(3) + nearestCell(x, top.dim(3), width)];
      }
  });
  return success();
}
