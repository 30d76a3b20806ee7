// Imported files: what is found, what is refused, and where layers come from.
#include "frontend/Imports.h"
#include "frontend/Import.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

using namespace cnnc::frontend;
namespace fs = std::filesystem;

namespace {

class Imports : public testing::Test {
protected:
  void SetUp() override {
    llvm::SmallString<128> path;
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("cnnc-imports", path));
    root = fs::canonical(path.str().str());
  }
  void TearDown() override { fs::remove_all(root); }

  void write(const std::string &path, const std::string &text) {
    fs::create_directories((root / path).parent_path());
    std::ofstream(root / path) << text;
  }

  static std::string block(const std::string &name, const std::string &op = "relu") { return "\"" + name + R"(": {"layers": [{"op": ")" + op + R"("}]})"; }

  // Blocks of the linked spec with their files, then imports that are left, then errors.
  std::string link(const std::string &path, const LinkLimits &limits = {}) {
    DiagnosticSink sink;
    auto spec = readSpecFile((root / path).string(), 1 << 20, sink);
    if (!spec)
      return sink.text();
    ModelSpec linked = linkSpec(*spec, limits, sink);
    std::string text;
    for (const Block &block : linked.blocks)
      text += block.name.text + "@" + fs::path(block.file).lexically_relative(root).string() + " ";
    for (const Text &import : linked.imports)
      text += "?" + import.text + " ";
    for (const Diagnostic &diagnostic : sink.diagnostics())
      text += diagnostic.code + "@" + fs::path(diagnostic.file).lexically_relative(root).string() + ":" + std::to_string(diagnostic.mark.line) + " ";
    return text;
  }

  std::string model(const std::string &imports, const std::string &blocks = "") {
    return R"({"name": "m", "imports": [)" + imports + R"(], "inputs": [{"name": "x", "shape": [1, 4]}], "blocks": {)" + blocks +
           R"(}, "layers": [{"block": "b"}]})";
  }

  fs::path root;
};

TEST_F(Imports, TransitiveAndOnce) {
  write("m/model.json", model("\"../lib/a.json\", \"../lib/b.json\", \"own.json\"", block("z")));
  write("m/own.json", "{\"blocks\": {" + block("o") + "}}");
  write("lib/a.json", R"({"imports": ["b.json"], "blocks": {)" + block("a") + "}}");
  write("lib/b.json", "{\"blocks\": {" + block("b") + "}}");
  EXPECT_EQ(link("m/model.json"), "z@m/model.json a@lib/a.json b@lib/b.json o@m/own.json ");
}

TEST_F(Imports, ModelsLendTheirBlocks) {
  write("m/model.json", model("\"../n/model.json\""));
  write("n/model.json", model("", block("b")));
  EXPECT_EQ(link("m/model.json"), "b@n/model.json ");
}

TEST_F(Imports, LayersKnowTheirFile) {
  write("m/model.json", model("\"../lib/a.json\""));
  write("lib/a.json", "{\"blocks\": {" + block("b") + "}}");
  DiagnosticSink sink;
  mlir::MLIRContext context;
  auto module = importModel(context, (root / "m").string(), {}, sink);
  ASSERT_TRUE(module) << sink.text();
  std::string places;
  module.get()->walk([&](mlir::Operation *op) {
    if (!op->hasAttr("layer"))
      return;
    llvm::raw_string_ostream os(places);
    op->getLoc().print(os);
  });
  EXPECT_NE(places.find("lib/a.json\":1:"), std::string::npos) << places;
}

TEST_F(Imports, StaysInsideTheFolderOfTheModels) {
  write("secret.json", "{\"blocks\": {}}");
  write("models/m/model.json", model("\"../../secret.json\", \"" + (root / "secret.json").string() + "\", \"../link.json\", \"../up/secret.json\", \"x.txt\""));
  fs::create_symlink(root / "secret.json", root / "models/link.json");
  fs::create_directory_symlink(root, root / "models/up");
  EXPECT_EQ(link("models/m/model.json"), "?../../secret.json ?" + (root / "secret.json").string() +
                                             " ?../link.json ?../up/secret.json ?x.txt CNNC0004@models/m/model.json:1 CNNC0004@models/m/model.json:1 "
                                             "CNNC0004@models/m/model.json:1 CNNC0004@models/m/model.json:1 CNNC0004@models/m/model.json:1 ");
}

// A link to a file inside is that file: it is read once.
TEST_F(Imports, LinksInsideAreFollowed) {
  write("m/model.json", model("\"a.json\", \"b.json\""));
  write("m/a.json", "{\"blocks\": {" + block("b") + "}}");
  fs::create_symlink("a.json", root / "m/b.json");
  EXPECT_EQ(link("m/model.json"), "b@m/a.json ");
}

TEST_F(Imports, Cycles) {
  write("m/model.json", model("\"a.json\", \"model.json\""));
  write("m/a.json", R"({"imports": ["b.json"], "blocks": {)" + block("b") + "}}");
  write("m/b.json", R"({"imports": ["a.json", "model.json"], "blocks": {}})");
  EXPECT_EQ(link("m/model.json"), "b@m/a.json ?a.json ?model.json ?model.json CNNC0005@m/b.json:1 CNNC0005@m/b.json:1 CNNC0005@m/model.json:1 ");
}

TEST_F(Imports, MissingAndDamagedFiles) {
  write("m/model.json", model("\"../lib/residaul.json\", \"bad.json\", \"../lib\", \"../nowhere/a.json\", \"wrong.json\""));
  write("lib/residual.json", "{\"blocks\": {}}");
  write("m/bad.json", "{\n\"blocks\": ");
  write("m/wrong.json", "{\"blocks\": {" + block("b") + ",\n\"c\": {\"layer\": []}}}");
  fs::create_directory(root / "m/dir.json");
  EXPECT_EQ(link("m/model.json"),
            "b@m/wrong.json c@m/wrong.json ?../lib/residaul.json ?bad.json ?../lib ?../nowhere/a.json ?wrong.json CNNC0003@m/model.json:1 "
            "CNNC0101@m/bad.json:2 CNNC0004@m/model.json:1 CNNC0003@m/model.json:1 CNNC0201@m/wrong.json:2 CNNC0202@m/wrong.json:2 ");
  DiagnosticSink sink;
  mlir::MLIRContext context;
  EXPECT_FALSE(importModel(context, (root / "m").string(), {}, sink));
  EXPECT_NE(sink.text().find("did you mean '../lib/residual.json'?"), std::string::npos) << sink.text();
}

TEST_F(Imports, Limits) {
  write("m/model.json", model("\"a.json\", \"b.json\""));
  write("m/a.json", "{\"blocks\": {" + block("b") + "}}");
  write("m/b.json", "{\"blocks\": {" + block("c") + "}}");
  EXPECT_EQ(link("m/model.json", {.files = 1}), "b@m/a.json ?b.json CNNC0506@m/model.json:1 ");
  EXPECT_EQ(link("m/model.json", {.files = 9, .bytes = 60}), "b@m/a.json ?b.json CNNC0506@m/model.json:1 ");
}

} // namespace
