// The printed llvm phase: what goes in comes out, and text that was not printed by the compiler is refused.
#include "compiler/emit/Emit.h"
#include "compiler/emit/PrintedModule.h"
#include "runtime/cnnc.hpp"
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

TEST_F(PrintedModuleTest, BecomesTheSameLibrary) {
  auto module = tiny.parse(R"(
!dense = tensor<?x2x3x5xf32>
module attributes {cnn.network = "relu", exec.per_image, exec.arena_bytes = 0 : i64, exec.weights_bytes = 0 : i64} {
  exec.kernel @k0 attributes {weights = array<i1: false>} {
  ^bb0(%x: !dense):
    exec.yield %x : !dense
  }
  func.func @main(%x: !dense {cnn.name = "x", cnn.layout_hint = "NCHW"}) -> (!dense {cnn.name = "y"}) {
    %0 = exec.launch @k0(%x) "relu" at <output[0], offset = 0, bytes = 120> : (!dense) -> !dense
    return %0 : !dense
  }
})");
  kernels::KernelSpec spec = relu().spec;
  kernels::BuildRequest request{spec, kernels::defaultFor(spec, tiny.target)};
  auto object = kernels::build(request.spec, request.schedule, tiny.target);
  ASSERT_TRUE(object) << object.error();

  TemporaryFolder folder;
  EmitOptions options;
  options.outputFolder = folder.path("direct");
  auto direct = emitLibrary(*module, tiny.target, {{"k0", *object}}, options);
  ASSERT_TRUE(direct) << direct.error();

  auto plan = emitLLVM(context, *module, tiny.target, {{"k0", request}}, options);
  ASSERT_TRUE(plan) << plan.error();
  std::string text;
  llvm::raw_string_ostream(text) << **plan;
  options.outputFolder = folder.path("printed");
  auto printed = emitLibraryFromLLVM(text, "relu.ll", tiny.target, options);
  ASSERT_TRUE(printed) << printed.error();
  EXPECT_TRUE(readFile(direct->library) == readFile(printed->library));
  EXPECT_EQ(readFile(direct->header), readFile(printed->header));

  std::vector<float> image = testImages(1), expected = image;
  for (float &value : expected)
    value = std::max(value, 0.0f);
  EXPECT_EQ(cnnc::Model(cnnc::Library::open(printed->library)).run(image), std::vector<std::vector<float>>{expected});
}

TEST_F(PrintedModuleTest, ChangedWeightsAreNoticed) {
  EmitOptions options;
  options.outputFolder = TemporaryFolder().path("out");
  auto files = emitLibraryFromLLVM(replaced(print(), "c\"\\00\\00\\00@\\00\\00@@", "c\"\\00\\00\\00@\\00\\00@A"), "tiny.ll", tiny.target, options);
  ASSERT_FALSE(files);
  EXPECT_NE(files.error().find("differ from the digest"), std::string::npos) << files.error();
}

} // namespace
