// ModelSpec -> syntax tree, laid out for reading.
#include "frontend/Expression.h"
#include "frontend/ExpressionParser.h"
#include "frontend/OpTable.h"
#include "frontend/dsl/Dsl.h"
#include "frontend/dsl/Lowering.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace cnnc::frontend::dsl {
namespace {

bool givesResult(const Layer &layer) { return layer.kind != Layer::Kind::Let && layer.kind != Layer::Kind::Require && layer.kind != Layer::Kind::Remark; }

std::vector<Comment> commentsOf(const std::string &text) {
  std::vector<Comment> comments;
  for (size_t at = 0; at <= text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    comments.push_back({text.substr(at, end - at), {}, false});
    at = end + 1;
  }
  return comments;
}

// Puts a comment before what `trivia` holds; an empty line parts them.
void append(std::vector<Comment> &list, const std::string &text) {
  std::vector<Comment> comments = commentsOf(text);
  comments[0].blankBefore = !list.empty();
  list.insert(list.end(), comments.begin(), comments.end());
}

// The item's own comment.
void setDoc(Trivia &trivia, const std::string &doc) {
  trivia.blank |= !trivia.before.empty();
  if (doc.empty())
    return;
  append(trivia.before, doc);
  trivia.blank = false;
}

std::string numberText(const Datum &number) {
  if (number.isInt())
    return std::to_string(number.integer);
  char buffer[64];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), number.real);
  std::string text(buffer, end);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

/// Raises one model or block.
class DefinitionRaise {
public:
  DefinitionRaise(const ModelSpec &spec, const std::vector<Parameter> &parameters, const std::vector<Layer> &layers) : spec(spec) {
    for (const Parameter &parameter : parameters)
      variables.insert(parameter.name.text);
    collect(layers);
  }

  void addValue(const Text &name) { values.insert(name.text); }

  std::vector<ParameterNode> parameterNodes(const std::vector<Text> &inputs, const std::vector<Parameter> &parameters) const {
    std::vector<ParameterNode> nodes;
    for (const Text &input : inputs)
      nodes.push_back({{}, name(input, false, variables), std::nullopt, std::nullopt});
    for (const Parameter &parameter : parameters) {
      ParameterNode node{{}, name(parameter.name, false, {}), Text{typeName(parameter.type), {}}, std::nullopt};
      if (parameter.defaultValue)
        node.value = value(*parameter.defaultValue, parameter.type.base == ParameterType::Base::Block);
      bool line = parameter.doc.find('\n') == std::string::npos && parameter.doc.size() < 80;
      if (!parameter.doc.empty() && line)
        node.trivia.after = commentsOf(parameter.doc);
      else
        setDoc(node.trivia, parameter.doc);
      nodes.push_back(std::move(node));
    }
    return nodes;
  }

  // `isModel`: results are named by "output"; a block ends with "return".
  Body body(const std::vector<Layer> &layers, const std::vector<Output> &outputs, bool isModel) {
    Body body = statements(layers);
    const Layer *last = layers.empty() ? nullptr : &layers.back();
    size_t next = 0;
    if (!outputs.empty() && last && mergesInto(outputs[0], *last, body)) {
      Statement &statement = body.statements.back();
      statement.kind = Statement::Kind::Output;
      statement.targets = {name(outputs[0].name, false, {})};
      next = 1;
    }
    for (; next < outputs.size(); ++next) {
      Statement statement;
      statement.kind = Statement::Kind::Output;
      statement.targets = {name(outputs[next].name, false, {})};
      statement.flow.source = {operand(outputs[next].value)};
      place(under(outputs[next].condition, std::move(statement)), body);
    }
    bool returns = outputs.empty() && !isModel && body.dangling.empty() && body.statements.size() > 1 && last;
    if (returns && isReturn(*last, layers, body.statements.back()))
      body.statements.back().kind = Statement::Kind::Return, body.statements.back().targets.clear();
    return body;
  }

  /// The statement in a branch, unless the condition is null.
  Statement under(const Datum &condition, Statement statement) const {
    if (condition.isNull())
      return statement;
    Step step;
    step.kind = Step::Kind::If;
    step.control = value(condition, true);
    step.body.oneLine = statement.trivia.empty();
    step.body.statements.push_back(std::move(statement));
    Statement choice;
    choice.flow.steps.push_back(std::move(step));
    return choice;
  }

  // A name as a word where it can be one. `dots`: the place takes a dotted one. `others`: names that a word would be taken for.
  static Name name(const Text &text, bool dots, const std::set<std::string> &others) { return {text, !isWord(text.text, dots) || others.count(text.text) > 0}; }

  // `block`: the place asks for the name of a block.
  Value value(const Datum &datum, bool word) const {
    Value result;
    if (datum.isList()) {
      result.list = true;
      for (const Datum &item : datum.items)
        result.items.push_back({{}, value(item, word)});
      return result;
    }
    std::string text;
    if (datum.isExpression())
      text = spaced(std::string_view(datum.text).substr(1));
    else if (datum.isString())
      text = isBare(datum.text, word) ? datum.text : quoted(datum.text);
    else if (datum.kind == Datum::Kind::Bool)
      text = datum.boolean ? "true" : "false";
    else if (datum.isNumber())
      text = numberText(datum);
    else
      text = "[]";
    result.expression.text = "=" + text;
    return result;
  }

  /// The type before an input's shape.
  Name typeOf(const Text &dtype) const { return name(dtype, false, variables); }

private:
  void collect(const std::vector<Layer> &layers) {
    for (const Layer &layer : layers) {
      if (!layer.index.empty())
        variables.insert(layer.index.text);
      if (!layer.name.empty())
        values.insert(layer.name.text);
      for (const Text &as : layer.as)
        values.insert(as.text);
      collect(layer.body);
      collect(layer.otherwise);
    }
  }

  bool isBare(const std::string &text, bool word) const {
    bool block = spec.findBlock(text) != nullptr;
    return (word || block) && isWord(text) && !variables.count(text) && (block || !values.count(text));
  }

  Operand operand(const Text &text) const {
    Operand operand;
    operand.name = name(text, true, {});
    return operand;
  }

  // Whether an argument of that name is taken for an operand.
  bool isSafeOperand(const Text &text) const {
    return isWord(text.text, true) ? (values.count(text.text) || text.text.find('.') != std::string::npos) && !variables.count(text.text)
                                   : values.count(text.text) || text.text.find('{') != std::string::npos;
  }

  // -------------------------------------------------------------------------------------------------------------- statements

  // Moves the comments that wait at the end of the body before the statement.
  static void place(Statement statement, Body &body, const std::string &doc = {}, bool blank = false) {
    statement.trivia.before = std::move(body.dangling);
    body.dangling.clear();
    statement.trivia.blank = false;
    setDoc(statement.trivia, doc);
    if (blank && !body.statements.empty() && statement.trivia.before.empty())
      statement.trivia.blank = true;
    if (blank && !statement.trivia.before.empty())
      statement.trivia.before[0].blankBefore = true;
    body.statements.push_back(std::move(statement));
  }

  Body statements(const std::vector<Layer> &layers) {
    Body body;
    for (size_t i = 0; i < layers.size();) {
      const Layer &layer = layers[i];
      if (layer.kind == Layer::Kind::Remark) {
        append(body.dangling, layer.doc);
        body.dangling[body.dangling.size() - commentsOf(layer.doc).size()].blankBefore =
            !body.statements.empty() || body.dangling.size() > commentsOf(layer.doc).size();
        ++i;
        continue;
      }
      Statement statement;
      if (layer.kind == Layer::Kind::Let) {
        statement.kind = Statement::Kind::Let;
        statement.targets = {name(layer.index, false, values)};
        statement.value = value(layer.control, false);
        ++i;
      } else if (layer.kind == Layer::Kind::Require) {
        statement.kind = Statement::Kind::Require;
        statement.value = value(layer.control, true);
        statement.text = layer.message;
        ++i;
      } else if (layer.kind == Layer::Kind::Alias) {
        statement.targets = {name(layer.as[0], true, variables)};
        statement.flow.source = {operand((*layer.in)[0])};
        ++i;
      } else {
        size_t first = i;
        do
          addStep(layers[i], i == first, statement.flow);
        while (++i < layers.size() && chains(layers, first, i));
        for (const Text &as : layers[i - 1].as)
          statement.targets.push_back(name(as, true, variables));
      }
      place(std::move(statement), body, layer.doc, layer.typesetting.blankBefore);
    }
    return body;
  }

  static bool isStep(const Layer &layer) { return layer.kind == Layer::Kind::Op || layer.kind == Layer::Kind::Call; }

  // Convolutions, dense layers and calls begin a line.
  static bool isHeavy(const Layer &layer) {
    const OpRow *op = layer.kind == Layer::Kind::Op ? findOp(layer.callee.text) : nullptr;
    return layer.kind == Layer::Kind::Call ||
           (op && op->parametric && std::any_of(op->attributes.begin(), op->attributes.end(), [](const AttributeRow &row) { return row.required(); }));
  }

  // Whether the layer `i` follows the one before it in a statement that starts with `first`.
  static bool chains(const std::vector<Layer> &layers, size_t first, size_t i) {
    const Layer &layer = layers[i], &before = layers[i - 1];
    if (layer.in || !layer.doc.empty() || !before.as.empty() || layer.typesetting.blankBefore)
      return false;
    bool steps = layer.kind == Layer::Kind::If || layer.kind == Layer::Kind::Repeat || isStep(layer);
    if (layer.typesetting.chained && steps)
      return before.kind != Layer::Kind::Repeat;
    return isStep(layer) && isStep(before) && !isHeavy(layer) && i - first < 8;
  }

  bool mergesInto(const Output &output, const Layer &last, const Body &body) const {
    if (!output.condition.isNull() || !isStep(last) || !body.dangling.empty() || body.statements.empty() ||
        body.statements.back().kind != Statement::Kind::Flow)
      return false;
    bool braces = last.name.text.find_first_of("{}") != std::string::npos;
    if (last.as.empty())
      return !last.name.empty() && !braces && output.value.text == last.name.text;
    return last.as.size() == 1 && last.as[0].text == output.name.text && output.value.text == output.name.text && (last.name.empty() || braces) &&
           output.name.text.find_first_of("{}") == std::string::npos;
  }

  // Whether the last statement reads the same behind "return".
  bool isReturn(const Layer &last, const std::vector<Layer> &layers, const Statement &statement) const {
    if (isStep(last))
      return last.as.empty() && statement.kind == Statement::Kind::Flow;
    if (last.kind != Layer::Kind::Alias || last.as[0].text != (*last.in)[0].text || !last.doc.empty())
      return false;
    auto before = std::find_if(layers.rbegin() + 1, layers.rend(), givesResult);
    return before == layers.rend() ||
           !(before->as.size() == 1 ? before->as[0].text == last.as[0].text : before->as.empty() && before->name.text == last.as[0].text);
  }

  // ------------------------------------------------------------------------------------------------------------------- steps

  void addStep(const Layer &layer, bool first, Flow &flow) {
    Step step;
    step.kind = layer.kind == Layer::Kind::If ? Step::Kind::If : layer.kind == Layer::Kind::Repeat ? repeatKind(layer) : Step::Kind::Call;
    if (first && layer.in) {
      bool operands =
          isStep(layer) && layer.in->size() > 1 && std::all_of(layer.in->begin(), layer.in->end(), [&](const Text &text) { return isSafeOperand(text); });
      for (const Text &text : *layer.in)
        if (operands) {
          CallArgument argument;
          argument.kind = CallArgument::Kind::Operand;
          argument.operand = operand(text);
          step.arguments.push_back(std::move(argument));
        } else {
          flow.source.push_back(operand(text));
        }
      flow.tuple = !operands && layer.in->size() != 1;
    }
    if (isStep(layer))
      call(layer, step);
    else if (layer.kind == Layer::Kind::If)
      choice(layer, step);
    else
      repetition(layer, step);
    flow.steps.push_back(std::move(step));
  }

  static Step::Kind repeatKind(const Layer &layer) { return layer.index.empty() ? Step::Kind::Repeat : Step::Kind::For; }

  void choice(const Layer &layer, Step &step) {
    step.control = value(layer.control, true);
    step.body = branch(layer.body);
    if (layer.otherwise.empty())
      return;
    step.hasElse = true;
    step.otherwise = branch(layer.otherwise);
    const Layer &nested = layer.otherwise[0];
    step.otherwise.elseIf = layer.otherwise.size() == 1 && nested.kind == Layer::Kind::If && !nested.in && nested.as.empty() && nested.doc.empty();
  }

  Body branch(const std::vector<Layer> &layers) {
    Body body = statements(layers);
    body.oneLine = body.statements.size() <= 1;
    return body;
  }

  void repetition(const Layer &layer, Step &step) {
    const Layer *inner = &layer;
    if (step.kind == Step::Kind::Repeat) {
      step.control = value(layer.control, true);
    } else {
      auto joins = [](const Layer &next) { return next.kind == Layer::Kind::Repeat && !next.index.empty() && !next.in && next.as.empty() && next.doc.empty(); };
      for (;; inner = &inner->body[0]) {
        step.indices.push_back({name(inner->index, false, values), value(inner->control, true)});
        if (inner->body.size() != 1 || !joins(inner->body[0]))
          break;
      }
    }
    step.body = statements(inner->body);
    auto isCall = [](const Step &next) { return next.kind == Step::Kind::Call; };
    const std::vector<Statement> &list = step.body.statements;
    step.braces = list.size() != 1 || list[0].kind != Statement::Kind::Flow || !step.body.dangling.empty() || !list[0].trivia.empty() ||
                  list[0].flow.steps.empty() || !std::all_of(list[0].flow.steps.begin(), list[0].flow.steps.end(), isCall);
  }

  void call(const Layer &layer, Step &step) {
    const std::string &callee = layer.callee.text;
    const OpRow *op = layer.kind == Layer::Kind::Op ? findOp(callee) : nullptr;
    bool variable = callee.starts_with('=') && isWord(callee.substr(1)) && variables.count(callee.substr(1));
    bool blockParameter = variable && !findOp(callee.substr(1)) && !spec.findBlock(callee.substr(1));
    if (layer.kind == Layer::Kind::Op || blockParameter || isPlainCall(callee))
      step.callee = {blockParameter ? callee.substr(1) : callee, {}};
    else
      step.calleeValue = value(Datum::ofString(callee), false);
    if (!layer.name.empty())
      step.label = name(layer.name, true, {});
    bool positional = true;
    for (size_t i = 0; i < layer.arguments.size(); ++i) {
      const Argument &given = layer.arguments[i];
      CallArgument argument;
      argument.value = value(given.value, layer.kind == Layer::Kind::Op);
      positional &= op && i < op->attributes.size() && op->attributes[i].name == given.name.text && op->attributes[i].required() &&
                    given.name.text != "stride" && !looksLikeOperand(given.value);
      if (!given.name.empty() && !positional)
        argument.name = name(given.name, false, {});
      step.arguments.push_back(std::move(argument));
    }
  }

  // Whether a block's name is enough to call it; without imports a name that no block has may be a misspelt op.
  bool isPlainCall(const std::string &callee) const {
    return isWord(callee) && !findOp(callee) && !variables.count(callee) && (spec.findBlock(callee) || !spec.imports.empty());
  }

  // A value without a name that would be read as an operand.
  bool looksLikeOperand(const Datum &datum) const {
    if (!datum.isString())
      return false;
    if (!datum.isExpression())
      return true;
    size_t begin = std::min(datum.text.find_first_not_of("=( "), datum.text.size());
    size_t end = std::min(datum.text.find_first_of(" ()[]+-*/%<>=!,.'\"", begin), datum.text.size());
    std::string word = datum.text.substr(begin, end - begin);
    bool call = end < datum.text.size() && datum.text[end] == '(';
    return word.empty() || values.count(word) || (call && (!isFunction(word) || findOp(word)));
  }

  const ModelSpec &spec;
  std::set<std::string> variables, values;
};

class Raise {
public:
  explicit Raise(const ModelSpec &spec) : spec(spec) {}

  File run() {
    bool model = !spec.isLibrary() || !spec.parameters.empty() || !spec.presets.empty() || !spec.outputs.empty() || !spec.paper.empty();
    for (const Text &path : spec.imports) {
      Item item;
      item.path = path;
      file.items.push_back(std::move(item));
    }
    if (model)
      addModel();
    for (const Block &block : spec.blocks)
      addBlock(block);
    if (spec.doc.empty())
      return std::move(file);
    if (file.items.empty()) {
      file.dangling = commentsOf(spec.doc);
      return std::move(file);
    }
    Trivia &head = file.items[0].trivia;
    std::vector<Comment> comments = commentsOf(spec.doc);
    bool own = head.before.empty() && file.items[0].kind == Item::Kind::Model;
    if (!own)
      (head.before.empty() ? head.blank : head.before[0].blankBefore) = true;
    head.before.insert(head.before.begin(), comments.begin(), comments.end());
    return std::move(file);
  }

private:
  void addBlock(const Block &block) {
    Item item;
    item.kind = Item::Kind::Block;
    if (!block.doc.empty())
      item.trivia.before = commentsOf(block.doc);
    DefinitionRaise raise(spec, block.parameters, block.layers);
    for (const Text &input : block.inputs)
      raise.addValue(input);
    item.definition.name = DefinitionRaise::name(block.name, false, {});
    item.definition.parameters = raise.parameterNodes(block.inputs, block.parameters);
    item.definition.rows = std::any_of(block.parameters.begin(), block.parameters.end(), [](const Parameter &parameter) { return !parameter.doc.empty(); });
    item.definition.body = raise.body(block.layers, block.outputs, false);
    file.items.push_back(std::move(item));
  }

  void addModel() {
    Item item;
    item.kind = Item::Kind::Model;
    DefinitionRaise raise(spec, spec.parameters, spec.layers);
    for (const Input &input : spec.inputs)
      raise.addValue(input.name);
    Definition &definition = item.definition;
    definition.name = DefinitionRaise::name(spec.name, false, {});
    definition.parameters = raise.parameterNodes({}, spec.parameters);
    definition.rows = spec.parameters.size() > 1;
    Body body = raise.body(spec.layers, spec.outputs, true);
    std::vector<Statement> head;
    if (!spec.paper.empty()) {
      head.emplace_back();
      head.back().kind = Statement::Kind::Paper;
      head.back().text.text = spec.paper;
    }
    for (const Preset &preset : spec.presets) {
      Statement statement;
      statement.kind = Statement::Kind::Preset;
      statement.targets = {DefinitionRaise::name(preset.name, false, {})};
      setDoc(statement.trivia, preset.doc);
      for (const Argument &argument : preset.values) {
        const Parameter *parameter = spec.findParameter(argument.name.text);
        bool block = parameter && parameter->type.base == ParameterType::Base::Block;
        statement.bindings.push_back({{}, DefinitionRaise::name(argument.name, false, {}), raise.value(argument.value, block)});
      }
      head.push_back(std::move(statement));
    }
    for (const Input &input : spec.inputs)
      addInput(input, raise, head);
    Statement *first = body.statements.empty() ? nullptr : &body.statements.front();
    if (!head.empty() && first)
      (first->trivia.before.empty() ? first->trivia.blank : first->trivia.before[0].blankBefore) = true;
    if (!head.empty() && !first && !body.dangling.empty())
      body.dangling[0].blankBefore = true;
    body.statements.insert(body.statements.begin(), std::make_move_iterator(head.begin()), std::make_move_iterator(head.end()));
    definition.body = std::move(body);
    file.items.push_back(std::move(item));
  }

  // Of two inputs that exclude each other the second stands in the "else" of the first.
  void addInput(const Input &input, const DefinitionRaise &raise, std::vector<Statement> &head) {
    const Input *before = &input == spec.inputs.data() ? nullptr : &input - 1;
    Statement statement = inputStatement(input, raise);
    bool otherwise = before && !before->condition.isNull() && input.condition == negated(before->condition) && !head.back().flow.steps.empty() &&
                     !head.back().flow.steps[0].hasElse;
    if (!otherwise)
      return head.push_back(raise.under(input.condition, std::move(statement)));
    Step &step = head.back().flow.steps[0];
    step.hasElse = true;
    step.body.oneLine = false;
    step.otherwise.statements.push_back(std::move(statement));
  }

  Statement inputStatement(const Input &input, const DefinitionRaise &raise) {
    Statement statement;
    statement.kind = Statement::Kind::Input;
    statement.targets = {DefinitionRaise::name(input.name, false, {})};
    setDoc(statement.trivia, input.doc);
    auto bind = [&](const char *key, Value value) { statement.bindings.push_back({{}, {{key, {}}, false}, std::move(value)}); };
    bool plain = input.shape.isList() && !input.dtype.text.starts_with('=');
    if (plain) {
      if (!input.dtype.empty())
        statement.dtype = raise.typeOf(input.dtype);
      statement.shape = raise.value(input.shape, true);
    } else {
      if (!input.dtype.empty())
        bind("dtype", raise.value(Datum::ofString(input.dtype.text), true));
      if (!input.shape.isNull())
        bind("shape", raise.value(input.shape, true));
    }
    if (!input.maxBatch.isNull())
      bind("max_batch", raise.value(input.maxBatch, false));
    if (!input.capped.isNull())
      bind("capped", raise.value(input.capped, false));
    if (!input.layout.empty())
      bind("layout", raise.value(Datum::ofString(input.layout.text), false));
    return statement;
  }

  const ModelSpec &spec;
  File file;
};

} // namespace

File raiseSpec(const ModelSpec &spec) { return Raise(spec).run(); }

} // namespace cnnc::frontend::dsl

namespace cnnc::frontend {

std::string specToText(const ModelSpec &spec, const FormatOptions &options) { return dsl::printFile(dsl::raiseSpec(spec), options.columns); }

std::optional<std::string> formatText(std::string_view text, const std::string &file, const FormatOptions &options, DiagnosticSink &sink) {
  size_t errors = sink.errorCount();
  dsl::File tree = dsl::parseFile(text, file, sink);
  if (sink.errorCount() != errors)
    return std::nullopt;
  return dsl::printFile(tree, options.columns);
}

} // namespace cnnc::frontend
