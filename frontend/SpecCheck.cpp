// Checks of a spec that need no parameter values.
#include "frontend/Attributes.h"
#include "frontend/Expression.h"
#include "frontend/SpecBlocks.h"
#include "frontend/OpTable.h"
#include "frontend/Parameters.h"
#include "frontend/Spec.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <type_traits>

namespace cnnc::frontend {
namespace {

using Variables = std::set<std::string>;

constexpr size_t kMaxCallPath = 256; // Blocks on a path of calls that the search for recursion follows.

bool holdsExpression(const Datum &value) { return value.isExpression() || std::any_of(value.items.begin(), value.items.end(), holdsExpression); }

std::vector<std::string> listOf(const Variables &variables) { return {variables.begin(), variables.end()}; }

class Checker {
public:
  Checker(const ModelSpec &spec, DiagnosticSink &sink) : spec(spec), sink(sink), file(&spec.file) {}

  void run() {
    checkDuplicates(spec.parameters, "parameter");
    checkDuplicates(spec.presets, "preset");
    checkParameters(spec.parameters, {"doc"});
    for (const Preset &preset : spec.presets)
      checkPreset(preset);
    Variables variables = names(spec.parameters);
    uncertain = holdsUnread(spec.layers);
    for (const Input &input : spec.inputs) {
      checkExpressions(input.condition, variables);
      checkExpressions(input.shape, variables);
      checkExpressions(input.maxBatch, variables);
      checkExpressions(input.capped, variables);
    }
    checkLayers(spec.layers, variables);
    for (const Output &output : spec.outputs)
      checkExpressions(output.condition, variables);
    checkBlockNames();
    for (const Block &block : spec.blocks)
      checkBlock(block);
    checkRecursion();
    warnUnusedBlocks();
  }

private:
  void report(const char *code, const Mark &mark, std::string message, std::string suggestion = {}, std::vector<Diagnostic::Note> notes = {}) {
    sink.report({.code = code, .file = *file, .mark = mark, .message = std::move(message), .suggestion = std::move(suggestion), .notes = std::move(notes)});
  }

  const std::string &fileOf(const Block &block) const { return block.file.empty() ? spec.file : block.file; }

  template <typename T> static const Text &nameOf(const T &item) {
    if constexpr (std::is_same_v<T, Text>)
      return item;
    else
      return item.name;
  }

  template <typename T> void checkDuplicates(const std::vector<T> &list, const std::string &what) {
    std::map<std::string, Mark> seen;
    for (const T &item : list)
      if (auto [first, inserted] = seen.emplace(nameOf(item).text, nameOf(item).mark); !inserted)
        report("CNNC0210", nameOf(item).mark, "the " + what + " '" + nameOf(item).text + "' is declared twice", "", {{"first here", first->second}});
  }

  // Of two files the importer's block is the one to rename.
  void checkBlockNames() {
    std::map<std::string, const Block *> seen;
    for (const Block &block : spec.blocks) {
      auto [first, inserted] = seen.emplace(block.name.text, &block);
      if (inserted)
        continue;
      bool imported = fileOf(*first->second) != fileOf(block);
      const Block &wrong = imported ? *first->second : block, &other = imported ? block : *first->second;
      sink.report({.code = "CNNC0210",
                   .file = fileOf(wrong),
                   .mark = wrong.name.mark,
                   .message = "the block '" + block.name.text + "' is declared twice",
                   .notes = {{imported ? "also here" : "first here", other.name.mark, fileOf(other)}}});
    }
  }

  static Variables names(const std::vector<Parameter> &parameters) {
    Variables names;
    for (const Parameter &parameter : parameters)
      names.insert(parameter.name.text);
    return names;
  }

  void checkBlock(const Block &block) {
    file = &fileOf(block);
    checkDuplicates(block.parameters, "parameter");
    checkDuplicates(block.inputs, "input");
    checkParameters(block.parameters, {"block", "name", "in", "as", "doc", "shared", "values"});
    Variables variables = names(block.parameters);
    uncertain = holdsUnread(block.layers);
    checkLayers(block.layers, variables);
    for (const Output &output : block.outputs)
      checkExpressions(output.condition, variables);
    file = &spec.file;
  }

  // `reserved`: keys that stand beside the values of the parameters.
  void checkParameters(const std::vector<Parameter> &parameters, const std::set<std::string> &reserved) {
    Variables before;
    for (const Parameter &parameter : parameters) {
      if (reserved.count(parameter.name.text))
        report("CNNC0215", parameter.name.mark, "'" + parameter.name.text + "' cannot be the name of a parameter: it is a key beside the parameters' values");
      if (parameter.defaultValue) {
        checkExpressions(*parameter.defaultValue, before);
        checkLiteral(parameter, *parameter.defaultValue, before);
      }
      before.insert(parameter.name.text);
    }
  }

  void checkPreset(const Preset &preset) {
    Variables variables = names(spec.parameters);
    for (const Argument &value : preset.values)
      if (const Parameter *parameter = spec.findParameter(value.name.text))
        checkLiteral(*parameter, value.value, variables);
      else
        report("CNNC0214", value.name.mark, "the preset '" + preset.name.text + "' binds '" + value.name.text + "', which is no parameter of the model",
               didYouMean(value.name.text, listOf(variables)));
  }

  void checkLiteral(const Parameter &parameter, const Datum &value, const Variables &variables) {
    if (!holdsExpression(value) && !checkValue(spec, parameter, value, listOf(variables), {.code = "", .file = *file}, sink))
      unknownBlock |= parameter.type.base == ParameterType::Base::Block;
  }

  // ------------------------------------------------------------------------------------------------------------- expressions

  void checkExpression(std::string_view text, const Mark &mark, size_t index, const Variables &variables) {
    if (auto error = checkSyntax(text))
      return reportExpression(*error, mark, index, {.code = "", .file = *file}, sink);
    for (const std::string &name : mentionsOf(text).variables)
      if (!uncertain && !variables.count(name)) {
        Mark at = placeIn(mark, index + wordOffset(text, name));
        report("CNNC0404", at, "'" + name + "' is no variable in scope", didYouMean(name, listOf(variables)));
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

  void checkExpressions(const Datum &value, const Variables &variables) {
    if (value.isExpression())
      checkExpression(std::string_view(value.text).substr(1), value.mark, 1, variables);
    for (const Datum &item : value.items)
      checkExpressions(item, variables);
  }

  void checkTemplate(const Text &text, const Variables &variables) {
    for (const auto &[expression, offset] : templateExpressions(text.text))
      checkExpression(expression, text.mark, offset, variables);
  }

  // ------------------------------------------------------------------------------------------------------------------ layers

  // A variable is seen from its layer to the end of the block, an index in its body.
  void checkLayers(const std::vector<Layer> &layers, Variables &variables) {
    for (const Layer &layer : layers)
      checkLayer(layer, variables);
  }

  void checkLayer(const Layer &layer, Variables &variables) {
    checkTemplate(layer.name, variables);
    if (layer.in)
      for (const Text &name : *layer.in)
        checkTemplate(name, variables);
    for (const Text &name : layer.as)
      checkTemplate(name, variables);
    for (const Argument &argument : layer.arguments)
      checkExpressions(argument.value, variables);
    checkExpressions(layer.control, variables);
    checkTemplate(layer.message, variables);
    switch (layer.kind) {
    case Layer::Kind::Op:
      return checkOp(layer, variables);
    case Layer::Kind::Call:
      return checkCall(layer, variables);
    case Layer::Kind::Repeat:
      return checkRepeat(layer, variables);
    case Layer::Kind::If:
      checkLayers(layer.body, variables);
      return checkLayers(layer.otherwise, variables);
    case Layer::Kind::Let:
      if (std::find(indices.begin(), indices.end(), layer.index.text) != indices.end())
        report("CNNC0406", layer.index.mark, "'" + layer.index.text + "' is the index of a repetition around this layer", "choose another name");
      variables.insert(layer.index.text);
      return;
    case Layer::Kind::Alias:
    case Layer::Kind::Require:
    case Layer::Kind::Remark:
      return;
    }
  }

  void checkRepeat(const Layer &layer, Variables &variables) {
    if (layer.index.empty())
      return checkLayers(layer.body, variables);
    bool added = variables.insert(layer.index.text).second;
    indices.push_back(layer.index.text);
    checkLayers(layer.body, variables);
    indices.pop_back();
    if (added)
      variables.erase(layer.index.text);
  }

  void checkOp(const Layer &layer, const Variables &variables) {
    const OpRow *op = findOp(layer.callee.text);
    if (!op)
      return report("CNNC0320", layer.callee.mark, "there is no op '" + layer.callee.text + "'", didYouMean(layer.callee.text, opNames()));
    std::vector<std::string> known;
    for (const AttributeRow &row : op->attributes)
      known.push_back(row.name);
    for (const Argument &argument : layer.arguments) {
      if (argument.name.text == kShared)
        continue;
      const AttributeRow *row = op->attribute(argument.name.text);
      if (!row)
        report("CNNC0321", argument.name.mark, "'" + op->name + "' has no attribute '" + argument.name.text + "'", attributeHint(argument.name.text, known));
      else if (argument.value.isString() && !argument.value.isExpression() && !takesWord(*op, *row, argument.value.text))
        if (std::string hint = wordHint(argument.value.text, listOf(variables)); !hint.empty())
          report("CNNC0322", argument.value.mark, attributeMessage(*op, *row, argument.value), hint);
    }
  }

  static std::string attributeHint(const std::string &word, const std::vector<std::string> &known) {
    std::string hint = didYouMean(word, known);
    if (!hint.empty())
      return hint;
    for (const std::string &name : known)
      hint += (hint.empty() ? "it has '" : ", '") + name + "'";
    return hint.empty() ? "it has no attributes" : hint;
  }

  void checkCall(const Layer &layer, const Variables &variables) {
    if (layer.callee.text.starts_with('=')) {
      Datum literal = Datum::ofString(layer.callee.text);
      literal.mark = layer.callee.mark;
      return checkExpressions(literal, variables);
    }
    const Block *block = spec.findBlock(layer.callee.text);
    if (!block) {
      unknownBlock = true;
      return reportUnknownBlock(spec, layer.callee.text, layer.callee.mark, listOf(variables), {.code = "", .file = *file}, sink);
    }
    std::vector<const Argument *> matched = matchArguments(layer, *block, [&](const Mark &mark, std::string message, std::string suggestion) {
      report("CNNC0311", mark, std::move(message), std::move(suggestion));
    });
    for (size_t i = 0; i < matched.size(); ++i)
      if (matched[i])
        checkLiteral(block->parameters[i], matched[i]->value, variables);
  }

  // ------------------------------------------------------------------------------------------------------------------- calls

  // Whether a statement could not be read: it may have set a variable.
  static bool holdsUnread(const std::vector<Layer> &layers) {
    bool unread = false;
    eachLayer(layers, [&](const Layer &layer) { unread |= layer.kind == Layer::Kind::Remark && layer.erroneous; });
    return unread;
  }

  // A block that calls itself through calls that name their block, whatever the conditions around them say.
  void checkRecursion() {
    std::set<std::string> done;
    std::vector<std::string> open;
    std::vector<CallFrame> path;
    for (const Block &block : spec.blocks)
      visitCalls(block, done, open, path);
  }

  // `open`: the blocks on the way here, `path`: the calls between them.
  void visitCalls(const Block &block, std::set<std::string> &done, std::vector<std::string> &open, std::vector<CallFrame> &path) {
    if (open.size() > kMaxCallPath || !done.insert(block.name.text).second)
      return;
    open.push_back(block.name.text);
    eachLayer(block.layers, [&](const Layer &layer) {
      const Block *callee = layer.kind == Layer::Kind::Call ? spec.findBlock(layer.callee.text) : nullptr;
      if (!callee)
        return;
      if (std::find(open.begin(), open.end(), callee->name.text) != open.end()) {
        sink.report({.code = "CNNC0307",
                     .file = fileOf(block),
                     .mark = layer.callee.mark,
                     .stack = path,
                     .message = "the block '" + callee->name.text + "' calls itself"});
        return;
      }
      path.push_back({callee->name.text, layer.name.text, layer.mark, fileOf(block)});
      visitCalls(*callee, done, open, path);
      path.pop_back();
    });
    open.pop_back();
  }

  // A misspelt call may have meant any block, and a missing import may call any: then there is no warning. Blocks of a library are there for others.
  void warnUnusedBlocks() {
    if (unknownBlock || spec.isLibrary() || !spec.imports.empty())
      return;
    std::set<std::string> used = mentionedBlocks(spec);
    for (const Block &block : spec.blocks)
      if (!used.count(block.name.text) && fileOf(block) == spec.file)
        sink.report({.severity = Severity::Warning,
                     .code = "CNNC0313",
                     .file = spec.file,
                     .mark = block.name.mark,
                     .message = "no layer can call the block '" + block.name.text + "'"});
  }

  const ModelSpec &spec;
  DiagnosticSink &sink;
  const std::string *file; // Of what is being checked.
  std::vector<std::string> indices;
  bool unknownBlock = false;
  bool uncertain = false; // The body that is being checked may set variables that are not known.
};

} // namespace

void checkSpec(const ModelSpec &spec, DiagnosticSink &sink) { Checker(spec, sink).run(); }

} // namespace cnnc::frontend
