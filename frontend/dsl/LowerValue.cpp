// Names, comments and values of a .cnn text.
#include "frontend/Expression.h"
#include "frontend/ExpressionParser.h"
#include "frontend/dsl/Lowering.h"

namespace cnnc::frontend::dsl {
namespace {

void collect(const Body &body, Names &names);

void collect(const Operand &operand, Names &names);

void collect(const Flow &flow, Names &names) {
  for (const Operand &source : flow.source)
    collect(source, names);
  for (const Step &step : flow.steps) {
    if (step.label)
      names.taken.insert(step.label->text.text);
    for (const CallArgument &argument : step.arguments)
      if (argument.kind == CallArgument::Kind::Operand)
        collect(argument.operand, names);
    for (const Step::Index &index : step.indices)
      names.variables.emplace(index.name.text.text, index.name.text.mark);
    collect(step.body, names);
    collect(step.otherwise, names);
  }
}

void collect(const Operand &operand, Names &names) {
  collect(operand.flow, names);
  for (const Operand &side : operand.sides)
    collect(side, names);
}

void collect(const Body &body, Names &names) {
  for (const Statement &statement : body.statements) {
    if (statement.kind == Statement::Kind::Let) {
      const Text &name = statement.targets[0].text;
      names.variables.emplace(name.text, name.mark);
      names.callable.insert(name.text);
    } else if (statement.kind == Statement::Kind::Flow || statement.kind == Statement::Kind::Input || statement.kind == Statement::Kind::Output) {
      for (const Name &target : statement.targets) {
        names.taken.insert(target.text.text);
        if (statement.kind != Statement::Kind::Output)
          names.values.emplace(target.text.text, target.text.mark);
      }
    }
    collect(statement.flow, names);
  }
}

// Bare words of an expression that stand for themselves: offsets of names where a whole value is asked for.
void collectWords(const ExpressionNode &node, const Names &names, std::vector<std::pair<size_t, std::string>> &words) {
  using Kind = ExpressionNode::Kind;
  bool comparison = node.kind == Kind::Binary && (node.word == "==" || node.word == "!=");
  if (node.kind == Kind::Name && !names.variables.count(node.word))
    words.emplace_back(node.offset, node.word);
  else if (node.kind == Kind::List || comparison)
    for (const auto &child : node.children)
      collectWords(*child, names, words);
  else if (node.kind == Kind::Conditional)
    for (size_t branch : {1, 2})
      collectWords(*node.children[branch], names, words);
}

// Puts quotes around words, which are in the order of the text.
Text withQuotes(const Text &expression, const std::vector<std::pair<size_t, std::string>> &words) {
  Text result{"", expression.mark};
  TextMap map;
  auto word = words.begin();
  size_t copied = 0, shift = 0;
  for (const TextPiece &piece : *expression.mark.map) {
    map.push_back({piece.index + shift, piece.line, piece.column});
    if (word == words.end() || 1 + word->first != piece.index)
      continue;
    result.text += expression.text.substr(copied, piece.index - copied) + "'" + word->second + "'";
    copied = piece.index + word->second.size();
    map.push_back({piece.index + shift + 1, piece.line, piece.column});
    shift += 2;
    ++word;
  }
  result.text += expression.text.substr(copied);
  result.mark.map = std::make_shared<const TextMap>(std::move(map));
  return result;
}

} // namespace

Names namesOf(const Definition &definition, const std::set<std::string> &blocks) {
  Names names;
  names.definition = &definition;
  names.blocks = blocks;
  for (const ParameterNode &parameter : definition.parameters) {
    const Text &name = parameter.name.text;
    names.taken.insert(name.text);
    if (!parameter.type) {
      names.values.emplace(name.text, name.mark);
      continue;
    }
    names.variables.emplace(name.text, name.mark);
    if (parameter.type->text == "block")
      names.callable.insert(name.text);
  }
  collect(definition.body, names);
  return names;
}

std::string freshName(Names &names) {
  for (int i = 1;; ++i)
    if (std::string name = "_" + std::to_string(i); !names.variables.count(name) && names.taken.insert(name).second)
      return name;
}

Datum lowerValue(const Value &value, const Names &names, const Reporter &report) {
  if (value.list) {
    std::vector<Datum> items;
    for (const Value::Item &item : value.items)
      items.push_back(lowerValue(item.value, names, report));
    Datum list = Datum::ofList(std::move(items));
    list.mark = value.mark;
    return list;
  }
  Text expression = value.expression;
  auto parsed = parseExpression(std::string_view(expression.text).substr(1));
  Datum datum;
  if (auto *tree = std::get_if<ExpressionTree>(&parsed)) {
    std::vector<std::pair<size_t, std::string>> words;
    collectWords(**tree, names, words);
    std::sort(words.begin(), words.end());
    for (const auto &[offset, word] : words)
      if (names.values.count(word) && !names.blocks.count(word))
        report("CNNC0115", placeIn(expression.mark, 1 + offset), "'" + word + "' is a tensor, where a number, a word or a list is asked for",
               "channels(" + word + "), height(" + word + ") and width(" + word + ") give its extents",
               {{"'" + word + "' is named here", names.values.at(word)}});
    if (words.size() == 1 && expression.text.size() == 1 + words[0].second.size()) {
      datum = Datum::ofString(words[0].second);
      datum.mark = value.mark;
      return datum;
    }
    expression = withQuotes(expression, words);
  }
  datum = Datum::ofString(expression.text);
  datum.mark = expression.mark;
  datum = normalized(std::move(datum));
  if (!datum.isExpression())
    datum.mark = value.mark;
  return datum;
}

static Text spelled(const Datum &condition) {
  if (condition.isExpression())
    return {condition.text, condition.mark};
  Text text{condition.kind == Datum::Kind::Bool ? (condition.boolean ? "=true" : "=false")
            : condition.isInt()                 ? "=" + std::to_string(condition.integer)
                                                : "=''",
            condition.mark};
  text.mark.map = std::make_shared<const TextMap>(TextMap{{1, condition.mark.line, condition.mark.column}});
  return text;
}

// Puts expressions together, each behind its lead.
static Datum composed(std::initializer_list<std::pair<std::string_view, const Datum *>> parts, std::string_view tail) {
  std::string text = "=";
  TextMap map;
  for (const auto &[lead, part] : parts) {
    Text inner = spelled(*part);
    text += lead;
    if (inner.mark.map)
      for (const TextPiece &piece : *inner.mark.map)
        map.push_back({piece.index + text.size() - 1, piece.line, piece.column});
    text.append(inner.text, 1);
  }
  Datum result = Datum::ofString(text.append(tail));
  result.mark = parts.begin()->second->mark;
  result.mark.map = std::make_shared<const TextMap>(std::move(map));
  return result;
}

Datum negated(const Datum &condition) {
  if (condition.kind == Datum::Kind::Bool) {
    Datum result = condition;
    result.boolean = !condition.boolean;
    return result;
  }
  return composed({{"not (", &condition}}, ")");
}

Datum conjunction(const Datum &a, const Datum &b) {
  if (a.isNull() || b.isNull())
    return a.isNull() ? b : a;
  return composed({{"(", &a}, {") and (", &b}}, ")");
}

std::string textOfComments(const std::vector<Comment> &comments) {
  std::string text;
  for (size_t i = 0; i < comments.size(); ++i)
    text += (i > 0 ? "\n" : "") + comments[i].text;
  return text;
}

std::vector<std::vector<Comment>> groupsOf(const std::vector<Comment> &comments) {
  std::vector<std::vector<Comment>> groups;
  for (const Comment &comment : comments) {
    if (groups.empty() || comment.blankBefore)
      groups.emplace_back();
    groups.back().push_back(comment);
  }
  return groups;
}

std::string docOf(const Trivia &trivia) {
  auto groups = groupsOf(trivia.before);
  std::vector<Comment> own = groups.empty() || trivia.blank ? std::vector<Comment>() : groups.back();
  own.insert(own.end(), trivia.after.begin(), trivia.after.end());
  return textOfComments(own);
}

std::vector<std::string> remarksBefore(const Trivia &trivia) {
  auto groups = groupsOf(trivia.before);
  if (!groups.empty() && !trivia.blank)
    groups.pop_back();
  std::vector<std::string> remarks;
  for (const auto &group : groups)
    remarks.push_back(textOfComments(group));
  return remarks;
}

} // namespace cnnc::frontend::dsl
