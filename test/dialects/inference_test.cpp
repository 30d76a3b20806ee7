// What a frontend asks of ops before they exist: parameters, result types, and errors for hostile attributes and operands.
#include "fixture.h"

using namespace mlir;
using namespace cnnc::cnn;

struct Inference : Dialects {
  OwningOpRef<ModuleOp> module = parse("func.func private @f(%x: tensor<?x8x9x9xf32>, %w: tensor<4x8x3x3xf32>, %b: tensor<4xf32>, %i: i32) { return }");
  ValueRange arguments = (*module->getOps<func::FuncOp>().begin()).getArguments();

  // The result of an op that is given by name and a dictionary that may leave out defaults.
  FailureOr<Type> infer(StringRef mnemonic, ValueRange operands, StringRef dictionary, bool located = true) {
    auto name = RegisteredOperationName::lookup(("cnn." + mnemonic).str(), &context);
    SmallVector<Type> types;
    if (failed(name->getInterface<InferTypeOpInterface>()->inferReturnTypes(&context, located ? std::optional(here) : std::nullopt, operands,
                                                                            attributes(dictionary), nullptr, {}, types)))
      return failure();
    return types.front();
  }

  FailureOr<SmallVector<ParameterDecl>> parameters(StringRef mnemonic, Type input, StringRef dictionary) {
    auto name = RegisteredOperationName::lookup(("cnn." + mnemonic).str(), &context);
    SmallVector<ParameterDecl> declarations;
    if (failed(name->getInterface<ParametricOpInterface>()->inferParameters(&context, here, input, attributes(dictionary), declarations)))
      return failure();
    return declarations;
  }
};

TEST_F(Inference, FillsInDefaults) {
  auto result = infer("conv2d", arguments.take_front(3), "{out_channels = 4 : i64, kernel = array<i64: 3, 3>}");
  ASSERT_TRUE(succeeded(result)) << reported;
  EXPECT_EQ(*result, type("tensor<?x4x7x7xf32>"));
}

TEST_F(Inference, ReportsMissingAndMalformedAttributes) {
  EXPECT_TRUE(failed(infer("conv2d", arguments.take_front(3), "{out_channels = 4 : i64}")));
  EXPECT_NE(reported.find("requires attribute 'kernel'"), std::string::npos) << reported;
  reported.clear();
  EXPECT_TRUE(failed(infer("conv2d", arguments.take_front(3), "{out_channels = 4 : i64, kernel = \"3x3\"}")));
  EXPECT_NE(reported.find("kernel"), std::string::npos) << reported;
  reported.clear();
  EXPECT_TRUE(failed(infer("conv2d", arguments.take_front(3), "{out_channels = 4 : i64}", /*located=*/false)));
  EXPECT_EQ(reported, "") << "without a location nothing is reported";
}

TEST_F(Inference, ReportsOperandsThatAreNoTensorsOrTooMany) {
  EXPECT_TRUE(failed(infer("relu", arguments.take_back(1), "{}")));
  EXPECT_NE(reported.find("relu C0: operand 0 must be a ranked tensor"), std::string::npos) << reported;
  reported.clear();
  EXPECT_TRUE(failed(infer("relu", arguments.take_front(2), "{}")));
  EXPECT_NE(reported.find("relu C0: takes another number of operands than 2"), std::string::npos) << reported;
  EXPECT_TRUE(failed(infer("conv2d", arguments.take_front(1), "{out_channels = 4 : i64, kernel = array<i64: 3, 3>}")));
  EXPECT_TRUE(failed(infer("batch_norm", arguments.take_front(2), "{}")));
  EXPECT_TRUE(failed(infer("concat", {}, "{}")));
}

TEST_F(Inference, DeclaresParameters) {
  auto convolution = parameters("conv2d", type("tensor<?x8x9x9xf32>"), "{out_channels = 16 : i64, kernel = array<i64: 3, 1>, groups = 4 : i64}");
  ASSERT_TRUE(succeeded(convolution)) << reported;
  ASSERT_EQ(convolution->size(), 2u);
  EXPECT_EQ((*convolution)[0].suffix, "weight");
  EXPECT_EQ((*convolution)[0].type, type("tensor<16x2x3x1xf32>"));
  EXPECT_EQ((*convolution)[1].type, type("tensor<16xf32>"));
  auto dense = parameters("dense", type("tensor<?x8xf32>"), "{out_features = 5 : i64, bias = false}");
  ASSERT_TRUE(succeeded(dense)) << reported;
  ASSERT_EQ(dense->size(), 1u);
  EXPECT_EQ(dense->front().type, type("tensor<5x8xf32>"));
  auto norm = parameters("batch_norm", type("tensor<?x8x9x9xf32>"), "{}");
  ASSERT_TRUE(succeeded(norm)) << reported;
  SmallVector<std::string> suffixes;
  for (const ParameterDecl &declaration : *norm) {
    suffixes.push_back(declaration.suffix);
    EXPECT_EQ(declaration.type, type("tensor<8xf32>"));
  }
  EXPECT_EQ(suffixes, (SmallVector<std::string>{"weight", "bias", "running_mean", "running_var"}));
  auto bias = parameters("bias", type("tensor<?x8xf32>"), "{}");
  ASSERT_TRUE(succeeded(bias)) << reported;
  EXPECT_EQ(bias->front().suffix, "bias");
}

TEST_F(Inference, RefusesParametersBeyondAllMeasure) {
  EXPECT_TRUE(failed(parameters("conv2d", type("tensor<?x8x9x9xf32>"), "{out_channels = 4611686018427387904 : i64, kernel = array<i64: 3, 3>}")));
  EXPECT_NE(reported.find("the weight"), std::string::npos) << reported;
  EXPECT_TRUE(failed(parameters("dense", type("tensor<?x8xf32>"), "{out_features = 4611686018427387904 : i64}")));
  EXPECT_TRUE(failed(parameters("dense", type("tensor<8xf32>"), "{out_features = 1 : i64}")));
  EXPECT_TRUE(failed(parameters("batch_norm", type("tensor<8xf32>"), "{}")));
}

TEST_F(Inference, CountsMultiplyAccumulates) {
  auto net = parse(R"(func.func @f(%x: tensor<?x8x9x9xf32>, %w: tensor<4x2x3x3xf32>) -> tensor<?x4x7x7xf32> {
    %0 = cnn.conv2d %x, %w {out_channels = 4 : i64, kernel = array<i64: 3, 3>, groups = 4 : i64, bias = false} : (tensor<?x8x9x9xf32>, tensor<4x2x3x3xf32>) -> tensor<?x4x7x7xf32>
    return %0 : tensor<?x4x7x7xf32>
  })");
  int64_t macs = 0;
  net->walk([&](CostOpInterface op) { macs += op.macs(); });
  EXPECT_EQ(macs, 4 * 2 * 3 * 3 * 7 * 7);
}
