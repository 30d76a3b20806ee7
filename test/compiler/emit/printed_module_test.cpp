// The printed llvm phase: what goes in comes out, and text that was not printed by the compiler is refused.
#include "compiler/emit/Emit.h"
#include "compiler/emit/PrintedModule.h"
#include "test/compiler/emit/TinyNetwork.h"

#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

using namespace cnnc;
using namespace cnnc::emit;
using namespace cnnc::emit::test;

namespace {

/// y = max(x, 0) on the shapes of the tiny network, under every kernel's name.
kernels::BuildRequest relu() {
  kernels::TensorDesc tensor{.dtype = kernels::DType::f32, .shape = {1, 2, 3, 5}};
  kernels::OpDesc op{.mnemonic = "relu", .attributes = {}, .operands = {0}, .result = tensor};
  return {{.inputs = {tensor}, .ops = {op}}, {"elementwise.flat", {{"tile", 2}}}};
}

struct PrintedModuleTest : testing::Test {
  std::string print(bool external = false) {
    auto module = tiny.parse(TinyNetwork::text());
    std::map<std::string, kernels::BuildRequest> requests;
    for (const auto &[name, object] : tiny.kernels)
      requests[name] = relu();
    EmitOptions options;
    options.externalWeights = external;
    llvm::LLVMContext context;
    auto plan = emitLLVM(context, *module, tiny.target, requests, options);
    EXPECT_TRUE(plan) << (plan ? "" : plan.error());
    std::string text;
    llvm::raw_string_ostream stream(text);
    (*plan)->print(stream, nullptr);
    return text;
  }
  TinyNetwork tiny;
  llvm::LLVMContext context;
};

TEST_F(PrintedModuleTest, GivesBackWhatItCarries) {
  auto detached = parsePrinted(context, print(), "tiny.ll");
  ASSERT_TRUE(detached) << detached.error();
  ASSERT_EQ(detached->kernels.size(), 4u);
  EXPECT_EQ(detached->kernels[0].spec, relu().spec);
  EXPECT_EQ(detached->kernels[0].schedule, relu().schedule);
  EXPECT_EQ(detached->metadata["network"], "tiny");
  EXPECT_EQ(detached->weights.size(), 304u);
  EXPECT_TRUE(detached->plan->getNamedGlobal("cnnc_weights")->isDeclaration());
  EXPECT_EQ(detached->plan->getNamedMetadata("cnnc.kernels"), nullptr);
}

TEST_F(PrintedModuleTest, ExternalWeightsTravelToo) {
  auto detached = parsePrinted(context, print(/*external=*/true), "tiny.ll");
  ASSERT_TRUE(detached) << detached.error();
  EXPECT_EQ(detached->weights.size(), 304u);
  EXPECT_EQ(detached->plan->getNamedGlobal("cnnc_weights"), nullptr);
}

TEST_F(PrintedModuleTest, OtherTextIsRefused) {
  std::string text = print();
  for (auto [bad, message] : {std::pair{std::string("not LLVM"), "tiny.ll:1"},
                              {std::string("define void @f() {\n  ret void\n}\n"), "was not printed by"},
                              {replaced(text, "!cnnc.metadata", "!other"), "was not printed by"},
                              {replaced(text, "\\22network\\22", "\\22nothing\\22"), "no metadata document"},
                              {replaced(text, "\\22ops\\22", "\\22nops\\22"), "!cnnc.kernels"}}) {
    llvm::LLVMContext fresh;
    auto detached = parsePrinted(fresh, bad, "tiny.ll");
    ASSERT_FALSE(detached) << message;
    EXPECT_NE(detached.error().find(message), std::string::npos) << detached.error();
  }
}

TEST_F(PrintedModuleTest, ChangedWeightsAreNoticed) {
  EmitOptions options;
  options.outputFolder = "/nonexistent";
  auto files = emitLibraryFromLLVM(replaced(print(), "c\"\\00\\00\\00@\\00\\00@@", "c\"\\00\\00\\00@\\00\\00@A"), "tiny.ll", tiny.target, options);
  ASSERT_FALSE(files);
  EXPECT_NE(files.error().find("differ from the digest"), std::string::npos) << files.error();
}

} // namespace
