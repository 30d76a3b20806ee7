// A region of cnn ops printed generically as a KernelSpec.
#include "lowering/RegionSpec.h"

#include "dialects/cnn/Cnn.h"
#include "lowering/kernels/Schedule.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace cnnc;
using namespace cnnc::kernels;

// `images` replaces dimension 0 of an activation.
static FailureOr<TensorDesc> describe(Type type, bool weight, std::optional<int64_t> images) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return failure();
  TensorDesc desc;
  desc.role = weight ? TensorDesc::Role::weight : TensorDesc::Role::activation;
  if (tensor.getElementType().isF32())
    desc.dtype = DType::f32;
  else if (tensor.getElementType().isUnsignedInteger(8))
    desc.dtype = DType::u8;
  else if (tensor.getElementType().isSignlessInteger(32))
    desc.dtype = DType::i32;
  else
    return failure();
  desc.shape.assign(tensor.getShape().begin(), tensor.getShape().end());
  if (images && !weight && !desc.shape.empty())
    desc.shape[0] = *images;
  if (llvm::any_of(desc.shape, ShapedType::isDynamic))
    return failure();
  if (auto layout = cnn::layoutOf(tensor)) {
    desc.block = layout.getBlock();
    llvm::copy(layout.getHalo(), desc.halo.begin());
  }
  return desc;
}

static std::optional<AttrValue> convert(Attribute attribute) {
  if (auto flag = dyn_cast<BoolAttr>(attribute))
    return flag.getValue();
  if (auto integer = dyn_cast<IntegerAttr>(attribute))
    return integer.getInt();
  if (auto real = dyn_cast<FloatAttr>(attribute))
    return real.getValueAsDouble();
  if (auto text = dyn_cast<StringAttr>(attribute)) // specs are JSON, which is UTF-8
    return llvm::json::isUTF8(text) ? std::optional<AttrValue>(text.str()) : std::nullopt;
  if (auto integers = dyn_cast<DenseI64ArrayAttr>(attribute))
    return std::vector<int64_t>(integers.asArrayRef());
  if (auto reals = dyn_cast<DenseF64ArrayAttr>(attribute))
    return std::vector<double>(reals.asArrayRef());
  return std::nullopt;
}

static FailureOr<KernelSpec> specOf(ArrayRef<Operation *> ops, ArrayRef<Value> inputs, ArrayRef<bool> isWeight, std::optional<int64_t> images) {
  KernelSpec spec;
  if (inputs.size() >= exec::kMaxArguments)
    return failure();
  DenseMap<Value, int> numbers;
  if (ops.empty())
    return failure();
  for (auto [input, weight] : llvm::zip(inputs, isWeight)) {
    auto desc = describe(input.getType(), weight, images);
    if (failed(desc))
      return failure();
    numbers[input] = static_cast<int>(spec.inputs.size());
    spec.inputs.push_back(std::move(*desc));
  }
  for (Operation *op : ops) {
    OpDesc desc;
    desc.mnemonic = op->getName().stripDialect().str();
    // Properties only: discardable attributes (layer names, group numbers) do not change what a kernel computes.
    auto properties = dyn_cast_or_null<DictionaryAttr>(op->getPropertiesAsAttribute());
    for (NamedAttribute attribute : properties ? properties.getValue() : ArrayRef<NamedAttribute>()) {
      auto value = convert(attribute.getValue());
      if (!value)
        return failure();
      desc.attributes[attribute.getName().str()] = std::move(*value);
    }
    // ONNX counts an axis from the end when it is negative; kernels count from the front.
    auto axis = desc.attributes.find("axis");
    if (auto *value = axis == desc.attributes.end() ? nullptr : std::get_if<int64_t>(&axis->second))
      *value = cnn::normalizeAxis(*value, cast<RankedTensorType>(op->getOperand(0).getType()).getRank()).value_or(*value);
    for (Value operand : op->getOperands())
      desc.operands.push_back(numbers.at(operand));
    auto result = describe(op->getResult(0).getType(), false, images);
    if (failed(result))
      return failure();
    desc.result = std::move(*result);
    numbers[op->getResult(0)] = static_cast<int>(spec.inputs.size() + spec.ops.size());
    spec.ops.push_back(std::move(desc));
  }
  if (auto module = ops.front()->getParentOfType<ModuleOp>())
    spec.accuracy = module->hasAttr(exec::kStrict) ? Accuracy::strict : module->hasAttr(exec::kFast) ? Accuracy::fast : Accuracy::standard;
  // The layouts of the output and of what a reduction reads are real: other values inside a region live in registers.
  std::vector<OpDesc> &all = spec.ops;
  const std::vector<size_t> reductions = reductionsOf(spec);
  for (size_t i = 0; i + 1 < all.size(); ++i)
    if (!llvm::is_contained(reductions, i + 1) || all[i + 1].operands.front() != static_cast<int>(spec.inputs.size() + i))
      all[i].result.block = 0, all[i].result.halo = {0, 0, 0, 0};
  return spec;
}

FailureOr<KernelSpec> cnnc::regionSpec(ArrayRef<Operation *> ops, bool perImage) {
  SmallVector<Value> inputs = externalOperands(ops);
  SmallVector<bool> isWeight = llvm::map_to_vector(inputs, [](Value value) { return static_cast<bool>(value.getDefiningOp<cnn::ConstantOp>()); });
  auto gathered = ops.empty() ? IntegerAttr() : ops.front()->getAttrOfType<IntegerAttr>(exec::kImages);
  return specOf(ops, inputs, isWeight, perImage ? std::optional(gathered ? gathered.getInt() : 1) : std::nullopt);
}

FailureOr<KernelSpec> cnnc::regionSpec(exec::KernelOp kernel, bool perImage) {
  Block &block = kernel.getBody().front();
  SmallVector<Operation *> ops;
  for (Operation &op : block.without_terminator())
    ops.push_back(&op);
  SmallVector<Value> inputs(block.getArguments());
  auto spec = specOf(ops, inputs, kernel.getWeights(), perImage ? std::optional(kernel.getImages().value_or(1)) : std::nullopt);
  if (succeeded(spec))
    spec->counted = kernel.getCounted().has_value();
  return spec;
}

std::optional<KernelSpec> cnnc::chainSpec(exec::LaunchOp first, const KernelSpec &firstSpec, exec::LaunchOp second, const KernelSpec &secondSpec) {
  const auto reductions = reductionsOf(secondSpec);
  if (reductionsOf(firstSpec).size() != 1 || reductions.size() != 1 || reductions.front() != 0 || firstSpec.accuracy != secondSpec.accuracy)
    return std::nullopt;
  const int through = secondSpec.ops.front().operands.front();
  if (through >= static_cast<int>(second.getInputs().size()) || second.getInputs()[through] != first.getResult() ||
      llvm::count(second.getInputs(), first.getResult()) != 1)
    return std::nullopt;
  KernelSpec chain;
  chain.accuracy = firstSpec.accuracy;
  DenseMap<Value, int> inputs;
  auto input = [&](Value value, const TensorDesc &tensor) {
    auto [place, isNew] = inputs.try_emplace(value, static_cast<int>(chain.inputs.size()));
    if (isNew)
      chain.inputs.push_back(tensor);
    return place->second;
  };
  std::vector<int> firstValues, secondValues; // their numbers in the chain
  for (auto [value, tensor] : llvm::zip(first.getInputs(), firstSpec.inputs))
    firstValues.push_back(input(value, tensor));
  for (auto [number, value] : llvm::enumerate(second.getInputs()))
    secondValues.push_back(static_cast<int>(number) == through ? -1 : input(value, secondSpec.inputs[number]));
  auto append = [&](const KernelSpec &spec, std::vector<int> &values) {
    for (OpDesc op : spec.ops) {
      for (int &operand : op.operands)
        operand = values[static_cast<size_t>(operand)];
      values.push_back(static_cast<int>(chain.inputs.size() + chain.ops.size()));
      chain.ops.push_back(std::move(op));
    }
  };
  append(firstSpec, firstValues);
  secondValues[static_cast<size_t>(through)] = firstValues.back();
  append(secondSpec, secondValues);
  return chain;
}

SmallVector<Value> cnnc::externalOperands(ArrayRef<Operation *> ops) {
  llvm::SmallPtrSet<Operation *, 8> inside(ops.begin(), ops.end());
  llvm::SetVector<Value> operands;
  for (Operation *op : ops)
    for (Value operand : op->getOperands())
      if (!operand.getDefiningOp() || !inside.contains(operand.getDefiningOp()))
        operands.insert(operand);
  return operands.takeVector();
}
