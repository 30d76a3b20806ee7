// Building an onnx::GraphProto, layer by layer.
#pragma once

#include "dialects/cnn/Cnn.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

#include <onnx.pb.h>

#include <string>

namespace cnnc::frontend {

/// The names and initialisers of a graph under construction.
class OnnxGraph {
public:
  explicit OnnxGraph(::onnx::GraphProto &graph) : graph(graph) {}

  /// `wanted`, or `wanted_1`, `wanted_2`... when it is taken. ONNX forbids two values of one name.
  std::string unique(llvm::StringRef wanted);

  bool isFree(llvm::StringRef name) const { return !taken.contains(name); }
  /// Promises `name`, which must be free, to a layer that is exported later.
  std::string reserve(llvm::StringRef name, mlir::Value value);
  /// The name promised to a layer's value, else a unique one; binds it.
  std::string bindResult(mlir::Value value, llvm::StringRef wanted);

  void bind(mlir::Value value, std::string name) { names[value] = std::move(name); }
  /// Name of a bound value. A cnn.constant is bound, and its initialiser added, at its first use.
  std::string name(mlir::Value value);

  /// Adds an initialiser and returns its name. Data is copied only while the whole stays below protobuf's limit.
  std::string initialiser(llvm::StringRef name, int32_t type, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<char> bytes);

  ::onnx::GraphProto &proto() { return graph; }
  uint64_t initialiserBytes() const { return bytesSeen; }
  bool sawBadConstant() const { return badConstant; }

private:
  // Counts data of the file; false once protobuf's limit is passed.
  bool takeBytes(uint64_t bytes);

  ::onnx::GraphProto &graph;
  llvm::DenseMap<mlir::Value, std::string> names, reserved;
  llvm::StringMap<unsigned> taken;
  uint64_t bytesSeen = 0;
  bool badConstant = false;
};

/// One node being filled in: `OnnxNode(...).set("axis", 1).set("mode", "linear")`.
class OnnxNode {
public:
  explicit OnnxNode(::onnx::NodeProto &proto) : proto(&proto) {}
  OnnxNode &set(llvm::StringRef name, int64_t value);
  OnnxNode &set(llvm::StringRef name, int value) { return set(name, static_cast<int64_t>(value)); }
  OnnxNode &set(llvm::StringRef name, float value);
  OnnxNode &set(llvm::StringRef name, llvm::StringRef value);
  OnnxNode &set(llvm::StringRef name, const char *value) { return set(name, llvm::StringRef(value)); }
  OnnxNode &set(llvm::StringRef name, llvm::ArrayRef<int64_t> values);
  /// Name of the node's first output.
  std::string output() const { return proto->output(0); }

private:
  ::onnx::AttributeProto &attribute(llvm::StringRef name);
  ::onnx::NodeProto *proto;
};

/// ONNX attributes are f32.
inline float asFloat(const llvm::APFloat &value) { return static_cast<float>(value.convertToDouble()); }

/// The nodes of one cnn op.
class OnnxLayer {
public:
  OnnxLayer(OnnxGraph &graph, mlir::Operation *op);

  mlir::Operation *op() const { return operation; }
  llvm::StringRef layer() const { return layerName; }

  /// ONNX name of operand `index`.
  std::string input(unsigned index) { return graph.name(operation->getOperand(index)); }
  llvm::SmallVector<std::string, 4> inputs();

  /// Initialisers "<layer>/<suffix>". A scalar has rank 0.
  std::string floats(llvm::StringRef suffix, llvm::ArrayRef<float> values, llvm::ArrayRef<int64_t> shape);
  std::string scalar(llvm::StringRef suffix, float value) { return floats(suffix, value, {}); }
  std::string integers(llvm::StringRef suffix, llvm::ArrayRef<int64_t> values);

  /// An inner node; its output is "<layer>/<type>".
  OnnxNode step(llvm::StringRef type, llvm::ArrayRef<std::string> inputs);
  /// The last node; its output is the layer's.
  OnnxNode result(llvm::StringRef type, llvm::ArrayRef<std::string> inputs);

  /// Emits why ONNX cannot say this layer. Always failure.
  llvm::LogicalResult unsupported(const llvm::Twine &reason);

private:
  OnnxNode add(llvm::StringRef type, llvm::ArrayRef<std::string> inputs, const std::string &output);
  OnnxGraph &graph;
  mlir::Operation *operation;
  std::string layerName;
};

} // namespace cnnc::frontend
