// The library as its users meet it: written, loaded, run, linked.
#include "compiler/emit/Emit.h"
#include "compiler/emit/Weights.h"
#include "compiler/emit/GrowSection.h"
#include "compiler/emit/LibraryFile.h"
#include "runtime/cnnc.h"
#include "test/compiler/emit/TinyNetwork.h"

#include "llvm/Support/FileSystem.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

using namespace cnnc;
using namespace cnnc::emit;
using namespace cnnc::emit::test;

namespace {

struct EmitTest : testing::Test {
  kernels::Result<LibraryFiles> emit(const std::string &folder, EmitOptions options = {}, const std::string &text = TinyNetwork::text()) {
    options.outputFolder = this->folder.path(folder);
    options.compilerVersion = "1.2.3";
    auto module = tiny.parse(text);
    return emitLibrary(*module, tiny.target, tiny.kernels, options);
  }
  LibraryFiles mustEmit(const std::string &folder, EmitOptions options = {}, const std::string &text = TinyNetwork::text()) {
    auto files = emit(folder, options, text);
    EXPECT_TRUE(files) << (files ? "" : files.error());
    return files ? *files : LibraryFiles{};
  }
  std::set<std::string> namesIn(const std::string &path) {
    std::set<std::string> names;
    std::error_code code;
    for (llvm::sys::fs::directory_iterator it(path, code), end; it != end && !code; it.increment(code))
      names.insert(llvm::StringRef(it->path()).rsplit('/').second.str());
    return names;
  }
  TemporaryFolder folder;
  TinyNetwork tiny;
};

/// A loaded library with a model of one thread.
struct Loaded {
  explicit Loaded(const std::string &path, const char *weights = nullptr) : handle(dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL)) {
    EXPECT_TRUE(handle) << dlerror();
    if (!handle)
      return;
    auto query = reinterpret_cast<cnnc_query_fn>(dlsym(handle, "cnnc_query"));
    api = query(CNNC_ABI_VERSION);
    cnnc_create_options options{.struct_size = sizeof options, .threads = 2, .hooks = nullptr, .weights_path = weights};
    cnnc_error error{};
    error.struct_size = sizeof error;
    EXPECT_EQ(api->check_target(&error), CNNC_OK) << error.message;
    EXPECT_EQ(api->create(&options, &model, &error), CNNC_OK) << error.message;
  }
  ~Loaded() {
    if (model)
      api->destroy(model);
    if (handle)
      dlclose(handle);
  }
  std::vector<float> run(std::vector<float> images) {
    int64_t batch = static_cast<int64_t>(images.size()) / 30, in[] = {batch, 2, 3, 5}, out[] = {batch, 60};
    std::vector<float> result(batch * 60, -1);
    DLTensor input{images.data(), {kDLCPU, 0}, 4, {kDLFloat, 32, 1}, in, nullptr, 0}, output{result.data(), {kDLCPU, 0}, 2, {kDLFloat, 32, 1}, out, nullptr, 0};
    cnnc_error error{};
    error.struct_size = sizeof error;
    EXPECT_EQ(api->run(model, &input, &output, nullptr, &error), CNNC_OK) << error.message;
    return result;
  }
  void *handle;
  const cnnc_api *api = nullptr;
  cnnc_model *model = nullptr;
};

std::vector<float> expected(const std::vector<float> &images, float factor0 = 2, float factor1 = 3) {
  std::vector<float> result;
  for (size_t i = 0; i < images.size(); i += 30)
    for (float value : reference(images.data() + i, factor0, factor1))
      result.push_back(value);
  return result;
}

TEST_F(EmitTest, RunsThroughTheAbi) {
  Loaded library(mustEmit("out").library);
  for (int batch : {1, 2})
    EXPECT_EQ(library.run(testImages(batch)), expected(testImages(batch)));
}

TEST_F(EmitTest, InfoSaysWhatTheModuleSays) {
  EmitOptions options;
  options.origin = {{"seed", 7}};
  Loaded library(mustEmit("out", options).library);
  const cnnc_info &info = *library.api->info;
  EXPECT_STREQ(info.name, "tiny");
  EXPECT_STREQ(info.target, "x86-64");
  EXPECT_STREQ(info.compiler, "1.2.3");
  EXPECT_EQ(std::string(info.weights_digest).size(), 64u);
  EXPECT_EQ(info.weights_bytes, 304u);
  EXPECT_EQ(info.macs, 300u);
  EXPECT_EQ(info.num_launches, 4);
  ASSERT_EQ(info.num_inputs, 1);
  EXPECT_STREQ(info.inputs[0].name, "image");
  EXPECT_STREQ(info.inputs[0].layout, "NCHW");
  EXPECT_EQ(info.inputs[0].min_shape[0], 1);
  EXPECT_EQ(info.inputs[0].max_shape[0], 2);
  EXPECT_EQ(info.workspace_bytes, 832u + 128 + 256);
  EXPECT_EQ(library.api->workspace_size(library.model, 2), info.workspace_bytes);
  auto metadata = nlohmann::json::parse(info.metadata_json);
  EXPECT_EQ(metadata["launches"][0]["schedule"], "scale.plain(tile=2)");
  EXPECT_EQ(metadata["launches"][0]["multiplications"], 30);
  EXPECT_EQ(metadata["origin"]["seed"], 7);
  EXPECT_EQ(metadata["weights"]["digest"], info.weights_digest);
}

TEST_F(EmitTest, WritesTheWholePackageAndNothingElse) {
  mustEmit("out");
  std::string error;
  auto staging = Staging::open(folder.path("out"), error);
  ASSERT_TRUE(staging) << error;
  ASSERT_EQ(stageSample(*staging, "tiny", {{"image", "f32", {1, 2, 3, 5}, std::string(120, '\0')}}, {{"y", "f32", {1, 60}, std::string(240, '\0')}}),
            std::nullopt);
  ASSERT_EQ(staging->commit(), std::nullopt);
  staging.reset();
  EXPECT_EQ(namesIn(folder.path("out")), (std::set<std::string>{"cnnc.h", "cnnc.hpp", "libtiny.so", "tiny.expected.y.npy", "tiny.h", "tiny.hpp",
                                                                "tiny.input.image.npy", "tiny.json", "tiny.pc", "tinyConfig.cmake"}));
  EXPECT_EQ(readFile(folder.path("out/tiny.input.image.npy")).size(), 128u + 120);
}

TEST_F(EmitTest, SameInputGivesTheSameBytesInAnyFolder) {
  mustEmit("one");
  mustEmit("два 二 'three' $HOME;");
  for (const std::string &name : namesIn(folder.path("one")))
    EXPECT_TRUE(readFile(folder.path("one/" + name)) == readFile(folder.path("два 二 'three' $HOME;/" + name))) << name;
}

TEST_F(EmitTest, ExternalWeightsStandBesideTheLibrary) {
  EmitOptions options;
  options.externalWeights = true;
  LibraryFiles files = mustEmit("out", options);
  EXPECT_EQ(readFile(files.weights).size(), 304u);
  EXPECT_NE(readFile(files.header).find("tiny_create(int32_t threads, const char *weights_path, cnnc_model **model"), std::string::npos);
  Loaded library(files.library, files.weights.c_str());
  EXPECT_EQ(library.run(testImages(1)), expected(testImages(1)));
}

TEST_F(EmitTest, EmbeddedWeightsAreTheEndOfTheFileAndASectionOfTheirOwn) {
  EmitOptions external;
  external.externalWeights = true;
  std::string weights = readFile(mustEmit("external", external).weights), path = mustEmit("out").library;
  EXPECT_TRUE(llvm::StringRef(readFile(path)).ends_with(weights));
  auto library = readLibrary(path);
  ASSERT_TRUE(library) << library.error();
  auto section = llvm::find_if(library->sections, [](const SectionSize &section) { return section.name == kWeightsSection; });
  ASSERT_NE(section, library->sections.end());
  EXPECT_EQ(section->bytes, 304u);
  EXPECT_EQ(section->alignment, 4096u);
}

TEST_F(EmitTest, OnlyALastSectionGrows) {
  std::string path = mustEmit("out").library;
  auto fill = [](llvm::raw_ostream &stream) -> std::optional<std::string> {
    stream << "x";
    return std::nullopt;
  };
  auto failure = [&](const std::string &file, const char *section) { return growSection(file, section, 1, fill).value_or(""); };
  EXPECT_NE(failure(path, ".nosuch").find("has no section .nosuch"), std::string::npos);
  EXPECT_NE(failure(path, ".text").find("is not alone in the last segment"), std::string::npos);
  EXPECT_NE(failure(folder.path("nosuch"), ".text").find("cannot read"), std::string::npos);
  EXPECT_EQ(growSection(path, kWeightsSection, 1, [](llvm::raw_ostream &) { return std::optional<std::string>("no data"); }), "no data");
}

TEST_F(EmitTest, TwoNetworksInOneProcess) {
  EmitOptions second;
  second.network = "second";
  std::string other = replaced(TinyNetwork::text(), "dense<[2.0, 3.0]>", "dense<[5.0, 7.0]>");
  Loaded a(mustEmit("a").library), b(mustEmit("b", second, other).library);
  EXPECT_EQ(b.run(testImages(2)), expected(testImages(2), 5, 7));
  EXPECT_EQ(a.run(testImages(2)), expected(testImages(2)));
}

TEST_F(EmitTest, OneProgramLinksTwoNetworks) {
  EmitOptions second;
  second.network = "second";
  mustEmit("out");
  mustEmit("out", second, replaced(TinyNetwork::text(), "dense<[2.0, 3.0]>", "dense<[5.0, 7.0]>"));
  std::string out = folder.path("out"), program = folder.path("program");
  for (auto [compiler, standard, source] : {std::tuple{CNNC_TEST_CC, "-std=c99", "two_networks.c"}, {CNNC_TEST_CXX, "-std=c++17", "two_networks.cpp"}}) {
    ASSERT_EQ(execute({compiler, standard, "-Wall", "-Wextra", "-pedantic", "-Werror", "-I" + out, std::string(CNNC_TEST_SOURCE) + "/" + source,
                       out + "/libtiny.so", out + "/libsecond.so", "-Wl,-rpath," + out, "-o", program}),
              0);
    EXPECT_EQ(execute({program}), 0) << source;
  }
}

TEST_F(EmitTest, HostileNamesGiveValidHeaders) {
  for (const char *name : {"int", "free", "a b", "1x", "", "cnnc", "*/ #error \\\"x\\\""}) {
    std::string text = replaced(replaced(TinyNetwork::text(), "cnn.name = \"image\"", std::string("cnn.name = \"") + name + "\""), "cnn.name = \"y\"",
                                "cnn.name = \"DLTensor\"");
    std::string network = name;
    LibraryFiles files = mustEmit("out", {}, replaced(text, "cnn.network = \"tiny\"", "cnn.network = \"" + network + "\""));
    Loaded library(files.library);
    EXPECT_EQ(library.run(testImages(1)), expected(testImages(1)));
    std::string header = files.header, source = folder.path("use.c");
    EXPECT_EQ(execute({CNNC_TEST_CC, "-std=c99", "-fsyntax-only", "-Wall", "-Wextra", "-pedantic", "-Werror", "-x", "c", "-include", header, "/dev/null"}), 0)
        << name;
    EXPECT_EQ(execute({CNNC_TEST_CXX, "-std=c++17", "-fsyntax-only", "-Wall", "-Wextra", "-pedantic", "-Werror", "-x", "c++", "-include", header + "pp",
                       "/dev/null"}),
              0)
        << name;
  }
}

TEST_F(EmitTest, AFolderThatCannotBeWrittenIsAnError) {
  std::error_code code;
  llvm::raw_fd_ostream(folder.path("file"), code) << "x";
  auto files = emit("file/out");
  ASSERT_FALSE(files);
  EXPECT_NE(files.error().find("output folder"), std::string::npos) << files.error();
}

TEST_F(EmitTest, AFailureLeavesNothingBehind) {
  tiny.kernels["box"].symbol = "test_missing";
  auto files = emit("out");
  ASSERT_FALSE(files);
  EXPECT_NE(files.error().find("test_missing_argv"), std::string::npos) << files.error();
  EXPECT_FALSE(llvm::sys::fs::exists(folder.path("out")));
}

TEST_F(EmitTest, AnOccupiedNameLeavesTheFolderAsItWas) {
  llvm::sys::fs::create_directories(folder.path("out/libtiny.so"));
  auto files = emit("out");
  ASSERT_FALSE(files);
  EXPECT_NE(files.error().find("it is a folder"), std::string::npos) << files.error();
  EXPECT_EQ(namesIn(folder.path("out")), std::set<std::string>{"libtiny.so"});
}

TEST_F(EmitTest, WeightsPastTheLimitAreRefusedBeforeTheyAreWritten) {
  auto files = emit("out", {}, replaced(TinyNetwork::text(), "exec.weights_bytes = 304", "exec.weights_bytes = 2200000000"));
  ASSERT_FALSE(files);
  EXPECT_NE(files.error().find("--external-weights"), std::string::npos) << files.error();
  EXPECT_FALSE(llvm::sys::fs::exists(folder.path("out")));
}

TEST_F(EmitTest, AnotherArchitectureIsRefused) {
  tiny.target.triple = "aarch64-unknown-linux-gnu";
  auto files = emit("out");
  ASSERT_FALSE(files);
  EXPECT_NE(files.error().find("no runtime for 'aarch64"), std::string::npos) << files.error();
}

TEST_F(EmitTest, AFeatureWithoutACheckIsRefused) {
  tiny.target.features = {"amx-fp16"};
  auto files = emit("out");
  ASSERT_FALSE(files);
  EXPECT_NE(files.error().find("'amx-fp16'"), std::string::npos) << files.error();
}

} // namespace
