// What surrounds the shape inference of every op. Included by Cnn.h: the trait `Inferred` (CnnBase.td) calls in here.
#pragma once

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/OpDefinition.h"

namespace cnnc::cnn {

/// Largest number of elements of one image (dimension 0 taken as 1): keeps every 64-bit product of sizes exact.
inline constexpr int64_t kMaxImageElements = int64_t(1) << 40;

/// Product of sizes, the largest int64_t where it overflows.
int64_t saturatingProduct(llvm::ArrayRef<int64_t> sizes);

/// C0 on one tensor type; `what` names it in the message ("operand 1", "the result").
llvm::LogicalResult checkTensor(std::optional<mlir::Location> location, llvm::StringRef mnemonic, const llvm::Twine &what, mlir::Type type);
/// C0 on the operand types.
llvm::LogicalResult checkOperands(std::optional<mlir::Location> location, llvm::StringRef mnemonic, mlir::TypeRange types);

/// Reports a bias operand that is there against `wanted`, or that has another shape than [channels].
llvm::LogicalResult checkBias(std::optional<mlir::Location> location, llvm::StringRef constraint, bool wanted, mlir::Value bias, int64_t channels);

template <typename Op> class InferredMany;

namespace detail {
llvm::LogicalResult verifyInferred(mlir::Operation *op);
llvm::LogicalResult foldByEvaluation(mlir::Operation *op, llvm::ArrayRef<mlir::Attribute> operands, llvm::SmallVectorImpl<mlir::OpFoldResult> &results);

/// False when no op of class `Op` takes `count` operands. An op with one result may have an optional operand, one with many a variadic one.
template <typename Op> constexpr bool takesOperands(size_t count) {
  namespace trait = mlir::OpTrait;
  if constexpr (Op::template hasTrait<trait::ZeroOperands>())
    return count == 0;
  else if constexpr (Op::template hasTrait<trait::OneOperand>())
    return count == 1;
  else if constexpr (Op::template hasTrait<trait::NOperands<2>::Impl>())
    return count == 2;
  else if constexpr (Op::template hasTrait<trait::NOperands<3>::Impl>())
    return count == 3;
  else if constexpr (Op::template hasTrait<trait::NOperands<4>::Impl>())
    return count == 4;
  else if constexpr (Op::template hasTrait<trait::NOperands<5>::Impl>())
    return count == 5;
  else if constexpr (Op::template hasTrait<trait::AtLeastNOperands<2>::Impl>())
    return count >= 2 && (count <= 3 || Op::template hasTrait<InferredMany>());
  else
    return true;
}
} // namespace detail

/// The verifier and folder that all ops share; see Cnn_Inferred in CnnBase.td.
template <typename Op> class Inferred : public mlir::OpTrait::TraitBase<Op, Inferred> {
public:
  static llvm::LogicalResult verifyTrait(mlir::Operation *op) { return detail::verifyInferred(op); }
  static llvm::LogicalResult foldTrait(mlir::Operation *op, llvm::ArrayRef<mlir::Attribute> operands, llvm::SmallVectorImpl<mlir::OpFoldResult> &results) {
    return detail::foldByEvaluation(op, operands, results);
  }
};

/// The same for an op with several results; see Cnn_InferredMany in CnnBase.td.
template <typename Op> class InferredMany : public mlir::OpTrait::TraitBase<Op, InferredMany> {
public:
  static llvm::LogicalResult verifyTrait(mlir::Operation *op) { return detail::verifyInferred(op); }
};

/// Properties of an op from a dictionary that may leave out attributes with a default. Reports a missing or malformed one.
template <typename Op>
llvm::FailureOr<typename Op::Properties> propertiesFrom(mlir::MLIRContext *context, std::optional<mlir::Location> location, mlir::DictionaryAttr attributes) {
  mlir::Location where = location.value_or(mlir::UnknownLoc::get(context));
  std::optional<mlir::ScopedDiagnosticHandler> silence;
  if (!location)
    silence.emplace(context, [](mlir::Diagnostic &) { return llvm::success(); });
  typename Op::Properties properties;
  Op::populateDefaultProperties(mlir::OperationName(Op::getOperationName(), context), properties);
  mlir::NamedAttrList merged;
  if (auto defaults = llvm::dyn_cast_or_null<mlir::DictionaryAttr>(Op::getPropertiesAsAttr(context, properties)))
    merged = mlir::NamedAttrList(defaults);
  if (attributes)
    for (mlir::NamedAttribute attribute : attributes)
      merged.set(attribute.getName(), attribute.getValue());
  mlir::DictionaryAttr dictionary = merged.getDictionary(context);
  if (llvm::failed(Op::setPropertiesFromAttr(properties, dictionary, [&] { return mlir::emitError(where); })))
    return llvm::failure();
  typename Op::Adaptor adaptor(mlir::ValueRange(), dictionary, properties);
  if (llvm::failed(adaptor.verify(where)))
    return llvm::failure();
  return properties;
}

/// For `inferParameters`: an adaptor without operands over checked attributes, once the one activation in `inputs` meets C0.
template <typename Op>
llvm::FailureOr<typename Op::Adaptor> parametricAdaptor(mlir::MLIRContext *context, std::optional<mlir::Location> location, mlir::TypeRange inputs,
                                                        mlir::DictionaryAttr attributes) {
  llvm::StringRef mnemonic = Op::getOperationName().drop_front(sizeof("cnn.") - 1);
  if (inputs.size() != 1)
    return violates(location, mnemonic + llvm::Twine(" C0"), "takes one activation, got " + llvm::Twine(inputs.size()));
  if (llvm::failed(checkOperands(location, mnemonic, inputs)))
    return llvm::failure();
  auto properties = propertiesFrom<Op>(context, location, attributes);
  if (llvm::failed(properties))
    return llvm::failure();
  return typename Op::Adaptor(mlir::ValueRange(), attributes ? attributes : mlir::DictionaryAttr::get(context), *properties);
}

/// Appends the types of the results of `Op`. `properties` may be null: the attributes are then read from the dictionary.
template <typename Op>
llvm::LogicalResult inferResult(mlir::MLIRContext *context, std::optional<mlir::Location> location, mlir::ValueRange operands, mlir::DictionaryAttr attributes,
                                mlir::OpaqueProperties properties, llvm::SmallVectorImpl<mlir::Type> &types) {
  llvm::StringRef mnemonic = Op::getOperationName().drop_front(sizeof("cnn.") - 1);
  if (!detail::takesOperands<Op>(operands.size()))
    return violates(location, mnemonic + llvm::Twine(" C0"), "takes another number of operands than " + llvm::Twine(operands.size()));
  if (llvm::failed(checkOperands(location, mnemonic, operands.getTypes())))
    return llvm::failure();
  llvm::FailureOr<typename Op::Properties> checked;
  if (!properties && llvm::failed(checked = propertiesFrom<Op>(context, location, attributes)))
    return llvm::failure();
  typename Op::Adaptor adaptor(operands, attributes ? attributes : mlir::DictionaryAttr::get(context),
                               properties ? *properties.as<typename Op::Properties *>() : *checked);
  if (location && llvm::failed(adaptor.verify(*location)))
    return llvm::failure();
  llvm::SmallVector<mlir::RankedTensorType> inferred;
  if constexpr (Op::template hasTrait<InferredMany>()) {
    if (llvm::failed(Op::inferTypes(location, adaptor, inferred)))
      return llvm::failure();
  } else {
    llvm::FailureOr<mlir::RankedTensorType> type = Op::inferType(location, adaptor);
    if (llvm::failed(type))
      return llvm::failure();
    inferred.push_back(*type);
  }
  for (auto [number, type] : llvm::enumerate(inferred)) {
    if (llvm::failed(checkTensor(location, mnemonic, inferred.size() == 1 ? llvm::Twine("the result") : "result " + llvm::Twine(number), type)))
      return llvm::failure();
    types.push_back(type);
  }
  return llvm::success();
}

} // namespace cnnc::cnn
