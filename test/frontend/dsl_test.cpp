// The text notation: what it means, that nothing gets lost on the way to it and back, its standard form.
#include "frontend/Json.h"
#include "frontend/OpTable.h"
#include "frontend/SplitMix.h"
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
  EXPECT_FALSE(sink.hasErrors()) << sink.text() << text;
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

/// Random specs: every kind of layer, odd names, names that are values and variables, empty lists, comments.
class Generator {
public:
  explicit Generator(uint64_t seed) : state(seed << 20) {}

  ModelSpec spec() {
    ModelSpec spec;
    spec.file = "t.cnn";
    bool library = coin(6);
    spec.doc = doc();
    while (coin(3))
      spec.imports.push_back(text(pick({"a.cnn", "../b/c d.json", "q\"uote.cnn"})));
    if (!library) {
      spec.name = text(name());
      spec.paper = coin(2) ? doc() : "";
      spec.parameters = parameters();
      while (coin(2))
        spec.presets.push_back({text(name()), doc(), arguments(false)});
      do
        spec.inputs.push_back(input());
      while (coin(3));
      spec.layers = layers(0);
      spec.outputs = outputs();
    }
    for (int i = library ? -1 : 0; i < 0 || coin(2); ++i) {
      Block block{.file = "t.cnn", .name = text(name()), .doc = doc(), .parameters = parameters(), .inputs = {}, .layers = layers(0), .outputs = outputs()};
      while (coin(2))
        block.inputs.push_back(text(name()));
      spec.blocks.push_back(std::move(block));
    }
    return spec;
  }

private:
  uint64_t next() { return splitmix64(state++); }
  bool coin(uint64_t n) { return next() % n == 0; }
  std::string pick(std::vector<std::string> list) { return list[next() % list.size()]; }
  static Text text(std::string value) { return {std::move(value), {}}; }

  std::string name() {
    return pick({"x",     "y",    "conv1", "relu", "block", "width",   "output", "let", "if",  "for", "a.b",   "features.0", "0", "a b", "", "layer{i + 1}.{b}",
                 "{{x}}", "q\"'", "é",     "true", "n\nl",  "tab\t\\", "input",  "_1",  "max", "add", "model", "in"});
  }

  std::string named() {
    std::string word = name();
    return word.empty() ? "z" : word;
  }

  // A value that is read. An op's mnemonic there is a call without its parentheses.
  std::string reference() {
    std::string word = named();
    return findOp(word) ? "z" : word;
  }

  std::string doc() {
    return coin(2) ? "" : pick({"One line.", "Two\nlines.", "# marks", " lead", "trail ", "\nempty first", "empty last\n", "a\n\nb", "cr\r", "a\r\nb", "x\ty"});
  }

  Datum value(int depth = 0) {
    switch (next() % (depth < 3 ? 9 : 7)) {
    case 0:
      return Datum::ofBool(coin(2));
    case 1:
      return Datum::ofInt(std::vector<int64_t>{0, 3, -7, INT64_MAX, INT64_MIN}[next() % 5]);
    case 2:
      return Datum::ofFloat(std::vector<double>{0.5, -2.0, 1e300, 1e-7, 0.1, 3.0, -0.0}[next() % 7]);
    case 3:
      return Datum::ofString(pick({"same", "width", "x", "two words", "it's", "\"both' ", "", "a\\b", "{x}", "N", "not", "relu", "line\nbreak", "block"}));
    case 4:
    case 5:
    case 6:
      return Datum::ofString(expression());
    default: {
      std::vector<Datum> items;
      while (!coin(4))
        items.push_back(value(depth + 1));
      return Datum::ofList(std::move(items));
    }
    }
  }

  std::string expression() {
    return pick({"=1 + 1", "='a' if 1 > 2 else 'b'", "=not (1 == 2)", "=channels(x) * 2", "=min(1, 2) << 3", "=[1, 2][0]", "=len([1, 2])  //2",
                 "=channels('layer1.0')", "=sum([1,2][ :1])", "=[1, 2] + [3]", "=channels()", "='it\\'s' == \"a\""});
  }

  std::vector<Parameter> parameters() {
    std::vector<Parameter> list;
    while (coin(2)) {
      Parameter parameter{
          text(named() + std::to_string(list.size())), {static_cast<ParameterType::Base>(next() % 6), static_cast<int>(next() % 3)}, std::nullopt, doc()};
      if (coin(3))
        parameter.name.text = pick({"x", "width", "if", "a b"}) + (list.empty() ? "" : std::to_string(list.size()));
      if (coin(2))
        parameter.defaultValue = value();
      list.push_back(std::move(parameter));
    }
    return list;
  }

  std::vector<Argument> arguments(bool attributes) {
    std::vector<Argument> list;
    for (const char *key : {"out_channels", "kernel", "stride", "pad", "a b", "if", "x"})
      if (coin(3) && (attributes || key[0] != 'o'))
        list.push_back({text(key), value()});
    return list;
  }

  Input input() {
    Input input{.name = text(named()),
                .dtype = {},
                .shape = Datum::ofList({Datum::ofString("N"), Datum::ofInt(3), Datum::ofString("=1 + 1")}),
                .maxBatch = {},
                .capped = {},
                .layout = {},
                .doc = doc(),
                .condition = {}};
    input.dtype = text(pick({"", "f32", "u8", "='u8' if 1 > 2 else 'f32'", "odd one"}));
    if (coin(3))
      input.shape = Datum::ofString("=['N', 3] if 1 > 2 else [1, 3]");
    if (coin(3))
      input.maxBatch = coin(2) ? Datum::ofInt(4) : Datum::ofString("=2 * 2");
    input.layout = text(pick({"", "NCHW", "two words", "width"}));
    if (coin(4))
      input.condition = condition();
    return input;
  }

  Datum condition() { return coin(4) ? Datum::ofBool(coin(2)) : Datum::ofString(pick({"=1 > 2", "=not (1 > 2)", "=true and 1 < 2"})); }

  std::vector<Output> outputs() {
    std::vector<Output> list;
    while (coin(3))
      list.push_back({text(named()), text(coin(2) ? reference() : list.empty() ? "x" : list.back().name.text), coin(4) ? condition() : Datum()});
    return list;
  }

  std::vector<Layer> layers(int depth) {
    std::vector<Layer> list;
    while (!coin(5))
      list.push_back(layer(depth));
    return list;
  }

  std::vector<Text> names() {
    std::vector<Text> list;
    while (coin(2))
      list.push_back(text(named()));
    return list;
  }

  Layer layer(int depth) {
    Layer layer;
    unsigned kind = next() % (depth < 3 ? 12 : 10);
    layer.kind = kind < 5    ? Layer::Kind::Op
                 : kind < 6  ? Layer::Kind::Call
                 : kind < 7  ? Layer::Kind::Alias
                 : kind < 8  ? Layer::Kind::Let
                 : kind < 9  ? Layer::Kind::Remark
                 : kind < 10 ? Layer::Kind::Require
                 : kind < 11 ? Layer::Kind::Repeat
                             : Layer::Kind::If;
    layer.doc = coin(2) ? "" : doc();
    if (layer.kind == Layer::Kind::Remark)
      return layer;
    if (layer.kind == Layer::Kind::Let) {
      layer.index = text(named());
      layer.control = value();
      return layer;
    }
    if (layer.kind == Layer::Kind::Require) {
      layer.control = condition();
      layer.message = text(pick({"", "bad", "{1 + 1} \"is\" bad\n"}));
      return layer;
    }
    if (layer.kind == Layer::Kind::Alias) {
      layer.in = {text(reference())};
      layer.as = {text(named())};
      return layer;
    }
    if (coin(2)) {
      layer.in.emplace();
      while (coin(2))
        layer.in->push_back(text(reference()));
    }
    if (coin(2))
      layer.as = names();
    if (layer.kind == Layer::Kind::Op) {
      layer.callee = text(pick({"conv2d", "relu", "add", "concat", "dense", "max_pool", "batch_norm"}));
      layer.name = text(coin(2) ? "" : name());
      layer.arguments = arguments(true);
    } else if (layer.kind == Layer::Kind::Call) {
      layer.callee = text(pick({"b", "add", "=[1, 2][0]", "odd name", "x", "relu", "=1 + 1"}));
      layer.name = text(coin(2) ? "" : name());
      layer.arguments = arguments(false);
    } else if (layer.kind == Layer::Kind::Repeat) {
      layer.control = coin(2) ? Datum::ofInt(3) : Datum::ofString("=1 + 1");
      layer.index = text(coin(2) ? "" : named());
      layer.body = layers(depth + 1);
    } else {
      layer.control = condition();
      layer.body = layers(depth + 1);
      layer.otherwise = layers(depth + 1);
    }
    return layer;
  }

  uint64_t state;
};

TEST(DslProperty, TextIsLossFree) {
  for (uint64_t seed = 1; seed <= 3000 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    expectSame(Generator(seed).spec());
  }
}

TEST(DslProperty, ShippedModels) {
  size_t count = 0;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(CNNC_MODELS)) {
    std::string path = entry.path().string();
    if (!path.ends_with(".cnn"))
      continue;
    DiagnosticSink sink;
    ModelSpec spec = specFromText(read(path), path, sink);
    EXPECT_EQ(sink.text(), "");
    expectSame(spec);
    EXPECT_TRUE(specFromJson(specToJson(spec), path, sink) == spec) << path;
    EXPECT_EQ(formatted(read(path)), read(path)) << path << ": run cnnc format --write";
    ++count;
  }
  EXPECT_GE(count, 10u);
}

TEST(DslProperty, JsonSpecs) {
  for (const auto &entry : std::filesystem::directory_iterator(CNNC_SPECS)) {
    DiagnosticSink sink;
    auto tree = parseJson("t.cnn", read(entry.path()), {}, sink);
    ASSERT_TRUE(tree);
    expectSame(specFromJson(*tree, "t.cnn", sink));
  }
}

TEST(DslProperty, FormatKeepsCommentsAndSettles) {
  std::string text =
      "# head\n\n\n\n# doc\nblock   b(x,w:int=3  # width\n ){  # open\n  y=x->relu( )# one\n   # two\n     ->tanh()\n\n\n  add( y,   # left\n x) # right\n  "
      "let t=[ # table\n[1,a],\n# row\n[20,bb]]\n if w>1{ tanh() }else { # else\n silu() }\n # end\n}\n# tail\n";
  std::string once = formatted(text);
  EXPECT_EQ(formatted(once), once);
  for (const char *comment : {"head", "doc", "width", "open", "one", "two", "left", "right", "table", "row", "else", "end", "tail"})
    EXPECT_NE(once.find(std::string("# ") + comment), std::string::npos) << comment << "\n" << once;
  EXPECT_NE(once.find("[ 1, a],"), std::string::npos) << once;
  EXPECT_EQ(once.find("\n\n\n"), std::string::npos) << once;
}

TEST(DslProperty, LongLinesAreBroken) {
  std::string text = "block b(x) {\n  conv2d(100, 3, stride = 2, pad = 1, bias = false) : conv1 -> batch_norm(epsilon = 0.001) : bn1 -> relu() -> max_pool(3, "
                     "stride = 2, pad = 1)\n}\n";
  std::string once = formatted(text);
  EXPECT_EQ(formatted(once), once);
  std::istringstream lines(once);
  for (std::string line; std::getline(lines, line);)
    EXPECT_LE(line.size(), 100u) << line;
}

// Texts that are damaged anywhere are read to the end.
TEST(DslProperty, DamagedTexts) {
  std::string text = read(std::filesystem::path(CNNC_MODELS) / "nasnet" / "model.cnn");
  const std::string pieces[] = {"(", ")", "{", "}", "[", "->", "=", "\"", "#", "if", ":", ",", "\n", "\\", "..", std::string(1, '\0')};
  for (uint64_t i = 0; i < 2000; ++i) {
    std::string damaged = text;
    size_t at = splitmix64(i) % text.size();
    if (i % 2)
      damaged.erase(at, 1 + splitmix64(i + 7) % 40);
    else
      damaged.insert(at, pieces[splitmix64(i + 9) % std::size(pieces)]);
    DiagnosticSink sink;
    sink.addSource("t.cnn", damaged);
    specFromText(damaged, "t.cnn", sink);
    for (const Diagnostic &diagnostic : sink.diagnostics())
      EXPECT_GT(diagnostic.mark.line, 0) << sink.text();
  }
  for (const char *piece : {"(", "[", "{", "x -> ", "f(", "if x { ", "-", "not ", "a + ", "for i in 0..", "else if x {"}) {
    std::string deep = "block b(x) {\n y = ";
    for (int i = 0; i < 20000; ++i)
      deep += piece;
    DiagnosticSink sink;
    specFromText(deep, "t.cnn", sink);
    EXPECT_TRUE(sink.hasErrors()) << piece;
  }
}

} // namespace
