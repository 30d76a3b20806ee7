// The text notation: what it means, that nothing gets lost on the way to it and back, its standard form.
#include "frontend/Json.h"
#include "frontend/dsl/Dsl.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace cnnc::frontend;

namespace {

std::string read(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The spec of a text; its errors fail the test.
ModelSpec parsed(const std::string &text) {
  DiagnosticSink sink;
  sink.addSource("t.cnn", text);
  ModelSpec spec = specFromText(text, "t.cnn", sink);
  EXPECT_EQ(sink.text(), "") << text;
  return spec;
}

// The spec as JSON on one line.
std::string json(const ModelSpec &spec, const char *part = nullptr) {
  Datum tree = specToJson(spec);
  std::string text = printJson(part && tree.find(part) ? *tree.find(part) : tree), line;
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\n')
      line += text[i];
    else
      while (i + 1 < text.size() && text[i + 1] == ' ')
        ++i;
  return line;
}

// The layers of a model with one input x and an int n.
std::string layers(const std::string &body) {
  return json(parsed("model m(n: int = 2, table: [[any]] = []) {\n  input x: f32[N, 4, 8, 8]\n" + body + "\n}\n"), "layers");
}

std::string formatted(const std::string &text) {
  DiagnosticSink sink;
  sink.addSource("t.cnn", text);
  auto result = formatText(text, "t.cnn", {}, sink);
  EXPECT_EQ(sink.text(), "") << text;
  return result.value_or("");
}

std::string withoutSpaces(std::string text) {
  std::erase(text, ' ');
  return text;
}

// The first lines that differ.
std::string difference(const std::string &a, const std::string &b) {
  std::istringstream left(a), right(b);
  std::string x, y;
  while (std::getline(left, x) && std::getline(right, y))
    if (withoutSpaces(x) != withoutSpaces(y))
      return "written: " + x + "\nread:    " + y;
  return "one ends before the other";
}

void expectSame(const ModelSpec &spec) {
  std::string text = specToText(spec);
  DiagnosticSink sink;
  sink.addSource("t.cnn", text);
  ModelSpec back = specFromText(text, "t.cnn", sink);
  EXPECT_EQ(sink.text(), "") << text;
  EXPECT_TRUE(back == spec) << text << "\n" << difference(printJson(specToJson(spec)), printJson(specToJson(back)));
  EXPECT_EQ(formatted(text), text);
}

TEST(Dsl, FlowsAndOperands) {
  EXPECT_EQ(layers("conv2d(4, 3, pad = 1) : c -> relu()"), R"([{"op": "conv2d", "name": "c", "out_channels": 4, "kernel": 3, "pad": 1}, {"op": "relu"}])");
  EXPECT_EQ(layers("y = x -> relu()\nadd(y, x)"), R"([{"op": "relu", "in": "x", "as": "y"}, {"op": "add", "in": ["y", "x"]}])");
  EXPECT_EQ(layers("(x, x) -> add()"), R"([{"op": "add", "in": ["x", "x"]}])");
  EXPECT_EQ(layers("add(x -> relu(), x)"), R"([{"op": "relu", "in": "x", "as": "_1"}, {"op": "add", "in": ["_1", "x"]}])");
  EXPECT_EQ(layers("relu() -> add(x)"), R"([{"op": "relu", "as": "_1"}, {"op": "add", "in": ["_1", "x"]}])");
  EXPECT_EQ(layers("relu() : r -> add(x)"), R"([{"op": "relu", "name": "r"}, {"op": "add", "in": ["r", "x"]}])");
  EXPECT_EQ(layers("y = x + x * x -> relu()"), R"([{"op": "mul", "in": ["x", "x"], "as": "_1"}, {"op": "add", "in": ["x", "_1"]}, {"op": "relu", "as": "y"}])");
  EXPECT_EQ(layers("() -> relu()"), R"([{"op": "relu", "in": []}])");
  EXPECT_EQ(layers("\"s{n - 2}\" = x\nrelu(\"s{0}\")"), R"([{"alias": "x", "as": "s{n - 2}"}, {"op": "relu", "in": "s{0}"}])");
  EXPECT_EQ(layers("relu()\n  -> tanh()\n  ->\n  relu()"), R"([{"op": "relu"}, {"op": "tanh"}, {"op": "relu"}])");
}

TEST(Dsl, Statements) {
  EXPECT_EQ(layers("let f = 2 * n; conv2d(f, 1)"), R"([{"let": "f", "value": "=2 * n"}, {"op": "conv2d", "out_channels": "=f", "kernel": 1}])");
  EXPECT_EQ(layers("for i in 0..n, j in 0..i { relu() }"),
            R"([{"repeat": "=n", "index": "i", "layers": [{"repeat": "=i", "index": "j", "layers": [{"op": "relu"}]}]}])");
  EXPECT_EQ(layers("for i in 0..n\n  x -> relu() : \"r{i}\"\ntanh()"),
            R"([{"repeat": "=n", "index": "i", "layers": [{"op": "relu", "name": "r{i}", "in": "x"}]}, {"op": "tanh"}])");
  EXPECT_EQ(layers("repeat 3 { relu() }"), R"([{"repeat": 3, "layers": [{"op": "relu"}]}])");
  EXPECT_EQ(
      layers("y = x -> if n > 2 { relu() } else if n > 1 { tanh() } else { silu() }"),
      R"([{"if": "=n > 2","in": "x","as": "y","then": [{"op": "relu"}],"else": [{"if": "=n > 1", "then": [{"op": "tanh"}], "else": [{"op": "silu"}]}]}])");
  EXPECT_EQ(layers("require n > 1, \"{n} is too small\""), R"([{"require": "=n > 1", "message": "{n} is too small"}])");
  EXPECT_EQ(layers("(table[0][1])(x, 3)"), R"([{"block": "=table[0][1]", "in": "x", "values": [3]}])");
}

TEST(Dsl, WordsStandForThemselves) {
  EXPECT_EQ(layers("conv2d(n, 3, pad = same)"), R"([{"op": "conv2d", "out_channels": "=n", "kernel": 3, "pad": "same"}])");
  EXPECT_EQ(layers("conv2d(4, 3, pad = same if n > 1 else 'same_lower')"),
            R"([{"op": "conv2d", "out_channels": 4, "kernel": 3, "pad": "='same' if n > 1 else 'same_lower'"}])");
  EXPECT_EQ(layers("let t = [[conv, n + 1, true], [pool, 3, mode == fast]]"),
            R"([{"let": "t", "value": [["conv", "=n + 1", true], ["pool", 3, "='mode' == 'fast'"]]}])");
}

TEST(Dsl, BindsPositionalValues) {
  std::string blocks = "\nblock b(x, y, width: int, stride: int = 1) { add(x, y) }\n";
  ModelSpec spec = parsed("model m { input x: f32[N, 4, 8, 8]\n b(x, x, 3, 2) : \"b\"; b(x, x, 3, stride = 1) }" + blocks);
  EXPECT_EQ(json(spec, "layers"),
            R"([{"block": "b", "name": "b", "in": ["x", "x"], "width": 3, "stride": 2},{"block": "b", "in": ["x", "x"], "width": 3, "stride": 1}])");
  // Of a block of another file they are bound later.
  EXPECT_EQ(json(parsed("import \"a.cnn\"\nmodel m { input x: f32[N, 4, 8, 8]\n far(x, 3, stride = 2) }"), "layers"),
            R"([{"block": "far", "in": "x", "values": [3], "stride": 2}])");
}

TEST(Dsl, BlocksReturn) {
  auto block = [](const std::string &body) { return json(parsed("block b(x, w: int) {\n" + body + "\n}"), "blocks"); };
  EXPECT_EQ(block("y = relu()\nreturn y"), R"({"b": {"parameters": {"w": {"type": "int"}}, "inputs": "x", "layers": [{"op": "relu", "as": "y"}]}})");
  EXPECT_EQ(block("y = relu()\ntanh()\nreturn y"),
            R"({"b": {"parameters": {"w": {"type": "int"}},"inputs": "x","layers": [{"op": "relu", "as": "y"}, {"op": "tanh"}, {"alias": "y", "as": "y"}]}})");
  EXPECT_EQ(
      block("output a = relu()\noutput b = tanh() : t"),
      R"({"b": {"parameters": {"w": {"type": "int"}},"inputs": "x","layers": [{"op": "relu", "as": "a"}, {"op": "tanh", "name": "t"}],"outputs": {"a": "a", "b": "t"}}})");
  // An output is what its name stands for where it is written.
  EXPECT_EQ(
      block("y = relu()\noutput a = y\ny = tanh()\noutput b = y"),
      R"({"b": {"parameters": {"w": {"type": "int"}},"inputs": "x","layers": [{"op": "relu", "as": "y"}, {"alias": "y", "as": "_1"}, {"op": "tanh", "as": "y"}],"outputs": {"a": "_1", "b": "y"}}})");
}

TEST(Dsl, Conditions) {
  ModelSpec spec = parsed("model m(aux: bool = false, raw: bool = false) {\n  if raw { input x: u8[N, 8, 8, 3] } else { input x: f32[N, 3, 8, 8] }\n"
                          "  y = relu()\n  if aux { output side = tanh(); if raw { output bytes = y } }\n  output main = y\n}");
  ASSERT_EQ(spec.inputs.size(), 2u);
  EXPECT_EQ(spec.inputs[0].condition.text, "=raw");
  EXPECT_EQ(spec.inputs[1].condition.text, "=not (raw)");
  ASSERT_EQ(spec.outputs.size(), 3u);
  EXPECT_EQ(spec.outputs[0].condition.text, "=aux");
  EXPECT_EQ(spec.outputs[1].condition.text, "=(aux) and (raw)");
  EXPECT_TRUE(spec.outputs[2].condition.isNull());
  EXPECT_EQ(json(spec, "layers"), R"([{"op": "relu", "as": "y"}, {"if": "=aux", "then": [{"op": "tanh", "as": "side"}]}])");
  expectSame(spec);
}

TEST(Dsl, Comments) {
  ModelSpec spec = parsed("# The model.\n# Two lines.\n\nimport \"a.cnn\"\n\nmodel m(\n  a: int = 1, # first\n  # second\n  b: int = 2,\n) {\n  # The "
                          "picture.\n  input x: f32[N, 4, 8, 8]\n\n"
                          "  # A remark.\n\n  # stem\n  relu()\n  tanh() # trailing\n  # at the end\n}\n\n# A block.\nblock b(x) { relu() }\n");
  EXPECT_EQ(spec.doc, "The model.\nTwo lines.");
  EXPECT_EQ(spec.parameters[0].doc, "first");
  EXPECT_EQ(spec.parameters[1].doc, "second");
  EXPECT_EQ(spec.inputs[0].doc, "The picture.");
  EXPECT_EQ(json(spec, "layers"), R"([{"doc": "A remark."}, {"op": "relu", "doc": "stem"}, {"op": "tanh", "doc": "trailing"}, {"doc": "at the end"}])");
  EXPECT_EQ(spec.blocks[0].doc, "A block.");
  expectSame(spec);
}

// ---------------------------------------------------------------------------------------------------------- nothing gets lost

TEST(DslProperty, ShippedModels) {
  size_t count = 0;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(CNNC_MODELS)) {
    std::string path = entry.path().string();
    DiagnosticSink sink;
    if (path.ends_with(".cnn")) {
      ModelSpec spec = specFromText(read(path), path, sink);
      EXPECT_EQ(sink.text(), "");
      expectSame(spec);
      EXPECT_EQ(formatted(formatted(read(path))), formatted(read(path))) << path;
      EXPECT_TRUE(specFromJson(specToJson(spec), path, sink) == spec) << path;
      ++count;
    } else if (path.ends_with("model.json")) {
      auto tree = parseJson(path, read(path), {}, sink);
      ASSERT_TRUE(tree);
      expectSame(specFromJson(*tree, path, sink));
      ++count;
    }
  }
  EXPECT_GE(count, 3u);
}

} // namespace
