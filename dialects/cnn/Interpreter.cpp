// Runs a function of cnn ops on host tensors.
#include "dialects/cnn/Interpreter.h"

using namespace mlir;

namespace cnnc::cnn {

/// Larger tensors would need more than 16 GiB in f64.
static constexpr int64_t kMaxElements = int64_t(1) << 31;

// The batch that the inputs give to the dynamic arguments: nullopt when all are static.
static FailureOr<std::optional<int64_t>> matchInputs(func::FuncOp function, ArrayRef<HostTensor> inputs) {
  if (inputs.size() != function.getNumArguments())
    return function.emitError("takes ") << function.getNumArguments() << " inputs, got " << inputs.size();
  std::optional<int64_t> batch;
  for (auto [number, type, input] : llvm::enumerate(function.getArgumentTypes(), inputs)) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    bool matches = tensor && tensor.getRank() == input.rank() && saturatingProduct(input.shape) == input.size();
    CappedAttr capped = cappedOf(type);
    for (int64_t dim = 0; matches && dim < tensor.getRank(); ++dim) {
      if (capped && llvm::is_contained(capped.getDims(), dim))
        matches = input.dim(dim) >= 1 && input.dim(dim) <= tensor.getDimSize(dim);
      else if (!tensor.isDynamicDim(dim))
        matches = tensor.getDimSize(dim) == input.dim(dim);
      else if (dim == 0 && (!batch || *batch == input.dim(0)))
        batch = input.dim(0);
      else
        matches = false;
    }
    if (!matches)
      return function.emitError("input ") << number << " of shape " << shapeString(input.shape) << " does not match " << type;
  }
  return batch;
}

static LogicalResult checkSizes(Operation *op) {
  for (Type type : op->getResultTypes()) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !tensor.hasStaticShape() || tensor.getNumElements() > kMaxElements)
      return op->emitOpError("has a result that the reference cannot hold: ") << type;
  }
  return success();
}

static FailureOr<std::vector<HostTensor>> interpretStatic(func::FuncOp function, ArrayRef<HostTensor> inputs, InterpreterObserver observer) {
  if (!function.getBody().hasOneBlock())
    return function.emitError("must have one block to be interpreted");
  Block &block = function.getBody().front();
  DenseMap<Value, HostTensor> values;
  DenseMap<Value, int64_t> usesLeft;
  auto define = [&](Value value, HostTensor tensor) {
    int64_t uses = std::distance(value.use_begin(), value.use_end());
    if (uses) {
      usesLeft[value] = uses;
      values[value] = std::move(tensor);
    }
  };
  for (auto [argument, input] : llvm::zip(block.getArguments(), inputs))
    define(argument, input);
  for (Operation &op : block) {
    SmallVector<const HostTensor *> operands;
    for (Value operand : op.getOperands())
      operands.push_back(&values.find(operand)->second);
    if (isa<func::ReturnOp>(op)) {
      std::vector<HostTensor> outputs;
      for (const HostTensor *operand : operands)
        outputs.push_back(*operand);
      return outputs;
    }
    auto reference = dyn_cast<ReferenceOpInterface>(op);
    if (!reference)
      return op.emitOpError("has no reference to interpret it by");
    if (failed(checkSizes(&op)))
      return failure();
    std::vector<HostTensor> results;
    for (Type type : op.getResultTypes())
      results.emplace_back(cast<RankedTensorType>(type).getShape());
    if (failed(reference.evaluate(operands, results)))
      return failure();
    if (observer)
      observer(&op, results);
    for (Value operand : op.getOperands())
      if (--usesLeft[operand] == 0) {
        values.erase(operand);
        usesLeft.erase(operand);
      }
    for (auto [value, tensor] : llvm::zip(op.getResults(), results))
      define(value, std::move(tensor));
  }
  return function.emitError("has no func.return");
}

FailureOr<std::vector<HostTensor>> interpret(func::FuncOp function, ArrayRef<HostTensor> inputs, InterpreterObserver observer) {
  auto batch = matchInputs(function, inputs);
  if (failed(batch))
    return failure();
  if (!*batch)
    return interpretStatic(function, inputs, observer);
  OwningOpRef<func::FuncOp> copy = function.clone();
  if (failed(bindBatch(*copy, **batch)))
    return failure();
  return interpretStatic(*copy, inputs, observer);
}

LogicalResult bindBatch(func::FuncOp function, int64_t batch) {
  if (batch < 0)
    return function.emitError("cannot have a batch of ") << batch;
  auto bind = [batch](Type type) -> Type {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || tensor.getRank() == 0 || !tensor.isDynamicDim(0))
      return type;
    SmallVector<int64_t> shape(tensor.getShape());
    shape[0] = batch;
    return RankedTensorType::get(shape, tensor.getElementType(), tensor.getEncoding());
  };
  SmallVector<Type> results;
  for (Block &block : function.getBody()) {
    for (BlockArgument argument : block.getArguments())
      argument.setType(bind(argument.getType()));
    for (Operation &op : block) {
      if (auto inferred = dyn_cast<InferTypeOpInterface>(op)) {
        SmallVector<Type> types;
        if (failed(inferred.inferReturnTypes(op.getContext(), op.getLoc(), op.getOperands(), op.getRawDictionaryAttrs(), op.getPropertiesStorage(),
                                             op.getRegions(), types)))
          return failure();
        for (auto [result, type] : llvm::zip(op.getResults(), types)) {
          auto tensor = cast<RankedTensorType>(type);
          result.setType(RankedTensorType::get(tensor.getShape(), tensor.getElementType(), cast<RankedTensorType>(result.getType()).getEncoding()));
        }
      }
      if (isa<func::ReturnOp>(op))
        results.assign(op.operand_type_begin(), op.operand_type_end());
    }
  }
  SmallVector<Type> arguments(function.getBody().getArgumentTypes());
  function.setFunctionType(FunctionType::get(function.getContext(), arguments, results));
  return success();
}

} // namespace cnnc::cnn
