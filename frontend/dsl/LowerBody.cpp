// Statements and flows of a .cnn text -> layers.
#include "frontend/OpTable.h"
#include "frontend/dsl/Lowering.h"

#include <algorithm>

namespace cnnc::frontend::dsl {
namespace {

bool givesResult(const Layer &layer) { return layer.kind != Layer::Kind::Let && layer.kind != Layer::Kind::Require && layer.kind != Layer::Kind::Remark; }

bool isTemplate(const Text &text) { return text.text.find_first_of("{}") != std::string::npos; }

// Whether layers give a name a new value; templates may.
bool assigns(const std::vector<Layer> &layers, size_t from, const std::string &name) {
  for (size_t i = from; i < layers.size(); ++i) {
    const Layer &layer = layers[i];
    if (std::any_of(layer.as.begin(), layer.as.end(), [&](const Text &as) { return as.text == name; }) || assigns(layer.body, 0, name) ||
        assigns(layer.otherwise, 0, name))
      return true;
  }
  return false;
}

class BodyLowering {
public:
  BodyLowering(Names &names, const std::map<std::string, std::vector<std::string>> &parametersOf, bool imports, bool isModel, const Reporter &report)
      : names(names), parametersOf(parametersOf), imports(imports), isModel(isModel), report(report) {}

  LoweredBody run(const Body &body) {
    result.layers = layersOf(body);
    freezeOutputs();
    return std::move(result);
  }

private:
  static void addRemarks(const std::vector<std::string> &texts, std::vector<Layer> &out, bool wanted = true) {
    for (const std::string &text : texts)
      if (wanted) {
        Layer remark;
        remark.kind = Layer::Kind::Remark;
        remark.doc = text;
        remark.typesetting.blankBefore = true;
        out.push_back(std::move(remark));
      }
  }

  // -------------------------------------------------------------------------------------------------------------- statements

  bool isTop() const { return choices == 0 && inner == 0; }

  void lower(const Statement &statement, std::vector<Layer> &out) {
    if (returned && isTop())
      report("CNNC0114", statement.mark, "the statement stands behind 'return'", "", {{"'return' stands here", *returned}});
    addRemarks(remarksBefore(statement.trivia), out);
    std::string doc = docOf(statement.trivia);
    size_t first = out.size();
    switch (statement.kind) {
    case Statement::Kind::Return:
      if (isModel || !isTop())
        return report("CNNC0114", statement.mark, isModel ? "a model has no 'return'" : "'return' stands in a loop or a branch",
                      isModel ? "name its results: output logits = ..." : "give the result a name, and return it at the end of the block");
      if (!result.outputs.empty())
        return report("CNNC0114", statement.mark, "the block has 'output' and 'return'", "name every result by 'output'");
      returned = statement.mark;
      lowerReturn(statement, out);
      break;
    case Statement::Kind::Output:
      if (inner > 0)
        return report("CNNC0114", statement.mark, "'output' stands in a loop or an argument", "give the result a name, and put 'output' behind the loop");
      lowerOutput(statement, out);
      break;
    case Statement::Kind::Paper:
    case Statement::Kind::Preset:
      if (isModel && isTop())
        return result.declarations.push_back({&statement, {}});
      return report("CNNC0114", statement.mark, "'paper' and 'preset' stand in the model, outside loops and branches");
    case Statement::Kind::Input:
      if (isModel && inner == 0)
        return result.declarations.push_back({&statement, condition});
      return report("CNNC0114", statement.mark, isModel ? "'input' stands in a loop or an argument" : "a block has no such statement",
                    isModel ? "" : "list the block's inputs in its parentheses");
    case Statement::Kind::Broken: {
      Layer broken;
      broken.kind = Layer::Kind::Remark;
      broken.mark = statement.mark;
      broken.erroneous = true;
      out.push_back(std::move(broken));
      return;
    }
    case Statement::Kind::Let: {
      checkTarget(statement.targets[0], names.values, "variable", "value");
      Layer layer;
      layer.kind = Layer::Kind::Let;
      layer.mark = statement.mark;
      layer.index = statement.targets[0].text;
      layer.control = lowerValue(statement.value, names, report);
      layer.doc = doc;
      out.push_back(std::move(layer));
      break;
    }
    case Statement::Kind::Require: {
      Layer layer;
      layer.kind = Layer::Kind::Require;
      layer.mark = statement.mark;
      layer.control = lowerValue(statement.value, names, report);
      layer.message = statement.text;
      layer.doc = doc;
      out.push_back(std::move(layer));
      break;
    }
    case Statement::Kind::Flow: {
      for (const Name &target : statement.targets)
        checkTarget(target, names.variables, "value", "variable");
      if (isPlainName(statement.flow)) {
        alias(statement, doc, out);
        break;
      }
      if (declares(statement, doc, out))
        break;
      lowerFlow(statement.flow, doc, false, out);
      for (const Name &target : statement.targets)
        out.back().as.push_back(target.text);
      break;
    }
    }
    if (first < out.size())
      out[first].typesetting.blankBefore = statement.trivia.blank || !remarksBefore(statement.trivia).empty();
  }

  // A choice that holds inputs, or outputs of other layers, and no layer. True when it has been lowered.
  bool declares(const Statement &statement, const std::string &doc, std::vector<Layer> &out) {
    const Flow &flow = statement.flow;
    if (flow.steps.size() != 1 || flow.steps[0].kind != Step::Kind::If || !flow.source.empty() || flow.tuple || !statement.targets.empty())
      return false;
    size_t before = result.outputs.size() + result.declarations.size();
    Layer layer = lowerStep(flow.steps[0]);
    bool declared = result.outputs.size() + result.declarations.size() > before;
    if (declared && layer.body.empty() && layer.otherwise.empty()) {
      addRemarks({doc}, out, !doc.empty());
      return true;
    }
    layer.doc = doc;
    out.push_back(std::move(layer));
    return true;
  }

  // The layers of a branch, which runs when `holds` does.
  std::vector<Layer> branch(const Body &body, const Datum &holds) {
    Datum around = std::exchange(condition, conjunction(condition, holds));
    ++choices;
    std::vector<Layer> layers = layersOf(body);
    --choices;
    condition = std::move(around);
    return layers;
  }

  // The layers of a loop's body.
  std::vector<Layer> repeated(const Body &body) {
    ++inner;
    std::vector<Layer> layers = layersOf(body);
    --inner;
    return layers;
  }

  std::vector<Layer> layersOf(const Body &body) {
    std::vector<Layer> layers;
    addRemarks({textOfComments(body.opening)}, layers, !body.opening.empty());
    for (const Statement &statement : body.statements)
      lower(statement, layers);
    for (const auto &group : groupsOf(body.dangling))
      addRemarks({textOfComments(group)}, layers);
    return layers;
  }

  void checkTarget(const Name &target, const std::map<std::string, Mark> &others, const std::string &what, const std::string &otherwise) {
    if (auto found = others.find(target.text.text); !target.quoted && found != others.end())
      report("CNNC0115", target.text.mark, "'" + target.text.text + "' is a " + what + " here and a " + otherwise + " elsewhere in the body",
             "choose another name", {{"the " + otherwise + " is named here", found->second}});
  }

  static bool isPlainName(const Flow &flow) {
    return flow.steps.empty() && !flow.tuple && flow.source.size() == 1 && flow.source[0].kind == Operand::Kind::Name;
  }

  Layer aliasOf(const Name &source, const Text &as, const Mark &mark) {
    Layer layer;
    layer.kind = Layer::Kind::Alias;
    layer.mark = mark;
    layer.in = {valueName(source)};
    layer.as = {as};
    return layer;
  }

  void alias(const Statement &statement, const std::string &doc, std::vector<Layer> &out) {
    if (statement.targets.size() != 1)
      return report("CNNC0110", statement.mark, "an alias gives one name to one value", "write y = x");
    out.push_back(aliasOf(statement.flow.source[0].name, statement.targets[0].text, statement.mark));
    out.back().doc = doc;
  }

  void lowerReturn(const Statement &statement, std::vector<Layer> &out) {
    std::string doc = docOf(statement.trivia);
    if (!isPlainName(statement.flow))
      return lowerFlow(statement.flow, doc, false, out);
    const Name &name = statement.flow.source[0].name;
    auto last = std::find_if(out.rbegin(), out.rend(), givesResult);
    bool previous = last != out.rend() && resultName(*last) == name.text.text;
    if (!previous)
      out.push_back(aliasOf(name, name.text, statement.mark));
    if (doc.empty())
      return;
    if (previous)
      addRemarks({doc}, out);
    else
      out.back().doc = doc;
  }

  void lowerOutput(const Statement &statement, std::vector<Layer> &out) {
    std::string doc = docOf(statement.trivia);
    const Text &name = statement.targets[0].text;
    if (isPlainName(statement.flow)) {
      addRemarks({doc}, out, !doc.empty());
      result.outputs.push_back({name, valueName(statement.flow.source[0].name), condition});
    } else {
      lowerFlow(statement.flow, doc, false, out);
      Layer &last = out.back();
      if (resultName(last).empty())
        last.as = {{name.text, name.mark}};
      result.outputs.push_back({name, {resultName(last), last.as.empty() ? last.name.mark : last.as[0].mark}, condition});
    }
    outputPlaces.push_back(isTop() ? out.size() : SIZE_MAX);
  }

  // An output is what its name stands for where it is written.
  void freezeOutputs() {
    for (size_t i = result.outputs.size(); i-- > 0;) {
      Text &value = result.outputs[i].value;
      if (outputPlaces[i] == SIZE_MAX || isTemplate(value) || !assigns(result.layers, outputPlaces[i], value.text))
        continue;
      Layer layer;
      layer.kind = Layer::Kind::Alias;
      layer.mark = value.mark;
      layer.in = {value};
      value = {freshName(names), value.mark};
      layer.as = {value};
      result.layers.insert(result.layers.begin() + static_cast<ptrdiff_t>(outputPlaces[i]), std::move(layer));
    }
  }

  // ------------------------------------------------------------------------------------------------------------------- flows

  // The plain name of a layer's one result, or "".
  static std::string resultName(const Layer &layer) {
    if (!layer.as.empty())
      return layer.as.size() == 1 && !isTemplate(layer.as[0]) ? layer.as[0].text : "";
    bool named = layer.kind == Layer::Kind::Op || layer.kind == Layer::Kind::Call;
    return named && !isTemplate(layer.name) ? layer.name.text : "";
  }

  // A name for the result of the last layer.
  Text nameLast(std::vector<Layer> &out) {
    Layer &last = out.back();
    if (std::string name = resultName(last); !name.empty())
      return {name, last.mark};
    if (!last.as.empty())
      return last.as[0];
    last.as = {{freshName(names), last.mark}};
    return last.as[0];
  }

  Text valueName(const Name &name) {
    const std::string &word = name.text.text;
    bool op = !name.quoted && !names.values.count(word) && !names.taken.count(word) && findOp(word);
    if (op)
      report("CNNC0113", name.text.mark, "the call of '" + word + "' has no parentheses", "write " + word + "()");
    return name.text;
  }

  // Adds the layers of an operand; gives the name of its value.
  Text operandName(const Operand &operand, std::vector<Layer> &out) {
    if (operand.kind == Operand::Kind::Name)
      return valueName(operand.name);
    addOperand(operand, out);
    return nameLast(out);
  }

  // Adds the layers of an operand that is more than a name.
  void addOperand(const Operand &operand, std::vector<Layer> &out) {
    if (operand.kind == Operand::Kind::Flow) {
      ++inner;
      lowerFlow(operand.flow, "", true, out);
      --inner;
      return;
    }
    Layer layer;
    layer.kind = Layer::Kind::Op;
    layer.callee = {operand.op == "+" ? "add" : "mul", operand.mark};
    layer.mark = operand.mark;
    std::vector<Text> in;
    for (const Operand &side : operand.sides)
      in.push_back(operandName(side, out));
    layer.in = std::move(in);
    out.push_back(std::move(layer));
  }

  // Adds the layers of a flow that has a step. `nested`: it stands in an argument, where no previous result is meant.
  void lowerFlow(const Flow &flow, const std::string &doc, bool nested, std::vector<Layer> &out) {
    size_t first = out.size();
    std::optional<std::vector<Text>> in;
    bool started = false; // A layer of this flow is the previous one.
    if (flow.tuple || (!flow.source.empty() && flow.source[0].kind == Operand::Kind::Name)) {
      in.emplace();
      for (const Operand &source : flow.source)
        in->push_back(operandName(source, out));
      if (flow.steps.empty()) {
        report("CNNC0110", flow.mark, "a tuple is no value", "send it into a step: (a, b) -> add()");
        return addBroken(flow.mark, out);
      }
    } else if (!flow.source.empty()) {
      addOperand(flow.source[0], out);
      started = true;
    }
    size_t lineStart = out.size();
    for (size_t i = 0; i < flow.steps.size(); ++i) {
      const Step &step = flow.steps[i];
      std::vector<Text> operands = std::move(in).value_or(std::vector<Text>());
      bool hasOperands = step.kind == Step::Kind::Call && std::any_of(step.arguments.begin(), step.arguments.end(), isOperand);
      bool given = in.has_value();
      in.reset();
      if (hasOperands && started) {
        operands = {nameLast(out)};
        given = true;
      }
      if (i == 0 && nested && !given && !started && !hasOperands)
        report("CNNC0116", step.mark, "a flow inside an argument starts with a value",
               "write x -> " + (step.callee.empty() ? "..." : step.callee.text + "(...)"));
      for (const CallArgument &argument : step.arguments)
        if (hasOperands && isOperand(argument))
          operands.push_back(operandName(argument.operand, out));
      Layer layer = lowerStep(step);
      if (given || hasOperands)
        layer.in = std::move(operands);
      layer.typesetting.chained = i > 0 && !step.newLine;
      if (i == 0 || step.newLine)
        lineStart = out.size();
      out.push_back(std::move(layer));
      started = true;
      addDoc(out[lineStart], docOf({step.trivia.before, {}, false}));
      addDoc(out[lineStart], textOfComments(step.trivia.after));
    }
    if (first < out.size() && !doc.empty()) {
      Layer &target = flow.steps.empty() ? out.back() : out[firstStep(flow, first, out)];
      target.doc = target.doc.empty() ? doc : doc + "\n" + target.doc;
    }
  }

  // The layer of a flow's first step: operands come before it.
  static size_t firstStep(const Flow &flow, size_t first, const std::vector<Layer> &out) {
    for (size_t i = first; i < out.size(); ++i)
      if (out[i].mark.line == flow.steps[0].mark.line && out[i].mark.column == flow.steps[0].mark.column)
        return i;
    return first;
  }

  static void addDoc(Layer &layer, const std::string &doc) {
    if (!doc.empty())
      layer.doc += (layer.doc.empty() ? "" : "\n") + doc;
  }

  static void addBroken(const Mark &mark, std::vector<Layer> &out) {
    Layer broken;
    broken.kind = Layer::Kind::Remark;
    broken.mark = mark;
    broken.erroneous = true;
    out.push_back(std::move(broken));
  }

  static bool isOperand(const CallArgument &argument) { return argument.kind == CallArgument::Kind::Operand; }

  // ------------------------------------------------------------------------------------------------------------------- steps

  Layer lowerStep(const Step &step) {
    Layer layer;
    layer.mark = step.mark;
    switch (step.kind) {
    case Step::Kind::Call:
      lowerCall(step, layer);
      break;
    case Step::Kind::If:
      layer.kind = Layer::Kind::If;
      layer.control = lowerValue(step.control, names, report);
      layer.body = branch(step.body, layer.control);
      layer.otherwise = branch(step.otherwise, negated(layer.control));
      break;
    case Step::Kind::Repeat:
      layer.kind = Layer::Kind::Repeat;
      layer.control = lowerValue(step.control, names, report);
      layer.body = repeated(step.body);
      break;
    case Step::Kind::For:
      loop(step, 0, layer);
      break;
    }
    return layer;
  }

  void loop(const Step &step, size_t depth, Layer &layer) {
    const Step::Index &index = step.indices[depth];
    checkTarget(index.name, names.values, "variable", "value");
    layer.kind = Layer::Kind::Repeat;
    layer.mark = index.name.text.mark;
    layer.index = index.name.text;
    layer.control = lowerValue(index.count, names, report);
    if (depth + 1 == step.indices.size()) {
      layer.body = repeated(step.body);
      return;
    }
    layer.body.emplace_back();
    loop(step, depth + 1, layer.body.back());
  }

  void lowerCall(const Step &step, Layer &layer) {
    callee(step, layer);
    if (step.label)
      layer.name = step.label->text;
    const std::vector<std::string> *known = nullptr;
    std::vector<std::string> attributes;
    if (const OpRow *op = layer.kind == Layer::Kind::Op ? findOp(layer.callee.text) : nullptr) {
      for (const AttributeRow &row : op->attributes)
        attributes.push_back(row.name);
      known = &attributes;
    } else if (auto found = parametersOf.find(layer.callee.text); layer.kind == Layer::Kind::Call && found != parametersOf.end()) {
      known = &found->second;
    }
    enum { Operands, Positional, Named } stage = Operands;
    size_t position = 0;
    for (const CallArgument &argument : step.arguments) {
      auto next = isOperand(argument) ? Operands : argument.name ? Named : Positional;
      if (next < stage)
        report("CNNC0116", argument.mark, next == Operands ? "an operand stands behind values" : "a value without a name stands behind one with a name",
               "the order is operands, values, name = value");
      stage = std::max(stage, next);
      if (next == Operands)
        continue;
      Argument lowered;
      if (argument.name) {
        lowered.name = argument.name->text;
      } else if (!positional(argument, layer, known, position++, lowered.name)) {
        continue;
      }
      lowered.value = lowerValue(argument.value, names, report);
      auto same = std::find_if(layer.arguments.begin(), layer.arguments.end(),
                               [&](const Argument &before) { return !before.name.empty() && before.name.text == lowered.name.text; });
      if (same != layer.arguments.end()) {
        report("CNNC0102", argument.mark, "'" + lowered.name.text + "' has two values", "", {{"the first stands here", same->value.mark}});
        continue;
      }
      layer.arguments.push_back(std::move(lowered));
    }
  }

  // Finds the name of a positional value. False after an error, and for what has been reported elsewhere.
  bool positional(const CallArgument &argument, const Layer &layer, const std::vector<std::string> *known, size_t position, Text &name) {
    name.mark = argument.mark;
    std::string word = argument.value.expression.text.substr(std::min<size_t>(1, argument.value.expression.text.size()));
    word = word.substr(0, word.find(" =="));
    if (known && argument.value.expression.text.starts_with("=" + word + " == ") && !names.variables.count(word) &&
        std::find(known->begin(), known->end(), word) != known->end()) {
      report("CNNC0110", argument.mark, "'==' compares", "write " + word + " = value");
      return false;
    }
    if (!known)
      return layer.kind == Layer::Kind::Call;
    if (position < known->size()) {
      name.text = (*known)[position];
      return true;
    }
    std::string takes = known->empty() ? "no values" : "the values";
    for (size_t i = 0; i < known->size(); ++i)
      takes += (i == 0 ? " " : ", ") + (*known)[i];
    bool value = !argument.value.list && isWord(word) && !names.variables.count(word);
    report("CNNC0116", argument.mark, "'" + layer.callee.text + "' takes " + takes,
           value ? "'" + word + "' is no value that a statement of the body names" : "");
    return false;
  }

  void callee(const Step &step, Layer &layer) {
    layer.kind = Layer::Kind::Call;
    if (step.calleeValue) {
      Datum callee = lowerValue(*step.calleeValue, names, report);
      layer.callee = {callee.text, callee.mark};
      if (!callee.isString())
        report("CNNC0402", callee.mark, "a call needs the name of a block, got " + std::string(kindName(callee.kind)));
      return;
    }
    const std::string &word = step.callee.text;
    layer.callee = step.callee;
    bool variable = names.callable.count(word) > 0, op = findOp(word) != nullptr, block = names.blocks.count(word) > 0;
    if (op) {
      layer.kind = Layer::Kind::Op;
      if (block || variable)
        report("CNNC0117", step.mark, "'" + word + "' is an op and a " + (block ? "block" : "variable") + "; the op is called",
               std::string("write (") + (block ? "\"" + word + "\"" : word) + ")(...) for the " + (block ? "block" : "variable") + ", or choose another name",
               {}, Severity::Warning);
    } else if (variable || (!block && names.variables.count(word))) {
      layer.callee.text = "=" + word;
      layer.callee.mark.map = std::make_shared<const TextMap>(TextMap{{1, step.callee.mark.line, step.callee.mark.column}});
    } else if (!block && !imports) {
      // A misspelt op, or a misspelt block.
      std::vector<std::string> candidates(names.blocks.begin(), names.blocks.end());
      candidates.insert(candidates.end(), names.callable.begin(), names.callable.end());
      std::vector<std::string> ops = opNames();
      bool likeBlock = nearest(word, candidates).has_value();
      candidates.insert(candidates.end(), ops.begin(), ops.end());
      auto near = nearest(word, candidates);
      if (!likeBlock || (near && findOp(*near)))
        layer.kind = Layer::Kind::Op;
    }
  }

  Names &names;
  const std::map<std::string, std::vector<std::string>> &parametersOf;
  bool imports, isModel;
  const Reporter &report;
  LoweredBody result;
  Datum condition; // Of the branches around; null: none.
  int choices = 0; // Branches around.
  int inner = 0;   // Loops and arguments around.
  std::optional<Mark> returned;
  std::vector<size_t> outputPlaces; // Number of layers before each output; SIZE_MAX in a branch.
};

} // namespace

LoweredBody lowerBody(const Body &body, Names &names, const std::map<std::string, std::vector<std::string>> &parametersOf, bool imports, bool isModel,
                      const Reporter &report) {
  return BodyLowering(names, parametersOf, imports, isModel, report).run(body);
}

} // namespace cnnc::frontend::dsl
