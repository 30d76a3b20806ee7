// Runs the layers of a spec.
#include "frontend/Expand.h"
#include "frontend/Expression.h"
#include "frontend/Parameters.h"
#include "frontend/Scope.h"

#include <algorithm>
#include <set>

namespace cnnc::frontend {
namespace {

class Expander {
public:
  Expander(const ModelSpec &spec, const ExpandLimits &limits, GraphBuilder &builder, DiagnosticSink &sink)
      : spec(spec), limits(limits), builder(builder), sink(sink) {}

  void run(std::map<std::string, Datum, std::less<>> parameters) {
    Scope scope;
    scope.variables = std::move(parameters);
    for (const Input &input : spec.inputs)
      bindInput(input, scope);
    takenNames = explicitNames(spec.layers);
    runLayers(spec.layers, scope);
    if (stopped)
      return;
    if (spec.outputs.empty()) {
      if (scope.previous.size() == 1)
        builder.addOutput("output", scope.previous[0], spec.name.mark);
      else if (!sink.hasErrors())
        report("CNNC0312", spec.name.mark, "the model has no result; declare 'outputs'");
    }
    for (const Output &output : spec.outputs)
      builder.addOutput(output.name.text, single(reference(output.value, scope, spec.layers, spec.layers.size()), output.value), output.value.mark);
  }

private:
  Diagnostic context(const std::string &layer = {}) const { return {.code = "", .file = spec.file, .layer = layer, .stack = stack}; }

  void report(std::string code, const Mark &mark, std::string message, std::string suggestion = {}, const std::string &layer = {},
              std::vector<Diagnostic::Note> notes = {}) {
    Diagnostic diagnostic = context(layer);
    diagnostic.code = std::move(code);
    diagnostic.mark = mark;
    diagnostic.message = std::move(message);
    diagnostic.suggestion = std::move(suggestion);
    diagnostic.notes = std::move(notes);
    sink.report(std::move(diagnostic));
  }

  Environment environment(const Scope &scope) {
    return {[&scope](std::string_view name) { return scope.findVariable(name); },
            [this, &scope](std::string_view name) -> Expected<std::vector<int64_t>> {
              const std::vector<ValueId> *values = name.empty() ? &scope.previous : scope.findValue(name);
              if (!values)
                return ExpressionError{"'" + std::string(name) + "' is no tensor in scope", 0, "CNNC0304", didYouMean(std::string(name), scope.valueNames()),
                                       false};
              if (values->size() != 1)
                return ExpressionError{"'" + std::string(name) + "' stands for " + std::to_string(values->size()) + " tensors", 0, "CNNC0402", "", false};
              if ((*values)[0] == kPoison)
                return ExpressionError{"", 0, "", "", true};
              return builder.shapeOf((*values)[0]);
            },
            [&scope] { return scope.variableNames(); }};
  }

  std::optional<std::string> templated(const Text &text, const Scope &scope) {
    if (text.text.find_first_of("{}") == std::string::npos)
      return text.text;
    auto value = expandTemplate(text.text, environment(scope));
    if (auto *error = std::get_if<ExpressionError>(&value)) {
      reportExpression(*error, text.mark, 1, context(), sink);
      return std::nullopt;
    }
    return std::get<std::string>(value);
  }

  // ------------------------------------------------------------------------------------------------------------------- inputs

  void bindInput(const Input &input, Scope &scope) {
    Diagnostic where = context();
    InputInstance instance{.name = input.name.text, .dtype = "f32", .layout = input.layout.text, .shape = {}, .mark = input.name.mark};
    bool ok = true;
    if (!input.dtype.empty()) {
      Datum literal = Datum::ofString(input.dtype.text);
      literal.mark = input.dtype.mark;
      auto dtype = resolve(literal, environment(scope), where, sink);
      if (dtype && dtype->isString() && (dtype->text == "f32" || dtype->text == "u8"))
        instance.dtype = dtype->text;
      else if (dtype)
        report("CNNC0211", input.dtype.mark, "there is no input dtype '" + dtype->text + "'", "use f32 or u8");
      ok = dtype && instance.dtype == dtype->text;
    }
    auto shape = resolve(input.shape, environment(scope), where, sink);
    if (!shape || !shape->isList()) {
      ok = false;
      if (shape && !shape->isNull())
        report("CNNC0212", input.shape.mark, "the shape of an input must be a list, got " + std::string(kindName(shape->kind)));
    } else {
      for (size_t i = 0; i < shape->items.size(); ++i)
        ok &= addExtent(shape->items[i], i, instance);
      ok = ok && checkElements(instance, input.shape.mark);
    }
    if (!input.maxBatch.isNull()) {
      auto batch = resolve(input.maxBatch, environment(scope), where, sink);
      if (batch && batch->isInt() && batch->integer >= 1 && batch->integer <= 65536)
        instance.maxBatch = batch->integer;
      else if (batch)
        report("CNNC0213", input.maxBatch.mark, "max_batch must be an integer between 1 and 65536");
      ok &= batch && instance.maxBatch == batch->integer;
    }
    if (scope.values.count(input.name.text))
      report("CNNC0301", input.name.mark, "the input '" + input.name.text + "' is declared twice", "", "", {{"first here", scope.valueMarks[input.name.text]}});
    std::vector<ValueId> value{ok ? builder.addInput(instance) : kPoison};
    scope.values[input.name.text] = value;
    scope.valueMarks[input.name.text] = input.name.mark;
    scope.previous = value;
  }

  bool addExtent(const Datum &extent, size_t axis, InputInstance &instance) {
    if (extent.isString() && extent.text == "N") {
      instance.shape.push_back(-1);
      if (axis > 0)
        report("CNNC0212", extent.mark, "the batch symbol \"N\" may only be the first dimension");
      return axis == 0;
    }
    instance.shape.push_back(extent.isInt() ? extent.integer : 1);
    if (!extent.isInt())
      report("CNNC0212", extent.mark,
             "a dimension must be an integer or \"N\", got " + (extent.isString() ? "'" + extent.text + "'" : std::string(kindName(extent.kind))));
    else if (extent.integer < 1 || extent.integer > limits.extent)
      report(extent.integer < 1 ? "CNNC0212" : "CNNC0502", extent.mark,
             "a dimension must be between 1 and " + std::to_string(limits.extent) + ", got " + std::to_string(extent.integer));
    else
      return true;
    return false;
  }

  bool checkElements(const InputInstance &instance, const Mark &mark) {
    int64_t elements = 1;
    for (int64_t extent : instance.shape)
      if (extent > 0 && __builtin_mul_overflow(elements, extent, &elements))
        elements = INT64_MAX / 2;
    if (elements <= limits.extent)
      return true;
    report("CNNC0502", mark, "the input '" + instance.name + "' has more than " + std::to_string(limits.extent) + " elements an image");
    return false;
  }

  // --------------------------------------------------------------------------------------------------------------- references

  // Whether layers[from], or what it reads, reads layers[target] of the same list.
  bool reaches(const std::vector<Layer> &layers, size_t from, size_t target) {
    std::set<size_t> visited;
    std::vector<size_t> pending{from};
    for (; !pending.empty() && searchBudget > 0; --searchBudget) {
      size_t at = pending.back();
      pending.pop_back();
      if (at == target)
        return true;
      if (!visited.insert(at).second)
        continue;
      if (!layers[at].in && at > 0)
        pending.push_back(at - 1);
      if (layers[at].in)
        for (const Text &name : *layers[at].in)
          if (auto index = definition(layers, name.text))
            pending.push_back(*index);
    }
    return false;
  }

  // Index of the last layer of a list that defines a name.
  std::optional<size_t> definition(const std::vector<Layer> &layers, const std::string &name) {
    auto [table, inserted] = definitions.try_emplace(&layers);
    if (inserted)
      for (size_t i = 0; i < layers.size(); ++i) {
        if (!layers[i].name.empty())
          table->second[layers[i].name.text] = i;
        for (const Text &as : layers[i].as)
          table->second[as.text] = i;
      }
    auto found = table->second.find(name);
    return found == table->second.end() ? std::nullopt : std::optional(found->second);
  }

  std::vector<ValueId> reference(const Text &text, const Scope &scope, const std::vector<Layer> &layers, size_t at) {
    std::optional<std::string> name = templated(text, scope);
    if (!name)
      return {kPoison};
    if (const std::vector<ValueId> *values = scope.findValue(*name))
      return *values;
    std::optional<size_t> later = definition(layers, *name);
    if (!later || *later < at) {
      report("CNNC0304", text.mark, "'" + *name + "' is not defined", didYouMean(*name, scope.valueNames()));
      return {kPoison};
    }
    Diagnostic::Note note{"'" + *name + "' is defined here", layers[*later].mark};
    if (reaches(layers, *later, at))
      report("CNNC0306", text.mark, "cycle: '" + *name + "' depends on the layer that reads it", "", "", {note});
    else
      report("CNNC0305", text.mark, "'" + *name + "' is used before its definition", "list a layer after the layers that it reads", "", {note});
    return {kPoison};
  }

  ValueId single(const std::vector<ValueId> &values, const Text &text) {
    if (values.size() == 1)
      return values[0];
    report("CNNC0308", text.mark, "'" + text.text + "' stands for " + std::to_string(values.size()) + " results", "name one: '" + text.text + ".<result>'");
    return kPoison;
  }

  // The operands of a layer: what "in" names, or the previous result.
  std::vector<ValueId> operands(const Layer &layer, const Scope &scope, const std::vector<Layer> &layers, size_t at) {
    std::vector<ValueId> result;
    if (!layer.in)
      return scope.previous;
    for (const Text &name : *layer.in)
      result.push_back(single(reference(name, scope, layers, at), name));
    return result;
  }

  void bind(const std::string &name, const Mark &mark, std::vector<ValueId> values, Scope &scope) {
    if (auto found = scope.valueMarks.find(name); found != scope.valueMarks.end())
      report("CNNC0302", mark, "'" + name + "' is defined twice in one scope", "", "", {{"first here", found->second}});
    scope.values[name] = std::move(values);
    scope.valueMarks[name] = mark;
  }

  void bindResults(const Layer &layer, const std::string &localName, const std::vector<std::string> &resultNames, const std::vector<ValueId> &results,
                   Scope &scope) {
    scope.previous = results;
    if (layer.as.empty()) {
      if (localName.empty())
        return;
      bind(localName, layer.name.mark, results, scope);
      if (results.size() > 1)
        for (size_t i = 0; i < results.size() && i < resultNames.size(); ++i)
          bind(localName + "." + resultNames[i], layer.name.mark, {results[i]}, scope);
      return;
    }
    bool poisoned = std::find(results.begin(), results.end(), kPoison) != results.end();
    if (layer.as.size() != results.size() && layer.as.size() != 1 && !poisoned)
      report("CNNC0308", layer.as[0].mark, "'as' names " + std::to_string(layer.as.size()) + " results; the layer has " + std::to_string(results.size()));
    for (size_t i = 0; i < layer.as.size(); ++i)
      bind(layer.as[i].text, layer.as[i].mark, layer.as.size() == 1 ? results : std::vector<ValueId>{i < results.size() ? results[i] : kPoison}, scope);
  }

  // ------------------------------------------------------------------------------------------------------------------- layers

  static std::set<std::string> explicitNames(const std::vector<Layer> &layers) {
    std::set<std::string> names;
    for (const Layer &layer : layers) {
      names.insert(layer.name.text);
      names.merge(explicitNames(layer.body));
      names.merge(explicitNames(layer.otherwise));
    }
    return names;
  }

  bool countStep(const Mark &mark) {
    if (!stopped && ++steps > 4 * limits.layers + 1000)
      stop(mark);
    return !stopped;
  }

  void stop(const Mark &mark) {
    stopped = true;
    report("CNNC0501", mark, "the network has more than " + std::to_string(limits.layers) + " layers", "lower the repeat counts");
  }

  void runLayers(const std::vector<Layer> &layers, Scope &scope) {
    for (size_t at = 0; at < layers.size(); ++at) {
      const Layer &layer = layers[at];
      if (!countStep(layer.mark))
        return;
      switch (layer.kind) {
      case Layer::Kind::Op:
        runOp(layer, scope, layers, at);
        break;
      case Layer::Kind::Call:
        runCall(layer, scope, layers, at);
        break;
      case Layer::Kind::Repeat:
        runRepeat(layer, scope, layers, at);
        break;
      case Layer::Kind::If:
        runIf(layer, scope, layers, at);
        break;
      case Layer::Kind::Alias:
        bindResults(layer, "", {}, reference(layer.in->front(), scope, layers, at), scope);
        break;
      case Layer::Kind::Let:
        if (auto value = resolve(layer.control, environment(scope), context(), sink))
          scope.variables[layer.index.text] = std::move(*value);
        break;
      case Layer::Kind::Remark:
        break;
      }
    }
  }

  std::string chooseName(const std::string &op, const Scope &scope) {
    std::string local;
    do
      local = op + "_" + std::to_string(++counters[scope.prefix + op]);
    while (takenNames.count(local) || fullNames.count(scope.prefix + local));
    return local;
  }

  bool checkName(const std::string &name, const Mark &mark) {
    if (std::none_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }) && name.size() <= 1024)
      return true;
    report("CNNC0303", mark, "a name must have at most 1024 characters and no control characters");
    return false;
  }

  void runOp(const Layer &layer, Scope &scope, const std::vector<Layer> &layers, size_t at) {
    LayerInstance instance{.op = layer.callee.text,
                           .name = {},
                           .attributes = {},
                           .operands = operands(layer, scope, layers, at),
                           .operandNames = {},
                           .mark = layer.mark,
                           .opMark = layer.callee.mark,
                           .stack = &stack};
    std::optional<std::string> local = templated(layer.name, scope);
    bool named = local && checkName(*local, layer.name.mark), ok = named && !layer.erroneous;
    std::string name = !named ? layer.name.text : local->empty() ? chooseName(layer.callee.text, scope) : *local;
    instance.name = scope.prefix + name;
    if (named) {
      auto [found, inserted] = fullNames.emplace(instance.name, layer.name.empty() ? layer.mark : layer.name.mark);
      if (!inserted) {
        scope.valueMarks.erase(*local);
        report("CNNC0303", layer.name.mark, "the layer name '" + instance.name + "' is taken; its weights would have the same names", "", instance.name,
               {{"first here", found->second}});
      }
    }
    if (layer.in)
      for (const Text &operand : *layer.in)
        instance.operandNames.push_back(operand.text);
    for (const Argument &argument : layer.arguments) {
      auto value = resolve(argument.value, environment(scope), context(instance.name), sink);
      if (value)
        instance.attributes.push_back({argument.name, std::move(*value)});
      else
        instance.brokenAttributes.push_back(argument.name.text);
    }
    if (!ok)
      instance.operands.assign(instance.operands.size(), kPoison);
    if (++ops > limits.layers && !stopped)
      return stop(layer.mark);
    std::vector<ValueId> results = layer.erroneous ? std::vector<ValueId>{kPoison} : builder.addLayer(instance);
    bindResults(layer, named ? *local : "", {}, results, scope);
  }

  void runCall(const Layer &layer, Scope &scope, const std::vector<Layer> &layers, size_t at) {
    std::vector<ValueId> inputs = operands(layer, scope, layers, at);
    std::optional<std::string> local = templated(layer.name, scope);
    const Block *block = findCallee(layer, scope);
    std::vector<ValueId> results;
    if (block && local && checkName(*local, layer.name.mark) && !layer.erroneous)
      results = call(layer, *block, *local, inputs, scope);
    if (results.empty())
      results.assign(block && !block->outputs.empty() ? block->outputs.size() : 1, kPoison);
    std::vector<std::string> names;
    if (block)
      for (const Output &output : block->outputs)
        names.push_back(output.name.text);
    bindResults(layer, local.value_or(""), names, results, scope);
  }

  const Block *findCallee(const Layer &layer, const Scope &scope) {
    Datum name = Datum::ofString(layer.callee.text);
    if (name.isExpression()) {
      auto value = evaluate(std::string_view(layer.callee.text).substr(1), environment(scope));
      if (auto *error = std::get_if<ExpressionError>(&value)) {
        reportExpression(*error, layer.callee.mark, 2, context(), sink);
        return nullptr;
      }
      name = std::move(std::get<Datum>(value));
    }
    if (const Block *block = name.isString() ? spec.findBlock(name.text) : nullptr)
      return block;
    std::vector<std::string> blocks;
    for (const Block &block : spec.blocks)
      blocks.push_back(block.name.text);
    // A parameter's value is wrong where it was written.
    report("CNNC0309", name.mark.line > 0 ? name.mark : layer.callee.mark, "there is no block '" + name.text + "'", didYouMean(name.text, blocks));
    return nullptr;
  }

  // Runs a block; the results, or nothing after an error of the call itself.
  std::vector<ValueId> call(const Layer &layer, const Block &block, const std::string &local, const std::vector<ValueId> &inputs, const Scope &scope) {
    Scope inner;
    inner.prefix = scope.prefix + (local.empty() ? "" : local + ".");
    bool recursive = std::any_of(stack.begin(), stack.end(), [&](const CallFrame &frame) { return frame.block == block.name.text; });
    if (recursive || stack.size() >= limits.callDepth) {
      report(recursive ? "CNNC0307" : "CNNC0503", layer.callee.mark,
             recursive ? "the block '" + block.name.text + "' calls itself" : "block calls are nested deeper than " + std::to_string(limits.callDepth));
      return {};
    }
    bool ok = bindArguments(layer, block, scope, inner);
    if (inputs.size() != block.inputs.size()) {
      report("CNNC0310", layer.mark,
             "the block '" + block.name.text + "' takes " + std::to_string(block.inputs.size()) + " inputs, got " + std::to_string(inputs.size()),
             layer.in ? "" : "give 'in'", scope.prefix + local);
      ok = false;
    }
    if (!ok)
      return {};
    for (size_t i = 0; i < inputs.size(); ++i)
      bind(block.inputs[i].text, block.inputs[i].mark, {inputs[i]}, inner);
    if (!inputs.empty())
      inner.previous = {inputs[0]};
    stack.push_back({block.name.text, scope.prefix + local, layer.mark});
    std::set<std::string> saved = std::exchange(takenNames, explicitNames(block.layers));
    runLayers(block.layers, inner);
    std::vector<ValueId> results;
    if (!stopped) {
      for (const Output &output : block.outputs)
        results.push_back(single(reference(output.value, inner, block.layers, block.layers.size()), output.value));
      if (block.outputs.empty())
        results = inner.previous;
    }
    takenNames = std::move(saved);
    stack.pop_back();
    return results;
  }

  bool bindArguments(const Layer &layer, const Block &block, const Scope &scope, Scope &inner) {
    bool ok = true;
    std::vector<std::string> names;
    for (const Parameter &parameter : block.parameters)
      names.push_back(parameter.name.text);
    for (const Argument &argument : layer.arguments)
      if (std::find(names.begin(), names.end(), argument.name.text) == names.end()) {
        report("CNNC0311", argument.name.mark, "the block '" + block.name.text + "' has no parameter '" + argument.name.text + "'",
               didYouMean(argument.name.text, names));
        ok = false;
      }
    for (const Parameter &parameter : block.parameters) {
      auto given = std::find_if(layer.arguments.begin(), layer.arguments.end(), [&](const Argument &argument) { return argument.name == parameter.name; });
      std::optional<Datum> value;
      if (given != layer.arguments.end())
        value = resolve(given->value, environment(scope), context(), sink);
      else if (parameter.defaultValue)
        value = resolve(*parameter.defaultValue, variablesOnly(inner.variables), context(), sink);
      else
        report("CNNC0209", layer.mark, "the block '" + block.name.text + "' needs the parameter '" + parameter.name.text + "'",
               "add \"" + parameter.name.text + "\": ... to the call");
      if (value && checkType(parameter, *value, context(), sink))
        inner.variables[parameter.name.text] = std::move(*value);
      else
        ok = false;
    }
    return ok;
  }

  void runRepeat(const Layer &layer, Scope &scope, const std::vector<Layer> &layers, size_t at) {
    std::vector<ValueId> start = operands(layer, scope, layers, at);
    auto count = resolve(layer.control, environment(scope), context(), sink);
    if (count && (!count->isInt() || count->integer < 0 || count->integer > static_cast<int64_t>(limits.layers))) {
      report("CNNC0504", layer.control.mark,
             "a repeat count must be an integer between 0 and " + std::to_string(limits.layers) + ", got " +
                 (count->isInt() ? std::to_string(count->integer) : std::string(kindName(count->kind))));
      count = std::nullopt;
    }
    // Without a count the body runs once on a poisoned value, so that its own errors are still found.
    if (!count)
      start.assign(start.size(), kPoison);
    for (int64_t i = 0; i < (count ? count->integer : 1) && countStep(layer.mark); ++i) {
      Scope inner;
      inner.parent = &scope;
      inner.prefix = scope.prefix;
      inner.previous = start;
      if (!layer.index.empty())
        inner.variables[layer.index.text] = Datum::ofInt(i);
      runLayers(layer.body, inner);
      start = inner.previous;
    }
    bindResults(layer, "", {}, start, scope);
  }

  void runIf(const Layer &layer, Scope &scope, const std::vector<Layer> &layers, size_t at) {
    std::vector<ValueId> start = operands(layer, scope, layers, at);
    auto condition = resolve(layer.control, environment(scope), context(), sink);
    if (condition && condition->kind != Datum::Kind::Bool) {
      report("CNNC0402", layer.control.mark, "the condition of 'if' must be a bool, got " + std::string(kindName(condition->kind)), "compare: 'x != 0'");
      condition = std::nullopt;
    }
    if (!condition)
      return bindResults(layer, "", {}, std::vector<ValueId>(1, kPoison), scope);
    Scope inner;
    inner.parent = &scope;
    inner.prefix = scope.prefix;
    inner.previous = start;
    runLayers(condition->boolean ? layer.body : layer.otherwise, inner);
    bindResults(layer, "", {}, inner.previous, scope);
  }

  const ModelSpec &spec;
  const ExpandLimits &limits;
  GraphBuilder &builder;
  DiagnosticSink &sink;
  std::vector<CallFrame> stack;
  std::map<std::string, Mark> fullNames;
  std::map<std::string, int> counters;
  std::set<std::string> takenNames;
  std::map<const std::vector<Layer> *, std::map<std::string, size_t>> definitions;
  size_t ops = 0, steps = 0;
  size_t searchBudget = 1000000; // Steps that the search for cycles may take in all: a hostile spec has many wrong references.
  bool stopped = false;
};

} // namespace

void expandSpec(const ModelSpec &spec, const ParameterChoice &choice, const ExpandLimits &limits, GraphBuilder &builder, DiagnosticSink &sink) {
  std::map<std::string, Datum, std::less<>> parameters;
  if (bindParameters(spec, choice, parameters, sink))
    Expander(spec, limits, builder, sink).run(std::move(parameters));
}

} // namespace cnnc::frontend
