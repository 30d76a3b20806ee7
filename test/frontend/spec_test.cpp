// ModelSpec and JSON: nothing is lost, and places are exact.
#include "frontend/Expression.h"
#include "frontend/Import.h"
#include "frontend/Json.h"

#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace cnnc::frontend;

namespace {

std::string read(const std::filesystem::path &path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<std::filesystem::path> modelFiles() {
  std::vector<std::filesystem::path> files;
  for (const auto &file : std::filesystem::directory_iterator(CNNC_SPECS))
    files.push_back(file.path());
  return files;
}

TEST(Spec, JsonRoundTripIsLossFree) {
  ASSERT_GE(modelFiles().size(), 3u);
  for (const auto &path : modelFiles()) {
    DiagnosticSink sink;
    auto json = parseJson(path.string(), read(path), {}, sink);
    ASSERT_TRUE(json) << sink.text();
    ModelSpec spec = specFromJson(*json, path.string(), sink);
    EXPECT_FALSE(sink.hasErrors()) << sink.text();
    EXPECT_TRUE(specToJson(spec) == normalized(*json)) << path << "\n" << printJson(specToJson(spec));
    auto again = parseJson(path.string(), printJson(specToJson(spec)), {}, sink);
    ASSERT_TRUE(again);
    EXPECT_TRUE(specFromJson(*again, path.string(), sink) == spec) << path;
  }
}

TEST(Spec, EveryFieldSurvives) {
  const char *text = R"({"name": "n", "doc": "d", "paper": "p", "imports": ["../a.json", "b.cnn"],
    "parameters": {"w": {"type": "float", "default": 1, "doc": "pd"}, "b": {"type": "block"}, "l": {"type": "[int]", "default": ["=1 + 1", 2]},
                   "t": {"type": "[any]", "default": [["a", 1], 0.5]}, "u": {"type": "[[[block]]]"}},
    "presets": {"p1": {"w": 0.5, "doc": "half"}, "p2": {}},
    "inputs": [{"name": "x", "dtype": "u8", "shape": ["N", "=2 * 4"], "max_batch": 3, "layout": "NC", "doc": "id"}, {"name": "x", "if": "=w > 1", "shape": [1]}],
    "blocks": {"k": {"doc": "bd", "inputs": ["a", "b"], "layers": [{"op": "add", "in": ["a", "b"]}], "outputs": {"o": "a"}}},
    "layers": [{"op": "relu", "name": "r", "in": "x", "as": "y", "doc": "ld", "custom": ["deep", [true, 1.0, -0.5]]},
               {"block": "k", "in": ["x", "x"], "values": [1, "=w"], "named": true}, {"require": "=w > 0", "message": "w is {w}"}, {"require": false}, {"repeat": 2, "index": "i", "layers": []},
               {"if": "=w > 0", "in": [], "then": [{"op": "relu"}], "else": [{"op": "tanh"}]},
               {"let": "f", "value": "=6 * w", "doc": "vd"}, {"let": "g", "value": [1, "=f"]}, {"alias": "y{1}", "as": "v", "doc": "ad"}, {"doc": "a remark"},
               {"op": "relu", "as": "s{2}"}],
    "outputs": {"z": "y", "c": {"if": "=w > 2", "value": "y"}}})";
  DiagnosticSink sink;
  auto json = parseJson("t", text, {}, sink);
  ASSERT_TRUE(json);
  ModelSpec spec = specFromJson(*json, "t", sink);
  EXPECT_FALSE(sink.hasErrors()) << sink.text();
  EXPECT_TRUE(specToJson(spec) == *json) << printJson(specToJson(spec));
  EXPECT_TRUE(specFromJson(specToJson(spec), "t", sink) == spec);
  // An integer stays an integer and a float a float.
  EXPECT_NE(printJson(specToJson(spec)).find("[true, 1.0, -0.5]"), std::string::npos);
}

TEST(Spec, LibrariesSurvive) {
  for (const char *text : {R"({"blocks": {}})", R"({"doc": "d", "imports": ["a.json"], "blocks": {"k": {"inputs": "x", "layers": []}}})"}) {
    DiagnosticSink sink;
    auto json = parseJson("t", text, {}, sink);
    ModelSpec spec = specFromJson(*json, "t", sink);
    EXPECT_TRUE(spec.isLibrary());
    EXPECT_EQ(sink.text(), "");
    EXPECT_TRUE(specToJson(spec) == *json) << printJson(specToJson(spec));
  }
}

// Two spellings of one spec are equal specs; another value, comment or order is another spec.
TEST(Spec, EqualityIsOfMeaning) {
  auto read = [](const std::string &layer) {
    DiagnosticSink sink;
    auto json = parseJson("t", R"({"name": "n", "inputs": [], "layers": [)" + layer + "]}", {}, sink);
    ModelSpec spec = specFromJson(*json, "t", sink);
    EXPECT_EQ(sink.text(), "");
    return spec;
  };
  EXPECT_TRUE(read(R"({"block": "='b'", "name": "l{ i }", "w": "=64", "d": "=[1, a+1]"})") ==
              read(R"({"block": "b", "name": "l{i}", "w": 64, "d": [1, "=a + 1"]})"));
  EXPECT_FALSE(read(R"({"let": "a", "value": 1})") == read(R"({"let": "a", "value": 1.0})"));
  EXPECT_FALSE(read(R"({"let": "a", "value": "=b"})") == read(R"({"let": "a", "value": "b"})"));
  EXPECT_FALSE(read(R"({"doc": "a"})") == read(R"({"doc": "b"})"));
  EXPECT_FALSE(read(R"({"alias": "a", "as": "b"})") == read(R"({"alias": "a", "as": "c"})"));
  ModelSpec moved = read(R"({"op": "relu"})"), plain = moved;
  moved.layers[0].typesetting.blankBefore = true;
  moved.file = "elsewhere";
  EXPECT_TRUE(moved == plain);
}

TEST(Spec, Types) {
  for (const char *name : {"int", "float", "bool", "string", "block", "any", "[int]", "[[any]]", "[[[block]]]"}) {
    auto type = typeNamed(name);
    ASSERT_TRUE(type) << name;
    EXPECT_EQ(typeName(*type), name);
  }
  for (const char *name : {"", "[]", "[int", "int]", "[ int ]", "ints", "[[int]"})
    EXPECT_FALSE(typeNamed(name)) << name;
  EXPECT_FALSE(typeNamed(std::string(200, '[') + "int" + std::string(200, ']')));
  Datum mixed = Datum::ofList({Datum::ofInt(1), Datum::ofList({Datum::ofString("a")})});
  EXPECT_TRUE(hasType(mixed, *typeNamed("[any]")));
  EXPECT_TRUE(hasType(mixed, *typeNamed("any")));
  EXPECT_FALSE(hasType(mixed, *typeNamed("[int]")));
  EXPECT_FALSE(hasType(mixed, *typeNamed("[[any]]")));
  EXPECT_FALSE(hasType(Datum(), *typeNamed("any")));
  EXPECT_TRUE(hasType(Datum::ofList({}), *typeNamed("[[float]]")));
}

TEST(Json, PlacesAndPointers) {
  DiagnosticSink sink;
  auto json = parseJson("t", "{\n  \"a/b\": [1,\n    {\"~\": \"\\\"x\", \"c\" : false}]\n}", {}, sink);
  ASSERT_TRUE(json);
  const Datum &list = *json->find("a/b"), &map = list.items[1];
  EXPECT_EQ(list.mark.line, 2);
  EXPECT_EQ(list.mark.column, 10);
  EXPECT_EQ(map.mark.line, 3);
  EXPECT_EQ(map.mark.column, 5);
  EXPECT_EQ(map.mark.pointer, "/a~1b/1");
  EXPECT_EQ(map.items[0].mark.pointer, "/a~1b/1/~0");
  EXPECT_EQ(map.items[0].mark.column, 11);
  EXPECT_EQ(map.keys[1].mark.column, 18);
  EXPECT_EQ(map.items[1].mark.column, 24);
}

TEST(Json, HostileTextNeverThrows) {
  for (std::string text : {std::string("\0", 1), std::string("{\"a\": \xff}"), std::string("\"\xc3\x28\""), std::string("[1e999]"), std::string("\xef\xbb\xbf"),
                           std::string("{\"\\ud800\": 1}"), std::string("nul"), std::string("[[[")}) {
    DiagnosticSink sink;
    EXPECT_FALSE(parseJson("t", text, {}, sink)) << text;
    EXPECT_EQ(sink.errorCount(), 1u);
    EXPECT_NE(sink.json().find("\"errors\": 1"), std::string::npos);
  }
}

// A network of 20,000 layers in a row needs no deep stack.
TEST(Import, LongChain) {
  DiagnosticSink sink;
  auto json =
      parseJson("t", R"({"name": "chain", "inputs": [{"name": "x", "shape": [1, 4]}], "layers": [{"repeat": 20000, "layers": [{"op": "relu"}]}]})", {}, sink);
  mlir::MLIRContext context;
  auto module = importSpec(context, specFromJson(*json, "t", sink), {}, sink);
  EXPECT_TRUE(module) << sink.text();
}

TEST(Import, PresetsAreNetworks) {
  ImportOptions options;
  options.modelFolders = {CNNC_MODELS};
  for (const char *name :
       {"resnet", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "mobilenet_v2", "efficientnet_lite0", "efficientnet_lite0_picture"}) {
    DiagnosticSink sink;
    mlir::MLIRContext context;
    auto module = importModel(context, name, options, sink);
    ASSERT_TRUE(module) << sink.text();
    EXPECT_EQ(module.get()->getAttrOfType<mlir::StringAttr>("cnn.network").getValue(), name);
  }
}

} // namespace
