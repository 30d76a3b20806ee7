// What names stand for while a spec is expanded: repetitions, branches, aliases, variables.
#include "frontend/Import.h"
#include "frontend/Json.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

#include <gtest/gtest.h>

using namespace cnnc::frontend;

namespace {

// The layers of a spec as "name=op(operands)", or its errors. `tail`: further keys of the spec.
std::string layers(const std::string &layers, const std::string &tail = "") {
  DiagnosticSink sink;
  auto json = parseJson("t", R"({"name": "n", "inputs": [{"name": "x", "shape": [1, 4, 8, 8]}], "layers": [)" + layers + "]" + tail + "}", {}, sink);
  if (!json)
    return sink.text();
  mlir::MLIRContext context;
  auto module = importSpec(context, specFromJson(*json, "t", sink), {}, sink);
  if (!module)
    return sink.text();
  std::string text;
  auto nameOf = [](mlir::Value value) {
    auto *op = value.getDefiningOp();
    return op ? op->getAttrOfType<mlir::StringAttr>("layer").str() : "x";
  };
  module.get()->walk([&](mlir::Operation *op) {
    auto layer = op->getAttrOfType<mlir::StringAttr>("layer");
    if (!layer)
      return;
    std::string operands;
    for (mlir::Value operand : op->getOperands())
      if (auto *source = operand.getDefiningOp(); !source || source->hasAttr("layer"))
        operands += (operands.empty() ? "" : ", ") + nameOf(operand);
    text += (text.empty() ? "" : " ") + layer.str() + "=" + op->getName().stripDialect().str() + "(" + operands + ")";
  });
  return text;
}

TEST(Scope, RepetitionNamesAreSeenAfterIt) {
  EXPECT_EQ(
      layers(R"({"repeat": 3, "index": "i", "layers": [{"op": "relu", "name": "r{i}", "as": "y{i}"}]}, {"op": "add", "name": "s", "in": ["y0", "y{1 + 1}"]})"),
      "r0=relu(x) r1=relu(r0) r2=relu(r1) s=add(r0, r2)");
}

TEST(Scope, AsRebinds) {
  EXPECT_EQ(
      layers(R"({"op": "relu", "name": "a", "as": "y"}, {"repeat": 2, "index": "i", "layers": [{"op": "add", "name": "s{i}", "in": ["y", "x"], "as": "y"}]},
                      {"op": "tanh", "name": "t", "in": "y", "as": "x"}, {"op": "relu", "name": "u", "in": "x"})"),
      "a=relu(x) s0=add(a, x) s1=add(s0, x) t=tanh(s1) u=relu(t)");
}

TEST(Scope, BranchNamesAreSeenAfterIt) {
  EXPECT_EQ(
      layers(R"({"if": "=1 > 0", "then": [{"op": "relu", "name": "r", "as": "y"}], "else": [{"alias": "x", "as": "y"}]}, {"op": "tanh", "name": "t", "in": "y"},
                      {"if": "=1 < 0", "then": [{"op": "relu", "as": "z"}], "else": [{"alias": "x", "as": "z"}]}, {"op": "tanh", "name": "u", "in": "z"})"),
      "r=relu(x) t=tanh(r) u=tanh(x)");
}

// An alias is the result of its body, so that a branch may end with one.
TEST(Scope, AliasIsAResult) {
  EXPECT_EQ(layers(R"({"op": "relu", "name": "a"}, {"alias": "x", "as": "y"}, {"op": "tanh", "name": "t"}, {"op": "add", "name": "s", "in": ["y", "a"]})"),
            "a=relu(x) t=tanh(x) s=add(x, a)");
}

TEST(Scope, VariablesLastToTheEndOfTheBlock) {
  EXPECT_EQ(layers(R"({"let": "n", "value": "=1"}, {"repeat": 3, "index": "i", "layers": [{"let": "n", "value": "=2 * n"}, {"let": "last", "value": "=i"}]},
                      {"op": "relu", "name": "r{n}.{last}"}, {"doc": "A remark."}, {"op": "tanh", "name": "t"})"),
            "r8.2=relu(x) t=tanh(r8.2)");
}

TEST(Scope, BlocksSeeNothingOfTheirCaller) {
  std::string text =
      layers(R"({"let": "n", "value": 1}, {"op": "relu", "as": "y"}, {"block": "b"})", R"(, "blocks": {"b": {"layers": [{"op": "relu", "name": "r{n}"}]}})");
  EXPECT_NE(text.find("CNNC0404"), std::string::npos) << text;
  text = layers(R"({"op": "relu", "as": "y"}, {"block": "b"})", R"(, "blocks": {"b": {"layers": [{"op": "relu", "in": "y"}]}})");
  EXPECT_NE(text.find("'y' is not defined"), std::string::npos) << text;
}

TEST(Scope, TablesOfBlocks) {
  EXPECT_EQ(layers(R"J({"repeat": "=len(table)", "index": "i", "layers": [{"block": "=table[i][0]", "name": "b{i}", "repeats": "=table[i][1]"}]})J",
                   R"(, "parameters": {"table": {"type": "[any]", "default": [["up", 1], ["down", 2]]}},
                      "blocks": {"up": {"parameters": {"repeats": {"type": "int"}}, "layers": [{"repeat": "=repeats", "index": "r", "layers": [{"op": "relu", "name": "{r}"}]}]},
                                 "down": {"parameters": {"repeats": {"type": "int"}}, "layers": [{"repeat": "=repeats", "index": "r", "layers": [{"op": "tanh", "name": "{r}"}]}]}})"),
            "b0.0=relu(x) b1.0=tanh(b0.0) b1.1=tanh(b1.0)");
}

TEST(Scope, SeveralResultsUnderOneName) {
  std::string blocks =
      R"(, "blocks": {"two": {"layers": [{"op": "relu", "name": "r"}, {"op": "tanh", "name": "t"}], "outputs": {"first": "r", "second": "t"}}})";
  EXPECT_EQ(layers(R"({"block": "two", "as": "p"}, {"op": "add", "name": "s", "in": ["p.first", "p.second"]})", blocks), "r=relu(x) t=tanh(r) s=add(r, t)");
  EXPECT_EQ(layers(R"({"block": "two", "as": ["a{1}", "b"]}, {"op": "add", "name": "s", "in": ["b", "a1"]})", blocks), "r=relu(x) t=tanh(r) s=add(t, r)");
}

// Values without names bind the parameters in order, those of a callee that an expression names, too.
TEST(Scope, ValuesWithoutNames) {
  std::string blocks = R"(, "parameters": {"kind": {"type": "block", "default": "b"}},
      "blocks": {"b": {"parameters": {"n": {"type": "int"}, "m": {"type": "int", "default": 7}}, "layers": [{"op": "relu", "name": "r{n}.{m}"}]}})";
  EXPECT_EQ(layers(R"({"block": "b", "values": [1, "=1 + 1"]}, {"block": "=kind", "values": [3], "m": 4}, {"block": "=kind", "values": [5]})", blocks),
            "r1.2=relu(x) r3.4=relu(r1.2) r5.7=relu(r3.4)");
}

TEST(Scope, Requirements) {
  EXPECT_EQ(layers(R"J({"require": "=height(x) % 4 == 0", "message": "never"}, {"op": "relu", "name": "r"})J"), "r=relu(x)");
  std::string text = layers(R"J({"require": "=height(x) % 3 == 0", "message": "a height of {height(x)}"}, {"op": "max_pool", "kernel": 99})J");
  EXPECT_NE(text.find("error[CNNC0326]: a height of 8\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("max_pool"), text.rfind("max_pool")) << "what follows is not looked at: " << text;
}

// Names of the inputs and outputs of a network whose inputs and outputs have conditions, or its errors.
std::string interface(const std::string &choice, const std::string &inputs, const std::string &outputs) {
  DiagnosticSink sink;
  auto json = parseJson("t",
                        R"({"name": "n", "parameters": {"deep": {"type": "bool", "default": )" + choice + R"(}}, "inputs": [)" + inputs +
                            R"(], "layers": [{"op": "relu", "name": "r", "in": "x"}, {"op": "tanh", "name": "t"}], "outputs": {)" + outputs + "}}",
                        {}, sink);
  mlir::MLIRContext context;
  auto module = importSpec(context, specFromJson(*json, "t", sink), {}, sink);
  if (!module)
    return sink.text();
  std::string text;
  llvm::raw_string_ostream os(text);
  module.get()->walk([&](mlir::FunctionOpInterface function) {
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      os << function.getArgAttrOfType<mlir::StringAttr>(i, "cnn.name").str() << ": " << function.getArgument(i).getType() << " ";
    for (unsigned i = 0; i < function.getNumResults(); ++i)
      os << "-> " << function.getResultAttrOfType<mlir::StringAttr>(i, "cnn.name").str() << " ";
  });
  return text;
}

TEST(Scope, InputsAndOutputsWithConditions) {
  std::string inputs = R"({"name": "x", "if": "=deep", "shape": [1, 4]}, {"name": "x", "if": "=not deep", "shape": [2, 4]})";
  std::string outputs = R"("y": "t", "aux": {"if": "=deep", "value": "r"})";
  EXPECT_EQ(interface("true", inputs, outputs), "x: tensor<1x4xf32> -> y -> aux ");
  EXPECT_EQ(interface("false", inputs, outputs), "x: tensor<2x4xf32> -> y ");
  EXPECT_EQ(interface("false", inputs, R"("aux": {"if": "=deep", "value": "r"})"), "x: tensor<2x4xf32> -> output ");
  std::string both = interface("true", R"({"name": "x", "if": "=deep", "shape": [1, 4]}, {"name": "x", "shape": [2, 4]})", outputs);
  EXPECT_NE(both.find("CNNC0301"), std::string::npos) << both;
  std::string none = interface("false", R"({"name": "x", "if": "=deep", "shape": [1, 4]})", outputs);
  EXPECT_NE(none.find("'x' is not defined"), std::string::npos) << none;
  std::string wrong = interface("false", R"({"name": "x", "if": "=1", "shape": [1, 4]})", R"("aux": {"if": "='a'", "value": "r"})");
  EXPECT_NE(wrong.find("the condition of an input must be a bool, got an integer"), std::string::npos) << wrong;
  EXPECT_NE(wrong.find("the condition of an output must be a bool, got a string"), std::string::npos) << wrong;
}

// A call has the results whose conditions hold.
TEST(Scope, ResultsWithConditions) {
  std::string blocks =
      R"(, "blocks": {"b": {"parameters": {"aux": {"type": "bool"}}, "layers": [{"op": "relu", "name": "r"}, {"op": "tanh", "name": "t"}],
                            "outputs": {"main": "t", "side": {"if": "=aux", "value": "r"}}}})";
  EXPECT_EQ(layers(R"({"block": "b", "name": "p", "aux": true}, {"op": "add", "name": "s", "in": ["p.main", "p.side"]})", blocks),
            "p.r=relu(x) p.t=tanh(p.r) s=add(p.t, p.r)");
  EXPECT_EQ(layers(R"({"block": "b", "name": "p", "aux": false}, {"op": "add", "name": "s", "in": ["p", "x"]})", blocks),
            "p.r=relu(x) p.t=tanh(p.r) s=add(p.t, x)");
}

// An error is reported once; what depends on it, by a value, a name or a variable, is not.
TEST(Scope, ErrorsPoisonNamesAndVariables) {
  auto count = [](const std::string &text) {
    size_t errors = 0;
    for (size_t at = text.find("error["); at != std::string::npos; at = text.find("error[", at + 1))
      ++errors;
    return errors;
  };
  for (const char *text :
       {R"({"if": "=1", "then": [{"op": "relu", "as": "y"}]}, {"op": "tanh", "in": "y"})",
        R"({"let": "n", "value": "=1 // 0"}, {"op": "relu", "name": "r{n}", "as": "y"}, {"if": "=n > 0", "then": []}, {"op": "tanh", "in": "y"})",
        R"({"repeat": "=-1", "index": "i", "layers": [{"op": "relu", "as": "y{i}"}, {"let": "n", "value": "=i"}]}, {"op": "tanh", "in": "y7", "name": "{n}"})",
        R"({"op": "relu", "as": "y{1 // 0}"}, {"op": "tanh", "in": "y3"})",
        R"J({"let": "n", "value": "=channels(nothing)"}, {"op": "dense", "out_features": "=n"})J"}) {
    std::string errors = layers(text);
    EXPECT_EQ(count(errors), 1u) << errors;
  }
}

} // namespace
