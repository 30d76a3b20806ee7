// interpret and bindBatch: batches, observers, and inputs that do not fit.
#include "fixture.h"

#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace cnnc::cnn;

static constexpr const char *kNetwork = R"(
  func.func @net(%x: tensor<?x2x1x1xf32>) -> (tensor<?x2xf32>, tensor<?x2x1x1xf32>) {
    %b = cnn.constant dense<[10.0, 20.0]> : tensor<2xf32>
    %0 = cnn.bias %x, %b : (tensor<?x2x1x1xf32>, tensor<2xf32>) -> tensor<?x2x1x1xf32>
    %1 = cnn.flatten %0 : (tensor<?x2x1x1xf32>) -> tensor<?x2xf32>
    %2 = cnn.add %1, %1 : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
    return %2, %x : tensor<?x2xf32>, tensor<?x2x1x1xf32>
  })";

struct Interpreter : Dialects {
  OwningOpRef<ModuleOp> module = parse(kNetwork);
  func::FuncOp function = *module->getOps<func::FuncOp>().begin();
};

static HostTensor tensor(std::vector<int64_t> shape, std::vector<double> data) {
  HostTensor result(shape);
  result.data = std::move(data);
  return result;
}

TEST_F(Interpreter, TakesTheBatchFromTheInputs) {
  auto outputs = interpret(function, tensor({3, 2, 1, 1}, {1, 2, 3, 4, 5, 6}));
  ASSERT_TRUE(succeeded(outputs)) << reported;
  ASSERT_EQ(outputs->size(), 2u);
  EXPECT_EQ(outputs->at(0).shape, (std::vector<int64_t>{3, 2}));
  EXPECT_EQ(outputs->at(0).data, (std::vector<double>{22, 44, 26, 48, 30, 52}));
  EXPECT_EQ(outputs->at(1).data, (std::vector<double>{1, 2, 3, 4, 5, 6}));
  EXPECT_TRUE(cast<RankedTensorType>(function.getArgumentTypes()[0]).isDynamicDim(0)) << "the function itself stays as it was";
}

TEST_F(Interpreter, RunsAnEmptyBatch) {
  auto outputs = interpret(function, tensor({0, 2, 1, 1}, {}));
  ASSERT_TRUE(succeeded(outputs)) << reported;
  EXPECT_EQ(outputs->at(0).shape, (std::vector<int64_t>{0, 2}));
}

TEST_F(Interpreter, ShowsEachOpItsResults) {
  std::vector<std::string> names;
  double sum = 0;
  auto outputs = interpret(function, tensor({1, 2, 1, 1}, {1, 2}), [&](Operation *op, ArrayRef<HostTensor> results) {
    names.push_back(op->getName().stripDialect().str());
    for (double value : results.front().data)
      sum += value;
  });
  ASSERT_TRUE(succeeded(outputs)) << reported;
  EXPECT_EQ(names, (std::vector<std::string>{"constant", "bias", "flatten", "add"}));
  EXPECT_EQ(sum, 30 + 33 + 33 + 66);
}

TEST_F(Interpreter, RefusesInputsThatDoNotFit) {
  EXPECT_TRUE(failed(interpret(function, {})));
  EXPECT_NE(reported.find("takes 1 inputs, got 0"), std::string::npos) << reported;
  reported.clear();
  EXPECT_TRUE(failed(interpret(function, tensor({1, 3, 1, 1}, {1, 2, 3}))));
  EXPECT_NE(reported.find("input 0 of shape 1x3x1x1 does not match"), std::string::npos) << reported;
  reported.clear();
  EXPECT_TRUE(failed(interpret(function, tensor({1, 2, 1, 1}, {1}))));
  EXPECT_NE(reported.find("input 0"), std::string::npos) << "data that does not fill its shape";
}

static constexpr const char *kCapped = R"(
  func.func @net(%x: tensor<4x6x3xui8, #cnn.capped<[0, 1]>>) -> (tensor<1x3x3x3xf32>, tensor<4xi32>) {
    %0:2 = cnn.image_to_batch %x {size = array<i64: 3, 3>, min_size = 2, max_size = 4, mean = array<f64: 0.0, 0.0, 0.0>, std = array<f64: 1.0, 1.0, 1.0>, scale = 1.0}
        : (tensor<4x6x3xui8, #cnn.capped<[0, 1]>>) -> (tensor<1x3x3x3xf32>, tensor<4xi32>)
    return %0#0, %0#1 : tensor<1x3x3x3xf32>, tensor<4xi32>
  })";

TEST_F(Interpreter, TakesAPictureSmallerThanItsCap) {
  auto capped = parse(kCapped);
  auto outputs = interpret(*capped->getOps<func::FuncOp>().begin(), tensor({1, 1, 3}, {7, 8, 9}));
  ASSERT_TRUE(succeeded(outputs)) << reported;
  EXPECT_EQ(outputs->at(0).data, (std::vector<double>{7, 7, 0, 7, 7, 0, 0, 0, 0, 8, 8, 0, 8, 8, 0, 0, 0, 0, 9, 9, 0, 9, 9, 0, 0, 0, 0}));
  EXPECT_EQ(outputs->at(1).data, (std::vector<double>{2, 2, 1, 1}));
}

TEST_F(Interpreter, RefusesAPictureThatDoesNotFit) {
  auto capped = parse(kCapped);
  func::FuncOp net = *capped->getOps<func::FuncOp>().begin();
  EXPECT_TRUE(failed(interpret(net, tensor({1, 3, 3}, std::vector<double>(9)))));
  EXPECT_NE(reported.find("a picture of 1x3 is scaled to 1x4, which does not fit the canvas of 3x3"), std::string::npos) << reported;
  reported.clear();
  EXPECT_TRUE(failed(interpret(net, tensor({5, 6, 3}, std::vector<double>(90))))) << "above the cap";
  EXPECT_NE(reported.find("input 0 of shape 5x6x3 does not match"), std::string::npos) << reported;
  reported.clear();
  EXPECT_TRUE(failed(interpret(net, tensor({0, 6, 3}, {})))) << "no pixels";
  EXPECT_NE(reported.find("input 0 of shape 0x6x3 does not match"), std::string::npos) << reported;
  reported.clear();
  EXPECT_TRUE(failed(interpret(net, tensor({4, 6, 1}, std::vector<double>(24))))) << "channels are not capped";
  EXPECT_NE(reported.find("input 0 of shape 4x6x1 does not match"), std::string::npos) << reported;
}

TEST_F(Interpreter, RefusesTwoBatches) {
  auto two = parse(R"(func.func @two(%x: tensor<?x1xf32>, %y: tensor<?x1xf32>) -> tensor<?x1xf32> {
    %0 = cnn.add %x, %y : (tensor<?x1xf32>, tensor<?x1xf32>) -> tensor<?x1xf32>
    return %0 : tensor<?x1xf32>
  })");
  EXPECT_TRUE(failed(interpret(*two->getOps<func::FuncOp>().begin(), {tensor({1, 1}, {1}), tensor({2, 1}, {1, 2})})));
  EXPECT_NE(reported.find("input 1 of shape 2x1 does not match"), std::string::npos) << reported;
}

TEST_F(Interpreter, RefusesTensorsThatCannotBeHeld) {
  auto large = parse(R"(func.func @large(%x: tensor<1x1x1x1xf32>) -> tensor<1x1x65536x65536xf32> {
    %0 = cnn.resize %x {size = array<i64: 65536, 65536>} : (tensor<1x1x1x1xf32>) -> tensor<1x1x65536x65536xf32>
    return %0 : tensor<1x1x65536x65536xf32>
  })");
  EXPECT_TRUE(failed(interpret(*large->getOps<func::FuncOp>().begin(), tensor({1, 1, 1, 1}, {1}))));
  EXPECT_NE(reported.find("has a result that the reference cannot hold"), std::string::npos) << reported;
}

TEST_F(Interpreter, BindsABatchAndKeepsLayouts) {
  auto laidOut = parse(R"(func.func @net(%x: tensor<?x8x2x2xf32>) -> tensor<?x8x2x2xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>> {
    %0 = cnn.convert_layout %x : (tensor<?x8x2x2xf32>) -> tensor<?x8x2x2xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>>
    return %0 : tensor<?x8x2x2xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>>
  })");
  auto net = *laidOut->getOps<func::FuncOp>().begin();
  ASSERT_TRUE(succeeded(bindBatch(net, 4)));
  EXPECT_EQ(net.getFunctionType(), type("(tensor<4x8x2x2xf32>) -> tensor<4x8x2x2xf32, #cnn.layout<block = 8, halo = [0, 0, 0, 0]>>"));
  EXPECT_TRUE(succeeded(verify(*laidOut))) << reported;
}

TEST_F(Interpreter, RefusesANegativeBatch) {
  EXPECT_TRUE(failed(bindBatch(function, -1)));
  EXPECT_NE(reported.find("cannot have a batch of -1"), std::string::npos) << reported;
}
