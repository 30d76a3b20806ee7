// ModelSpec -> JSON tree.
#include "frontend/Spec.h"

namespace cnnc::frontend {
namespace {

Datum emptyMap() {
  Datum map;
  map.kind = Datum::Kind::Map;
  return map;
}

void setText(Datum &map, const std::string &key, const std::string &value) {
  if (!value.empty())
    map.set(key, Datum::ofString(value));
}

// One name is written as a string, several as a list.
Datum names(const std::vector<Text> &list) {
  if (list.size() == 1)
    return Datum::ofString(list[0].text);
  std::vector<Datum> items;
  for (const Text &name : list)
    items.push_back(Datum::ofString(name.text));
  return Datum::ofList(std::move(items));
}

void setParameters(Datum &map, const std::vector<Parameter> &parameters) {
  if (parameters.empty())
    return;
  Datum entries = emptyMap();
  for (const Parameter &parameter : parameters) {
    Datum body = emptyMap();
    setText(body, "type", typeName(parameter.type));
    if (parameter.defaultValue)
      body.set("default", *parameter.defaultValue);
    setText(body, "doc", parameter.doc);
    entries.set(parameter.name.text, std::move(body));
  }
  map.set("parameters", std::move(entries));
}

void setOutputs(Datum &map, const std::vector<Output> &outputs) {
  if (outputs.empty())
    return;
  Datum entries = emptyMap();
  for (const Output &output : outputs) {
    Datum value = Datum::ofString(output.value.text), body = emptyMap();
    if (!output.condition.isNull()) {
      body.set("if", output.condition);
      body.set("value", std::move(value));
    }
    entries.set(output.name.text, output.condition.isNull() ? std::move(value) : std::move(body));
  }
  map.set("outputs", std::move(entries));
}

Datum layerList(const std::vector<Layer> &layers);

Datum layerToJson(const Layer &layer) {
  Datum map = emptyMap();
  switch (layer.kind) {
  case Layer::Kind::Op:
    map.set("op", Datum::ofString(layer.callee.text));
    break;
  case Layer::Kind::Call:
    map.set("block", Datum::ofString(layer.callee.text));
    break;
  case Layer::Kind::Repeat:
    map.set("repeat", layer.control);
    break;
  case Layer::Kind::If:
    map.set("if", layer.control);
    break;
  case Layer::Kind::Alias:
    map.set("alias", names(layer.in.value_or(std::vector<Text>())));
    break;
  case Layer::Kind::Let:
    map.set("let", Datum::ofString(layer.index.text));
    map.set("value", layer.control);
    break;
  case Layer::Kind::Require:
    map.set("require", layer.control);
    setText(map, "message", layer.message.text);
    break;
  case Layer::Kind::Remark:
    map.set("doc", Datum::ofString(layer.doc));
    return map;
  }
  setText(map, "name", layer.name.text);
  if (layer.kind == Layer::Kind::Repeat)
    setText(map, "index", layer.index.text);
  setText(map, "doc", layer.doc);
  if (layer.in && layer.kind != Layer::Kind::Alias)
    map.set("in", names(*layer.in));
  if (!layer.as.empty())
    map.set("as", names(layer.as));
  std::vector<Datum> unnamed;
  for (const Argument &argument : layer.arguments)
    if (argument.name.empty())
      unnamed.push_back(argument.value);
  if (!unnamed.empty())
    map.set("values", Datum::ofList(std::move(unnamed)));
  for (const Argument &argument : layer.arguments)
    if (!argument.name.empty())
      map.set(argument.name.text, argument.value);
  if (layer.kind == Layer::Kind::Repeat)
    map.set("layers", layerList(layer.body));
  if (layer.kind == Layer::Kind::If) {
    map.set("then", layerList(layer.body));
    if (!layer.otherwise.empty())
      map.set("else", layerList(layer.otherwise));
  }
  return map;
}

Datum layerList(const std::vector<Layer> &layers) {
  std::vector<Datum> items;
  for (const Layer &layer : layers)
    items.push_back(layerToJson(layer));
  return Datum::ofList(std::move(items));
}

} // namespace

Datum specToJson(const ModelSpec &spec) {
  Datum map = emptyMap();
  bool library = spec.isLibrary();
  if (!library)
    map.set("name", Datum::ofString(spec.name.text));
  setText(map, "doc", spec.doc);
  setText(map, "paper", spec.paper);
  if (!spec.imports.empty()) {
    std::vector<Datum> imports;
    for (const Text &path : spec.imports)
      imports.push_back(Datum::ofString(path.text));
    map.set("imports", Datum::ofList(std::move(imports)));
  }
  setParameters(map, spec.parameters);
  if (!spec.presets.empty()) {
    Datum presets = emptyMap();
    for (const Preset &preset : spec.presets) {
      Datum body = emptyMap();
      setText(body, "doc", preset.doc);
      for (const Argument &value : preset.values)
        body.set(value.name.text, value.value);
      presets.set(preset.name.text, std::move(body));
    }
    map.set("presets", std::move(presets));
  }
  std::vector<Datum> inputs;
  for (const Input &input : spec.inputs) {
    Datum body = emptyMap();
    body.set("name", Datum::ofString(input.name.text));
    if (!input.condition.isNull())
      body.set("if", input.condition);
    setText(body, "dtype", input.dtype.text);
    body.set("shape", input.shape);
    if (!input.maxBatch.isNull())
      body.set("max_batch", input.maxBatch);
    if (!input.capped.isNull())
      body.set("capped", input.capped);
    setText(body, "layout", input.layout.text);
    setText(body, "doc", input.doc);
    inputs.push_back(std::move(body));
  }
  if (!library)
    map.set("inputs", Datum::ofList(std::move(inputs)));
  if (library || !spec.blocks.empty()) {
    Datum blocks = emptyMap();
    for (const Block &block : spec.blocks) {
      Datum body = emptyMap();
      setText(body, "doc", block.doc);
      setParameters(body, block.parameters);
      body.set("inputs", names(block.inputs));
      body.set("layers", layerList(block.layers));
      setOutputs(body, block.outputs);
      blocks.set(block.name.text, std::move(body));
    }
    map.set("blocks", std::move(blocks));
  }
  if (!library)
    map.set("layers", layerList(spec.layers));
  setOutputs(map, spec.outputs);
  return map;
}

} // namespace cnnc::frontend
