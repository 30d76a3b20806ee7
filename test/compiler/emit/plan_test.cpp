// The tables: their C layout, and modules that cannot become one.
#include "compiler/emit/EmitPlan.h"
#include "compiler/emit/LaunchTable.h"
#include "compiler/emit/PlanTypes.h"
#include "compiler/emit/Weights.h"
#include "test/compiler/emit/TinyNetwork.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"

#include <gtest/gtest.h>

using namespace cnnc;
using namespace cnnc::emit;
using namespace cnnc::emit::test;

namespace {

TEST(Plan, StructsLieAsInC) {
  llvm::LLVMContext context;
  PlanTypes types(context);
  for (const char *triple : {"x86_64-pc-linux-gnu", "aarch64-unknown-linux-gnu"})
    EXPECT_EQ(layoutMismatches(types, llvm::DataLayout(dataLayoutOf(triple))), std::vector<std::string>{});
}

TEST(Plan, AMovedFieldIsReported) {
  llvm::LLVMContext context;
  PlanTypes types(context);
  types.feature = llvm::StructType::create(context, {types.i64, types.pointer}, "cnnc_feature");
  types.halo = llvm::StructType::create(context, {types.i32, types.i64, types.i64, types.i32, types.i32, types.i32}, "cnnc_halo");
  auto found = layoutMismatches(types, llvm::DataLayout(dataLayoutOf("x86_64-pc-linux-gnu")));
  EXPECT_FALSE(found.empty());
}

struct ReadModule : testing::Test {
  kernels::Result<LaunchTable> read(const std::string &text) {
    module = tiny.parse(text);
    std::map<std::string, std::string> symbols;
    for (const auto &[name, object] : tiny.kernels)
      symbols[name] = object.symbol;
    return readModule(*module, symbols);
  }
  void expectError(const std::string &from, const std::string &to, const std::string &message) {
    auto table = read(replaced(TinyNetwork::text(), from, to));
    ASSERT_FALSE(table) << message;
    EXPECT_NE(table.error().find(message), std::string::npos) << table.error();
  }
  TinyNetwork tiny;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

TEST_F(ReadModule, FillsTheTables) {
  auto table = read(TinyNetwork::text());
  ASSERT_TRUE(table) << table.error();
  EXPECT_TRUE(table->perImage);
  EXPECT_EQ(table->parameters, 62u);
  const LaunchRow &scale = table->launches[0], &reverse = table->launches[3];
  EXPECT_EQ(scale.args[0].imageStride, 120u);
  EXPECT_EQ(scale.args[1].extents, (std::vector<int64_t>{1, 4}));
  EXPECT_EQ(scale.args[2].extents, (std::vector<int64_t>{1, 1, 5, 7, 4}));
  EXPECT_EQ(scale.bytes, 560u);
  EXPECT_EQ(reverse.args[0].space, CNNC_SPACE_ARENA); // through the view and the concat
  EXPECT_EQ(reverse.args[0].offset, 0u);
  EXPECT_EQ(reverse.args[2].imageStride, 240u);
}

TEST_F(ReadModule, Errors) {
  expectError("exec.arena_bytes = 832 : i64, ", "", "exec.arena_bytes");
  expectError("exec.arena_bytes = 832", "exec.arena_bytes = 640", "outside the arena");
  expectError(" at <arena[0], offset = 0, bytes = 120>", "", "layer 'box' has no slot");
  expectError("<output[0], offset = 0", "<arena[0], offset = 0", "output 'y' is not written");
  expectError("<output[0], offset = 0", "<output[1], offset = 0", "no launch may write");
  expectError("offset 64", "offset 32", "multiple of 64");
  expectError("offset 64", "offset 0", "overlaps");
  expectError("exec.weights_bytes = 304", "exec.weights_bytes = 256", "runs past the weights section");
  expectError("exec.per_image, ", "", "dynamic batch");
  expectError("cnn.max_batch = 2", "cnn.max_batch = 0", "max_batch");
  tiny.kernels.erase("twice");
  expectError("tiny", "tiny", "@twice, for which no kernel was built");
}

TEST_F(ReadModule, WeightsArePackedAtTheirOffsets) {
  auto table = read(TinyNetwork::text());
  ASSERT_TRUE(table) << table.error();
  std::string bytes, digest;
  llvm::raw_string_ostream stream(bytes);
  ASSERT_EQ(writeWeights(stream, *table, &digest), std::nullopt);
  std::vector<float> cells(bytes.size() / 4), expected(76, 0);
  std::memcpy(cells.data(), bytes.data(), bytes.size());
  expected[0] = 2;
  expected[1] = 3;
  std::fill(expected.begin() + 16, expected.end(), 0.5f);
  EXPECT_EQ(cells, expected);
  EXPECT_EQ(digest, digestOf(bytes));
}

TEST_F(ReadModule, WeightsFromResources) {
  auto table = read(TinyNetwork::text());
  ASSERT_TRUE(table) << table.error();
  std::vector<float> values = {5, 7};
  auto type = mlir::RankedTensorType::get({2}, mlir::Float32Type::get(&tiny.context));
  table->weights[0].value =
      mlir::DenseResourceElementsAttr::get(type, "factor", mlir::HeapAsmResourceBlob::allocateAndCopyInferAlign(llvm::ArrayRef<float>(values)));
  std::string bytes, digest;
  llvm::raw_string_ostream stream(bytes);
  ASSERT_EQ(writeWeights(stream, *table, &digest), std::nullopt);
  EXPECT_EQ(std::memcmp(bytes.data(), values.data(), 8), 0);
  table->weights[0].shape = {3};
  auto error = writeWeights(llvm::nulls(), *table, &digest);
  ASSERT_TRUE(error);
  EXPECT_NE(error->find("8 bytes of data, its type needs 12"), std::string::npos) << *error;
}

} // namespace
