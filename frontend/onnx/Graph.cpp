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

static int32_t onnxType(Type element) {
  return element.isF32() ? ::onnx::TensorProto::FLOAT : element.isUnsignedInteger(8) ? ::onnx::TensorProto::UINT8 : ::onnx::TensorProto::INT32;
}

std::string OnnxGraph::name(Value value) {
  if (auto found = names.find(value); found != names.end())
    return found->second;
  auto constant = value.getDefiningOp<cnn::ConstantOp>();
  assert(constant && "a value is used before its layer was exported");
  ElementsAttr elements = constant.getValue();
  std::string &shared = constants[{constant.getNameAttr(), elements}];
  if (!shared.empty())
    return names[value] = shared;
  StringRef wanted = constant.getName().value_or("constant");
  uint64_t size = llvm::SaturatingMultiply<uint64_t>(elements.getNumElements(), elements.getElementType().getIntOrFloatBitWidth() / 8);
  if (size > maxOnnxBytes) {
    takeBytes(size);
    return names[value] = shared = unique(wanted);
  }
  std::vector<char> storage;
  std::optional<ArrayRef<char>> bytes = constantBytes(elements, storage);
  if (!bytes) {
    badConstant = true;
    constant.emitError() << "constant '" << wanted << "' has no data that fills its type " << constant.getType();
    bytes.emplace();
  }
  return names[value] = shared = initialiser(wanted, onnxType(elements.getElementType()), elements.getShapedType().getShape(), *bytes);
}

void OnnxGraph::visit(Operation *op) {
  counts.visit(op);
  if (!isa<cnn::DecodeBoxesOp, cnn::ClipBoxesOp, cnn::RescaleBoxesOp, cnn::AssignLevelsOp>(op))
    return;
  // Results have the rows of the first operand, the boxes, and of decode_boxes' second, the deltas.
  Value count = countOf(op->getOperand(0));
  if (count && (!isa<cnn::DecodeBoxesOp>(op) || countOf(op->getOperand(1)) == count))
    rowwise[op->getResult(0)] = count;
}

Value OnnxGraph::countOf(Value value) const {
  Value count = counts.of(value);
  return count ? count : rowwise.lookup(value);
}

::onnx::NodeProto &OnnxGraph::node(StringRef type, ArrayRef<std::string> inputs, const std::string &output, const std::string &doc) {
  ::onnx::NodeProto &node = *graph.add_node();
  node.set_op_type(type.str());
  node.set_name(output);
  node.set_doc_string(doc);
  for (const std::string &input : inputs)
    node.add_input(input);
  node.add_output(output);
  return node;
}

std::string OnnxGraph::whole(Value value, StringRef wanted) {
  std::string source = name(value);
  if (!countOf(value))
    return source;
  std::string &known = wholes[value];
  if (!known.empty() && wanted.empty())
    return known;
  std::string output = wanted.empty() ? unique(source + "/whole") : wanted.str(), doc = "rows past the count of " + source;
  auto integers = [&](StringRef suffix, ArrayRef<int64_t> values) {
    return initialiser(source + "/" + suffix.str(), ::onnx::TensorProto::INT64, {static_cast<int64_t>(values.size())},
                       {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(int64_t)});
  };
  std::string rows = unique(source + "/rows"), missing = unique(source + "/missing"), pads = unique(source + "/pads");
  OnnxNode(node("Shape", {source}, rows, doc)).set("start", 0).set("end", 1);
  node("Sub", {integers("cap", {cast<RankedTensorType>(value.getType()).getDimSize(0)}), rows}, missing, doc);
  OnnxNode(node("Concat", {integers("none", {0}), missing}, pads, doc)).set("axis", 0);
  node("Pad", {source, pads, "", integers("axis", {0})}, output, doc);
  return known = output;
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

std::string OnnxLayer::input(unsigned index) {
  Value operand = operation->getOperand(index), count = graph.countOf(operand);
  return count && count == graph.countOf(operation->getResult(0)) ? graph.name(operand) : graph.whole(operand);
}

SmallVector<std::string, 4> OnnxLayer::inputs() {
  return llvm::map_to_vector<4>(llvm::seq<unsigned>(0, operation->getNumOperands()), [&](unsigned index) { return input(index); });
}

std::string OnnxLayer::rows(unsigned index, Value count) {
  Value operand = operation->getOperand(index);
  if (graph.countOf(operand) == count)
    return graph.name(operand);
  std::string end = graph.name(count);
  if (isa<BlockArgument>(count)) // a caller's count may be negative, which Slice counts from the end
    end = step("Max", {end, ints32("none", {0})}).output();
  return step("Slice", {graph.whole(operand), ints32("start", {0}), end, ints32("axis", {0})}).output();
}

template <typename T> std::string OnnxLayer::tensor(StringRef suffix, int32_t type, ArrayRef<T> values, ArrayRef<int64_t> shape) {
  return graph.initialiser(layerName + "/" + suffix.str(), type, shape, {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T)});
}

std::string OnnxLayer::floats(StringRef suffix, ArrayRef<float> values, ArrayRef<int64_t> shape) {
  return tensor(suffix, ::onnx::TensorProto::FLOAT, values, shape);
}

std::string OnnxLayer::integers(StringRef suffix, ArrayRef<int64_t> values) {
  return tensor(suffix, ::onnx::TensorProto::INT64, values, {static_cast<int64_t>(values.size())});
}

std::string OnnxLayer::integer(StringRef suffix, int64_t value) { return tensor(suffix, ::onnx::TensorProto::INT64, ArrayRef(value), {}); }

std::string OnnxLayer::doubles(StringRef suffix, ArrayRef<double> values) {
  return tensor(suffix, ::onnx::TensorProto::DOUBLE, values, {static_cast<int64_t>(values.size())});
}

std::string OnnxLayer::ints32(StringRef suffix, ArrayRef<int32_t> values) {
  return tensor(suffix, ::onnx::TensorProto::INT32, values, {static_cast<int64_t>(values.size())});
}

::onnx::NodeProto &OnnxLayer::add(StringRef type, ArrayRef<std::string> inputs, const std::string &output) {
  return graph.node(type, inputs, output, (operation->getName().getStringRef() + " of layer " + layerName).str());
}

OnnxNode OnnxLayer::step(StringRef type, ArrayRef<std::string> inputs, int outputs) {
  std::string wanted = layerName + "/" + type.str();
  ::onnx::NodeProto &node = add(type, inputs, graph.unique(wanted));
  for (int output = 1; output < outputs; ++output)
    node.add_output(graph.unique(wanted));
  return OnnxNode(node);
}

OnnxNode OnnxLayer::result(StringRef type, ArrayRef<std::string> inputs, unsigned index) {
  std::string wanted = index ? layerName + ":" + std::to_string(index) : layerName;
  ::onnx::NodeProto &node = add(type, inputs, graph.bindResult(operation->getResult(index), wanted));
  if (index == 0) {
    ::onnx::StringStringEntryProto &property = *node.add_metadata_props();
    property.set_key("cnnc.layer");
    property.set_value(layerName);
  }
  return OnnxNode(node);
}

LogicalResult OnnxLayer::unsupported(const Twine &reason) {
  return operation->emitError() << "layer '" << layerName << "': " << operation->getName() << " has no ONNX equivalent: " << reason;
}

} // namespace cnnc::frontend
