// Values of constants, and new constants in their place.
#include "lowering/graph/Constants.h"

#include "mlir/IR/AsmState.h"

using namespace mlir;
using namespace cnnc;

std::optional<std::vector<double>> cnnc::constantValues(Value value) {
  auto constant = value.getDefiningOp<cnn::ConstantOp>();
  if (!constant)
    return std::nullopt;
  std::vector<float> storage;
  ArrayRef<float> data = cnn::f32Data(constant.getValue(), storage);
  if (static_cast<int64_t>(data.size()) != constant.getValue().getNumElements())
    return std::nullopt;
  return std::vector<double>(data.begin(), data.end());
}

Value cnnc::makeConstant(OpBuilder &builder, Location location, RankedTensorType type, ArrayRef<float> values, const Twine &name) {
  std::string key = name.str();
  auto blob =
      HeapAsmResourceBlob::allocateAndCopyWithAlign(ArrayRef<char>(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(float)), 64, false);
  return cnn::ConstantOp::create(builder, location, type, DenseResourceElementsAttr::get(type, key, std::move(blob)), builder.getStringAttr(key));
}

std::string cnnc::nameOfConstant(Value constant) {
  auto op = constant.getDefiningOp<cnn::ConstantOp>();
  return op && op.getName() ? op.getName()->str() : std::string("folded");
}
