// Conversion of attributes by kind: broadcasting, defaults, "same".
#include "frontend/Import.h"
#include "frontend/Json.h"

#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

using namespace cnnc::frontend;

namespace {

struct Imported {
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string errors;

  // The attribute of the first op of that name, printed.
  std::string attribute(const std::string &op, const std::string &name) {
    std::string text = "none";
    if (module)
      module.get()->walk([&](mlir::Operation *operation) {
        if (operation->getName().getStringRef() != "cnn." + op)
          return mlir::WalkResult::advance();
        text.clear();
        llvm::raw_string_ostream os(text);
        if (auto found = operation->getAttr(name))
          found.print(os);
        return mlir::WalkResult::interrupt();
      });
    return text;
  }
};

std::unique_ptr<Imported> import(const std::string &layers, const std::string &shape = "[\"N\", 3, 8, 6]") {
  auto result = std::make_unique<Imported>();
  DiagnosticSink sink;
  auto json = parseJson("t", R"({"name": "n", "inputs": [{"name": "image", "shape": )" + shape + R"(}], "layers": [)" + layers + "]}", {}, sink);
  result->module = importSpec(result->context, specFromJson(*json, "t", sink), {}, sink);
  result->errors = sink.text();
  return result;
}

TEST(Attributes, ScalarsAndPairsBroadcast) {
  auto net = import(R"({"op": "conv2d", "out_channels": 4, "kernel": 3, "pad": [1, 2], "stride": [2, 1]})");
  EXPECT_EQ(net->errors, "");
  EXPECT_EQ(net->attribute("conv2d", "kernel"), "array<i64: 3, 3>");
  EXPECT_EQ(net->attribute("conv2d", "pad"), "array<i64: 1, 2, 1, 2>");
  EXPECT_EQ(net->attribute("conv2d", "stride"), "array<i64: 2, 1>");
  EXPECT_EQ(net->attribute("conv2d", "groups"), "1 : i64");
  EXPECT_EQ(import(R"({"op": "conv2d", "out_channels": 4, "kernel": 3, "pad": [1, 2, 0, 3]})")->attribute("conv2d", "pad"), "array<i64: 1, 2, 0, 3>");
}

TEST(Attributes, PoolStrideIsTheKernel) {
  EXPECT_EQ(import(R"({"op": "max_pool", "kernel": [2, 3]})")->attribute("max_pool", "stride"), "array<i64: 2, 3>");
  EXPECT_EQ(import(R"({"op": "avg_pool", "kernel": 2, "stride": 1})")->attribute("avg_pool", "stride"), "array<i64: 1, 1>");
  EXPECT_EQ(import(R"({"op": "conv2d", "out_channels": 1, "kernel": 2})")->attribute("conv2d", "stride"), "array<i64: 1, 1>");
}

std::string samePad(const std::string &shape, const std::string &attributes) {
  return import(R"({"op": "conv2d", "out_channels": 1, )" + attributes + "}", shape)->attribute("conv2d", "pad");
}

// ONNX auto_pad: SAME_UPPER puts the odd cell at the end, SAME_LOWER at the start.
TEST(Attributes, Same) {
  EXPECT_EQ(samePad("[1, 1, 8, 8]", R"("kernel": 3, "pad": "same")"), "array<i64: 1, 1, 1, 1>");
  EXPECT_EQ(samePad("[1, 1, 8, 8]", R"("kernel": 3, "stride": 2, "pad": "same")"), "array<i64: 0, 0, 1, 1>");
  EXPECT_EQ(samePad("[1, 1, 8, 8]", R"("kernel": 3, "stride": 2, "pad": "same_lower")"), "array<i64: 1, 1, 0, 0>");
  EXPECT_EQ(samePad("[1, 1, 7, 8]", R"("kernel": [5, 3], "stride": 2, "dilation": [1, 2], "pad": "same")"), "array<i64: 2, 1, 2, 2>");
}

// A stride above the kernel gives a negative total: it is clamped to 0.
TEST(Attributes, SameWithStrideAboveKernel) { EXPECT_EQ(samePad("[1, 1, 3, 1]", R"("kernel": 1, "stride": [3, 1], "pad": "same")"), "array<i64: 0, 0, 0, 0>"); }

// The total depends on the input and the stride, not on the kernel alone.
TEST(Attributes, SameDependsOnTheInput) {
  EXPECT_EQ(samePad("[1, 1, 1, 6]", R"("kernel": [1, 3], "stride": [1, 2], "pad": "same")"), "array<i64: 0, 0, 0, 1>");
}

TEST(Attributes, LayersAreNamed) {
  auto net = import(R"({"op": "relu", "name": "first"}, {"op": "relu"}, {"op": "relu", "name": "relu_2"}, {"op": "relu"})");
  std::vector<std::string> layers;
  net->module.get()->walk([&](mlir::Operation *op) {
    if (auto layer = op->getAttrOfType<mlir::StringAttr>("layer"))
      layers.push_back(layer.str());
  });
  EXPECT_EQ(layers, (std::vector<std::string>{"first", "relu_1", "relu_2", "relu_3"}));
}

// Names that collide with C or hold spaces are only names.
TEST(Attributes, AnyNameImports) {
  for (const char *name : {"free", "main", "a b", "1x", "exp", "\u00e9"})
    EXPECT_EQ(import(std::string(R"({"op": "relu", "name": ")") + name + "\"}")->errors, "") << name;
}

} // namespace
