// Evaluation of expressions.
#include "frontend/Expression.h"
#include "frontend/Diagnostics.h"
#include "frontend/ExpressionParser.h"

#include <algorithm>
#include <cmath>

namespace cnnc::frontend {
namespace {

using Node = ExpressionNode;

constexpr size_t kMaxValues = 100000; // Of a list, items of items included.

const std::vector<std::string> kFunctions = {"min",      "max",    "sum",   "len",      "range", "abs",   "sqrt",
                                             "channels", "height", "width", "round_to", "ceil",  "floor", "str"};

bool isShapeFunction(std::string_view word) { return word == "channels" || word == "height" || word == "width"; }

std::string display(const Datum &value) {
  switch (value.kind) {
  case Datum::Kind::Int:
    return std::to_string(value.integer);
  case Datum::Kind::Bool:
    return value.boolean ? "true" : "false";
  case Datum::Kind::String:
    return value.text;
  default:
    return {};
  }
}

class Evaluator {
public:
  explicit Evaluator(const Environment &environment) : environment(environment) {}

  Expected<Datum> run(const Node &tree) {
    Datum value = visit(tree);
    if (error)
      return std::move(*error);
    return value;
  }

private:
  Datum fail(const Node &node, std::string message, std::string code = "CNNC0402", std::string suggestion = {}) {
    if (!error)
      error = ExpressionError{std::move(message), node.offset, std::move(code), std::move(suggestion)};
    return {};
  }

  Datum expected(const Node &node, std::string_view what, const Datum &got) {
    return error ? Datum() : fail(node, "'" + node.word + "' needs " + std::string(what) + ", got " + std::string(kindName(got.kind)));
  }

  Datum integer(const Node &node, __int128 value) {
    if (value > INT64_MAX || value < INT64_MIN)
      return fail(node, "the result of '" + node.word + "' does not fit 64 bits", "CNNC0403");
    return Datum::ofInt(static_cast<int64_t>(value));
  }

  Datum fromReal(const Node &node, double value) {
    if (!(std::fabs(value) < 9.2e18))
      return fail(node, "the result of '" + node.word + "' does not fit 64 bits", "CNNC0403");
    return Datum::ofInt(static_cast<int64_t>(value));
  }

  Datum visit(const Node &node) {
    if (error)
      return {};
    switch (node.kind) {
    case Node::Kind::Literal:
      return node.literal;
    case Node::Kind::Name:
      return name(node);
    case Node::Kind::List:
      return list(node);
    case Node::Kind::Unary:
      return unary(node);
    case Node::Kind::Binary:
      return node.word == "and" || node.word == "or" ? logical(node) : binary(node, visit(*node.children[0]), visit(*node.children[1]));
    case Node::Kind::Conditional: {
      Datum condition = visit(*node.children[0]);
      if (condition.kind != Datum::Kind::Bool)
        return expected(node, "a bool as its condition", condition);
      return visit(*node.children[condition.boolean ? 1 : 2]);
    }
    case Node::Kind::Index: {
      Datum storage;
      return node.word == "[:]" ? slice(node) : item(node, storage);
    }
    case Node::Kind::Call:
      return call(node);
    }
    return {};
  }

  Datum name(const Node &node) {
    if (const Datum *value = environment.variable(node.word))
      return *value;
    fail(node, "'" + node.word + "' is no variable in scope", "CNNC0404", didYouMean(node.word, environment.names()));
    error->silent |= environment.lost && environment.lost(node.word);
    return {};
  }

  // The value of a node; tables are not copied. `storage` holds what is no variable.
  const Datum &view(const Node &node, Datum &storage) {
    if (node.kind == Node::Kind::Name)
      if (const Datum *value = environment.variable(node.word))
        return *value;
    if (node.kind == Node::Kind::Index && node.word == "[]")
      return item(node, storage);
    return storage = visit(node);
  }

  Datum list(const Node &node) {
    std::vector<Datum> items;
    size_t count = 0;
    for (const auto &child : node.children) {
      items.push_back(visit(*child));
      auto more = countValues(items.back(), kMaxValues);
      if (!more || (count += *more) > kMaxValues)
        return fail(node, "the list holds more than " + std::to_string(kMaxValues) + " values or is nested too deep", "CNNC0403");
    }
    Datum result = Datum::ofList(std::move(items));
    return countValues(result, kMaxValues + 1) ? result : fail(node, "the list is nested too deep", "CNNC0403");
  }

  Datum unary(const Node &node) {
    Datum value = visit(*node.children[0]);
    if (node.word == "not")
      return value.kind == Datum::Kind::Bool ? Datum::ofBool(!value.boolean) : expected(node, "a bool", value);
    if (value.isInt())
      return integer(node, -static_cast<__int128>(value.integer));
    return value.kind == Datum::Kind::Float ? Datum::ofFloat(-value.real) : expected(node, "a number", value);
  }

  Datum logical(const Node &node) {
    Datum left = visit(*node.children[0]);
    if (left.kind != Datum::Kind::Bool)
      return expected(node, "bools", left);
    if (left.boolean == (node.word == "or"))
      return left;
    Datum right = visit(*node.children[1]);
    return right.kind == Datum::Kind::Bool ? right : expected(node, "bools", right);
  }

  Datum binary(const Node &node, Datum a, Datum b) {
    const std::string &op = node.word;
    if (error)
      return {};
    if (op == "==" || op == "!=") {
      bool equal = a.isNumber() && b.isNumber() ? a.number() == b.number() : a == b;
      return Datum::ofBool(equal == (op == "=="));
    }
    if (a.isList() && b.isList() && op == "+") {
      a.items.insert(a.items.end(), b.items.begin(), b.items.end());
      return countValues(a, kMaxValues) ? a : fail(node, "the list holds more than " + std::to_string(kMaxValues) + " values", "CNNC0403");
    }
    if (!a.isNumber() || !b.isNumber())
      return expected(node, "numbers", a.isNumber() ? b : a);
    if (op == "<" || op == "<=" || op == ">" || op == ">=") {
      double x = a.number(), y = b.number();
      return Datum::ofBool(op == "<" ? x < y : op == "<=" ? x <= y : op == ">" ? x > y : x >= y);
    }
    bool divides = op == "/" || op == "//" || op == "%";
    if (divides && b.number() == 0)
      return fail(node, "division by zero", "CNNC0403");
    if (op == "/")
      return Datum::ofFloat(a.number() / b.number());
    if (a.isInt() && b.isInt())
      return integerArithmetic(node, a.integer, b.integer);
    if (op == "<<" || op == ">>")
      return expected(node, "integers", a.isInt() ? b : a);
    double x = a.number(), y = b.number();
    return Datum::ofFloat(op == "+" ? x + y : op == "-" ? x - y : op == "*" ? x * y : op == "//" ? std::floor(x / y) : x - y * std::floor(x / y));
  }

  Datum integerArithmetic(const Node &node, __int128 x, __int128 y) {
    const std::string &op = node.word;
    if (op == "<<" || op == ">>") {
      if (y < 0 || y > 62)
        return fail(node, "a shift must be between 0 and 62", "CNNC0403");
      return integer(node, op == "<<" ? x * (static_cast<__int128>(1) << static_cast<int>(y)) : x >> static_cast<int>(y));
    }
    if (op == "//" || op == "%") {
      __int128 quotient = x / y, remainder = x % y;
      if (remainder != 0 && (remainder < 0) != (y < 0)) {
        --quotient;
        remainder += y;
      }
      return integer(node, op == "//" ? quotient : remainder);
    }
    return integer(node, op == "+" ? x + y : op == "-" ? x - y : x * y);
  }

  // Bounds of a slice are clamped to the list, as in Python.
  Datum slice(const Node &node) {
    Datum storage;
    const Datum &list = view(*node.children[0], storage);
    Datum first = visit(*node.children[1]), last = visit(*node.children[2]);
    if (!list.isList() || !(first.isInt() || first.isNull()) || !(last.isInt() || last.isNull()))
      return error ? Datum() : fail(node, "a slice needs a list and integers");
    int64_t count = static_cast<int64_t>(list.items.size());
    auto clamp = [&](const Datum &bound, int64_t absent) {
      return bound.isNull() ? absent : std::clamp<int64_t>(bound.integer < 0 ? bound.integer + count : bound.integer, 0, count);
    };
    int64_t from = clamp(first, 0), to = std::max(from, clamp(last, count));
    return Datum::ofList({list.items.begin() + from, list.items.begin() + to});
  }

  const Datum &item(const Node &node, Datum &storage) {
    static const Datum none;
    const Datum &list = view(*node.children[0], storage);
    Datum position = visit(*node.children[1]);
    if (error)
      return none;
    if (!list.isList() || !position.isInt()) {
      fail(node, "indexing needs a list and an integer, got " + std::string(kindName(list.kind)) + " and " + std::string(kindName(position.kind)));
      return none;
    }
    int64_t count = static_cast<int64_t>(list.items.size()), at = position.integer < 0 ? position.integer + count : position.integer;
    if (at >= 0 && at < count)
      return list.items[at];
    fail(node, "index " + std::to_string(position.integer) + " is outside a list of " + std::to_string(count), "CNNC0403");
    return none;
  }

  Datum shapeFunction(const Node &node) {
    std::string tensor;
    if (node.children.size() > 1)
      return fail(node, node.word + "() takes one tensor");
    if (node.children.size() == 1) {
      const Node &argument = *node.children[0];
      if (argument.kind == Node::Kind::Name)
        tensor = argument.word;
      else if (Datum name = visit(argument); name.isString())
        tensor = name.text;
      else
        return expected(node, "the name of a tensor", name);
    }
    auto shape = environment.shape(tensor);
    if (auto *failure = std::get_if<ExpressionError>(&shape)) {
      failure->offset = node.offset;
      error = std::move(*failure);
      return {};
    }
    auto &extents = std::get<std::vector<int64_t>>(shape);
    size_t axis = node.word == "channels" ? 1 : node.word == "height" ? 2 : 3;
    if (axis >= extents.size())
      return fail(node, node.word + "(" + tensor + ") needs a tensor of rank " + std::to_string(axis + 1) + " at least; it has rank " +
                            std::to_string(extents.size()));
    return Datum::ofInt(extents[axis]);
  }

  Datum call(const Node &node) {
    const std::string &function = node.word;
    if (std::find(kFunctions.begin(), kFunctions.end(), function) == kFunctions.end())
      return fail(node, "there is no function '" + function + "'", "CNNC0405", didYouMean(function, kFunctions));
    if (isShapeFunction(function))
      return shapeFunction(node);
    if (node.children.size() == 1 && (function == "len" || function == "sum")) {
      Datum storage;
      const Datum &list = view(*node.children[0], storage);
      if (error || !list.isList())
        return expected(node, "a list", list);
      return function == "len" ? Datum::ofInt(static_cast<int64_t>(list.items.size())) : sum(node, list.items);
    }
    std::vector<Datum> arguments;
    for (const auto &child : node.children)
      arguments.push_back(visit(*child));
    if (error)
      return {};
    if (function == "min" || function == "max")
      return extremum(node, arguments.size() == 1 && arguments[0].isList() ? arguments[0].items : arguments);
    size_t count = function == "round_to" ? 2 : 1;
    if (arguments.size() != count)
      return fail(node,
                  function + "() takes " + std::to_string(count) + (count == 1 ? " argument" : " arguments") + ", got " + std::to_string(arguments.size()));
    const Datum &value = arguments[0];
    if (function == "str")
      return value.isInt() || value.isString() ? Datum::ofString(display(value)) : expected(node, "an integer or a string", value);
    if (!value.isNumber())
      return expected(node, "a number", value);
    if (function == "round_to")
      return roundTo(node, value.number(), arguments[1]);
    if (function == "range")
      return range(node, value);
    if (function == "sqrt")
      return value.number() < 0 ? fail(node, "the square root of a negative number", "CNNC0403") : Datum::ofFloat(std::sqrt(value.number()));
    if (function == "abs")
      return value.isInt() ? integer(node, value.integer < 0 ? -static_cast<__int128>(value.integer) : value.integer) : Datum::ofFloat(std::fabs(value.real));
    if (value.isInt())
      return value;
    return fromReal(node, function == "ceil" ? std::ceil(value.real) : std::floor(value.real));
  }

  Datum range(const Node &node, const Datum &count) {
    if (!count.isInt() || count.integer < 0 || count.integer >= static_cast<int64_t>(kMaxValues))
      return fail(node, "range(n) needs an integer n between 0 and " + std::to_string(kMaxValues - 1), "CNNC0403");
    std::vector<Datum> items;
    for (int64_t i = 0; i < count.integer; ++i)
      items.push_back(Datum::ofInt(i));
    return Datum::ofList(std::move(items));
  }

  Datum extremum(const Node &node, const std::vector<Datum> &values) {
    if (values.empty())
      return fail(node, node.word + "() needs at least one number");
    const Datum *best = nullptr;
    for (const Datum &value : values) {
      if (!value.isNumber())
        return expected(node, "numbers", value);
      if (!best || (node.word == "min" ? value.number() < best->number() : value.number() > best->number()))
        best = &value;
    }
    return *best;
  }

  Datum sum(const Node &node, const std::vector<Datum> &values) {
    __int128 total = 0;
    for (const Datum &value : values) {
      if (!value.isInt())
        return expected(node, "integers", value);
      total += value.integer;
    }
    return integer(node, total);
  }

  Datum roundTo(const Node &node, double value, const Datum &multiple) {
    if (!multiple.isInt() || multiple.integer < 1 || multiple.integer > 65536)
      return fail(node, "round_to(x, n) needs an integer n between 1 and 65536");
    int64_t n = multiple.integer;
    if (!(std::fabs(value) < 1e15))
      return fail(node, "round_to(x, n): x is too large", "CNNC0403");
    int64_t rounded = std::max(n, static_cast<int64_t>(std::floor(value + n / 2.0)) / n * n);
    return Datum::ofInt(rounded < 0.9 * value ? rounded + n : rounded);
  }

  const Environment &environment;
  std::optional<ExpressionError> error;
};

void collect(const Node &node, Mentions &mentions) {
  if (node.kind == Node::Kind::Name)
    mentions.variables.push_back(node.word);
  if (node.kind == Node::Kind::Literal && node.literal.isString())
    mentions.strings.push_back(node.literal.text);
  bool shape = node.kind == Node::Kind::Call && isShapeFunction(node.word);
  for (const auto &child : node.children) {
    if (shape && child->kind == Node::Kind::Name)
      mentions.tensors.push_back(child->word);
    else
      collect(*child, mentions);
  }
}

// The literal that a tree spells, or nullopt.
std::optional<Datum> literalOf(const Node &tree) {
  if (tree.kind == Node::Kind::Literal && !tree.literal.isExpression())
    return tree.literal;
  if (tree.kind != Node::Kind::Unary || tree.word != "-" || tree.children[0]->kind != Node::Kind::Literal || !tree.children[0]->literal.isNumber())
    return std::nullopt;
  const Datum &number = tree.children[0]->literal;
  return number.isInt() ? Datum::ofInt(-number.integer) : Datum::ofFloat(-number.real);
}

} // namespace

bool isFunction(std::string_view word) { return std::find(kFunctions.begin(), kFunctions.end(), word) != kFunctions.end(); }

Expected<Datum> evaluate(std::string_view expression, const Environment &environment) {
  auto tree = parseExpression(expression);
  if (auto *error = std::get_if<ExpressionError>(&tree))
    return std::move(*error);
  return Evaluator(environment).run(*std::get<ExpressionTree>(tree));
}

Mentions mentionsOf(std::string_view expression) {
  Mentions mentions;
  auto tree = parseExpression(expression);
  if (auto *parsed = std::get_if<ExpressionTree>(&tree))
    collect(**parsed, mentions);
  return mentions;
}

Datum normalized(Datum datum) {
  for (Datum &item : datum.items)
    item = normalized(std::move(item));
  if (!datum.isExpression())
    return datum;
  std::string_view text = std::string_view(datum.text).substr(1);
  auto parsed = parseExpression(text);
  if (std::holds_alternative<ExpressionError>(parsed))
    return datum;
  const Node &tree = *std::get<ExpressionTree>(parsed);
  std::optional<Datum> literal = literalOf(tree);
  if (tree.kind == Node::Kind::List) {
    literal = Datum::ofList({});
    for (const auto &child : tree.children) {
      Datum item = Datum::ofString("=" + std::string(text.substr(child->begin, child->end - child->begin)));
      item.mark = partOf(datum.mark, 1 + child->begin, 1);
      item = normalized(std::move(item));
      if (!item.isExpression())
        item.mark = placeIn(item.mark, 1);
      literal->items.push_back(std::move(item));
    }
  }
  if (!literal)
    return datum;
  literal->mark = std::move(datum.mark);
  return std::move(*literal);
}

// Walks a template: `literal` gets characters, `hole` the text between braces and its offset; returns an error for loose braces.
template <typename Literal, typename Hole> static std::optional<ExpressionError> walkTemplate(std::string_view text, Literal literal, Hole hole) {
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    bool doubled = i + 1 < text.size() && text[i + 1] == c;
    if ((c != '{' && c != '}') || doubled) {
      literal(c);
      i += (c == '{' || c == '}') ? 1 : 0;
      continue;
    }
    size_t end = text.find('}', i);
    if (c == '}' || end == std::string_view::npos)
      return ExpressionError{c == '}' ? "'}' without '{'; write '}}' for a brace" : "'{' without '}'; write '{{' for a brace", i};
    if (auto error = hole(text.substr(i + 1, end - i - 1), i + 1))
      return error;
    i = end;
  }
  return std::nullopt;
}

Expected<std::string> expandTemplate(std::string_view text, const Environment &environment) {
  std::string result;
  auto error = walkTemplate(
      text, [&](char c) { result += c; },
      [&](std::string_view expression, size_t offset) -> std::optional<ExpressionError> {
        auto value = evaluate(expression, environment);
        if (auto *failure = std::get_if<ExpressionError>(&value)) {
          failure->offset += offset;
          return *failure;
        }
        const Datum &datum = std::get<Datum>(value);
        if (!datum.isInt() && !datum.isString())
          return ExpressionError{"a name needs an integer or a string, got " + std::string(kindName(datum.kind)), offset, "CNNC0402"};
        result += display(datum);
        return std::nullopt;
      });
  if (error)
    return *error;
  return result;
}

std::vector<std::pair<std::string, size_t>> templateExpressions(std::string_view text) {
  std::vector<std::pair<std::string, size_t>> found;
  walkTemplate(
      text, [](char) {},
      [&](std::string_view expression, size_t offset) -> std::optional<ExpressionError> {
        found.emplace_back(std::string(expression), offset);
        return std::nullopt;
      });
  return found;
}

} // namespace cnnc::frontend
