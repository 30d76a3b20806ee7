// cnn.concat.
#include "dialects/cnn/Cnn.h"

using namespace mlir;
using namespace cnnc::cnn;

FailureOr<RankedTensorType> ConcatOp::inferType(std::optional<Location> location, Adaptor adaptor) {
  ValueRange inputs = adaptor.getInputs();
  if (inputs.empty())
    return violates(location, "concat C1", "needs at least one operand");
  RankedTensorType first = tensorOf(inputs.front());
  auto axis = normalizeAxis(static_cast<int64_t>(adaptor.getAxis()), first.getRank());
  if (!axis || first.isDynamicDim(*axis))
    return violates(location, "concat C2",
                    "axis = " + Twine(static_cast<int64_t>(adaptor.getAxis())) + " must name a dimension of shape " + shapeString(first) +
                        " other than a dynamic batch");
  SmallVector<int64_t> shape(first.getShape());
  for (Value input : inputs.drop_front()) {
    RankedTensorType type = tensorOf(input);
    bool agrees = type.getRank() == first.getRank();
    for (int64_t dim = 0; agrees && dim < type.getRank(); ++dim)
      agrees = dim == *axis ? !type.isDynamicDim(dim) : type.getDimSize(dim) == first.getDimSize(dim);
    if (!agrees)
      return violates(location, "concat C3", "shapes " + shapeString(first) + " and " + shapeString(type) + " differ outside axis " + Twine(*axis));
    shape[*axis] += type.getDimSize(*axis);
  }
  return withShape(first, shape);
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  if (getInputs().size() == 1 && getInputs().front().getType() == getType())
    return getInputs().front();
  return {};
}

LogicalResult ConcatOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  HostTensor &result = results[0];
  int64_t axis = *normalizeAxis(static_cast<int64_t>(getAxis()), result.rank()), outer = 1;
  for (int64_t dim = 0; dim < axis; ++dim)
    outer *= result.dim(dim);
  double *out = result.data.data();
  for (int64_t index = 0; index < outer; ++index)
    for (const HostTensor *operand : operands) {
      int64_t run = operand->size() / outer;
      out = std::copy_n(operand->data.data() + index * run, run, out);
    }
  return success();
}
