// Checks of a spec that need no parameter values.
#include "frontend/Expression.h"
#include "frontend/OpTable.h"
#include "frontend/Parameters.h"
#include "frontend/Spec.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace cnnc::frontend {
namespace {

class Checker {
public:
  Checker(const ModelSpec &spec, DiagnosticSink &sink) : spec(spec), sink(sink) {}

  void run() {
    checkDuplicates(spec.parameters, "parameter");
    checkDuplicates(spec.presets, "preset");
    std::set<std::string> variables = names(spec.parameters);
    checkParameters(spec.parameters);
    for (const Preset &preset : spec.presets)
      for (const Argument &value : preset.values)
        if (const Parameter *parameter = spec.findParameter(value.name.text))
          checkLiteral(*parameter, value.value);
        else
          report("CNNC0214", value.name.mark, "the preset '" + preset.name.text + "' binds '" + value.name.text + "', which is no parameter of the model",
                 didYouMean(value.name.text, {variables.begin(), variables.end()}));
    for (const Input &input : spec.inputs) {
      checkExpressions(input.shape, variables);
      checkExpressions(input.maxBatch, variables);
    }
    checkLayers(spec.layers, variables);
    for (const Block &block : spec.blocks) {
      checkDuplicates(block.parameters, "parameter");
      checkParameters(block.parameters);
      checkLayers(block.layers, names(block.parameters));
    }
    warnUnusedBlocks();
  }

private:
  void report(const char *code, const Mark &mark, std::string message, std::string suggestion = {}) {
    sink.report({.code = code, .file = spec.file, .mark = mark, .message = std::move(message), .suggestion = std::move(suggestion)});
  }

  template <typename T> void checkDuplicates(const std::vector<T> &list, const std::string &what) {
    std::set<std::string> seen;
    for (const T &item : list)
      if (!seen.insert(item.name.text).second)
        report("CNNC0210", item.name.mark, "the " + what + " '" + item.name.text + "' is declared twice");
  }

  static std::set<std::string> names(const std::vector<Parameter> &parameters) {
    std::set<std::string> names;
    for (const Parameter &parameter : parameters)
      names.insert(parameter.name.text);
    return names;
  }

  void checkParameters(const std::vector<Parameter> &parameters) {
    std::set<std::string> before;
    for (const Parameter &parameter : parameters) {
      if (parameter.defaultValue) {
        checkExpressions(*parameter.defaultValue, before);
        checkLiteral(parameter, *parameter.defaultValue);
      }
      before.insert(parameter.name.text);
    }
  }

  void checkLiteral(const Parameter &parameter, const Datum &value) {
    bool expression = value.isExpression() || std::any_of(value.items.begin(), value.items.end(), [](const Datum &item) { return item.isExpression(); });
    if (expression || !checkType(parameter, value, {.code = "", .file = spec.file}, sink) || parameter.type != ParameterType{ParameterType::Base::Block})
      return;
    reached.insert(value.text);
    checkBlockExists(value.text, value.mark);
  }

  void checkBlockExists(const std::string &name, const Mark &mark) {
    if (spec.findBlock(name))
      return;
    unknownBlock = true;
    std::vector<std::string> blocks;
    for (const Block &block : spec.blocks)
      blocks.push_back(block.name.text);
    report("CNNC0309", mark, "there is no block '" + name + "'", didYouMean(name, blocks));
  }

  void checkExpression(std::string_view text, const Mark &mark, size_t skip, const std::set<std::string> &variables) {
    if (auto error = checkSyntax(text))
      return reportExpression(*error, mark, skip, {.code = "", .file = spec.file}, sink);
    // An unknown name is reported where evaluation would: evaluating the bare name finds its offset.
    std::vector<std::string> read, tensors;
    collectNames(text, read, tensors);
    for (const std::string &name : read)
      if (!variables.count(name)) {
        Mark at = mark;
        at.column += static_cast<int>(skip + wordOffset(text, name));
        report("CNNC0404", at, "'" + name + "' is no parameter or index in scope", didYouMean(name, {variables.begin(), variables.end()}));
      }
  }

  // Offset of a whole word that is no function call.
  static size_t wordOffset(std::string_view text, const std::string &word) {
    auto part = [&](size_t i) { return i < text.size() && (isalnum(static_cast<unsigned char>(text[i])) || text[i] == '_'); };
    for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1))
      if ((at == 0 || !part(at - 1)) && !part(at + word.size()))
        return at;
    return 0;
  }

  void checkExpressions(const Datum &value, const std::set<std::string> &variables) {
    if (value.isExpression())
      checkExpression(std::string_view(value.text).substr(1), value.mark, 2, variables);
    for (const Datum &item : value.items)
      checkExpressions(item, variables);
  }

  void checkTemplate(const Text &text, const std::set<std::string> &variables) {
    for (const auto &[expression, offset] : templateExpressions(text.text))
      checkExpression(expression, text.mark, 1 + offset, variables);
  }

  void checkLayers(const std::vector<Layer> &layers, const std::set<std::string> &variables) {
    for (const Layer &layer : layers)
      checkLayer(layer, variables);
  }

  void checkLayer(const Layer &layer, const std::set<std::string> &variables) {
    checkTemplate(layer.name, variables);
    if (layer.in)
      for (const Text &name : *layer.in)
        checkTemplate(name, variables);
    for (const Argument &argument : layer.arguments)
      checkExpressions(argument.value, variables);
    checkExpressions(layer.control, variables);
    if (layer.kind == Layer::Kind::Op)
      checkOp(layer);
    if (layer.kind == Layer::Kind::Call)
      checkCall(layer, variables);
    std::set<std::string> inner = variables;
    if (!layer.index.empty())
      inner.insert(layer.index.text);
    checkLayers(layer.body, inner);
    checkLayers(layer.otherwise, inner);
  }

  void checkOp(const Layer &layer) {
    const OpRow *op = findOp(layer.callee.text);
    if (!op)
      return report("CNNC0320", layer.callee.mark, "there is no op '" + layer.callee.text + "'", didYouMean(layer.callee.text, opNames()));
    std::vector<std::string> known;
    for (const AttributeRow &row : op->attributes)
      known.push_back(row.name);
    for (const Argument &argument : layer.arguments)
      if (!op->attribute(argument.name.text))
        report("CNNC0321", argument.name.mark, "'" + op->name + "' has no attribute '" + argument.name.text + "'", attributeHint(argument.name.text, known));
  }

  static std::string attributeHint(const std::string &word, const std::vector<std::string> &known) {
    std::string hint = didYouMean(word, known);
    if (!hint.empty())
      return hint;
    for (const std::string &name : known)
      hint += (hint.empty() ? "it has '" : ", '") + name + "'";
    return hint.empty() ? "it has no attributes" : hint;
  }

  void checkCall(const Layer &layer, const std::set<std::string> &variables) {
    if (layer.callee.text.starts_with('=')) {
      Datum literal = Datum::ofString(layer.callee.text);
      literal.mark = layer.callee.mark;
      return checkExpressions(literal, variables);
    }
    checkBlockExists(layer.callee.text, layer.callee.mark);
    const Block *block = spec.findBlock(layer.callee.text);
    if (!block)
      return;
    std::set<std::string> known = names(block->parameters);
    for (const Argument &argument : layer.arguments)
      if (!known.count(argument.name.text))
        report("CNNC0311", argument.name.mark, "the block '" + block->name.text + "' has no parameter '" + argument.name.text + "'",
               didYouMean(argument.name.text, {known.begin(), known.end()}));
  }

  // Blocks named by calls, and by values of block parameters, transitively from the model's layers.
  void collectCalls(const std::vector<Layer> &layers, std::vector<std::string> &pending) {
    for (const Layer &layer : layers) {
      if (layer.kind == Layer::Kind::Call && !layer.callee.text.starts_with('='))
        pending.push_back(layer.callee.text);
      if (layer.kind == Layer::Kind::Call)
        for (const Argument &argument : layer.arguments)
          if (argument.value.isString() && spec.findBlock(argument.value.text))
            pending.push_back(argument.value.text);
      collectStrings(layer.callee.text, pending);
      collectCalls(layer.body, pending);
      collectCalls(layer.otherwise, pending);
    }
  }

  // Block names that an expression spells as a string: "='basic' if shallow else 'bottleneck'".
  void collectStrings(const std::string &expression, std::vector<std::string> &pending) {
    for (const Block &block : spec.blocks)
      if (expression.find("'" + block.name.text + "'") != std::string::npos)
        pending.push_back(block.name.text);
  }

  // A misspelt call may have meant any block: then there is no warning.
  void warnUnusedBlocks() {
    if (unknownBlock)
      return;
    std::vector<std::string> pending(reached.begin(), reached.end());
    collectCalls(spec.layers, pending);
    std::set<std::string> used;
    while (!pending.empty()) {
      std::string name = std::move(pending.back());
      pending.pop_back();
      if (used.insert(name).second)
        if (const Block *block = spec.findBlock(name))
          collectCalls(block->layers, pending);
    }
    for (const Block &block : spec.blocks)
      if (!used.count(block.name.text))
        sink.report({.severity = Severity::Warning,
                     .code = "CNNC0313",
                     .file = spec.file,
                     .mark = block.name.mark,
                     .message = "no layer can call the block '" + block.name.text + "'"});
  }

  const ModelSpec &spec;
  DiagnosticSink &sink;
  std::set<std::string> reached;
  bool unknownBlock = false;
};

} // namespace

void checkSpec(const ModelSpec &spec, DiagnosticSink &sink) { Checker(spec, sink).run(); }

} // namespace cnnc::frontend
