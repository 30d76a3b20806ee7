// ONNX export: names, types, limits and refusals. That values are right is the business of ops_against_ort.
#include "dialects/cnn/Cnn.h"
#include "frontend/onnx/Export.h"
#include "frontend/onnx/Registry.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace cnnc;
using frontend::OnnxStatus;

namespace {

class OnnxExport : public testing::Test {
protected:
  OnnxExport() : handler(&context, [this](mlir::Diagnostic &diagnostic) { messages += diagnostic.str() + "\n"; }) {
    context.loadDialect<cnn::CnnDialect, mlir::func::FuncDialect>();
  }

  OnnxStatus run(const std::string &text) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module) << messages;
    if (!module)
      return OnnxStatus::Invalid;
    std::string bytes;
    OnnxStatus status = frontend::exportOnnx(*module, {"net", "1.2"}, bytes);
    EXPECT_EQ(bytes.empty(), status != OnnxStatus::Ok);
    EXPECT_TRUE(model.ParseFromString(bytes));
    return status;
  }

  std::vector<std::string> nodes() const {
    std::vector<std::string> list;
    for (const auto &node : model.graph().node()) {
      std::string text = node.output(0) + " = " + node.op_type() + "(";
      for (const auto &input : node.input())
        text += input + (&input == &*node.input().rbegin() ? "" : ", ");
      list.push_back(text + ")");
    }
    return list;
  }

  mlir::MLIRContext context;
  std::string messages;
  ::onnx::ModelProto model;
  mlir::ScopedDiagnosticHandler handler;
};

using Lines = std::vector<std::string>;

TEST_F(OnnxExport, NamesComeFromLayersAndWeights) {
  ASSERT_EQ(run(R"(
    func.func @main(%x: tensor<?x1x4x4xf32> {cnn.name = "image"}) -> (tensor<?x2x2x2xf32> {cnn.name = "y"}) {
      %w = cnn.constant "conv1.weight" dense<1.0> : tensor<2x1x3x3xf32>
      %0 = cnn.conv2d %x, %w {out_channels = 2, kernel = array<i64: 3, 3>, bias = false, layer = "conv1"} : (tensor<?x1x4x4xf32>, tensor<2x1x3x3xf32>) -> tensor<?x2x2x2xf32>
      %1 = cnn.silu %0 {layer = "act"} : (tensor<?x2x2x2xf32>) -> tensor<?x2x2x2xf32>
      return %1 : tensor<?x2x2x2xf32>
    })"),
            OnnxStatus::Ok)
      << messages;
  EXPECT_EQ(nodes(), (Lines{"conv1 = Conv(image, conv1.weight)", "act/Sigmoid = Sigmoid(conv1)", "act = Mul(conv1, act/Sigmoid)", "y = Identity(act)"}));
  EXPECT_EQ(model.graph().node(2).metadata_props(0).key(), "cnnc.layer");
  EXPECT_EQ(model.graph().node(2).metadata_props(0).value(), "act");
  EXPECT_EQ(model.graph().node(1).metadata_props_size(), 0);
  EXPECT_EQ(model.graph().node(0).doc_string(), "cnn.conv2d of layer conv1");
  const auto &shape = model.graph().input(0).type().tensor_type().shape();
  EXPECT_EQ(shape.dim(0).dim_param(), "N");
  EXPECT_EQ(shape.dim(1).dim_value(), 1);
  EXPECT_EQ(model.graph().initializer(0).raw_data().size(), 2 * 9 * sizeof(float));
  EXPECT_EQ(model.opset_import(0).version(), 21);
  EXPECT_EQ(model.ir_version(), 10);
}

TEST_F(OnnxExport, ALayerMayShareItsOutputsName) {
  ASSERT_EQ(run(R"(
    func.func @main(%x: tensor<1x3xf32> {cnn.name = "x"}) -> (tensor<1x3xf32> {cnn.name = "y"}) {
      %0 = cnn.relu %x {layer = "y"} : (tensor<1x3xf32>) -> tensor<1x3xf32>
      return %0 : tensor<1x3xf32>
    })"),
            OnnxStatus::Ok)
      << messages;
  EXPECT_EQ(nodes(), (Lines{"y = Relu(x)"}));
}

TEST_F(OnnxExport, CollidingNamesAreToldApart) {
  ASSERT_EQ(run(R"(
    func.func @main(%x: tensor<1x3xf32> {cnn.name = "a"}) -> (tensor<1x3xf32> {cnn.name = "b"}, tensor<1x3xf32> {cnn.name = "c"}) {
      %0 = cnn.relu %x {layer = "a"} : (tensor<1x3xf32>) -> tensor<1x3xf32>
      %1 = cnn.relu6 %0 {layer = "c"} : (tensor<1x3xf32>) -> tensor<1x3xf32>
      return %1, %0 : tensor<1x3xf32>, tensor<1x3xf32>
    })"),
            OnnxStatus::Ok)
      << messages;
  EXPECT_EQ(nodes(), (Lines{"a_1 = Relu(a)", "c_1 = Clip(a_1, c/min, c/max)", "b = Identity(c_1)", "c = Identity(a_1)"}));
}

TEST_F(OnnxExport, AnInputAndAConstantMayBeOutputs) {
  ASSERT_EQ(run(R"(
    func.func @main(%x: tensor<1x3xf32> {cnn.name = "x"}) -> (tensor<1x3xf32> {cnn.name = "same"}, tensor<2xf32> {cnn.name = "k"}) {
      %c = cnn.constant "k" dense<[1.0, 2.0]> : tensor<2xf32>
      return %x, %c : tensor<1x3xf32>, tensor<2xf32>
    })"),
            OnnxStatus::Ok)
      << messages;
  EXPECT_EQ(nodes(), (Lines{"same = Identity(x)", "k = Identity(k_1)"}));
}

TEST_F(OnnxExport, LayersThatShareAWeightShareItsInitialiser) {
  ASSERT_EQ(run(R"(
    func.func @main(%x: tensor<1x2xf32> {cnn.name = "x"}) -> (tensor<1x2xf32> {cnn.name = "y"}) {
      %a = cnn.constant "shift" dense<[1.0, 2.0]> : tensor<2xf32>
      %b = cnn.constant "shift" dense<[1.0, 2.0]> : tensor<2xf32>
      %c = cnn.constant "shift" dense<[1.0, 3.0]> : tensor<2xf32>
      %d = cnn.constant "other" dense<[1.0, 2.0]> : tensor<2xf32>
      %0 = cnn.add %x, %a {layer = "same"} : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
      %1 = cnn.add %0, %b {layer = "same"} : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
      %2 = cnn.add %1, %c {layer = "same"} : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
      %3 = cnn.add %2, %d {layer = "y"} : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
      return %3 : tensor<1x2xf32>
    })"),
            OnnxStatus::Ok)
      << messages;
  EXPECT_EQ(nodes(), (Lines{"same = Add(x, shift)", "same_1 = Add(same, shift)", "same_2 = Add(same_1, shift_1)", "y = Add(same_2, other)"}));
  EXPECT_EQ(model.graph().initializer_size(), 3);
}

TEST_F(OnnxExport, CountedRowsAreAsManyAsTheCountInsideAndAsDeclaredOutside) {
  ASSERT_EQ(run(R"(
    func.func @main(%x: tensor<5x2xf32> {cnn.name = "x"}, %i: tensor<5xi32> {cnn.name = "i"}, %n: tensor<1xi32> {cnn.name = "n"})
        -> (tensor<5x2xf32> {cnn.name = "y"}) {
      %0 = cnn.gather_rows %x, %i, %n {layer = "rows"} : (tensor<5x2xf32>, tensor<5xi32>, tensor<1xi32>) -> tensor<5x2xf32>
      %1 = cnn.relu %0 {layer = "y"} : (tensor<5x2xf32>) -> tensor<5x2xf32>
      return %1 : tensor<5x2xf32>
    })"),
            OnnxStatus::Ok)
      << messages;
  EXPECT_EQ(nodes(), (Lines{"rows/Max = Max(n, rows/none)", "rows/Slice = Slice(i, rows/start, rows/Max, rows/axis)", "rows = Gather(x, rows/Slice)", "y_1 = Relu(rows)",
                            "y_1/rows = Shape(y_1)", "y_1/missing = Sub(y_1/cap, y_1/rows)", "y_1/pads = Concat(y_1/none, y_1/missing)", "y = Pad(y_1, y_1/pads, , y_1/axis)"}));
  EXPECT_EQ(model.graph().value_info(0).type().tensor_type().shape().dim(0).dim_param(), "rows of n");
  EXPECT_EQ(model.graph().output(0).type().tensor_type().shape().dim(0).dim_value(), 5);
}

TEST_F(OnnxExport, SuppressionOfDisjointBoxesIsRefused) {
  EXPECT_EQ(run(R"(
    func.func @main(%b: tensor<3x4xf32> {cnn.name = "b"}, %s: tensor<3x2xf32> {cnn.name = "s"}, %n: tensor<1xi32> {cnn.name = "n"})
        -> (tensor<1xi32> {cnn.name = "y"}) {
      %0:4 = cnn.detections %b, %s, %n {iou_threshold = -0.5 : f64, cap = 2 : i64, layer = "d"}
          : (tensor<3x4xf32>, tensor<3x2xf32>, tensor<1xi32>) -> (tensor<2x4xf32>, tensor<2xf32>, tensor<2xi32>, tensor<1xi32>)
      return %0#3 : tensor<1xi32>
    })"),
            OnnxStatus::Unsupported);
  EXPECT_NE(messages.find("layer 'd': cnn.detections has no ONNX equivalent: NonMaxSuppression takes an iou_threshold from 0 to 1"), std::string::npos) << messages;
}

TEST_F(OnnxExport, UnboundedClipLeavesItsInputOut) {
  ASSERT_EQ(run(R"(
    func.func @main(%x: tensor<1x3xf32> {cnn.name = "x"}) -> (tensor<1x3xf32> {cnn.name = "y"}) {
      %0 = cnn.clip %x {min = 0xFFF0000000000000 : f64, max = 1.0 : f64, layer = "y"} : (tensor<1x3xf32>) -> tensor<1x3xf32>
      return %0 : tensor<1x3xf32>
    })"),
            OnnxStatus::Ok)
      << messages;
  EXPECT_EQ(nodes(), (Lines{"y = Clip(x, , y/max)"}));
}

TEST_F(OnnxExport, ForeignOpsAreRefusedTogether) {
  context.allowUnregisteredDialects();
  EXPECT_EQ(run(R"(
    func.func @main(%x: tensor<1x3xf32> {cnn.name = "x"}) -> (tensor<1x3xf32> {cnn.name = "y"}) {
      %0 = "other.one"(%x) {layer = "first"} : (tensor<1x3xf32>) -> tensor<1x3xf32>
      %1 = "other.two"(%0) {layer = "second"} : (tensor<1x3xf32>) -> tensor<1x3xf32>
      return %1 : tensor<1x3xf32>
    })"),
            OnnxStatus::Unsupported);
  EXPECT_NE(messages.find("layer 'first': other.one has no ONNX equivalent"), std::string::npos) << messages;
  EXPECT_NE(messages.find("layer 'second': other.two has no ONNX equivalent"), std::string::npos) << messages;
}

TEST_F(OnnxExport, OtherElementTypesAreRefused) {
  EXPECT_EQ(run(R"(
    func.func @main(%x: tensor<1x3xf64> {cnn.name = "x"}) -> (tensor<1x3xf64> {cnn.name = "y"}) {
      return %x : tensor<1x3xf64>
    })"),
            OnnxStatus::Unsupported);
  EXPECT_NE(messages.find("input 'x' has type 'tensor<1x3xf64>'"), std::string::npos) << messages;
}

TEST_F(OnnxExport, MissingDataIsReported) {
  EXPECT_EQ(run(R"(
    func.func @main(%x: tensor<1x3xf32> {cnn.name = "x"}) -> (tensor<1x3xf32> {cnn.name = "y"}) {
      %c = cnn.constant "fc.bias" dense_resource<nowhere> : tensor<1x3xf32>
      %0 = cnn.add %x, %c {layer = "y"} : (tensor<1x3xf32>, tensor<1x3xf32>) -> tensor<1x3xf32>
      return %0 : tensor<1x3xf32>
    })"),
            OnnxStatus::Invalid);
  EXPECT_NE(messages.find("constant 'fc.bias' has no data"), std::string::npos) << messages;
}

TEST_F(OnnxExport, AModelBeyondTwoGigabytesIsRefused) {
  EXPECT_EQ(run(R"(
    func.func @main(%x: tensor<1x1x1x1xf32> {cnn.name = "x"}) -> (tensor<1x1x30000x30000xf32> {cnn.name = "y"}) {
      %c = cnn.constant "large" dense<1.0> : tensor<1x1x30000x30000xf32>
      %0 = cnn.add %x, %c {layer = "y"} : (tensor<1x1x1x1xf32>, tensor<1x1x30000x30000xf32>) -> tensor<1x1x30000x30000xf32>
      return %0 : tensor<1x1x30000x30000xf32>
    })"),
            OnnxStatus::TooLarge);
  EXPECT_NE(messages.find("would take 3600000000 bytes; protobuf allows 2147483647"), std::string::npos) << messages;
}

TEST_F(OnnxExport, NoMainIsReported) {
  EXPECT_EQ(run("module {}"), OnnxStatus::Invalid);
  EXPECT_EQ(run("func.func private @main(tensor<1xf32>)"), OnnxStatus::Invalid);
}

TEST_F(OnnxExport, EveryOpOfTheDialectHasARow) {
  for (mlir::RegisteredOperationName op : context.getRegisteredOperationsByDialect("cnn"))
    EXPECT_TRUE(op.getStringRef() == cnn::ConstantOp::getOperationName() || frontend::findOnnxRow(op.getStringRef())) << op.getStringRef().str();
}

} // namespace
