// cnn.flatten, reshape and transpose: the same elements in another arrangement.
#include "dialects/cnn/Cnn.h"

using namespace mlir;
using namespace cnnc::cnn;

static bool hasDynamicBatch(RankedTensorType type) { return type.getRank() && type.isDynamicDim(0); }

// Elements of dimensions [begin, end), all static.
static int64_t elements(ArrayRef<int64_t> shape, size_t begin, size_t end) { return saturatingProduct(shape.slice(begin, end - begin)); }

// The input when a rearrangement changes nothing.
template <typename Op> static OpFoldResult foldIdentity(Op op) { return op.getInput().getType() == op.getType() ? op.getInput() : Value(); }

// Flatten or reshape of another one: only the last shape counts.
static LogicalResult skipReshape(Operation *op, PatternRewriter &rewriter) {
  Operation *inner = op->getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<FlattenOp, ReshapeOp>(inner))
    return failure();
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  SmallVector<int64_t> shape(type.getShape());
  if (hasDynamicBatch(type))
    shape[0] = 0;
  if (llvm::is_contained(ArrayRef<int64_t>(shape).drop_front(hasDynamicBatch(type)), 0))
    return failure();
  rewriter.replaceOpWithNewOp<ReshapeOp>(op, type, inner->getOperand(0), rewriter.getDenseI64ArrayAttr(shape));
  return success();
}

FailureOr<RankedTensorType> FlattenOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  RankedTensorType input = tensorOf(adaptor.getInput());
  int64_t rank = input.getRank(), axis = static_cast<int64_t>(adaptor.getAxis());
  if (axis < -rank || axis > rank)
    return violates(location, "flatten C1", "axis = " + Twine(axis) + " must lie from " + Twine(-rank) + " to " + Twine(rank));
  axis += axis < 0 ? rank : 0;
  if (hasDynamicBatch(input)) {
    if (axis != 1)
      return violates(location, "flatten C2", "a dynamic batch needs axis = 1, got " + Twine(axis));
    return withShape(input, {ShapedType::kDynamic, elements(input.getShape(), 1, rank)});
  }
  return withShape(input, {elements(input.getShape(), 0, axis), elements(input.getShape(), axis, rank)});
}

OpFoldResult FlattenOp::fold(FoldAdaptor) { return foldIdentity(*this); }

LogicalResult FlattenOp::canonicalize(FlattenOp op, PatternRewriter &rewriter) { return skipReshape(op, rewriter); }

LogicalResult FlattenOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  results[0].data = operands[0]->data;
  return success();
}

FailureOr<RankedTensorType> ReshapeOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  RankedTensorType input = tensorOf(adaptor.getInput());
  bool dynamic = hasDynamicBatch(input);
  // With a dynamic batch, 1 stands for it on both sides until the end.
  SmallVector<int64_t> from(input.getShape()), shape(adaptor.getShape());
  if (dynamic)
    from[0] = 1;
  std::optional<size_t> rest;
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    if (shape[dim] < -1 || (shape[dim] == -1 && rest) || (shape[dim] == 0 && dim >= from.size()))
      return violates(location, "reshape C1",
                      "shape " + shapeString(adaptor.getShape()) + " must have entries of at least -1, one -1 at most, and each 0 within rank " +
                          Twine(from.size()));
    if (shape[dim] == -1)
      rest = dim;
    else if (shape[dim] == 0)
      shape[dim] = from[dim];
  }
  if (dynamic) {
    if (shape.empty() || adaptor.getShape()[0] > 0)
      return violates(location, "reshape C3", "a dynamic batch needs 0 or -1 as the first entry of shape");
    if (rest == size_t(0))
      shape[0] = 1, rest.reset();
  }
  int64_t count = saturatingProduct(from);
  if (rest) {
    shape[*rest] = 1;
    int64_t known = saturatingProduct(shape);
    shape[*rest] = known && count % known == 0 ? count / known : 1;
  }
  if (saturatingProduct(shape) != count)
    return violates(location, "reshape C2",
                    shapeString(input) + " has " + Twine(count) + (dynamic ? " elements an image" : " elements") + ", which shape " +
                        shapeString(adaptor.getShape()) + " does not keep");
  if (dynamic)
    shape[0] = ShapedType::kDynamic;
  return withShape(input, shape);
}

OpFoldResult ReshapeOp::fold(FoldAdaptor) { return foldIdentity(*this); }

LogicalResult ReshapeOp::canonicalize(ReshapeOp op, PatternRewriter &rewriter) { return skipReshape(op, rewriter); }

LogicalResult ReshapeOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  results[0].data = operands[0]->data;
  return success();
}

FailureOr<RankedTensorType> TransposeOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  RankedTensorType input = tensorOf(adaptor.getInput());
  ArrayRef<int64_t> perm = adaptor.getPerm();
  SmallVector<int64_t> sorted(perm), shape;
  llvm::sort(sorted);
  if (sorted != llvm::to_vector(llvm::seq<int64_t>(0, input.getRank())))
    return violates(location, "transpose C1", "perm must hold each of 0 .. " + Twine(input.getRank() - 1) + " once");
  if (hasDynamicBatch(input) && perm[0] != 0)
    return violates(location, "transpose C2", "a dynamic batch must stay dimension 0");
  for (int64_t dim : perm)
    shape.push_back(input.getDimSize(dim));
  return withShape(input, shape);
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType() && llvm::is_sorted(getPerm()))
    return getInput();
  return {};
}

LogicalResult TransposeOp::canonicalize(TransposeOp op, PatternRewriter &rewriter) {
  auto inner = op.getInput().getDefiningOp<TransposeOp>();
  if (!inner)
    return failure();
  SmallVector<int64_t> perm;
  for (int64_t dim : op.getPerm())
    perm.push_back(inner.getPerm()[dim]);
  rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), inner.getInput(), rewriter.getDenseI64ArrayAttr(perm));
  return success();
}

LogicalResult TransposeOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  const HostTensor &input = *operands[0];
  HostTensor &result = results[0];
  ArrayRef<int64_t> perm = getPerm();
  SmallVector<int64_t> strides(input.rank(), 1), steps, index(result.rank(), 0);
  for (int64_t dim = input.rank() - 2; dim >= 0; --dim)
    strides[dim] = strides[dim + 1] * input.dim(dim + 1);
  for (int64_t dim : perm)
    steps.push_back(strides[dim]);
  int64_t source = 0;
  for (double &value : result.data) {
    value = input.data[source];
    for (int64_t dim = result.rank() - 1; dim >= 0; --dim) {
      source += steps[dim];
      if (++index[dim] < result.dim(dim))
        break;
      source -= steps[dim] * result.dim(dim), index[dim] = 0;
    }
  }
  return success();
}
