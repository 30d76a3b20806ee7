#include "lowering/kernels/Hash.h"
#include "lowering/kernels/Registry.h"
#include "test/lowering/kernels/Cases.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <limits>

namespace cnnc::kernels::test {
namespace {

TEST(KernelSpecJson, RoundTripsEveryCase) {
  for (const Algorithm *algorithm : algorithms())
    for (const Case &test : casesOf(algorithm->stem, targetV3())) {
      const std::string text = toJson(test.spec).dump();
      KernelSpec back;
      std::string error;
      ASSERT_TRUE(fromJson(nlohmann::json::parse(text), back, error)) << test.name << ": " << error;
      EXPECT_EQ(back, test.spec) << test.name;
      EXPECT_EQ(toJson(back).dump(), text) << test.name;
      EXPECT_EQ(hashOf(back), hashOf(test.spec)) << test.name;
    }
}

TEST(KernelSpecJson, KeepsTheTypeOfEveryAttribute) {
  Region region;
  const double inf = std::numeric_limits<double>::infinity();
  region.unary("x", region.input({1}),
               {{"b", true},
                {"i", int64_t(1)},
                {"d", 1.0},
                {"inf", -inf},
                {"s", std::string("1")},
                {"is", Shape{}},
                {"ds", std::vector<double>{1.0, inf}},
                {"none", std::vector<double>{}}});
  const KernelSpec spec = region.finish();
  KernelSpec back;
  std::string error;
  ASSERT_TRUE(fromJson(nlohmann::json::parse(toJson(spec).dump()), back, error)) << error;
  EXPECT_EQ(back, spec);
}

TEST(KernelSpecJson, RefusesMalformedDocuments) {
  Region region;
  region.unary("relu", region.input({1, 2, 3, 4}, 8));
  const nlohmann::json good = toJson(region.finish(8));
  auto error = [&](const std::string &pointer, const nlohmann::json &value) {
    nlohmann::json document = good;
    document[nlohmann::json::json_pointer(pointer)] = value;
    KernelSpec spec;
    std::string message;
    EXPECT_FALSE(fromJson(document, spec, message)) << pointer;
    return message;
  };
  EXPECT_EQ(error("/inputs", 3), "kernel spec: document: expected an object with arrays 'inputs' and 'ops'");
  EXPECT_EQ(error("/ops", nlohmann::json::array()), "kernel spec: document: 'ops' is empty");
  EXPECT_EQ(error("/inputs/0/dtype", "f64"), "kernel spec: inputs[0]: 'dtype' is none of f32, u8, i32");
  EXPECT_EQ(error("/inputs/0/shape", {1, 2}), "kernel spec: inputs[0]: a blocked tensor must have rank 4");
  EXPECT_EQ(error("/inputs/0/shape", {1, -2, 3, 4}), "kernel spec: inputs[0]: 'shape' holds something else than integers >= 0");
  EXPECT_EQ(error("/inputs/0/shape", {int64_t(1) << 39, 1 << 20, 1, 1}), "kernel spec: inputs[0]: tensor has more than 2^40 elements");
  EXPECT_EQ(error("/inputs/0/halo", {1, 2}), "kernel spec: inputs[0]: 'halo' must hold 4 integers (top, left, bottom, right)");
  EXPECT_EQ(error("/inputs/0/block", 1000), "kernel spec: inputs[0]: block 1000 is outside 0..256");
  EXPECT_EQ(error("/ops/0/operands", {1}), "kernel spec: ops[0]: operand 1 is not defined before the op");
  EXPECT_EQ(error("/ops/0/attributes", {{"a", nullptr}}), "kernel spec: ops[0].a: expected a boolean, number, string, array or {\"f64\": ...}");
}

/// A hash that moves would orphan every tuning record.
TEST(Hash, IsStable) {
  EXPECT_EQ(digest("abc", 256), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest(std::string(1000, 'a'), 256), "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3");
  Region region;
  region.unary("relu", region.input({1, 2, 3, 4}, 8, {1, 1, 1, 1}));
  EXPECT_EQ(
      toJson(region.finish(8)).dump(),
      R"({"inputs":[{"block":8,"dtype":"f32","halo":[1,1,1,1],"role":"activation","shape":[1,2,3,4]}],)"
      R"("ops":[{"attributes":{},"op":"relu","operands":[0],"result":{"block":8,"dtype":"f32","halo":[0,0,0,0],"role":"activation","shape":[1,2,3,4]}}]})");
  EXPECT_EQ(hashOf(region.finish(8)), digest(toJson(region.finish(8)).dump()));
  EXPECT_NE(hashOf(region.finish(8)), hashOf(region.finish(4)));
}

TEST(TensorDesc, CountsHaloAndPaddingLanes) {
  const TensorDesc tensor = {DType::f32, {2, 17, 5, 7}, 16, {1, 2, 3, 4}, TensorDesc::Role::activation};
  EXPECT_EQ(tensor.physicalShape(), (Shape{2, 2, 9, 13, 16}));
  EXPECT_EQ(tensor.physicalElements(), 2 * 2 * 9 * 13 * 16);
}

TEST(KernelSpec, RootIsTheLastOpThatIsNoEpilogue) {
  Region region;
  const int y = region.conv2d(region.input({1, 8, 4, 4}, 8), {.outputs = 8});
  region.unary("relu", region.add(y, y));
  EXPECT_EQ(region.finish(8).root().mnemonic, "conv2d");
  Region chain;
  chain.unary("tanh", chain.unary("relu", chain.input({3})));
  EXPECT_EQ(chain.finish().root().mnemonic, "relu");
}

} // namespace
} // namespace cnnc::kernels::test
