// Building an onnx::GraphProto, layer by layer.
#include "frontend/onnx/Graph.h"
#include "frontend/onnx/Limits.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace cnnc::frontend {

std::string OnnxGraph::unique(StringRef wanted) {
  std::string base = wanted.empty() ? std::string("value") : wanted.str(), name = base;
  for (unsigned suffix = taken.lookup(base); !taken.try_emplace(name, 1).second; taken[base] = ++suffix)
    name = base + "_" + std::to_string(suffix);
  return name;
}

std::string OnnxGraph::reserve(StringRef name, Value value) {
  taken[name] = 1;
  return reserved[value] = name.str();
}

std::string OnnxGraph::bindResult(Value value, StringRef wanted) {
  auto promised = reserved.find(value);
  return names[value] = promised != reserved.end() ? promised->second : unique(wanted);
}

bool OnnxGraph::takeBytes(uint64_t bytes) {
  bytesSeen = llvm::SaturatingAdd(bytesSeen, bytes);
  return bytesSeen <= maxOnnxBytes;
}

std::string OnnxGraph::initialiser(StringRef wanted, int32_t type, ArrayRef<int64_t> shape, ArrayRef<char> bytes) {
  ::onnx::TensorProto &tensor = *graph.add_initializer();
  tensor.set_name(unique(wanted));
  tensor.set_data_type(type);
  for (int64_t extent : shape)
    tensor.add_dims(extent);
  if (takeBytes(bytes.size()))
    tensor.set_raw_data(bytes.data(), bytes.size());
  return tensor.name();
}

// The bytes of a constant, row-major little-endian; nullopt when they do not fill its type. `storage` holds an expanded splat.
static std::optional<ArrayRef<char>> constantBytes(ElementsAttr value, std::vector<char> &storage) {
  size_t width = value.getElementType().getIntOrFloatBitWidth() / 8, bytes = value.getNumElements() * width;
  ArrayRef<char> data;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      data = blob->getData();
  } else if (auto dense = dyn_cast<DenseElementsAttr>(value)) {
    data = dense.getRawData();
    if (dense.isSplat()) {
      storage.reserve(bytes);
      while (storage.size() < bytes)
        storage.insert(storage.end(), data.begin(), data.end());
      data = storage;
    }
  }
  return data.size() == bytes ? std::optional(data) : std::nullopt;
}

std::string OnnxGraph::name(Value value) {
  if (auto found = names.find(value); found != names.end())
    return found->second;
  auto constant = value.getDefiningOp<cnn::ConstantOp>();
  assert(constant && "a value is used before its layer was exported");
  ElementsAttr elements = constant.getValue();
  StringRef wanted = constant.getName().value_or("constant");
  uint64_t size = llvm::SaturatingMultiply<uint64_t>(elements.getNumElements(), elements.getElementType().getIntOrFloatBitWidth() / 8);
  if (size > maxOnnxBytes) {
    takeBytes(size);
    return names[value] = unique(wanted);
  }
  std::vector<char> storage;
  std::optional<ArrayRef<char>> bytes = constantBytes(elements, storage);
  if (!bytes) {
    badConstant = true;
    constant.emitError() << "constant '" << wanted << "' has no data that fills its type " << constant.getType();
    bytes.emplace();
  }
  int32_t type = elements.getElementType().isF32() ? ::onnx::TensorProto::FLOAT : ::onnx::TensorProto::UINT8;
  return names[value] = initialiser(wanted, type, elements.getShapedType().getShape(), *bytes);
}

::onnx::AttributeProto &OnnxNode::attribute(StringRef name) {
  ::onnx::AttributeProto &attribute = *proto->add_attribute();
  attribute.set_name(name.str());
  return attribute;
}

OnnxNode &OnnxNode::set(StringRef name, int64_t value) {
  ::onnx::AttributeProto &target = attribute(name);
  target.set_type(::onnx::AttributeProto::INT);
  target.set_i(value);
  return *this;
}

OnnxNode &OnnxNode::set(StringRef name, float value) {
  ::onnx::AttributeProto &target = attribute(name);
  target.set_type(::onnx::AttributeProto::FLOAT);
  target.set_f(value);
  return *this;
}

OnnxNode &OnnxNode::set(StringRef name, StringRef value) {
  ::onnx::AttributeProto &target = attribute(name);
  target.set_type(::onnx::AttributeProto::STRING);
  target.set_s(value.str());
  return *this;
}

OnnxNode &OnnxNode::set(StringRef name, ArrayRef<int64_t> values) {
  ::onnx::AttributeProto &target = attribute(name);
  target.set_type(::onnx::AttributeProto::INTS);
  target.mutable_ints()->Add(values.begin(), values.end());
  return *this;
}

OnnxLayer::OnnxLayer(OnnxGraph &graph, Operation *op) : graph(graph), operation(op) {
  if (auto layer = op->getAttrOfType<StringAttr>("layer"))
    layerName = layer.str();
  else
    layerName = op->getName().stripDialect().str();
}

SmallVector<std::string, 4> OnnxLayer::inputs() {
  return llvm::map_to_vector<4>(operation->getOperands(), [&](Value operand) { return graph.name(operand); });
}

std::string OnnxLayer::floats(StringRef suffix, ArrayRef<float> values, ArrayRef<int64_t> shape) {
  return graph.initialiser(layerName + "/" + suffix.str(), ::onnx::TensorProto::FLOAT, shape,
                           {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(float)});
}

std::string OnnxLayer::integers(StringRef suffix, ArrayRef<int64_t> values) {
  return graph.initialiser(layerName + "/" + suffix.str(), ::onnx::TensorProto::INT64, {static_cast<int64_t>(values.size())},
                           {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(int64_t)});
}

OnnxNode OnnxLayer::add(StringRef type, ArrayRef<std::string> inputs, const std::string &output) {
  ::onnx::NodeProto &node = *graph.proto().add_node();
  node.set_op_type(type.str());
  node.set_name(output);
  node.set_doc_string((operation->getName().getStringRef() + " of layer " + layerName).str());
  for (const std::string &input : inputs)
    node.add_input(input);
  node.add_output(output);
  return OnnxNode(node);
}

OnnxNode OnnxLayer::step(StringRef type, ArrayRef<std::string> inputs) { return add(type, inputs, graph.unique(layerName + "/" + type.str())); }

OnnxNode OnnxLayer::result(StringRef type, ArrayRef<std::string> inputs) {
  OnnxNode node = add(type, inputs, graph.bindResult(operation->getResult(0), layerName));
  ::onnx::StringStringEntryProto &property = *graph.proto().mutable_node()->rbegin()->add_metadata_props();
  property.set_key("cnnc.layer");
  property.set_value(layerName);
  return node;
}

LogicalResult OnnxLayer::unsupported(const Twine &reason) {
  return operation->emitError() << "layer '" << layerName << "': " << operation->getName() << " has no ONNX equivalent: " << reason;
}

} // namespace cnnc::frontend
