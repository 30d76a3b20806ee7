// cnnc.hpp: two linked libraries in one program, loading by path, ownership, exceptions.
#include "runtime/cnnc.hpp"
#include "test/runtime/toy.h"

extern "C" const cnnc_api *toy2x_cnnc_query(uint32_t max_abi);
extern "C" const cnnc_api *toy3x_cnnc_query(uint32_t max_abi);

using toy::expected;
using toy::ramp;

namespace {

const std::string path = std::string(TOY_DIR) + "/libtoy2x.so";

TEST(Hpp, TwoLinkedLibraries) {
  cnnc::Model two(cnnc::Library::linked(toy2x_cnnc_query)), three(cnnc::Library::linked(toy3x_cnnc_query));
  const std::vector<float> x = ramp(3);
  EXPECT_EQ(two.run(x), (std::vector<std::vector<float>>{expected(x, 2).scaled, expected(x, 2).sums}));
  EXPECT_EQ(three.run(x).front(), expected(x, 3).scaled);
}

TEST(Hpp, OpenedLibraryOutlivesItsHandle) {
  cnnc::ModelOptions options;
  options.threads = 2;
  cnnc::Model model(cnnc::Library::open(path), options);
  EXPECT_STREQ(model.info().name, "toy2x");
  EXPECT_EQ(model.run(ramp(1)).back(), expected(ramp(1), 2).sums);
}

TEST(Hpp, MovedModels) {
  static_assert(!std::is_copy_constructible_v<cnnc::Model> && std::is_nothrow_move_constructible_v<cnnc::Model>);
  cnnc::Model first(cnnc::Library::open(path)), second(cnnc::Library::linked(toy3x_cnnc_query));
  cnnc::Model moved(std::move(first));
  EXPECT_EQ(moved.run(ramp(1)).front(), expected(ramp(1), 2).scaled);
  moved = std::move(second);
  EXPECT_EQ(moved.run(ramp(1)).front(), expected(ramp(1), 3).scaled);
}

TEST(Hpp, ViewsAndOwnWorkspace) {
  cnnc::Model model(cnnc::Library::open(path));
  const std::vector<float> x{1, 2, 3};
  std::vector<float> scaled(toy::image), sums(toy::image);
  const std::vector<int64_t> shape{1, toy::C, toy::H, toy::W};
  const uint64_t bytes = model.workspaceSize(1);
  void *workspace = std::aligned_alloc(64, bytes);
  cnnc::RunOptions options;
  options.workspace = workspace;
  options.workspaceBytes = bytes;
  model.run({cnnc::Tensor(&x[2], shape, {0, 0, -1, 0})}, {cnnc::Tensor(scaled.data(), shape), cnnc::Tensor(sums.data(), shape)}, options);
  EXPECT_EQ(scaled[0], 6);
  EXPECT_EQ(scaled[toy::W], 4);
  EXPECT_EQ(scaled[2 * toy::W], 2);
  std::free(workspace);
}

template <typename Body> std::pair<int32_t, std::string> errorOf(Body body) {
  try {
    body();
  } catch (const cnnc::Error &error) {
    return {error.code(), error.what()};
  }
  return {CNNC_OK, ""};
}

TEST(Hpp, Errors) {
  EXPECT_EQ(errorOf([] { cnnc::Library::open("/nonexistent.so"); }).first, CNNC_ERROR_INVALID_ARGUMENT);
  EXPECT_NE(errorOf([] { cnnc::Library::open("libm.so.6"); }).second.find("cnnc_query"), std::string::npos);
  EXPECT_EQ(errorOf([] { cnnc::Library::open(std::string(TOY_DIR) + "/libalien.so").checkTarget(); }).first, CNNC_ERROR_TARGET);
  cnnc::Model model(cnnc::Library::open(path));
  EXPECT_EQ(errorOf([&] { model.run(std::vector<float>(7)); }).first, CNNC_ERROR_SHAPE);
  EXPECT_EQ(errorOf([&] { model.run(std::vector<double>(toy::image)); }).first, CNNC_ERROR_DTYPE);
  EXPECT_EQ(errorOf([&] { model.run({}, {}); }).first, CNNC_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(errorOf([&] { cnnc::Tensor(nullptr, DLDataType{}, {1, 2}, {1}); }).first, CNNC_ERROR_INVALID_ARGUMENT);
}

TEST(Hpp, Profile) {
  cnnc::Model model(cnnc::Library::open(path));
  model.profile(true);
  model.run(ramp(2));
  model.profile(false);
  EXPECT_EQ(model.profile().at(1).calls, 2u);
  EXPECT_STREQ(model.profile().at(1).layer, "pad");
}

} // namespace
