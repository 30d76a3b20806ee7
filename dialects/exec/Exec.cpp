// Registration and verifiers of the exec dialect.
#include "dialects/exec/Exec.h"

#include "dialects/cnn/Cnn.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace cnnc;
using namespace cnnc::exec;

#include "dialects/exec/ExecDialect.cpp.inc"
#include "dialects/exec/ExecInterfaces.cpp.inc"
#include "dialects/exec/ExecEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/exec/ExecAttributes.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/exec/ExecOps.cpp.inc"

void ExecDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/exec/ExecAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/exec/ExecOps.cpp.inc"
      >();
}

LogicalResult SlotAttr::verify(function_ref<InFlightDiagnostic()> emitError, Space, int64_t index, int64_t offset, int64_t bytes) {
  if (index < 0 || offset < 0 || bytes < 0)
    return emitError() << "slot index, offset and bytes must not be negative";
  return success();
}

LogicalResult PackedAttr::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<int64_t> dims, ArrayRef<int64_t> extents, ArrayRef<int64_t> steps,
                                 ArrayRef<int64_t> winograd, int64_t split) {
  if (dims.size() != extents.size() || dims.size() != steps.size())
    return emitError() << "packed dims, extents and steps must have one entry per physical dimension";
  for (auto [dim, extent, step] : llvm::zip(dims, extents, steps))
    if (dim < 0 || extent < 1 || step < 1)
      return emitError() << "packed dims must be at least 0, extents and steps at least 1";
  if (!winograd.empty() && (winograd.size() != 2 || llvm::any_of(winograd, [](int64_t tile) { return tile < 1 || tile > 4; })))
    return emitError() << "packed winograd must be the rows and the columns of a tile, 1 to 4 each";
  if (split != 0 && split != 2 && split != 3)
    return emitError() << "packed split is into 2 or 3 pieces";
  if (split != 0 && (extents.size() < 2 || extents.back() != 16 || extents[extents.size() - 2] != 16 * split))
    return emitError() << "packed split into " << split << " pieces needs " << 16 * split << " x 16 as its last two extents";
  return success();
}

int64_t PackedAttr::getElements() const {
  int64_t count = 1;
  for (int64_t extent : getExtents())
    count *= extent;
  return count;
}

RankedTensorType cnnc::exec::countType(MLIRContext *context) { return RankedTensorType::get({1}, IntegerType::get(context, 32)); }

RankedTensorType KernelOp::getResultType() { return cast<RankedTensorType>(cast<YieldOp>(getBody().front().getTerminator()).getValue().getType()); }

LogicalResult KernelOp::verifyRegions() {
  Block &block = getBody().front();
  if (block.empty() || !isa<YieldOp>(block.back()))
    return emitOpError("must end with exec.yield");
  if (block.getNumArguments() != getWeights().size())
    return emitOpError("has ") << block.getNumArguments() << " arguments but `weights` has " << getWeights().size() << " entries";
  if (getImages() && (*getImages() < 1 || !getCounted()))
    return emitOpError("takes at least one image, and with `images` it is counted");
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto kernel = symbols.lookupNearestSymbolFrom<KernelOp>(*this, getKernelAttr());
  if (!kernel)
    return emitOpError("launches @") << getKernel() << ", which is no exec.kernel of this module";
  auto expected = kernel.getBody().front().getArgumentTypes();
  if (TypeRange(expected) != TypeRange(getInputs().getTypes()))
    return emitOpError("operand types differ from the arguments of @") << getKernel();
  if (kernel.getResultType() != getResult().getType())
    return emitOpError("result type differs from ") << kernel.getResultType() << ", what @" << getKernel() << " yields";
  if (kernel.getImages() != getImages())
    return emitOpError("and @") << getKernel() << " take different numbers of images";
  return success();
}

Value cnnc::exec::sourceOf(Value value) {
  while (auto view = value.getDefiningOp<ViewOp>())
    value = view.getSource();
  return value;
}

int64_t cnnc::exec::imagesOf(Value value) {
  auto launch = sourceOf(value).getDefiningOp<LaunchOp>();
  return launch ? launch.getImages().value_or(1) : 1;
}

int64_t cnnc::exec::bytesOf(Value value, bool perImage) { return imageBytes(cast<RankedTensorType>(value.getType()), perImage) * imagesOf(value); }

StringRef LaunchOp::layerName() { return getLayer(); }

SmallVector<SlotAttr> LaunchOp::slots() { return getSlot() ? SmallVector<SlotAttr>{*getSlot()} : SmallVector<SlotAttr>(); }

void LaunchOp::assignSlots(ArrayRef<SlotAttr> slots) { setSlotAttr(slots.front()); }

StringRef RoutineOp::layerName() { return getLayer(); }

SmallVector<SlotAttr> RoutineOp::slots() {
  SmallVector<SlotAttr> list;
  for (Attribute slot : getSlot().value_or(ArrayAttr::get(getContext(), {})))
    list.push_back(cast<SlotAttr>(slot));
  return list;
}

void RoutineOp::assignSlots(ArrayRef<SlotAttr> slots) { setSlotAttr(ArrayAttr::get(getContext(), SmallVector<Attribute>(slots.begin(), slots.end()))); }

LogicalResult RoutineOp::verify() {
  if (getOuts().empty())
    return emitOpError("must have a result");
  if (getSlot() && getSlot()->size() != getOuts().size())
    return emitOpError("has ") << getOuts().size() << " results but " << getSlot()->size() << " slots";
  if (static_cast<int64_t>(getInputs().size() + getOuts().size()) > kMaxArguments)
    return emitOpError("touches more than ") << kMaxArguments << " tensors";
  return success();
}

LogicalResult WeightOp::verify() {
  auto type = cast<RankedTensorType>(getType());
  if (getValue().getShapedType() != cast<ShapedType>(getType()))
    return emitOpError("value has type ") << getValue().getShapedType() << " but the result " << type;
  if (getPacked() && llvm::any_of(getPacked()->getDims(), [&](int64_t dim) { return dim >= type.getRank(); }))
    return emitOpError("packed layout names a dimension past rank ") << type.getRank();
  return success();
}

LogicalResult ViewOp::verify() {
  auto source = cast<RankedTensorType>(getSource().getType()), result = cast<RankedTensorType>(getType());
  // With a static batch a view may regroup images.
  bool perImage = !source.hasStaticShape() || !result.hasStaticShape();
  if (source.getElementType() != result.getElementType() || imageBytes(source, perImage) != imageBytes(result, perImage))
    return emitOpError("must keep the element type and the bytes: ") << source << " against " << result;
  return success();
}

LogicalResult ConcatOp::verify() {
  int64_t bytes = 0;
  for (Value part : getParts())
    bytes += imageBytes(cast<RankedTensorType>(part.getType()), true);
  if (bytes != imageBytes(cast<RankedTensorType>(getType()), true))
    return emitOpError("parts must fill the result: ") << bytes << " bytes against " << imageBytes(cast<RankedTensorType>(getType()), true);
  return success();
}

int64_t cnnc::exec::imageBytes(RankedTensorType type, bool perImage) {
  SmallVector<int64_t> shape(type.getShape());
  if (perImage && !shape.empty())
    shape[0] = 1;
  int64_t elements = 1;
  if (auto layout = cnn::layoutOf(type)) {
    auto halo = layout.getHalo();
    int64_t block = layout.getBlock();
    elements = shape[0] * ((shape[1] + block - 1) / block) * block * (shape[2] + halo[0] + halo[2]) * (shape[3] + halo[1] + halo[3]);
  } else {
    for (int64_t extent : shape)
      elements *= extent;
  }
  return elements * (type.getElementTypeBitWidth() / 8);
}

int64_t cnnc::exec::alignmentOf(RankedTensorType type) {
  int64_t element = type.getElementTypeBitWidth() / 8;
  auto layout = cnn::layoutOf(type);
  return !layout ? element : layout.getBlock() == 1 ? 64 : std::min<int64_t>(64, llvm::bit_floor<uint64_t>(layout.getBlock() * element));
}
