// Names, values and comments of a ModelSpec -> those of a .cnn text.
#include "frontend/Expression.h"
#include "frontend/ExpressionParser.h"
#include "frontend/dsl/Raising.h"

#include <algorithm>
#include <charconv>

namespace cnnc::frontend::dsl {

RaisedNames::RaisedNames(const ModelSpec &spec, const std::vector<Parameter> &parameters, const std::vector<Layer> &layers) : spec(spec) {
  for (const Parameter &parameter : parameters)
    variables.insert(parameter.name.text);
  collect(layers);
}

void RaisedNames::collect(const std::vector<Layer> &layers) {
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

Name raiseName(const Text &text, bool dots, const std::set<std::string> &others) { return {text, !isWord(text.text, dots) || others.count(text.text) > 0}; }

static std::string numberText(const Datum &number) {
  if (number.isInt())
    return std::to_string(number.integer);
  char buffer[64];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), number.real);
  std::string text(buffer, end);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

static bool isBare(const std::string &text, bool word, const RaisedNames &names) {
  bool block = names.spec.findBlock(text) != nullptr;
  return (word || block) && isWord(text) && !names.variables.count(text) && (block || !names.values.count(text));
}

Value raiseValue(const Datum &datum, bool word, const RaisedNames &names) {
  Value result;
  if (datum.isList()) {
    result.list = true;
    for (const Datum &item : datum.items)
      result.items.push_back({{}, raiseValue(item, word, names)});
    return result;
  }
  std::string text;
  if (datum.isExpression())
    text = spaced(std::string_view(datum.text).substr(1));
  else if (datum.isString())
    text = isBare(datum.text, word, names) ? datum.text : quoted(datum.text);
  else if (datum.kind == Datum::Kind::Bool)
    text = datum.boolean ? "true" : "false";
  else if (datum.isNumber())
    text = numberText(datum);
  else
    text = "[]";
  result.expression.text = "=" + text;
  return result;
}

std::vector<Comment> commentsOf(const std::string &text) {
  std::vector<Comment> comments;
  for (size_t at = 0; at <= text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    comments.push_back({text.substr(at, end - at), {}, false});
    at = end + 1;
  }
  return comments;
}

void appendComment(std::vector<Comment> &list, const std::string &text) {
  std::vector<Comment> comments = commentsOf(text);
  comments[0].blankBefore = !list.empty();
  list.insert(list.end(), comments.begin(), comments.end());
}

void setDoc(Trivia &trivia, const std::string &doc) {
  trivia.blank |= !trivia.before.empty();
  if (doc.empty())
    return;
  appendComment(trivia.before, doc);
  trivia.blank = false;
}

} // namespace cnnc::frontend::dsl
