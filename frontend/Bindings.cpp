// What the layers of a block read from its scope, and what they bind in it.
#include "frontend/Bindings.h"
#include "frontend/Parameters.h"

#include <algorithm>

namespace cnnc::frontend {

const std::string &Bindings::fileOf(const Block *block) const { return block && !block->file.empty() ? block->file : spec.file; }

Diagnostic Bindings::context(const Scope &scope, const std::string &layer) const {
  return {.code = "", .file = fileOf(scope.block), .layer = layer, .stack = stack};
}

void Bindings::report(const Scope &scope, std::string code, const Mark &mark, std::string message, std::string suggestion, const std::string &layer,
                      std::vector<Diagnostic::Note> notes) {
  Diagnostic diagnostic = context(scope, layer);
  diagnostic.code = std::move(code);
  diagnostic.mark = mark;
  diagnostic.message = std::move(message);
  diagnostic.suggestion = std::move(suggestion);
  diagnostic.notes = std::move(notes);
  sink.report(std::move(diagnostic));
}

Environment Bindings::environment(const Scope &scope) {
  return {[&scope](std::string_view name) { return scope.findVariable(name); },
          [this, &scope](std::string_view name) -> Expected<std::vector<int64_t>> {
            const std::vector<ValueId> *values = name.empty() ? &scope.previous : scope.findValue(name);
            if (!values && scope.incomplete)
              return ExpressionError{"", 0, "", "", true};
            if (!values)
              return ExpressionError{"'" + std::string(name) + "' is no tensor in scope", 0, "CNNC0304", didYouMean(std::string(name), scope.valueNames()),
                                     false};
            if (values->size() != 1)
              return ExpressionError{"'" + std::string(name) + "' stands for " + std::to_string(values->size()) + " tensors", 0, "CNNC0402", "", false};
            if ((*values)[0] == kPoison)
              return ExpressionError{"", 0, "", "", true};
            return builder.shapeOf((*values)[0]);
          },
          [&scope] { return scope.variableNames(); }, [&scope](std::string_view name) { return scope.incomplete || scope.lost.count(name) > 0; }};
}

std::optional<Datum> Bindings::resolved(const Datum &datum, const Scope &scope, const std::string &layer) {
  if (!datum.isExpression() && !datum.isList())
    return datum;
  return resolve(datum, environment(scope), context(scope, layer), sink);
}

std::optional<std::string> Bindings::templated(const Text &text, const Scope &scope) {
  if (text.text.find_first_of("{}") == std::string::npos)
    return text.text;
  auto value = expandTemplate(text.text, environment(scope));
  if (auto *error = std::get_if<ExpressionError>(&value)) {
    reportExpression(*error, text.mark, 0, context(scope), sink);
    return std::nullopt;
  }
  return std::get<std::string>(value);
}

const BodyOrder &Bindings::orderOf(const Scope &scope) {
  const std::vector<Layer> &layers = scope.block ? scope.block->layers : spec.layers;
  return orders.try_emplace(&layers, layers).first->second;
}

std::vector<ValueId> Bindings::reference(const Text &text, const Scope &scope, const Layer *reader) {
  std::optional<std::string> name = templated(text, scope);
  if (!name)
    return {kPoison};
  if (const std::vector<ValueId> *values = scope.findValue(*name))
    return *values;
  if (scope.incomplete)
    return {kPoison};
  auto [relation, definition] = orderOf(scope).find(*name, reader, searchBudget);
  std::vector<Diagnostic::Note> notes;
  if (definition)
    notes.push_back({"'" + *name + "' is defined here", definition->mark});
  switch (relation) {
  case BodyOrder::Relation::Undefined:
    report(scope, "CNNC0304", text.mark, "'" + *name + "' is not defined", didYouMean(*name, scope.valueNames()));
    break;
  case BodyOrder::Relation::Earlier:
    report(scope, "CNNC0304", text.mark, "'" + *name + "' is not defined: the branch or repetition that defines it has not run",
           "define it on every way to this layer", "", notes);
    break;
  case BodyOrder::Relation::Later:
    report(scope, "CNNC0305", text.mark, "'" + *name + "' is used before its definition", "list a layer after the layers that it reads", "", notes);
    break;
  case BodyOrder::Relation::Cycle:
    report(scope, "CNNC0306", text.mark, "cycle: '" + *name + "' depends on the layer that reads it", "", "", notes);
    break;
  }
  return {kPoison};
}

ValueId Bindings::single(const std::vector<ValueId> &values, const Text &text, const Scope &scope) {
  if (values.size() == 1)
    return values[0];
  report(scope, "CNNC0308", text.mark, "'" + text.text + "' stands for " + std::to_string(values.size()) + " results",
         "name one: '" + text.text + ".<result>'");
  return kPoison;
}

std::vector<ValueId> Bindings::operands(const Layer &layer, const Scope &scope) {
  std::vector<ValueId> result;
  if (!layer.in)
    return scope.previous;
  for (const Text &name : *layer.in)
    result.push_back(single(reference(name, scope, &layer), name, scope));
  return result;
}

// `name`, and `name.result` for each of several results.
static void bindName(const std::string &name, const Mark &mark, const std::vector<ValueId> &results, const std::vector<std::string> &resultNames,
                     Scope &scope) {
  scope.values[name] = {results, mark};
  if (results.size() > 1)
    for (size_t i = 0; i < results.size() && i < resultNames.size(); ++i)
      scope.values[name + "." + resultNames[i]] = {{results[i]}, mark};
}

void Bindings::bindResults(const Layer &layer, const std::string &localName, const std::vector<std::string> &resultNames, const std::vector<ValueId> &results,
                           Scope &scope) {
  scope.previous = results;
  if (layer.as.empty()) {
    if (localName.empty())
      return;
    const Mark &mark = layer.name.mark;
    auto found = scope.values.find(localName);
    if (found != scope.values.end() && (found->second.mark.line != mark.line || found->second.mark.column != mark.column))
      report(scope, "CNNC0302", mark, "the layer's name '" + localName + "' is the name of another value", "choose another name, or name the result with 'as'",
             "", {{"first here", found->second.mark}});
    return bindName(localName, mark, results, resultNames, scope);
  }
  bool poisoned = std::find(results.begin(), results.end(), kPoison) != results.end();
  if (layer.as.size() != results.size() && layer.as.size() != 1 && !poisoned)
    report(scope, "CNNC0308", layer.as[0].mark, "'as' names " + std::to_string(layer.as.size()) + " results; the layer has " + std::to_string(results.size()));
  std::set<std::string> named;
  for (size_t i = 0; i < layer.as.size(); ++i) {
    std::optional<std::string> name = templated(layer.as[i], scope);
    if (!name) {
      scope.incomplete = true;
      continue;
    }
    if (!named.insert(*name).second)
      report(scope, "CNNC0302", layer.as[i].mark, "'as' names two results '" + *name + "'");
    if (layer.as.size() == 1)
      bindName(*name, layer.as[i].mark, results, resultNames, scope);
    else
      bindName(*name, layer.as[i].mark, {i < results.size() ? results[i] : kPoison}, {}, scope);
  }
}

bool Bindings::assign(const std::string &name, std::optional<Datum> value, const Mark &mark, Scope &scope) {
  scope.lost.erase(name);
  if (!value) {
    scope.lost.insert(name);
    return false;
  }
  auto size = [](const Datum &datum) { return countValues(datum, kMaxHeldValues).value_or(kMaxHeldValues + 1); };
  auto before = scope.variables.find(name);
  size_t more = size(*value), less = before == scope.variables.end() ? 0 : size(before->second);
  scope.held += more - less;
  held += more - less;
  if (held > kMaxHeldValues && !stopped) {
    stopped = true;
    report(scope, "CNNC0507", mark, "the variables of the network hold more than " + std::to_string(kMaxHeldValues) + " values");
  }
  scope.variables[name] = std::move(*value);
  return !stopped;
}

std::optional<bool> Bindings::holds(const Datum &condition, const std::string &what, const Scope &scope) {
  if (condition.isNull())
    return true;
  auto value = resolved(condition, scope);
  if (!value)
    return std::nullopt;
  if (value->kind == Datum::Kind::Bool)
    return value->boolean;
  report(scope, "CNNC0402", condition.mark, "the condition of " + what + " must be a bool, got " + std::string(kindName(value->kind)),
         value->isString() ? wordHint(value->text, scope.variableNames()) : "compare: 'x != 0'");
  return std::nullopt;
}

std::vector<ValueId> Bindings::outputs(const std::vector<Output> &outputs, const Scope &scope, std::vector<std::string> &names) {
  std::vector<ValueId> results;
  for (const Output &output : outputs) {
    std::optional<bool> taken = holds(output.condition, "an output", scope);
    if (!taken.value_or(true))
      continue;
    names.push_back(output.name.text);
    results.push_back(taken ? single(reference(output.value, scope, nullptr), output.value, scope) : kPoison);
  }
  return names.empty() ? scope.previous : results;
}

} // namespace cnnc::frontend
