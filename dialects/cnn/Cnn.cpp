// Registration, the layout attribute and helpers shared by every op.
#include "dialects/cnn/Cnn.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace cnnc::cnn;

#include "dialects/cnn/CnnDialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/cnn/CnnAttributes.cpp.inc"

#include "dialects/cnn/CnnInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/cnn/CnnOps.cpp.inc"

void CnnDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/cnn/CnnAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/cnn/CnnOps.cpp.inc"
      >();
}

Operation *CnnDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location location) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, location, type, elements, StringAttr());
}

LogicalResult LayoutAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t block, ArrayRef<int64_t> halo) {
  constexpr int64_t largest = int64_t(1) << 20;
  if (block < 1 || block > largest)
    return emitError() << "layout block must lie from 1 to 2^20, got " << block;
  if (halo.size() != 4 || llvm::any_of(halo, [](int64_t cells) { return cells < 0 || cells > largest; }))
    return emitError() << "layout halo must be four counts (top, left, bottom, right) from 0 to 2^20";
  return success();
}

LogicalResult LayoutAttr::verifyEncoding(ArrayRef<int64_t> shape, Type, function_ref<InFlightDiagnostic()> emitError) const {
  if (shape.size() != 4)
    return emitError() << "#cnn.layout needs a rank-4 tensor, got rank " << shape.size();
  return success();
}

LogicalResult CappedAttr::verifyEncoding(ArrayRef<int64_t> shape, Type, function_ref<InFlightDiagnostic()> emitError) const {
  int64_t last = -1;
  for (int64_t dim : getDims()) {
    if (dim <= last || dim >= static_cast<int64_t>(shape.size()) || ShapedType::isDynamic(shape[dim]))
      return emitError() << "#cnn.capped must name static dimensions in ascending order, got " << dim;
    last = dim;
  }
  return success();
}

namespace cnnc::cnn {

bool sameShapesAndElements(TypeRange a, TypeRange b) {
  return a.size() == b.size() && llvm::all_of(llvm::zip(a, b), [](auto pair) {
           auto [left, right] = pair;
           auto l = dyn_cast<RankedTensorType>(left), r = dyn_cast<RankedTensorType>(right);
           return l && r && l.getElementType() == r.getElementType() && l.getShape() == r.getShape();
         });
}

RankedTensorType withoutLayout(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return RankedTensorType::get(tensor.getShape(), tensor.getElementType());
}

LogicalResult violates(std::optional<Location> location, const Twine &constraint, const Twine &message) {
  return emitOptionalError(location, constraint, ": ", message);
}

LogicalResult needsRank4(std::optional<Location> location, const Twine &constraint, RankedTensorType type) {
  if (type.getRank() == 4)
    return success();
  return violates(location, constraint, "the input must have rank 4 (N, C, H, W), got shape " + shapeString(type));
}

std::string shapeString(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleave(
      shape, os,
      [&](int64_t extent) {
        if (ShapedType::isDynamic(extent))
          os << '?';
        else
          os << extent;
      },
      "x");
  return text;
}

std::string shapeString(Type type) { return shapeString(cast<ShapedType>(type).getShape()); }

} // namespace cnnc::cnn
