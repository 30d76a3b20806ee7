// C0 and folding on constants: what every op shares.
#include "dialects/cnn/Cnn.h"

#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace mlir;

namespace cnnc::cnn {

/// Tensors above this many elements are not folded: constants would grow without making the network faster.
static constexpr int64_t kMaxFoldedElements = 4096;

int64_t saturatingProduct(ArrayRef<int64_t> sizes) {
  int64_t product = 1;
  for (int64_t size : sizes)
    if (llvm::MulOverflow(product, size, product))
      return std::numeric_limits<int64_t>::max();
  return product;
}

LogicalResult checkTensor(std::optional<Location> location, StringRef mnemonic, const Twine &what, Type type) {
  std::string constraint = (mnemonic + " C0").str();
  auto tensor = dyn_cast_or_null<RankedTensorType>(type);
  if (!tensor)
    return violates(location, constraint, what + " must be a ranked tensor");
  int64_t elements = 1;
  for (int64_t extent : tensor.getShape().drop_front(tensor.getRank() > 0)) {
    if (ShapedType::isDynamic(extent))
      return violates(location, constraint, what + " has shape " + shapeString(tensor) + ", but only dimension 0, the batch, may be dynamic");
    if (extent < 1)
      return violates(location, constraint, what + " has shape " + shapeString(tensor) + ", but only dimension 0, the batch, may be 0");
    if (extent > kMaxImageElements / elements)
      return violates(location, constraint, what + " has shape " + shapeString(tensor) + ", more than 2^40 elements an image");
    elements *= extent;
  }
  if (tensor.getRank() && !tensor.isDynamicDim(0) && tensor.getDimSize(0) > kMaxImageElements / elements)
    return violates(location, constraint, what + " has shape " + shapeString(tensor) + ", more than 2^40 elements");
  return success();
}

LogicalResult checkOperands(std::optional<Location> location, StringRef mnemonic, TypeRange types) {
  for (auto [number, type] : llvm::enumerate(types))
    if (failed(checkTensor(location, mnemonic, "operand " + Twine(number), type)))
      return failure();
  return success();
}

LogicalResult checkBias(std::optional<Location> location, StringRef constraint, bool wanted, Value bias, int64_t channels) {
  if (wanted != static_cast<bool>(bias))
    return violates(location, constraint, wanted ? "bias = true needs a bias operand" : "bias = false takes no bias operand");
  if (bias && tensorOf(bias).getShape() != ArrayRef<int64_t>{channels})
    return violates(location, constraint, "the bias must have shape " + Twine(channels) + ", got " + shapeString(tensorOf(bias).getShape()));
  return success();
}

LogicalResult detail::verifyInferred(Operation *op) {
  auto blocked = [](Type type) { return static_cast<bool>(layoutOf(type)); };
  if (!op->hasTrait<ChannelBlockable>() && (llvm::any_of(op->getOperandTypes(), blocked) || llvm::any_of(op->getResultTypes(), blocked)))
    return violates(op->getLoc(), (op->getName().stripDialect() + " C0").str(),
                    "has no kernel for blocked channels; convert its tensors to dense with cnn.convert_layout");
  if (!op->hasTrait<TakesCapped>() && llvm::any_of(op->getOperandTypes(), [](Type type) { return static_cast<bool>(cappedOf(type)); }))
    return violates(op->getLoc(), (op->getName().stripDialect() + " C0").str(),
                    "needs operands of one size; cnn.image_to_batch brings a picture of any size to one");
  SmallVector<Type> types;
  if (failed(cast<InferTypeOpInterface>(op).inferReturnTypes(op->getContext(), op->getLoc(), op->getOperands(), op->getRawDictionaryAttrs(),
                                                             op->getPropertiesStorage(), op->getRegions(), types)))
    return failure();
  for (auto [number, inferred] : llvm::enumerate(types))
    if (number >= op->getNumResults() || !sameShapesAndElements(inferred, op->getResult(number).getType())) {
      std::string what = op->getNumResults() == 1 ? "the result" : "result " + std::to_string(number);
      return violates(op->getLoc(), (op->getName().stripDialect() + " C0").str(),
                      what + " has shape " + shapeString(op->getResult(number).getType()) + ", but its operands and attributes give " + shapeString(inferred));
    }
  return success();
}

LogicalResult detail::foldByEvaluation(Operation *op, ArrayRef<Attribute> operands, SmallVectorImpl<OpFoldResult> &results) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  if (operands.empty() || !type.hasStaticShape() || type.getEncoding() || !type.getElementType().isF32() || type.getNumElements() > kMaxFoldedElements)
    return failure();
  int64_t elements = 0;
  for (Attribute operand : operands) {
    auto constant = dyn_cast_or_null<ElementsAttr>(operand);
    if (!constant || (elements += constant.getNumElements()) > kMaxFoldedElements)
      return failure();
  }
  std::vector<HostTensor> values;
  for (Attribute operand : operands) {
    auto value = HostTensor::fromElements(cast<ElementsAttr>(operand));
    if (!value)
      return failure();
    values.push_back(std::move(*value));
  }
  SmallVector<const HostTensor *> pointers(llvm::make_pointer_range(values));
  HostTensor result(type.getShape());
  if (failed(cast<ReferenceOpInterface>(op).evaluate(pointers, result)))
    return failure();
  results.push_back(result.toElements(type));
  return success();
}

} // namespace cnnc::cnn
