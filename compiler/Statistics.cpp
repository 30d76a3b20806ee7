// What each layer of a network is and costs.
#include "compiler/Statistics.h"

#include "dialects/cnn/Cnn.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include "llvm/ADT/StringSet.h"

#include <nlohmann/json.hpp>

#include <cmath>

using namespace mlir;
using namespace cnnc;
using nlohmann::json;

namespace {

// Whether an op learns a constant operand: all but the running statistics.
bool isLearned(Operation *op, Value operand) {
  auto norm = dyn_cast<cnn::BatchNormOp>(op);
  return !norm || (operand != norm.getRunningMean() && operand != norm.getRunningVar());
}

func::FuncOp mainOf(ModuleOp module) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  return main && !main.isExternal() ? main : nullptr;
}

std::string layerName(Operation *op) {
  auto layer = op->getAttrOfType<StringAttr>("layer");
  return layer ? layer.str() : "";
}

json shapeJson(Type type) {
  json shape = json::array();
  for (int64_t extent : cast<RankedTensorType>(type).getShape())
    shape.push_back(ShapedType::isDynamic(extent) ? json("N") : json(extent));
  return shape;
}

// JSON has no infinities and no NaN: they become strings.
json realJson(double value) { return std::isfinite(value) ? json(value) : json(std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf"); }

json attributeJson(Attribute attribute) {
  auto list = [](auto items, auto print) {
    json result = json::array();
    for (auto item : items)
      result.push_back(print(item));
    return result;
  };
  if (auto flag = dyn_cast<BoolAttr>(attribute))
    return flag.getValue();
  if (auto integer = dyn_cast<IntegerAttr>(attribute))
    return integer.getInt();
  if (auto real = dyn_cast<FloatAttr>(attribute))
    return realJson(real.getValueAsDouble());
  if (auto text = dyn_cast<StringAttr>(attribute))
    return text.str();
  if (auto integers = dyn_cast<DenseI64ArrayAttr>(attribute))
    return integers.asArrayRef().vec();
  if (auto reals = dyn_cast<DenseF64ArrayAttr>(attribute))
    return list(reals.asArrayRef(), realJson);
  if (auto items = dyn_cast<ArrayAttr>(attribute))
    return list(items, attributeJson);
  std::string text;
  llvm::raw_string_ostream(text) << attribute;
  return text;
}

json tensorJson(StringRef name, Type type) {
  Type element = cast<RankedTensorType>(type).getElementType();
  return {{"name", name.str()}, {"dtype", element.isF32() ? "f32" : element.isUnsignedInteger(8) ? "u8" : "i32"}, {"shape", shapeJson(type)}};
}

json channels(ValueRange values) {
  auto type = values.empty() ? RankedTensorType() : cnn::tensorOf(values.front());
  return type && type.getRank() >= 2 ? json(type.getDimSize(1)) : json();
}

// `names` are those of the values so far: inputs and layers.
json layerJson(const LayerCost &layer, const DenseMap<Value, std::string> &names) {
  Operation *op = layer.operation;
  json inputs = json::array(), inputShapes = json::array(), outputShapes = json::array(), weights = json::array(), attributes = json::object();
  SmallVector<Value> activations;
  for (Value operand : op->getOperands()) {
    if (auto constant = operand.getDefiningOp<cnn::ConstantOp>()) {
      weights.push_back({{"name", constant.getName().value_or("").str()}, {"shape", shapeJson(constant.getType())}, {"learned", isLearned(op, operand)}});
      continue;
    }
    activations.push_back(operand);
    inputs.push_back(names.lookup(operand));
    inputShapes.push_back(shapeJson(operand.getType()));
  }
  for (Value result : op->getResults())
    outputShapes.push_back(shapeJson(result.getType()));
  for (NamedAttribute attribute : op->getAttrDictionary())
    if (attribute.getName() != "layer")
      attributes[attribute.getName().str()] = attributeJson(attribute.getValue());
  return {{"layer", layer.layer},
          {"op", layer.op},
          {"shape", layer.shape},
          {"inputs", inputs},
          {"input_shapes", inputShapes},
          {"output_shapes", outputShapes},
          {"in_channels", channels(activations)},
          {"out_channels", channels(op->getResults())},
          {"attributes", attributes},
          {"weights", weights},
          {"parameters", layer.parameters},
          {"macs", layer.macs}};
}

} // namespace

std::vector<LayerCost> cnnc::layerCosts(ModuleOp module) {
  std::vector<LayerCost> costs;
  auto main = mainOf(module);
  if (!main)
    return costs;
  llvm::StringSet<> counted; // weights that several layers share
  for (Operation &op : main.getBody().front().without_terminator()) {
    if (op.getNumResults() == 0 || isa<cnn::ConstantOp>(op))
      continue;
    int64_t parameters = 0;
    for (Value operand : op.getOperands())
      if (auto constant = operand.getDefiningOp<cnn::ConstantOp>();
          constant && isLearned(&op, operand) && (!constant.getName() || counted.insert(*constant.getName()).second))
        parameters += constant.getValue().getNumElements();
    auto cost = dyn_cast<cnn::CostOpInterface>(op);
    costs.push_back({&op, layerName(&op), op.getName().stripDialect().str(), cnn::shapeString(op.getResult(0).getType()), parameters, cost ? cost.macs() : 0});
  }
  return costs;
}

NetworkCost cnnc::networkCost(const std::vector<LayerCost> &layers) {
  NetworkCost sum{.layers = static_cast<int64_t>(layers.size())};
  for (const LayerCost &layer : layers) {
    sum.parameters += layer.parameters;
    sum.macs += layer.macs;
  }
  return sum;
}

std::optional<std::vector<int64_t>> cnnc::integersOf(const LayerCost &layer, StringRef attribute) {
  Attribute value = layer.operation->getAttr(attribute);
  if (auto list = dyn_cast_or_null<DenseI64ArrayAttr>(value))
    return list.asArrayRef().vec();
  if (auto integer = dyn_cast_or_null<IntegerAttr>(value))
    return std::vector<int64_t>{integer.getInt()};
  return std::nullopt;
}

json cnnc::signatureJson(ModuleOp module) {
  json inputs = json::array(), outputs = json::array();
  if (auto main = mainOf(module)) {
    auto name = [](StringAttr name, StringRef otherwise) { return name ? name.getValue() : otherwise; };
    for (BlockArgument argument : main.getArguments())
      inputs.push_back(tensorJson(name(main.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "cnn.name"), "input"), argument.getType()));
    for (OpOperand &result : main.getBody().front().getTerminator()->getOpOperands())
      outputs.push_back(tensorJson(name(main.getResultAttrOfType<StringAttr>(result.getOperandNumber(), "cnn.name"), "output"), result.get().getType()));
  }
  return {{"inputs", inputs}, {"outputs", outputs}};
}

json cnnc::networkJson(ModuleOp module, const std::vector<LayerCost> &layers) {
  json document = signatureJson(module), rows = json::array();
  DenseMap<Value, std::string> names;
  if (auto main = mainOf(module))
    for (auto [argument, input] : llvm::zip(main.getArguments(), document["inputs"]))
      names[argument] = input["name"].get<std::string>();
  for (const LayerCost &layer : layers) {
    rows.push_back(layerJson(layer, names));
    for (Value result : layer.operation->getResults())
      names[result] = layer.layer;
  }
  if (auto main = mainOf(module))
    for (auto [result, output] : llvm::zip(main.getBody().front().getTerminator()->getOperands(), document["outputs"]))
      output["layer"] = names.lookup(result);
  NetworkCost cost = networkCost(layers);
  auto network = module->getAttrOfType<StringAttr>("cnn.network");
  document["network"] = network ? network.str() : "";
  document["parameters"] = cost.parameters;
  document["macs"] = cost.macs;
  document["layers"] = rows;
  return document;
}
