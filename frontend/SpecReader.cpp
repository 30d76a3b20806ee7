// JSON tree -> ModelSpec.
#include "frontend/Expression.h"
#include "frontend/Spec.h"

#include <algorithm>

namespace cnnc::frontend {
namespace {

using Kind = Datum::Kind;

// Keys that make a spec a model; a file of imports and blocks alone is a library.
const std::vector<std::string> kModelKeys = {"name", "paper", "parameters", "presets", "inputs", "layers", "outputs"};
const std::vector<std::string> kLibraryKeys = {"doc", "imports", "blocks"};

// Keys that say what a layer is; a comment has none of them.
const std::vector<std::pair<std::string, Layer::Kind>> kKinds = {
    {"op", Layer::Kind::Op},       {"block", Layer::Kind::Call}, {"repeat", Layer::Kind::Repeat},  {"if", Layer::Kind::If},
    {"alias", Layer::Kind::Alias}, {"let", Layer::Kind::Let},    {"require", Layer::Kind::Require}};

class Reader {
public:
  Reader(const std::string &file, DiagnosticSink &sink) : file(file), sink(sink) {}

  ModelSpec read(const Datum &json) {
    ModelSpec spec;
    spec.file = file;
    if (!expect(json, Kind::Map, "a spec"))
      return spec;
    auto has = [&](const std::string &key) { return json.find(key) != nullptr; };
    bool library = std::none_of(kModelKeys.begin(), kModelKeys.end(), has) && (has("blocks") || has("imports"));
    std::vector<std::string> keys = kModelKeys;
    keys.insert(keys.end(), kLibraryKeys.begin(), kLibraryKeys.end());
    checkKeys(json, keys, library ? std::vector<std::string>() : std::vector<std::string>{"name", "inputs", "layers"}, "a spec");
    spec.name = text(json, "name");
    spec.doc = text(json, "doc").text;
    spec.paper = text(json, "paper").text;
    if (const Datum *imports = json.find("imports"); imports && expect(*imports, Kind::List, "'imports'"))
      spec.imports = textList(*imports, "'imports'");
    spec.parameters = parameters(json);
    eachEntry(json, "presets", [&](const Text &name, const Datum &body) {
      if (!expect(body, Kind::Map, "a preset"))
        return;
      Preset preset{name, text(body, "doc").text, {}};
      for (size_t i = 0; i < body.items.size(); ++i)
        if (body.keys[i].text != "doc") {
          checkValue(body.items[i]);
          preset.values.push_back({body.keys[i], normalized(body.items[i])});
        }
      spec.presets.push_back(std::move(preset));
    });
    eachItem(json, "inputs", [&](const Datum &item) { spec.inputs.push_back(input(item)); });
    eachEntry(json, "blocks", [&](const Text &name, const Datum &body) { spec.blocks.push_back(block(name, body)); });
    spec.layers = layers(json, "layers");
    spec.outputs = outputs(json);
    return spec;
  }

private:
  bool expect(const Datum &value, Kind kind, const std::string &what) {
    if (value.kind == kind)
      return true;
    sink.report({.code = "CNNC0203",
                 .file = file,
                 .mark = value.mark,
                 .message = what + " must be " + std::string(kindName(kind)) + ", got " + std::string(kindName(value.kind))});
    return false;
  }

  void checkKeys(const Datum &map, const std::vector<std::string> &known, const std::vector<std::string> &required, const std::string &what) {
    for (const Text &key : map.keys)
      if (std::find(known.begin(), known.end(), key.text) == known.end())
        sink.report({.code = "CNNC0201",
                     .file = file,
                     .mark = key.mark,
                     .message = "unknown key '" + key.text + "' in " + what,
                     .suggestion = didYouMean(key.text, known)});
    for (const std::string &key : required)
      if (!map.find(key))
        sink.report({.code = "CNNC0202", .file = file, .mark = map.mark, .message = what + " needs the key '" + key + "'"});
  }

  Text text(const Datum &map, const std::string &key) {
    const Datum *value = map.find(key);
    if (!value || !expect(*value, Kind::String, "'" + key + "'"))
      return {};
    return {value->text, value->mark};
  }

  // A text that may be an expression.
  Text word(const Datum &map, const std::string &key) {
    Text value = text(map, key);
    if (Datum literal = normalized(Datum::ofString(value.text)); literal.isString())
      value.text = literal.text;
    return value;
  }

  std::vector<Text> textList(const Datum &value, const std::string &what) {
    std::vector<Text> list;
    if (value.isString())
      return {{value.text, value.mark}};
    if (!value.isList()) {
      sink.report({.code = "CNNC0203",
                   .file = file,
                   .mark = value.mark,
                   .message = what + " must be a string or a list of strings, got " + std::string(kindName(value.kind))});
      return list;
    }
    for (const Datum &item : value.items)
      if (expect(item, Kind::String, "an entry of " + what))
        list.push_back({item.text, item.mark});
    return list;
  }

  template <typename F> void eachEntry(const Datum &map, const std::string &key, F each) {
    const Datum *entries = map.find(key);
    if (!entries || !expect(*entries, Kind::Map, "'" + key + "'"))
      return;
    for (size_t i = 0; i < entries->items.size(); ++i)
      each(entries->keys[i], entries->items[i]);
  }

  template <typename F> void eachItem(const Datum &map, const std::string &key, F each) {
    const Datum *entries = map.find(key);
    if (!entries || !expect(*entries, Kind::List, "'" + key + "'"))
      return;
    for (const Datum &item : entries->items)
      if (expect(item, Kind::Map, "an entry of '" + key + "'"))
        each(item);
  }

  std::vector<Parameter> parameters(const Datum &map) {
    std::vector<Parameter> list;
    eachEntry(map, "parameters", [&](const Text &name, const Datum &body) {
      if (!expect(body, Kind::Map, "a parameter"))
        return;
      checkKeys(body, {"type", "default", "doc"}, {"type"}, "the parameter '" + name.text + "'");
      Parameter parameter{name, {}, std::nullopt, text(body, "doc").text};
      Text type = text(body, "type");
      if (auto known = typeNamed(type.text))
        parameter.type = *known;
      else if (!type.empty())
        sink.report({.code = "CNNC0204",
                     .file = file,
                     .mark = type.mark,
                     .message = "there is no parameter type '" + type.text + "'",
                     .suggestion = "use int, float, bool, string, block or any, or a list of one: [int], [[any]]"});
      if (const Datum *value = body.find("default")) {
        checkValue(*value);
        parameter.defaultValue = normalized(*value);
      }
      list.push_back(std::move(parameter));
    });
    return list;
  }

  Input input(const Datum &item) {
    checkKeys(item, {"name", "if", "dtype", "shape", "max_batch", "capped", "layout", "doc"}, {"name", "shape"}, "an input");
    Input input{.name = text(item, "name"),
                .dtype = word(item, "dtype"),
                .shape = {},
                .maxBatch = {},
                .capped = {},
                .layout = text(item, "layout"),
                .doc = text(item, "doc").text};
    if (input.name.mark.line == 0)
      input.name.mark = item.mark;
    if (const Datum *condition = item.find("if"); condition && checkValue(*condition))
      input.condition = normalized(*condition);
    auto read = [&](const char *key, Datum &into, bool (*fits)(const Datum &), const char *kinds) {
      const Datum *value = item.find(key);
      if (value && (fits(*value) || value->isExpression()))
        into = normalized(*value);
      else if (value)
        sink.report({.code = "CNNC0203",
                     .file = file,
                     .mark = value->mark,
                     .message = "'" + std::string(key) + "' must be " + kinds + " or an expression, got " + std::string(kindName(value->kind))});
    };
    auto isList = [](const Datum &value) { return value.isList(); };
    read("shape", input.shape, isList, "a list");
    read("max_batch", input.maxBatch, [](const Datum &value) { return value.isInt(); }, "an integer");
    read("capped", input.capped, isList, "a list");
    return input;
  }

  Block block(const Text &name, const Datum &body) {
    Block block{.file = file, .name = name, .doc = {}, .parameters = {}, .inputs = {}, .layers = {}, .outputs = {}};
    if (!expect(body, Kind::Map, "a block"))
      return block;
    checkKeys(body, {"doc", "parameters", "inputs", "layers", "outputs"}, {"layers"}, "the block '" + name.text + "'");
    block.doc = text(body, "doc").text;
    block.parameters = parameters(body);
    if (const Datum *inputs = body.find("inputs"))
      block.inputs = textList(*inputs, "'inputs'");
    else
      block.inputs = {{"x", name.mark}};
    block.layers = layers(body, "layers");
    block.outputs = outputs(body);
    return block;
  }

  std::vector<Output> outputs(const Datum &map) {
    std::vector<Output> list;
    eachEntry(map, "outputs", [&](const Text &name, const Datum &value) {
      if (!value.isMap()) {
        if (expect(value, Kind::String, "an output"))
          list.push_back({name, {value.text, value.mark}});
        return;
      }
      checkKeys(value, {"if", "value"}, {"value"}, "an output");
      Output output{name, text(value, "value")};
      if (const Datum *condition = value.find("if"); condition && checkValue(*condition))
        output.condition = normalized(*condition);
      if (value.find("value"))
        list.push_back(std::move(output));
    });
    return list;
  }

  std::vector<Layer> layers(const Datum &map, const std::string &key) {
    std::vector<Layer> list;
    eachItem(map, key, [&](const Datum &item) {
      if (auto layer = readLayer(item))
        list.push_back(std::move(*layer));
    });
    return list;
  }

  // Reports null and objects, which are no values of a network.
  bool checkValue(const Datum &value) {
    if (value.isNull() || value.isMap())
      sink.report({.code = "CNNC0203", .file = file, .mark = value.mark, .message = "a value must not be " + std::string(kindName(value.kind))});
    else if (std::all_of(value.items.begin(), value.items.end(), [&](const Datum &item) { return checkValue(item); }))
      return true;
    return false;
  }

  void setControl(Layer &layer, const Datum &value) {
    layer.control = normalized(value);
    layer.erroneous |= !checkValue(value);
  }

  void addArgument(Layer &layer, const Text &name, const Datum &value) {
    if (checkValue(value))
      layer.arguments.push_back({name, normalized(value)});
    else
      layer.erroneous = true;
  }

  std::optional<Layer> readLayer(const Datum &item) {
    Layer layer;
    layer.mark = item.mark;
    std::string leading;
    for (const auto &[key, kind] : kKinds)
      if (item.find(key)) {
        if (!leading.empty()) {
          sink.report({.code = "CNNC0206", .file = file, .mark = item.mark, .message = "a layer has both '" + leading + "' and '" + key + "'"});
          return std::nullopt;
        }
        leading = key;
        layer.kind = kind;
      }
    if (leading.empty() && item.keys.size() == 1 && item.find("doc")) {
      layer.kind = Layer::Kind::Remark;
      layer.doc = text(item, "doc").text;
      return layer;
    }
    if (leading.empty()) {
      std::vector<std::string> known;
      for (const auto &[key, kind] : kKinds)
        known.push_back(key);
      std::string suggestion;
      for (const Text &key : item.keys)
        if (suggestion.empty())
          suggestion = didYouMean(key.text, known);
      sink.report({.code = "CNNC0206",
                   .file = file,
                   .mark = item.mark,
                   .message = "a layer needs one of the keys 'op', 'block', 'repeat', 'if', 'alias', 'let' and 'require'",
                   .suggestion = suggestion});
      return std::nullopt;
    }
    if (const Datum *in = item.find("in")) {
      layer.in = textList(*in, "'in'");
      layer.erroneous = layer.in->size() != (in->isString() ? 1 : in->items.size());
    }
    if (const Datum *as = item.find("as"))
      layer.as = textList(*as, "'as'");
    layer.doc = text(item, "doc").text;
    switch (layer.kind) {
    case Layer::Kind::Op:
    case Layer::Kind::Call: {
      layer.name = text(item, "name");
      layer.callee = word(item, leading);
      if (const Datum *unnamed = layer.kind == Layer::Kind::Call ? item.find("values") : nullptr) {
        layer.erroneous |= !expect(*unnamed, Kind::List, "'values'");
        if (unnamed->isList())
          for (const Datum &value : unnamed->items)
            addArgument(layer, {"", value.mark}, value);
      }
      for (size_t i = 0; i < item.items.size(); ++i)
        if (const Text &key = item.keys[i]; (layer.kind == Layer::Kind::Op || key.text != "values") && key.text != leading && key.text != "name" &&
                                            key.text != "in" && key.text != "as" && key.text != "doc")
          addArgument(layer, key, item.items[i]);
      if (!item.find(leading)->isString())
        return std::nullopt;
      break;
    }
    case Layer::Kind::Repeat:
      checkKeys(item, {"repeat", "index", "layers", "in", "as", "doc"}, {"layers"}, "a repetition");
      setControl(layer, *item.find("repeat"));
      layer.index = text(item, "index");
      layer.body = layers(item, "layers");
      break;
    case Layer::Kind::If:
      checkKeys(item, {"if", "then", "else", "in", "as", "doc"}, {"then"}, "a choice");
      setControl(layer, *item.find("if"));
      layer.body = layers(item, "then");
      layer.otherwise = layers(item, "else");
      break;
    case Layer::Kind::Alias: {
      checkKeys(item, {"alias", "as", "doc"}, {"as"}, "an alias");
      if (Text source = text(item, "alias"); item.find("alias")->isString())
        layer.in = {std::move(source)};
      const Datum *as = item.find("as");
      if (as && layer.as.size() > 1)
        sink.report({.code = "CNNC0203", .file = file, .mark = as->mark, .message = "'as' of an alias must be one name"});
      if (!layer.in || layer.as.size() != 1)
        return std::nullopt;
      break;
    }
    case Layer::Kind::Let:
      checkKeys(item, {"let", "value", "doc"}, {"value"}, "a variable");
      layer.index = text(item, "let");
      if (layer.index.empty() && item.find("let")->isString())
        sink.report({.code = "CNNC0203", .file = file, .mark = layer.index.mark, .message = "the name of a variable must not be empty"});
      if (!item.find("value") || layer.index.empty())
        return std::nullopt;
      setControl(layer, *item.find("value"));
      break;
    case Layer::Kind::Require:
      checkKeys(item, {"require", "message", "doc"}, {}, "a requirement");
      setControl(layer, *item.find("require"));
      layer.message = text(item, "message");
      break;
    case Layer::Kind::Remark:
      break;
    }
    return layer;
  }

  const std::string &file;
  DiagnosticSink &sink;
};

} // namespace

ModelSpec specFromJson(const Datum &json, const std::string &file, DiagnosticSink &sink) { return Reader(file, sink).read(json); }

} // namespace cnnc::frontend
