// JSON tree -> ModelSpec.
#include "frontend/Spec.h"

#include <algorithm>

namespace cnnc::frontend {
namespace {

using Kind = Datum::Kind;

const std::vector<std::pair<std::string, ParameterType>> kTypes = {{"int", ParameterType::Int},       {"float", ParameterType::Float},
                                                                   {"bool", ParameterType::Bool},     {"string", ParameterType::String},
                                                                   {"[int]", ParameterType::IntList}, {"block", ParameterType::Block}};

class Reader {
public:
  Reader(const std::string &file, DiagnosticSink &sink) : file(file), sink(sink) {}

  ModelSpec read(const Datum &json) {
    ModelSpec spec;
    spec.file = file;
    if (!expect(json, Kind::Map, "a spec"))
      return spec;
    checkKeys(json, {"name", "doc", "paper", "parameters", "presets", "inputs", "blocks", "layers", "outputs"}, {"name", "inputs", "layers"}, "a spec");
    spec.name = text(json, "name");
    spec.doc = text(json, "doc").text;
    spec.paper = text(json, "paper").text;
    spec.parameters = parameters(json);
    eachEntry(json, "presets", [&](const Text &name, const Datum &body) {
      if (!expect(body, Kind::Map, "a preset"))
        return;
      Preset preset{name, {}};
      for (size_t i = 0; i < body.items.size(); ++i)
        preset.values.push_back({body.keys[i], body.items[i]});
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
      Parameter parameter{name, ParameterType::Int, std::nullopt, text(body, "doc").text};
      Text type = text(body, "type");
      auto row = std::find_if(kTypes.begin(), kTypes.end(), [&](const auto &entry) { return entry.first == type.text; });
      if (row != kTypes.end())
        parameter.type = row->second;
      else if (!type.empty())
        sink.report({.code = "CNNC0204",
                     .file = file,
                     .mark = type.mark,
                     .message = "there is no parameter type '" + type.text + "'",
                     .suggestion = "use int, float, bool, string, [int] or block"});
      if (const Datum *value = body.find("default"))
        parameter.defaultValue = *value;
      list.push_back(std::move(parameter));
    });
    return list;
  }

  Input input(const Datum &item) {
    checkKeys(item, {"name", "dtype", "shape", "max_batch", "layout", "doc"}, {"name", "shape"}, "an input");
    Input input{
        .name = text(item, "name"), .dtype = text(item, "dtype"), .shape = {}, .maxBatch = {}, .layout = text(item, "layout"), .doc = text(item, "doc").text};
    if (input.name.mark.line == 0)
      input.name.mark = item.mark;
    if (const Datum *shape = item.find("shape")) {
      if (shape->isList() || shape->isExpression())
        input.shape = *shape;
      else
        sink.report({.code = "CNNC0203",
                     .file = file,
                     .mark = shape->mark,
                     .message = "'shape' must be a list or an expression, got " + std::string(kindName(shape->kind))});
    }
    if (const Datum *batch = item.find("max_batch")) {
      if (batch->isInt() || batch->isExpression())
        input.maxBatch = *batch;
      else
        sink.report({.code = "CNNC0203",
                     .file = file,
                     .mark = batch->mark,
                     .message = "'max_batch' must be an integer or an expression, got " + std::string(kindName(batch->kind))});
    }
    return input;
  }

  Block block(const Text &name, const Datum &body) {
    Block block{.name = name, .doc = {}, .parameters = {}, .inputs = {}, .layers = {}, .outputs = {}};
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
      if (expect(value, Kind::String, "an output"))
        list.push_back({name, {value.text, value.mark}});
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

  std::optional<Layer> readLayer(const Datum &item) {
    static const std::vector<std::pair<std::string, Layer::Kind>> kinds = {
        {"op", Layer::Kind::Op}, {"block", Layer::Kind::Call}, {"repeat", Layer::Kind::Repeat}, {"if", Layer::Kind::If}};
    Layer layer;
    layer.mark = item.mark;
    std::string leading;
    for (const auto &[key, kind] : kinds)
      if (item.find(key)) {
        if (!leading.empty()) {
          sink.report({.code = "CNNC0206", .file = file, .mark = item.mark, .message = "a layer has both '" + leading + "' and '" + key + "'"});
          return std::nullopt;
        }
        leading = key;
        layer.kind = kind;
      }
    if (leading.empty()) {
      std::string suggestion;
      for (const Text &key : item.keys)
        if (suggestion.empty())
          suggestion = didYouMean(key.text, {"op", "block", "repeat", "if"});
      sink.report({.code = "CNNC0206",
                   .file = file,
                   .mark = item.mark,
                   .message = "a layer needs one of the keys 'op', 'block', 'repeat' and 'if'",
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
      layer.callee = text(item, leading);
      for (size_t i = 0; i < item.items.size(); ++i)
        if (const Text &key = item.keys[i]; key.text != leading && key.text != "name" && key.text != "in" && key.text != "as" && key.text != "doc")
          layer.arguments.push_back({key, item.items[i]});
      if (!item.find(leading)->isString())
        return std::nullopt;
      break;
    }
    case Layer::Kind::Repeat:
      checkKeys(item, {"repeat", "index", "layers", "in", "as", "doc"}, {"layers"}, "a repetition");
      layer.control = *item.find("repeat");
      layer.index = text(item, "index");
      layer.body = layers(item, "layers");
      break;
    case Layer::Kind::If:
      checkKeys(item, {"if", "then", "else", "in", "as", "doc"}, {"then"}, "a choice");
      layer.control = *item.find("if");
      layer.body = layers(item, "then");
      layer.otherwise = layers(item, "else");
      break;
    }
    return layer;
  }

  const std::string &file;
  DiagnosticSink &sink;
};

} // namespace

std::string_view typeName(ParameterType type) {
  for (const auto &[name, value] : kTypes)
    if (value == type)
      return name;
  return "";
}

bool hasType(const Datum &value, ParameterType type) {
  switch (type) {
  case ParameterType::Int:
    return value.isInt();
  case ParameterType::Float:
    return value.isNumber();
  case ParameterType::Bool:
    return value.kind == Kind::Bool;
  case ParameterType::String:
  case ParameterType::Block:
    return value.isString();
  case ParameterType::IntList:
    return value.isList() && std::all_of(value.items.begin(), value.items.end(), [](const Datum &item) { return item.isInt(); });
  }
  return false;
}

ModelSpec specFromJson(const Datum &json, const std::string &file, DiagnosticSink &sink) { return Reader(file, sink).read(json); }

} // namespace cnnc::frontend
