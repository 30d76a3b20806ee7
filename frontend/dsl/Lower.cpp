// Syntax tree of a .cnn text -> ModelSpec.
#include "frontend/dsl/Dsl.h"
#include "frontend/dsl/Lowering.h"

#include <algorithm>

namespace cnnc::frontend::dsl {
namespace {

class Lowering {
public:
  Lowering(const File &tree, const std::string &file, DiagnosticSink &sink) : tree(tree), file(file), report(file, sink) {}

  ModelSpec run() {
    spec.file = file;
    spec.doc = headComment();
    for (const Item &item : tree.items)
      if (item.kind == Item::Kind::Block) {
        blocks.insert(item.definition.name.text.text);
        std::vector<std::string> &parameters = parametersOf[item.definition.name.text.text];
        parameters.clear();
        for (const ParameterNode &parameter : item.definition.parameters)
          if (parameter.type)
            parameters.push_back(parameter.name.text.text);
      } else if (item.kind == Item::Kind::Import) {
        spec.imports.push_back(item.path);
      }
    const Item *model = nullptr;
    for (const Item &item : tree.items) {
      if (item.kind == Item::Kind::Block)
        lowerBlock(item);
      if (item.kind != Item::Kind::Model)
        continue;
      if (model)
        report("CNNC0114", item.mark, "the file has two models", "give each a file of its own", {{"the first stands here", model->mark}});
      else
        lowerModel(item);
      model = model ? model : &item;
    }
    return std::move(spec);
  }

private:
  // The comment at the head of the file, unless it belongs to the block behind it.
  std::string headComment() const {
    if (tree.items.empty())
      return textOfComments(tree.dangling);
    const Trivia &trivia = tree.items[0].trivia;
    auto groups = groupsOf(trivia.before);
    bool own = tree.items[0].kind != Item::Kind::Import && !trivia.blank && groups.size() == 1;
    return groups.empty() || own ? "" : textOfComments(groups[0]);
  }

  std::vector<Parameter> parametersIn(const Definition &definition, const Names &names, std::vector<Text> *inputs) {
    std::vector<Parameter> list;
    for (const ParameterNode &node : definition.parameters) {
      const Text &name = node.name.text;
      if (!node.type) {
        if (!inputs)
          report("CNNC0202", name.mark, "the parameter '" + name.text + "' of the model has no type",
                 "write " + name.text + ": int; a model's inputs are declared by 'input'");
        else if (node.value)
          report("CNNC0202", name.mark, "'" + name.text + "' has a value and no type, as if it were an input", "write " + name.text + ": int = ...");
        else
          inputs->push_back(name);
        if (!node.name.quoted && names.variables.count(name.text))
          report("CNNC0115", name.mark, "'" + name.text + "' is an input and a variable of the block", "choose another name",
                 {{"the variable is named here", names.variables.at(name.text)}});
        continue;
      }
      Parameter parameter{name, {}, std::nullopt, docOf(node.trivia)};
      if (auto type = typeNamed(node.type->text))
        parameter.type = *type;
      else
        report("CNNC0204", node.type->mark, "there is no parameter type '" + node.type->text + "'",
               "use int, float, bool, string, block or any, or a list of one: [int], [[any]]");
      if (node.value)
        parameter.defaultValue = lowerValue(*node.value, names, report);
      list.push_back(std::move(parameter));
    }
    return list;
  }

  void lowerBlock(const Item &item) {
    Names names = namesOf(item.definition, blocks);
    Block block{.file = file,
                .name = item.definition.name.text,
                .doc = docOf({item.trivia.before, {}, item.trivia.blank}),
                .parameters = {},
                .inputs = {},
                .layers = {},
                .outputs = {}};
    block.parameters = parametersIn(item.definition, names, &block.inputs);
    LoweredBody body = lowerBody(item.definition.body, names, parametersOf, !spec.imports.empty(), false, report);
    block.layers = std::move(body.layers);
    block.outputs = std::move(body.outputs);
    spec.blocks.push_back(std::move(block));
  }

  void lowerModel(const Item &item) {
    Names names = namesOf(item.definition, blocks);
    spec.name = item.definition.name.text;
    std::string doc = docOf({item.trivia.before, {}, item.trivia.blank});
    spec.doc += (spec.doc.empty() || doc.empty() ? "" : "\n") + doc;
    spec.parameters = parametersIn(item.definition, names, nullptr);
    LoweredBody body = lowerBody(item.definition.body, names, parametersOf, !spec.imports.empty(), true, report);
    spec.layers = std::move(body.layers);
    spec.outputs = std::move(body.outputs);
    for (const auto &[statement, condition] : body.declarations) {
      if (statement->kind == Statement::Kind::Paper) {
        spec.paper += (spec.paper.empty() ? "" : "\n") + statement->text.text;
      } else if (statement->kind == Statement::Kind::Preset) {
        Preset preset{statement->targets[0].text, docOf(statement->trivia), {}};
        for (const Binding &binding : statement->bindings)
          if (isNew(binding, preset.values))
            preset.values.push_back({binding.name.text, lowerValue(binding.value, names, report)});
        spec.presets.push_back(std::move(preset));
      } else {
        spec.inputs.push_back(lowerInput(*statement, names));
        spec.inputs.back().condition = condition;
      }
    }
  }

  bool isNew(const Binding &binding, const std::vector<Argument> &before) const {
    auto same = std::find_if(before.begin(), before.end(), [&](const Argument &argument) { return argument.name.text == binding.name.text.text; });
    if (same != before.end())
      report("CNNC0102", binding.name.text.mark, "'" + binding.name.text.text + "' has two values", "", {{"the first stands here", same->name.mark}});
    return same == before.end();
  }

  Input lowerInput(const Statement &statement, const Names &names) {
    Input input{.name = statement.targets[0].text, .dtype = {}, .shape = {}, .maxBatch = {}, .capped = {}, .layout = {}, .doc = docOf(statement.trivia), .condition = {}};
    if (statement.dtype) {
      input.dtype = statement.dtype->text;
      if (!statement.dtype->quoted && names.variables.count(input.dtype.text)) {
        input.dtype.mark.map = std::make_shared<const TextMap>(TextMap{{1, input.dtype.mark.line, input.dtype.mark.column}});
        input.dtype.text = "=" + input.dtype.text;
      }
    }
    if (statement.shape)
      input.shape = lowerValue(*statement.shape, names, report);
    std::vector<Argument> seen;
    for (const Binding &binding : statement.bindings) {
      const Text &name = binding.name.text;
      if (!isNew(binding, seen))
        continue;
      Datum value = lowerValue(binding.value, names, report);
      seen.push_back({name, value});
      bool again = (name.text == "dtype" && statement.dtype) || (name.text == "shape" && statement.shape);
      if (again)
        report("CNNC0102", name.mark, "'" + name.text + "' has two values");
      else if (name.text == "shape")
        input.shape = expect(value, value.isList() || value.isExpression(), "shape", "a list or an expression");
      else if (name.text == "max_batch")
        input.maxBatch = expect(value, value.isInt() || value.isExpression(), "max_batch", "an integer or an expression");
      else if (name.text == "capped")
        input.capped = expect(value, value.isList() || value.isExpression(), "capped", "a list or an expression");
      else if (name.text == "dtype")
        input.dtype = word(expect(value, value.isString(), "dtype", "f32, u8, i32 or an expression"));
      else if (name.text == "layout")
        input.layout = word(expect(value, value.isString() && !value.isExpression(), "layout", "a word"));
      else
        report("CNNC0201", name.mark, "an input has no '" + name.text + "'", didYouMean(name.text, {"dtype", "shape", "max_batch", "capped", "layout"}));
    }
    if (input.shape.isNull() && !statement.shape &&
        std::none_of(seen.begin(), seen.end(), [](const Argument &argument) { return argument.name.text == "shape"; }))
      report("CNNC0202", statement.mark, "the input '" + input.name.text + "' has no shape", "write input " + input.name.text + ": f32[N, 3, 224, 224]");
    return input;
  }

  static Text word(const Datum &value) { return {value.text, value.mark}; }

  Datum expect(const Datum &value, bool ok, const std::string &name, const std::string &what) const {
    if (ok)
      return value;
    report("CNNC0203", value.mark, "'" + name + "' must be " + what + ", got " + std::string(kindName(value.kind)));
    return {};
  }

  const File &tree;
  const std::string &file;
  Reporter report;
  ModelSpec spec;
  std::set<std::string> blocks;
  std::map<std::string, std::vector<std::string>> parametersOf;
};

} // namespace

ModelSpec lowerFile(const File &tree, const std::string &file, DiagnosticSink &sink) { return Lowering(tree, file, sink).run(); }

} // namespace cnnc::frontend::dsl

namespace cnnc::frontend {

ModelSpec specFromText(std::string_view text, const std::string &file, DiagnosticSink &sink) {
  return dsl::lowerFile(dsl::parseFile(text, file, sink), file, sink);
}

} // namespace cnnc::frontend
