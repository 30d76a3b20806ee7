// cnn.top_k and gather_rows.
#include "dialects/cnn/Detection.h"

using namespace mlir;
using namespace cnnc::cnn;

LogicalResult TopKOp::inferTypes(std::optional<Location> location, Adaptor adaptor, SmallVectorImpl<RankedTensorType> &types) {
  RankedTensorType scores = tensorOf(adaptor.getScores());
  if (scores.getRank() != 1 || !scores.hasStaticShape() || scores.getDimSize(0) > kMaxRows)
    return violates(location, "top_k C1", "scores must have a static shape [R] with R up to 2^24, got " + shapeString(scores));
  if (failed(checkCap(location, "top_k C2", "k", adaptor.getK())))
    return failure();
  int64_t k = adaptor.getK();
  MLIRContext *context = scores.getContext();
  llvm::append_values(types, f32Tensor(context, {k}), i32Tensor(context, {k}), countType(context));
  return success();
}

Value TopKOp::rowCount(unsigned number) { return number < 2 ? getKeptCount() : Value(); }

int64_t TopKOp::scratchBytes() { return ScratchSize().addTopK(tensorOf(getScores()).getDimSize(0)).total(); }

LogicalResult TopKOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  ArrayRef<double> scores = ArrayRef(operands[0]->data).take_front(meantRows(*operands[1], operands[0]->size()));
  std::vector<int64_t> order = bestFirst(scores);
  ArrayRef<int64_t> best = ArrayRef(order).take_front(getK());
  for (auto [row, at] : llvm::enumerate(best)) {
    results[0].data[row] = scores[at];
    results[1].data[row] = static_cast<double>(at);
  }
  results[2].data[0] = static_cast<double>(best.size());
  return success();
}

LogicalResult GatherRowsOp::inferTypes(std::optional<Location> location, Adaptor adaptor, SmallVectorImpl<RankedTensorType> &types) {
  RankedTensorType x = tensorOf(adaptor.getX()), indices = tensorOf(adaptor.getIndices());
  if (x.getRank() < 1 || !x.hasStaticShape())
    return violates(location, "gather_rows C1", "x must have a static shape [R, ...], got " + shapeString(x));
  if (indices.getRank() != 1 || !indices.hasStaticShape())
    return violates(location, "gather_rows C2", "indices must have a static shape [k], got " + shapeString(indices));
  SmallVector<int64_t> shape(x.getShape());
  shape[0] = indices.getDimSize(0);
  types.push_back(withShape(x, shape));
  return success();
}

LogicalResult GatherRowsOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &x = *operands[0], &indices = *operands[1];
  for (int64_t row = 0; row < meantRows(*operands[2], indices.size()); ++row) {
    int64_t from = static_cast<int64_t>(indices.data[row]), run = results[0].size() / indices.size();
    if (from >= 0 && from < x.dim(0))
      std::copy_n(x.data.data() + from * run, run, results[0].data.data() + row * run);
  }
  return success();
}
