// Runs the layers of a spec.
#include "frontend/Expand.h"
#include "frontend/Bindings.h"
#include "frontend/InputInstances.h"
#include "frontend/Parameters.h"

#include <algorithm>
#include <set>

namespace cnnc::frontend {
namespace {

class Expander : Bindings {
public:
  Expander(const ModelSpec &spec, const ExpandLimits &limits, GraphBuilder &builder, DiagnosticSink &sink) : Bindings(spec, builder, sink), limits(limits) {}

  void run(std::map<std::string, Datum, std::less<>> parameters) {
    Scope scope;
    scope.variables = std::move(parameters);
    for (const Input &input : spec.inputs)
      bindInput(input, scope);
    runLayers(spec.layers, scope);
    if (stopped)
      return;
    std::vector<std::string> names;
    std::vector<ValueId> results = outputs(spec.outputs, scope, names);
    if (names.empty() && results.size() != 1 && !sink.hasErrors())
      report(scope, "CNNC0312", spec.name.mark, "the model has no result; declare 'outputs'");
    if (names.empty() && results.size() == 1)
      builder.addOutput("output", results[0], spec.name.mark);
    for (size_t i = 0; i < names.size(); ++i)
      builder.addOutput(names[i], results[i], spec.name.mark);
  }

private:
  void bindInput(const Input &input, Scope &scope) {
    std::optional<bool> taken = holds(input.condition, "an input", scope);
    if (!taken.value_or(true))
      return;
    auto instance = instantiate(input, environment(scope), limits, context(scope), sink);
    if (auto found = scope.values.find(input.name.text); found != scope.values.end())
      report(scope, "CNNC0301", input.name.mark, "the input '" + input.name.text + "' is declared twice", "", "", {{"first here", found->second.mark}});
    std::vector<ValueId> value{instance && taken ? builder.addInput(*instance) : kPoison};
    scope.values[input.name.text] = {value, input.name.mark};
    scope.previous = value;
  }

  static void collectNames(const std::vector<Layer> &layers, std::set<std::string> &names) {
    for (const Layer &layer : layers) {
      names.insert(layer.name.text);
      collectNames(layer.body, names);
      collectNames(layer.otherwise, names);
    }
  }

  // Names that the author gives to layers of the block.
  const std::set<std::string> &givenNames(const Scope &scope) {
    const std::vector<Layer> &layers = scope.block ? scope.block->layers : spec.layers;
    auto [found, inserted] = names.try_emplace(&layers);
    if (inserted)
      collectNames(layers, found->second);
    return found->second;
  }

  bool countStep(const Mark &mark, const Scope &scope) {
    if (!stopped && ++steps > 4 * limits.layers + 1000)
      stop(mark, scope);
    return !stopped;
  }

  void stop(const Mark &mark, const Scope &scope) {
    stopped = true;
    report(scope, "CNNC0501", mark, "the network has more than " + std::to_string(limits.layers) + " layers", "lower the repeat counts");
  }

  void runLayers(const std::vector<Layer> &layers, Scope &scope) {
    for (const Layer &layer : layers) {
      if (!countStep(layer.mark, scope))
        return;
      switch (layer.kind) {
      case Layer::Kind::Op:
        runOp(layer, scope);
        break;
      case Layer::Kind::Call:
        runCall(layer, scope);
        break;
      case Layer::Kind::Repeat:
        runRepeat(layer, scope);
        break;
      case Layer::Kind::If:
        runIf(layer, scope);
        break;
      case Layer::Kind::Alias:
        bindResults(layer, "", {}, operands(layer, scope), scope);
        break;
      case Layer::Kind::Let:
        assign(layer.index.text, layer.erroneous ? std::nullopt : resolved(layer.control, scope), layer.control.mark, scope);
        break;
      case Layer::Kind::Require:
        runRequire(layer, scope);
        break;
      case Layer::Kind::Remark:
        // In place of a statement that could not be read.
        if (layer.erroneous) {
          scope.incomplete = true;
          scope.previous.assign(1, kPoison);
        }
        break;
      }
    }
  }

  std::string chooseName(const std::string &op, const Scope &scope) {
    const std::set<std::string> &given = givenNames(scope);
    std::string local;
    do
      local = op + "_" + std::to_string(++counters[scope.prefix + op]);
    while (given.count(local) || fullNames.count(scope.prefix + local));
    return local;
  }

  bool checkName(const std::string &name, const Mark &mark, const Scope &scope) {
    if (std::none_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }) && name.size() <= 1024)
      return true;
    report(scope, "CNNC0303", mark, "a name must have at most 1024 characters and no control characters");
    return false;
  }

  // Whether the layer, or a call around it, says that its weights are those of others of its name.
  bool isShared(const Layer &layer, const Scope &scope) {
    bool shared = scope.shared;
    for (const Argument &argument : layer.arguments) {
      if (argument.name.text != kShared)
        continue;
      auto value = resolved(argument.value, scope);
      if (value && value->kind == Datum::Kind::Bool)
        shared |= value->boolean;
      else if (value)
        report(scope, "CNNC0322", argument.value.mark, "'shared' must be true or false, got " + std::string(kindName(value->kind)));
    }
    return shared;
  }

  void runOp(const Layer &layer, Scope &scope) {
    LayerInstance instance{.op = layer.callee.text,
                           .name = {},
                           .attributes = {},
                           .operands = operands(layer, scope),
                           .operandNames = {},
                           .mark = layer.mark,
                           .opMark = layer.callee.mark,
                           .file = fileOf(scope.block),
                           .stack = &stack};
    std::optional<std::string> local = templated(layer.name, scope);
    bool named = local && checkName(*local, layer.name.mark, scope), ok = named && !layer.erroneous, taken = false;
    std::string name = !named ? layer.name.text : local->empty() ? chooseName(layer.callee.text, scope) : *local;
    bool shared = isShared(layer, scope);
    instance.name = instance.weights = scope.prefix + name;
    if (named) {
      Place place{layer.name.empty() ? layer.mark : layer.name.mark, instance.file, shared, 1};
      auto [found, inserted] = fullNames.emplace(instance.name, place);
      taken = !inserted;
      if (taken && shared && found->second.shared)
        instance.name += "#" + std::to_string(++found->second.uses);
      else if (taken) {
        instance.weights.clear();
        report(scope, "CNNC0303", layer.name.mark, "the layer name '" + instance.name + "' is taken; its weights would have the same names", "", instance.name,
               {{"first here", found->second.mark, found->second.file}});
      }
    }
    if (layer.in)
      for (const Text &operand : *layer.in)
        instance.operandNames.push_back(operand.text);
    for (const Argument &argument : layer.arguments) {
      if (argument.name.text == kShared)
        continue;
      auto value = resolved(argument.value, scope, instance.name);
      if (value)
        instance.attributes.push_back({argument.name, std::move(*value)});
      else
        instance.brokenAttributes.push_back(argument.name.text);
    }
    if (!ok)
      instance.operands.assign(instance.operands.size(), kPoison);
    if (++ops > limits.layers && !stopped)
      return stop(layer.mark, scope);
    std::vector<ValueId> results = layer.erroneous ? std::vector<ValueId>{kPoison} : builder.addLayer(instance);
    bool bindsName = named && (!taken || (shared && !scope.findValue(*local)));
    bindResults(layer, bindsName ? *local : "", {}, results, scope);
  }

  void runCall(const Layer &layer, Scope &scope) {
    std::vector<ValueId> inputs = operands(layer, scope);
    std::optional<std::string> local = templated(layer.name, scope);
    const Block *block = findCallee(layer, scope);
    std::vector<ValueId> results;
    std::vector<std::string> names;
    if (block && local && checkName(*local, layer.name.mark, scope) && !layer.erroneous)
      results = call(layer, *block, *local, inputs, scope, names);
    if (results.empty()) {
      names.clear();
      if (block)
        for (const Output &output : block->outputs)
          names.push_back(output.name.text);
      results.assign(std::max<size_t>(names.size(), 1), kPoison);
    }
    bindResults(layer, local.value_or(""), names, results, scope);
  }

  const Block *findCallee(const Layer &layer, const Scope &scope) {
    Datum callee = Datum::ofString(layer.callee.text);
    callee.mark = layer.callee.mark;
    auto name = resolved(callee, scope);
    if (!name)
      return nullptr;
    const Block *block = name->isString() ? spec.findBlock(name->text) : nullptr;
    if (!block && !name->isString())
      report(scope, "CNNC0402", layer.callee.mark, "a call needs the name of a block, got " + std::string(kindName(name->kind)));
    else if (!block)
      reportUnknownBlock(spec, name->text, layer.callee.mark, {}, context(scope), sink);
    return block;
  }

  // Runs a block; the results and their names, or nothing after an error of the call itself.
  std::vector<ValueId> call(const Layer &layer, const Block &block, const std::string &local, const std::vector<ValueId> &inputs, const Scope &scope,
                            std::vector<std::string> &names) {
    Scope inner;
    inner.block = &block;
    inner.prefix = scope.prefix + (local.empty() ? "" : local + ".");
    inner.shared = isShared(layer, scope);
    bool recursive = std::any_of(stack.begin(), stack.end(), [&](const CallFrame &frame) { return frame.block == block.name.text; });
    if (recursive || stack.size() >= limits.callDepth) {
      report(scope, recursive ? "CNNC0307" : "CNNC0503", layer.callee.mark,
             recursive ? "the block '" + block.name.text + "' calls itself" : "block calls are nested deeper than " + std::to_string(limits.callDepth));
      return {};
    }
    CallFrame frame{block.name.text, local.empty() ? "" : scope.prefix + local, layer.mark, fileOf(scope.block)};
    bool ok = bindArguments(layer, block, frame, scope, inner);
    if (inputs.size() != block.inputs.size()) {
      report(scope, "CNNC0310", layer.mark,
             "the block '" + block.name.text + "' takes " + std::to_string(block.inputs.size()) + " inputs, got " + std::to_string(inputs.size()),
             layer.in ? "" : "give 'in'", scope.prefix + local);
      ok = false;
    }
    std::vector<ValueId> results;
    if (ok) {
      for (size_t i = 0; i < inputs.size(); ++i)
        inner.values[block.inputs[i].text] = {{inputs[i]}, block.inputs[i].mark};
      if (!inputs.empty())
        inner.previous = {inputs[0]};
      stack.push_back(std::move(frame));
      runLayers(block.layers, inner);
      if (!stopped)
        results = outputs(block.outputs, inner, names);
      stack.pop_back();
    }
    held -= inner.held;
    return results;
  }

  bool bindArguments(const Layer &layer, const Block &block, const CallFrame &frame, const Scope &scope, Scope &inner) {
    bool ok = true;
    std::vector<const Argument *> matched = matchArguments(layer, block, [&](const Mark &mark, std::string message, std::string suggestion) {
      report(scope, "CNNC0311", mark, std::move(message), std::move(suggestion));
      ok = false;
    });
    for (size_t i = 0; i < matched.size(); ++i) {
      const Parameter &parameter = block.parameters[i];
      const Argument *given = matched[i];
      std::optional<Datum> value;
      Diagnostic where = context(scope);
      if (given) {
        value = resolved(given->value, scope);
      } else if (parameter.defaultValue) {
        // A default is written in the block.
        where = context(inner);
        where.stack.push_back(frame);
        value = resolve(*parameter.defaultValue, environment(inner), where, sink);
      } else {
        report(scope, "CNNC0209", layer.mark, "the block '" + block.name.text + "' needs the parameter '" + parameter.name.text + "'",
               "add \"" + parameter.name.text + "\": ... to the call");
      }
      if (value && !checkValue(spec, parameter, *value, given ? scope.variableNames() : inner.variableNames(), where, sink))
        value = std::nullopt;
      ok &= assign(parameter.name.text, std::move(value), layer.mark, inner);
    }
    return ok;
  }

  void runRepeat(const Layer &layer, Scope &scope) {
    scope.previous = operands(layer, scope);
    auto count = layer.erroneous ? std::nullopt : resolved(layer.control, scope);
    if (count && (!count->isInt() || count->integer < 0 || count->integer > static_cast<int64_t>(limits.layers))) {
      report(scope, "CNNC0504", layer.control.mark,
             "a repeat count must be an integer between 0 and " + std::to_string(limits.layers) + ", got " +
                 (count->isInt()      ? std::to_string(count->integer)
                  : count->isString() ? "'" + count->text + "'"
                                      : std::string(kindName(count->kind))),
             count->isString() ? wordHint(count->text, scope.variableNames()) : "");
      count = std::nullopt;
    }
    // Without a count the body runs once on a poisoned value, so that its own errors are still found.
    if (!count)
      scope.previous.assign(scope.previous.size(), kPoison);
    scope.incomplete |= !count;
    if (!layer.index.empty())
      scope.indices.emplace_back(layer.index.text, Datum::ofInt(0));
    for (int64_t i = 0; i < (count ? count->integer : 1) && countStep(layer.mark, scope); ++i) {
      if (!layer.index.empty())
        scope.indices.back().second.integer = i;
      runLayers(layer.body, scope);
    }
    if (!layer.index.empty())
      scope.indices.pop_back();
    bindResults(layer, "", {}, std::vector<ValueId>(scope.previous), scope);
  }

  // What follows an unmet requirement is not looked at through its values.
  void runRequire(const Layer &layer, Scope &scope) {
    std::optional<bool> met = layer.erroneous ? std::nullopt : holds(layer.control, "'require'", scope);
    if (met.value_or(true))
      return;
    std::optional<std::string> message = templated(layer.message, scope);
    if (message)
      report(scope, "CNNC0326", layer.control.mark, message->empty() ? "the network requires " + layer.control.text.substr(1) : *message);
    scope.previous.assign(scope.previous.size(), kPoison);
  }

  void runIf(const Layer &layer, Scope &scope) {
    scope.previous = operands(layer, scope);
    std::optional<bool> chosen = layer.erroneous ? std::nullopt : holds(layer.control, "'if'", scope);
    if (!chosen) {
      scope.incomplete = true;
      scope.previous.assign(1, kPoison);
    } else {
      runLayers(*chosen ? layer.body : layer.otherwise, scope);
    }
    bindResults(layer, "", {}, std::vector<ValueId>(scope.previous), scope);
  }

  struct Place {
    Mark mark;
    std::string file;
    bool shared = false;
    int uses = 1;
  };

  const ExpandLimits &limits;
  std::map<std::string, Place> fullNames;
  std::map<std::string, int> counters;
  std::map<const std::vector<Layer> *, std::set<std::string>> names;
  size_t ops = 0, steps = 0;
};

} // namespace

void expandSpec(const ModelSpec &spec, const ParameterChoice &choice, const ExpandLimits &limits, GraphBuilder &builder, DiagnosticSink &sink) {
  std::map<std::string, Datum, std::less<>> parameters;
  if (bindParameters(spec, choice, parameters, sink))
    Expander(spec, limits, builder, sink).run(std::move(parameters));
}

} // namespace cnnc::frontend
