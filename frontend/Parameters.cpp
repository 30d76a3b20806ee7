// Parameter values from defaults, presets and --set.
#include "frontend/Parameters.h"
#include "frontend/OpTable.h"

#include <algorithm>
#include <set>

namespace cnnc::frontend {

void reportExpression(const ExpressionError &error, const Mark &mark, size_t index, Diagnostic context, DiagnosticSink &sink) {
  if (error.silent)
    return;
  context.code = error.code;
  context.mark = placeIn(mark, index + error.offset);
  context.message = error.message;
  context.suggestion = error.suggestion;
  sink.report(std::move(context));
}

// What an expression gives stands where the expression does.
static void placeAt(Datum &datum, const Mark &mark) {
  datum.mark = mark;
  for (Datum &item : datum.items)
    placeAt(item, mark);
}

std::optional<Datum> resolve(const Datum &datum, const Environment &environment, const Diagnostic &context, DiagnosticSink &sink) {
  if (datum.isList()) {
    Datum result = datum;
    bool failed = false;
    for (Datum &item : result.items) {
      auto value = resolve(item, environment, context, sink);
      failed |= !value;
      if (value)
        item = std::move(*value);
    }
    return failed ? std::nullopt : std::optional(std::move(result));
  }
  if (!datum.isExpression())
    return datum;
  auto value = evaluate(std::string_view(datum.text).substr(1), environment);
  if (auto *error = std::get_if<ExpressionError>(&value)) {
    reportExpression(*error, datum.mark, 1, context, sink);
    return std::nullopt;
  }
  Datum result = std::move(std::get<Datum>(value));
  placeAt(result, datum.mark);
  return result;
}

static std::vector<std::string> namesOf(const std::map<std::string, Datum, std::less<>> &variables) {
  std::vector<std::string> names;
  for (const auto &entry : variables)
    names.push_back(entry.first);
  return names;
}

Environment variablesOnly(const std::map<std::string, Datum, std::less<>> &variables) {
  return {[&variables](std::string_view name) -> const Datum * {
            auto found = variables.find(name);
            return found == variables.end() ? nullptr : &found->second;
          },
          [](std::string_view name) -> Expected<std::vector<int64_t>> { return ExpressionError{"shapes are not known here", 0, "CNNC0402", "", false}; },
          [&variables] { return namesOf(variables); }};
}

std::vector<const Argument *> matchArguments(const Layer &layer, const Block &block,
                                             const std::function<void(const Mark &mark, std::string message, std::string suggestion)> &error) {
  std::vector<const Argument *> matched(block.parameters.size());
  size_t unnamed = 0;
  for (const Argument &argument : layer.arguments) {
    if (argument.name.text == kShared)
      continue;
    auto named = std::find_if(block.parameters.begin(), block.parameters.end(), [&](const Parameter &parameter) { return argument.name == parameter.name; });
    size_t index = argument.name.empty() ? unnamed++ : static_cast<size_t>(named - block.parameters.begin());
    if (index < matched.size() && !matched[index]) {
      matched[index] = &argument;
    } else if (index < matched.size()) {
      error(argument.name.mark, "the call gives the parameter '" + block.parameters[index].name.text + "' of the block '" + block.name.text + "' twice", "");
    } else if (argument.name.empty()) {
      error(argument.value.mark, "the block '" + block.name.text + "' has " + std::to_string(matched.size()) + " parameters, fewer than the call has values",
            "");
    } else {
      std::vector<std::string> known;
      for (const Parameter &parameter : block.parameters)
        known.push_back(parameter.name.text);
      error(argument.name.mark, "the block '" + block.name.text + "' has no parameter '" + argument.name.text + "'", didYouMean(argument.name.text, known));
    }
  }
  return matched;
}

std::string wordHint(const std::string &word, const std::vector<std::string> &variables) {
  if (std::find(variables.begin(), variables.end(), word) != variables.end())
    return "did you mean the variable '" + word + "'?";
  return didYouMean(word, variables);
}

void reportUnknownBlock(const ModelSpec &spec, const std::string &name, const Mark &mark, const std::vector<std::string> &words, Diagnostic context,
                        DiagnosticSink &sink) {
  if (!spec.imports.empty())
    return;
  std::vector<std::string> candidates;
  for (const Block &block : spec.blocks)
    candidates.push_back(block.name.text);
  candidates.insert(candidates.end(), words.begin(), words.end());
  context.code = "CNNC0309";
  context.mark = mark;
  context.message = "there is no block '" + name + "'";
  context.suggestion = std::find(words.begin(), words.end(), name) == words.end() ? didYouMean(name, candidates) : wordHint(name, words);
  if (auto op = context.suggestion.empty() ? nearest(name, opNames()) : std::nullopt)
    context.suggestion = "did you mean the op '" + *op + "'?";
  sink.report(std::move(context));
}

static bool checkBlocks(const ModelSpec &spec, const Datum &value, const std::vector<std::string> &words, const Diagnostic &context, DiagnosticSink &sink) {
  bool ok = true;
  for (const Datum &item : value.items)
    ok &= checkBlocks(spec, item, words, context, sink);
  // An import that has not been resolved may hold the block.
  if (!value.isString() || spec.findBlock(value.text) || !spec.imports.empty())
    return ok;
  reportUnknownBlock(spec, value.text, value.mark, words, context, sink);
  return false;
}

bool checkValue(const ModelSpec &spec, const Parameter &parameter, const Datum &value, const std::vector<std::string> &words, const Diagnostic &context,
                DiagnosticSink &sink) {
  if (hasType(value, parameter.type))
    return parameter.type.base != ParameterType::Base::Block || checkBlocks(spec, value, words, context, sink);
  // Of a table the first cell that is wrong.
  const Datum *wrong = &value;
  for (ParameterType type = parameter.type; wrong->isList() && type.rank > 0;) {
    --type.rank;
    wrong = &*std::find_if(wrong->items.begin(), wrong->items.end(), [&](const Datum &item) { return !hasType(item, type); });
  }
  // The reader has reported what is no value at all.
  if (wrong->isNull() || wrong->isMap())
    return false;
  Diagnostic diagnostic = context;
  diagnostic.code = "CNNC0205";
  diagnostic.mark = wrong->mark;
  diagnostic.message = "the parameter '" + parameter.name.text + "' is of type " + typeName(parameter.type) + ", got " +
                       (wrong->isString() ? "'" + wrong->text + "'" : std::string(kindName(wrong->kind))) + (wrong == &value ? "" : " in the list");
  diagnostic.suggestion = wrong->isString() ? wordHint(wrong->text, words) : "";
  sink.report(std::move(diagnostic));
  return false;
}

// The value of `--set name=text`.
static std::optional<Datum> parseSet(const Parameter &parameter, const std::string &text, const Diagnostic &context, DiagnosticSink &sink) {
  if (parameter.type.rank == 0 && (parameter.type.base == ParameterType::Base::String || parameter.type.base == ParameterType::Base::Block))
    return Datum::ofString(text);
  std::map<std::string, Datum, std::less<>> none;
  auto value = evaluate(text, variablesOnly(none));
  if (auto *error = std::get_if<ExpressionError>(&value)) {
    Diagnostic diagnostic = context;
    diagnostic.code = "CNNC0208";
    diagnostic.message = "--set " + parameter.name.text + "=" + text + ": " + error->message;
    diagnostic.suggestion = "give a value of type " + typeName(parameter.type);
    sink.report(std::move(diagnostic));
    return std::nullopt;
  }
  return std::get<Datum>(value);
}

bool bindParameters(const ModelSpec &spec, const ParameterChoice &choice, std::map<std::string, Datum, std::less<>> &values, DiagnosticSink &sink) {
  Diagnostic context{.code = "", .file = spec.file};
  std::vector<std::string> names, presets;
  for (const Parameter &parameter : spec.parameters)
    names.push_back(parameter.name.text);
  for (const Preset &preset : spec.presets)
    presets.push_back(preset.name.text);
  const Preset *preset = choice.preset.empty() ? nullptr : spec.findPreset(choice.preset);
  bool ok = choice.preset.empty() || preset;
  if (!ok)
    sink.report({.code = "CNNC0207",
                 .file = spec.file,
                 .mark = spec.name.mark,
                 .message = "the spec has no preset '" + choice.preset + "'",
                 .suggestion = didYouMean(choice.preset, presets)});
  for (const auto &[name, text] : choice.sets)
    if (!spec.findParameter(name)) {
      ok = false;
      sink.report({.code = "CNNC0208",
                   .file = spec.file,
                   .mark = spec.name.mark,
                   .message = "--set " + name + ": the spec has no parameter of that name",
                   .suggestion = didYouMean(name, names)});
    }
  size_t held = 0;
  std::set<std::string, std::less<>> lost; // Parameters with an error.
  for (const Parameter &parameter : spec.parameters) {
    const Datum *given = parameter.defaultValue ? &*parameter.defaultValue : nullptr;
    if (preset)
      for (const Argument &argument : preset->values)
        if (argument.name == parameter.name)
          given = &argument.value;
    std::optional<Datum> value;
    context.mark = parameter.name.mark;
    if (auto set = choice.sets.find(parameter.name.text); set != choice.sets.end()) {
      value = parseSet(parameter, set->second, context, sink);
      if (value)
        value->mark = parameter.name.mark;
    } else if (given) {
      Environment environment = variablesOnly(values);
      environment.lost = [&](std::string_view name) { return lost.count(name) > 0; };
      value = resolve(*given, environment, context, sink);
    } else {
      sink.report({.code = "CNNC0209",
                   .file = spec.file,
                   .mark = parameter.name.mark,
                   .message = "the parameter '" + parameter.name.text + "' has no default and no value",
                   .suggestion = "give --set " + parameter.name.text + "=..."});
    }
    if (!value || !checkValue(spec, parameter, *value, namesOf(values), context, sink)) {
      ok = false;
      lost.insert(parameter.name.text);
      continue;
    }
    auto size = countValues(*value, kMaxHeldValues - held);
    if (!size) {
      context.code = "CNNC0507";
      context.message = "the parameters hold more than " + std::to_string(kMaxHeldValues) + " values";
      sink.report(context);
      return false;
    }
    held += *size;
    values[parameter.name.text] = std::move(*value);
  }
  return ok;
}

bool fixParameters(ModelSpec &spec, const ParameterChoice &choice, DiagnosticSink &sink) {
  std::map<std::string, Datum, std::less<>> values;
  if (!bindParameters(spec, choice, values, sink))
    return false;
  for (Parameter &parameter : spec.parameters)
    if (auto it = values.find(parameter.name.text); it != values.end())
      parameter.defaultValue = it->second;
  if (!choice.preset.empty())
    spec.name.text = choice.preset;
  return true;
}

} // namespace cnnc::frontend
