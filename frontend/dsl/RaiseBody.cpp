// Layers -> statements and flows of a .cnn text.
#include "frontend/Expression.h"
#include "frontend/ExpressionParser.h"
#include "frontend/OpTable.h"
#include "frontend/dsl/Raising.h"

#include <algorithm>

namespace cnnc::frontend::dsl {
namespace {

bool givesResult(const Layer &layer) { return layer.kind != Layer::Kind::Let && layer.kind != Layer::Kind::Require && layer.kind != Layer::Kind::Remark; }

class BodyRaise {
public:
  explicit BodyRaise(const RaisedNames &names) : names(names) {}

  Body body(const std::vector<Layer> &layers, const std::vector<Output> &outputs, bool isModel) {
    Body body = statements(layers);
    const Layer *last = layers.empty() ? nullptr : &layers.back();
    size_t next = 0;
    if (!outputs.empty() && last && mergesInto(outputs[0], *last, body)) {
      Statement &statement = body.statements.back();
      statement.kind = Statement::Kind::Output;
      statement.targets = {raiseName(outputs[0].name)};
      next = 1;
    }
    for (; next < outputs.size(); ++next) {
      Statement statement;
      statement.kind = Statement::Kind::Output;
      statement.targets = {raiseName(outputs[next].name)};
      statement.flow.source = {operand(outputs[next].value)};
      place(under(outputs[next].condition, std::move(statement), names), body);
    }
    bool returns = outputs.empty() && !isModel && body.dangling.empty() && body.statements.size() > 1 && last;
    if (returns && isReturn(*last, layers, body.statements.back()))
      body.statements.back().kind = Statement::Kind::Return, body.statements.back().targets.clear();
    return body;
  }

private:
  Operand operand(const Text &text) const {
    Operand operand;
    operand.name = raiseName(text, true);
    return operand;
  }

  // Whether an argument of that name is taken for an operand.
  bool isSafeOperand(const Text &text) const {
    return isWord(text.text, true) ? (names.values.count(text.text) || text.text.find('.') != std::string::npos) && !names.variables.count(text.text)
                                   : names.values.count(text.text) || text.text.find('{') != std::string::npos;
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
        appendComment(body.dangling, layer.doc);
        body.dangling[body.dangling.size() - commentsOf(layer.doc).size()].blankBefore =
            !body.statements.empty() || body.dangling.size() > commentsOf(layer.doc).size();
        ++i;
        continue;
      }
      Statement statement;
      if (layer.kind == Layer::Kind::Let) {
        statement.kind = Statement::Kind::Let;
        statement.targets = {raiseName(layer.index, false, names.values)};
        statement.value = raiseValue(layer.control, false, names);
        ++i;
      } else if (layer.kind == Layer::Kind::Require) {
        statement.kind = Statement::Kind::Require;
        statement.value = raiseValue(layer.control, true, names);
        statement.text = layer.message;
        ++i;
      } else if (layer.kind == Layer::Kind::Alias) {
        statement.targets = {raiseName(layer.as[0], true, names.variables)};
        statement.flow.source = {operand((*layer.in)[0])};
        ++i;
      } else {
        size_t first = i;
        do
          addStep(layers[i], i == first, statement.flow);
        while (++i < layers.size() && chains(layers, first, i));
        for (const Text &as : layers[i - 1].as)
          statement.targets.push_back(raiseName(as, true, names.variables));
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
    step.control = raiseValue(layer.control, true, names);
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
      step.control = raiseValue(layer.control, true, names);
    } else {
      auto joins = [](const Layer &next) { return next.kind == Layer::Kind::Repeat && !next.index.empty() && !next.in && next.as.empty() && next.doc.empty(); };
      for (;; inner = &inner->body[0]) {
        step.indices.push_back({raiseName(inner->index, false, names.values), raiseValue(inner->control, true, names)});
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
    bool variable = callee.starts_with('=') && isWord(callee.substr(1)) && names.variables.count(callee.substr(1));
    bool blockParameter = variable && !findOp(callee.substr(1)) && !names.spec.findBlock(callee.substr(1));
    if (layer.kind == Layer::Kind::Op || blockParameter || isPlainCall(callee))
      step.callee = {blockParameter ? callee.substr(1) : callee, {}};
    else
      step.calleeValue = raiseValue(Datum::ofString(callee), false, names);
    if (!layer.name.empty())
      step.label = raiseName(layer.name, true);
    bool positional = true;
    for (size_t i = 0; i < layer.arguments.size(); ++i) {
      const Argument &given = layer.arguments[i];
      CallArgument argument;
      argument.value = raiseValue(given.value, layer.kind == Layer::Kind::Op, names);
      positional &= op && i < op->attributes.size() && op->attributes[i].name == given.name.text && op->attributes[i].required() &&
                    given.name.text != "stride" && !looksLikeOperand(given.value);
      if (!given.name.empty() && !positional)
        argument.name = raiseName(given.name);
      step.arguments.push_back(std::move(argument));
    }
  }

  // Whether a block's name is enough to call it; without imports a name that no block has may be a misspelt op.
  bool isPlainCall(const std::string &callee) const {
    return isWord(callee) && !findOp(callee) && !names.variables.count(callee) && (names.spec.findBlock(callee) || !names.spec.imports.empty());
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
    return word.empty() || names.values.count(word) || (call && (!isFunction(word) || findOp(word)));
  }

  const RaisedNames &names;
};

} // namespace

Body raiseBody(const std::vector<Layer> &layers, const std::vector<Output> &outputs, bool isModel, const RaisedNames &names) {
  return BodyRaise(names).body(layers, outputs, isModel);
}

Statement under(const Datum &condition, Statement statement, const RaisedNames &names) {
  if (condition.isNull())
    return statement;
  Step step;
  step.kind = Step::Kind::If;
  step.control = raiseValue(condition, true, names);
  step.body.oneLine = statement.trivia.empty();
  step.body.statements.push_back(std::move(statement));
  Statement choice;
  choice.flow.steps.push_back(std::move(step));
  return choice;
}

} // namespace cnnc::frontend::dsl
