// A network as a Graphviz picture.
#include "compiler/Graphviz.h"

#include "dialects/cnn/Cnn.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace cnnc;

static std::string quoted(StringRef text) {
  std::string result = "\"";
  for (char c : text)
    result += c == '\n' ? "\\n" : c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
  return result + "\"";
}

void cnnc::printDot(ModuleOp module, llvm::raw_ostream &os) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main || main.isExternal())
    return;
  DenseMap<Value, int> nodes;
  int next = 0;
  os << "digraph network {\n  rankdir=TB;\n  node [shape=box, style=\"rounded,filled\", fillcolor=\"#eef3fb\", fontname=\"Helvetica\", fontsize=10];\n";
  auto node = [&](Value value, StringRef title, StringRef detail, StringRef color) {
    nodes[value] = next;
    os << "  n" << next++ << " [label=" << quoted((title + "\n" + detail).str()) << ", fillcolor=" << quoted(color) << "];\n";
  };
  for (BlockArgument argument : main.getArguments()) {
    auto name = main.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "cnn.name");
    node(argument, name ? name.getValue() : "input", cnn::shapeString(argument.getType()), "#d9ead3");
  }
  for (Operation &op : main.getBody().front()) {
    if (isa<cnn::ConstantOp>(op))
      continue;
    bool isReturn = isa<func::ReturnOp>(op);
    if (!isReturn) {
      auto layer = op.getAttrOfType<StringAttr>("layer");
      std::string title = op.getName().stripDialect().str() + (layer ? " " + layer.str() : "");
      node(op.getResult(0), title, cnn::shapeString(op.getResult(0).getType()), "#eef3fb");
    }
    for (OpOperand &operand : op.getOpOperands()) {
      auto from = nodes.find(operand.get());
      if (from == nodes.end())
        continue;
      if (isReturn) {
        auto name = main.getResultAttrOfType<StringAttr>(operand.getOperandNumber(), "cnn.name");
        os << "  out" << operand.getOperandNumber() << " [label=" << quoted(name ? name.getValue() : "output") << ", fillcolor=\"#fce5cd\"];\n";
        os << "  n" << from->second << " -> out" << operand.getOperandNumber() << ";\n";
      } else {
        os << "  n" << from->second << " -> n" << nodes[op.getResult(0)] << ";\n";
      }
    }
  }
  os << "}\n";
}
