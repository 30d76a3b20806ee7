// Which blocks a spec can call.
#include "frontend/SpecBlocks.h"
#include "frontend/Expression.h"

namespace cnnc::frontend {

namespace {

// Names that may be blocks': words, and strings in expressions such as "='basic' if shallow else 'bottleneck'".
void collectWords(const Datum &value, std::vector<std::string> &words) {
  if (value.isExpression()) {
    Mentions mentions = mentionsOf(std::string_view(value.text).substr(1));
    words.insert(words.end(), mentions.strings.begin(), mentions.strings.end());
  } else if (value.isString()) {
    words.push_back(value.text);
  }
  for (const Datum &item : value.items)
    collectWords(item, words);
}

void collectWords(const std::vector<Parameter> &parameters, const std::vector<Layer> &layers, std::vector<std::string> &words) {
  for (const Parameter &parameter : parameters)
    if (parameter.defaultValue)
      collectWords(*parameter.defaultValue, words);
  eachLayer(layers, [&](const Layer &layer) {
    if (layer.kind == Layer::Kind::Call)
      collectWords(Datum::ofString(layer.callee.text), words);
    collectWords(layer.control, words);
    if (layer.kind == Layer::Kind::Call)
      for (const Argument &argument : layer.arguments)
        collectWords(argument.value, words);
  });
}

} // namespace

std::set<std::string> mentionedBlocks(const ModelSpec &spec) {
  std::vector<std::string> pending;
  for (const Preset &preset : spec.presets)
    for (const Argument &value : preset.values)
      collectWords(value.value, pending);
  collectWords(spec.parameters, spec.layers, pending);
  std::set<std::string> used;
  while (!pending.empty()) {
    std::string name = std::move(pending.back());
    pending.pop_back();
    if (used.insert(name).second)
      if (const Block *block = spec.findBlock(name))
        collectWords(block->parameters, block->layers, pending);
  }
  return used;
}

} // namespace cnnc::frontend
