// Building an onnx::GraphProto, layer by layer.
#pragma once

#include "dialects/cnn/Cnn.h"
#include "dialects/cnn/Rows.h"

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
  /// Name of a bound value. A cnn.constant is bound, and its initialiser added, at its first use; constants of one name and one value,
  /// the weights that layers share, are one initialiser.
  std::string name(mlir::Value value);
  /// Name of the value with as many rows as its type says: those past its count are zeros. `wanted` names the result.
  std::string whole(mlir::Value value, llvm::StringRef wanted = "");

  /// Learns which results of an op have a count of rows; its operands were visited before.
  void visit(mlir::Operation *op);
  /// The count of a value that has exactly so many rows in the graph; null where it has as many as its type says.
  mlir::Value countOf(mlir::Value value) const;

  /// Adds a node "<output>" and returns it.
  ::onnx::NodeProto &node(llvm::StringRef type, llvm::ArrayRef<std::string> inputs, const std::string &output, const std::string &doc);

  /// Adds an initialiser and returns its name. Data is copied only while the whole stays below protobuf's limit.
  std::string initialiser(llvm::StringRef name, int32_t type, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<char> bytes);

  ::onnx::GraphProto &proto() { return graph; }
  uint64_t initialiserBytes() const { return bytesSeen; }
  bool sawBadConstant() const { return badConstant; }

private:
  // Counts data of the file; false once protobuf's limit is passed.
  bool takeBytes(uint64_t bytes);

  ::onnx::GraphProto &graph;
  llvm::DenseMap<mlir::Value, std::string> names, reserved, wholes;
  llvm::DenseMap<std::pair<mlir::Attribute, mlir::Attribute>, std::string> constants; // by name and value
  RowCounts counts;
  llvm::DenseMap<mlir::Value, mlir::Value> rowwise; // counts of results of routines that work row by row
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
  /// Name of one of the node's outputs.
  std::string output(int index = 0) const { return proto->output(index); }

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
  /// Whether the layer's result has as many rows as a count says.
  bool isCounted() const { return graph.countOf(operation->getResult(0)) != nullptr; }

  /// ONNX name of operand `index`: with as many rows as its type says, unless the layer's result has the same count of rows.
  std::string input(unsigned index);
  llvm::SmallVector<std::string, 4> inputs();
  /// Operand `index` with the rows that `count`, an operand or a result of an op before, says: at most those of its type.
  std::string rows(unsigned index, mlir::Value count);
  /// Operand `index` with the rows that it has in the graph, for an op that names those it reads.
  std::string present(unsigned index) { return graph.name(operation->getOperand(index)); }

  /// Initialisers "<layer>/<suffix>". A scalar has rank 0.
  std::string floats(llvm::StringRef suffix, llvm::ArrayRef<float> values, llvm::ArrayRef<int64_t> shape);
  std::string scalar(llvm::StringRef suffix, float value) { return floats(suffix, value, {}); }
  std::string integers(llvm::StringRef suffix, llvm::ArrayRef<int64_t> values);
  std::string integer(llvm::StringRef suffix, int64_t value);
  std::string doubles(llvm::StringRef suffix, llvm::ArrayRef<double> values);
  std::string ints32(llvm::StringRef suffix, llvm::ArrayRef<int32_t> values);

  /// An inner node; its outputs are "<layer>/<type>".
  OnnxNode step(llvm::StringRef type, llvm::ArrayRef<std::string> inputs, int outputs = 1);
  /// The node that computes result `index`; its output is the layer's, or "<layer>:<index>" where there are more.
  OnnxNode result(llvm::StringRef type, llvm::ArrayRef<std::string> inputs, unsigned index = 0);

  /// Emits why ONNX cannot say this layer. Always failure.
  llvm::LogicalResult unsupported(const llvm::Twine &reason);

private:
  ::onnx::NodeProto &add(llvm::StringRef type, llvm::ArrayRef<std::string> inputs, const std::string &output);
  template <typename T> std::string tensor(llvm::StringRef suffix, int32_t type, llvm::ArrayRef<T> values, llvm::ArrayRef<int64_t> shape);
  OnnxGraph &graph;
  mlir::Operation *operation;
  std::string layerName;
};

} // namespace cnnc::frontend
