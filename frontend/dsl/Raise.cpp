// ModelSpec -> syntax tree, laid out for reading.
#include "frontend/dsl/Dsl.h"
#include "frontend/dsl/Lowering.h"
#include "frontend/dsl/Raising.h"

#include <algorithm>

namespace cnnc::frontend::dsl {
namespace {

std::vector<ParameterNode> parameterNodes(const std::vector<Text> &inputs, const std::vector<Parameter> &parameters, const RaisedNames &names) {
  std::vector<ParameterNode> nodes;
  for (const Text &input : inputs)
    nodes.push_back({{}, raiseName(input, false, names.variables), std::nullopt, std::nullopt});
  for (const Parameter &parameter : parameters) {
    ParameterNode node{{}, raiseName(parameter.name), Text{typeName(parameter.type), {}}, std::nullopt};
    if (parameter.defaultValue)
      node.value = raiseValue(*parameter.defaultValue, parameter.type.base == ParameterType::Base::Block, names);
    bool line = parameter.doc.find('\n') == std::string::npos && parameter.doc.size() < 80;
    if (!parameter.doc.empty() && line)
      node.trivia.after = commentsOf(parameter.doc);
    else
      setDoc(node.trivia, parameter.doc);
    nodes.push_back(std::move(node));
  }
  return nodes;
}

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
    RaisedNames names(spec, block.parameters, block.layers);
    for (const Text &input : block.inputs)
      names.values.insert(input.text);
    item.definition.name = raiseName(block.name);
    item.definition.parameters = parameterNodes(block.inputs, block.parameters, names);
    item.definition.rows = std::any_of(block.parameters.begin(), block.parameters.end(), [](const Parameter &parameter) { return !parameter.doc.empty(); });
    item.definition.body = raiseBody(block.layers, block.outputs, false, names);
    file.items.push_back(std::move(item));
  }

  void addModel() {
    Item item;
    item.kind = Item::Kind::Model;
    RaisedNames names(spec, spec.parameters, spec.layers);
    for (const Input &input : spec.inputs)
      names.values.insert(input.name.text);
    Definition &definition = item.definition;
    definition.name = raiseName(spec.name);
    definition.parameters = parameterNodes({}, spec.parameters, names);
    definition.rows = spec.parameters.size() > 1;
    Body body = raiseBody(spec.layers, spec.outputs, true, names);
    std::vector<Statement> head;
    if (!spec.paper.empty()) {
      head.emplace_back();
      head.back().kind = Statement::Kind::Paper;
      head.back().text.text = spec.paper;
    }
    for (const Preset &preset : spec.presets) {
      Statement statement;
      statement.kind = Statement::Kind::Preset;
      statement.targets = {raiseName(preset.name)};
      setDoc(statement.trivia, preset.doc);
      for (const Argument &argument : preset.values) {
        const Parameter *parameter = spec.findParameter(argument.name.text);
        bool block = parameter && parameter->type.base == ParameterType::Base::Block;
        statement.bindings.push_back({{}, raiseName(argument.name), raiseValue(argument.value, block, names)});
      }
      head.push_back(std::move(statement));
    }
    for (const Input &input : spec.inputs)
      addInput(input, names, head);
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
  void addInput(const Input &input, const RaisedNames &names, std::vector<Statement> &head) {
    const Input *before = &input == spec.inputs.data() ? nullptr : &input - 1;
    Statement statement = inputStatement(input, names);
    bool otherwise = before && !before->condition.isNull() && input.condition == negated(before->condition) && !head.back().flow.steps.empty() &&
                     !head.back().flow.steps[0].hasElse;
    if (!otherwise)
      return head.push_back(under(input.condition, std::move(statement), names));
    Step &step = head.back().flow.steps[0];
    step.hasElse = true;
    step.body.oneLine = false;
    step.otherwise.statements.push_back(std::move(statement));
  }

  Statement inputStatement(const Input &input, const RaisedNames &names) {
    Statement statement;
    statement.kind = Statement::Kind::Input;
    statement.targets = {raiseName(input.name)};
    setDoc(statement.trivia, input.doc);
    auto bind = [&](const char *key, Value value) { statement.bindings.push_back({{}, {{key, {}}, false}, std::move(value)}); };
    bool plain = input.shape.isList() && !input.dtype.text.starts_with('=');
    if (plain) {
      if (!input.dtype.empty())
        statement.dtype = raiseName(input.dtype, false, names.variables);
      statement.shape = raiseValue(input.shape, true, names);
    } else {
      if (!input.dtype.empty())
        bind("dtype", raiseValue(Datum::ofString(input.dtype.text), true, names));
      if (!input.shape.isNull())
        bind("shape", raiseValue(input.shape, true, names));
    }
    if (!input.maxBatch.isNull())
      bind("max_batch", raiseValue(input.maxBatch, false, names));
    if (!input.capped.isNull())
      bind("capped", raiseValue(input.capped, false, names));
    if (!input.layout.empty())
      bind("layout", raiseValue(Datum::ofString(input.layout.text), false, names));
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
