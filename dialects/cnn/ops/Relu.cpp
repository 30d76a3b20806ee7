// cnn.relu.
#include "dialects/cnn/Cnn.h"

using namespace mlir;
using namespace cnnc::cnn;

LogicalResult ReluOp::inferReturnTypes(MLIRContext *, std::optional<Location>, ValueRange operands, DictionaryAttr, OpaqueProperties,
                                       RegionRange, SmallVectorImpl<Type> &types) {
  types.push_back(withoutLayout(operands[0].getType()));
  return success();
}

OpFoldResult ReluOp::fold(FoldAdaptor) {
  if (auto inner = getInput().getDefiningOp<ReluOp>(); inner && inner.getType() == getType())
    return inner.getResult();
  return {};
}

LogicalResult ReluOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  mapElements(*operands[0], results[0], [](double x) { return x > 0 || x != x ? x : 0.0; });
  return success();
}
