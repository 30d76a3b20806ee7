// Recursive-descent parser of expressions.
#include "frontend/ExpressionParser.h"

#include <algorithm>
#include <charconv>

namespace cnnc::frontend {
namespace {

constexpr int kMaxDepth = 64;
constexpr size_t kMaxLength = 4096;

// Operators by precedence, loosest first. Words bind like symbols.
const std::vector<std::vector<std::string_view>> kLevels = {
    {"or"}, {"and"}, {}, {"==", "!=", "<=", ">=", "<", ">"}, {"<<", ">>"}, {"+", "-"}, {"*", "//", "/", "%"}};
constexpr size_t kNotLevel = 2, kCompareLevel = 3;

// The one integer whose magnitude alone does not fit.
constexpr std::string_view kLeastMagnitude = "9223372036854775808";

bool isWordStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isWordPart(char c) { return isWordStart(c) || isDigit(c); }

bool isNumberPart(char c) { return isWordPart(c) || c == '.'; }

int hexDigit(char c) { return isDigit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

class Parser {
public:
  explicit Parser(std::string_view text) : text(text) {}

  Expected<ExpressionTree> run() {
    if (text.size() > kMaxLength)
      return ExpressionError{"the expression is longer than " + std::to_string(kMaxLength) + " characters"};
    ExpressionTree tree = conditional();
    skipSpace();
    if (!error && at < text.size())
      fail("unexpected '" + std::string(1, text[at]) + "'");
    if (error)
      return std::move(*error);
    return tree;
  }

private:
  ExpressionTree make(ExpressionNode::Kind kind, size_t offset, std::string word = {}) {
    auto node = std::make_unique<ExpressionNode>();
    node->kind = kind;
    node->offset = offset;
    node->word = std::move(word);
    return node;
  }

  template <typename... Children> ExpressionTree join(ExpressionNode::Kind kind, size_t offset, std::string word, Children... children) {
    ExpressionTree node = make(kind, offset, std::move(word));
    (node->children.push_back(std::move(children)), ...);
    return node;
  }

  ExpressionTree fail(std::string message) {
    if (!error)
      error = ExpressionError{std::move(message), at};
    at = text.size();
    return make(ExpressionNode::Kind::Literal, at);
  }

  void skipSpace() {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t'))
      ++at;
  }

  bool peek(std::string_view token) {
    skipSpace();
    if (!text.substr(at).starts_with(token))
      return false;
    return !isWordStart(token.front()) || at + token.size() >= text.size() || !isWordPart(text[at + token.size()]);
  }

  bool take(std::string_view token) {
    if (!peek(token))
      return false;
    at += token.size();
    return true;
  }

  ExpressionTree conditional() {
    if (++depth > kMaxDepth)
      return fail("the expression is nested deeper than " + std::to_string(kMaxDepth) + " levels");
    skipSpace();
    size_t begin = at;
    ExpressionTree value = level(0);
    size_t end = lastToken(), offset = at;
    if (take("if")) {
      ExpressionTree condition = level(0);
      if (!take("else"))
        return fail("expected 'else': a conditional is written `a if condition else b`");
      value = join(ExpressionNode::Kind::Conditional, offset, "if", std::move(condition), std::move(value), conditional());
      end = lastToken();
    }
    value->begin = begin;
    value->end = std::max(begin, end);
    --depth;
    return value;
  }

  // The end of the text that has been read, without spaces.
  size_t lastToken() const {
    size_t end = std::min(at, text.size());
    while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t'))
      --end;
    return end;
  }

  std::optional<std::string> takeOperator(size_t index) {
    for (std::string_view symbol : kLevels[index])
      if (peek(symbol)) {
        // "<" is not the start of "<<".
        if ((symbol == "<" || symbol == ">") && text.substr(at + 1).starts_with(symbol))
          continue;
        at += symbol.size();
        return std::string(symbol);
      }
    return std::nullopt;
  }

  ExpressionTree level(size_t index) {
    if (index == kLevels.size())
      return unary();
    skipSpace();
    size_t offset = at;
    if (index == kNotLevel && take("not")) {
      if (++depth > kMaxDepth)
        return fail("the expression is nested deeper than " + std::to_string(kMaxDepth) + " levels");
      ExpressionTree operand = level(kNotLevel);
      --depth;
      return join(ExpressionNode::Kind::Unary, offset, "not", std::move(operand));
    }
    ExpressionTree left = level(index + 1);
    int chained = 0;
    while (!error) {
      skipSpace();
      offset = at;
      std::optional<std::string> symbol = takeOperator(index);
      if (!symbol)
        break;
      if (index == kCompareLevel && ++chained > 1) {
        at = offset;
        return fail("comparisons do not chain; join them with 'and'");
      }
      left = join(ExpressionNode::Kind::Binary, offset, *symbol, std::move(left), level(index + 1));
    }
    return left;
  }

  ExpressionTree unary() {
    skipSpace();
    size_t offset = at;
    if (take("-")) {
      if (text.substr(at).starts_with(kLeastMagnitude) && (at + kLeastMagnitude.size() == text.size() || !isNumberPart(text[at + kLeastMagnitude.size()]))) {
        ExpressionTree least = make(ExpressionNode::Kind::Literal, offset);
        least->literal = Datum::ofInt(INT64_MIN);
        at += kLeastMagnitude.size();
        return least;
      }
      if (++depth > kMaxDepth)
        return fail("the expression is nested deeper than " + std::to_string(kMaxDepth) + " levels");
      ExpressionTree operand = unary();
      --depth;
      return join(ExpressionNode::Kind::Unary, offset, "-", std::move(operand));
    }
    ExpressionTree value = primary();
    while (!error && (offset = at, take("["))) {
      value = subscript(offset, std::move(value));
      if (!take("]"))
        return fail("expected ']'");
    }
    return value;
  }

  // x[i], or x[i:j] with either bound left out (a null literal).
  ExpressionTree subscript(size_t offset, ExpressionTree list) {
    auto bound = [&](std::string_view end) { return peek(end) ? make(ExpressionNode::Kind::Literal, at) : conditional(); };
    ExpressionTree first = bound(":");
    if (!take(":"))
      return join(ExpressionNode::Kind::Index, offset, "[]", std::move(list), std::move(first));
    return join(ExpressionNode::Kind::Index, offset, "[:]", std::move(list), std::move(first), bound("]"));
  }

  ExpressionTree sequence(ExpressionTree node, std::string_view close) {
    if (take(close))
      return node;
    do
      node->children.push_back(conditional());
    while (!error && take(","));
    return take(close) ? std::move(node) : fail("expected ',' or '" + std::string(close) + "'");
  }

  ExpressionTree primary() {
    skipSpace();
    if (at >= text.size())
      return fail("the expression ends too early");
    size_t offset = at;
    char c = text[at];
    if (take("(")) {
      ExpressionTree value = conditional();
      return take(")") ? std::move(value) : fail("expected ')'");
    }
    if (take("["))
      return sequence(make(ExpressionNode::Kind::List, offset), "]");
    if (c == '\'' || c == '"') {
      size_t end = closingQuote(text, at);
      if (end == std::string_view::npos)
        return fail("the string has no closing quote");
      ExpressionTree node = make(ExpressionNode::Kind::Literal, offset);
      node->literal = Datum::ofString(unquoted(text.substr(at, end - at + 1)));
      at = end + 1;
      return node;
    }
    if (isDigit(c) || c == '.')
      return number();
    if (!isWordStart(c))
      return fail("unexpected '" + std::string(1, c) + "'");
    while (at < text.size() && isWordPart(text[at]))
      ++at;
    std::string word(text.substr(offset, at - offset));
    if (word == "true" || word == "false") {
      ExpressionTree node = make(ExpressionNode::Kind::Literal, offset);
      node->literal = Datum::ofBool(word == "true");
      return node;
    }
    if (take("("))
      return sequence(make(ExpressionNode::Kind::Call, offset, word), ")");
    return make(ExpressionNode::Kind::Name, offset, word);
  }

  ExpressionTree number() {
    size_t offset = at;
    const char *begin = text.data() + at, *end = text.data() + text.size();
    ExpressionTree node = make(ExpressionNode::Kind::Literal, offset);
    int64_t integer = 0;
    auto [afterInt, intError] = std::from_chars(begin, end, integer);
    bool fraction = afterInt != end && (*afterInt == '.' || *afterInt == 'e' || *afterInt == 'E');
    if (!fraction && intError == std::errc()) {
      node->literal = Datum::ofInt(integer);
      at += afterInt - begin;
    } else {
      double real = 0;
      auto [afterFloat, floatError] = std::from_chars(begin, end, real);
      if (!fraction || floatError != std::errc())
        return fail("malformed or too large number");
      node->literal = Datum::ofFloat(real);
      at += afterFloat - begin;
    }
    return at < text.size() && isWordPart(text[at]) ? fail("unexpected '" + std::string(1, text[at]) + "' after a number") : std::move(node);
  }

  std::string_view text;
  size_t at = 0;
  int depth = 0;
  std::optional<ExpressionError> error;
};

} // namespace

size_t closingQuote(std::string_view text, size_t begin) {
  for (size_t i = begin + 1; i < text.size(); ++i)
    if (text[i] == '\\')
      ++i;
    else if (text[i] == text[begin])
      return i;
  return std::string_view::npos;
}

std::string unquoted(std::string_view quoted, std::vector<size_t> *places) {
  static constexpr std::string_view letters = "\\'\"ntr", characters = "\\'\"\n\t\r";
  std::string text;
  size_t end = quoted.size() > 1 && quoted.back() == quoted.front() ? quoted.size() - 1 : quoted.size();
  for (size_t i = 1; i < end; ++i) {
    if (places)
      places->push_back(i);
    size_t letter = quoted[i] == '\\' && i + 1 < end ? letters.find(quoted[i + 1]) : std::string_view::npos;
    if (letter != std::string_view::npos) {
      text += characters[letter];
      ++i;
    } else if (quoted.substr(i).starts_with("\\x") && i + 3 < end && hexDigit(quoted[i + 2]) >= 0 && hexDigit(quoted[i + 3]) >= 0) {
      text += static_cast<char>(hexDigit(quoted[i + 2]) * 16 + hexDigit(quoted[i + 3]));
      i += 3;
    } else {
      text += quoted[i];
    }
  }
  return text;
}

std::string quoted(std::string_view text) {
  char quote = text.find('"') != std::string_view::npos && text.find('\'') == std::string_view::npos ? '\'' : '"';
  std::string result(1, quote);
  for (char c : text) {
    static constexpr char digits[] = "0123456789abcdef";
    unsigned char byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\')
      (result += '\\') += c;
    else if (c == '\n' || c == '\t' || c == '\r')
      (result += '\\') += c == '\n' ? 'n' : c == '\t' ? 't' : 'r';
    else if (byte < 0x20 || byte == 0x7f)
      ((result += "\\x") += digits[byte >> 4]) += digits[byte & 15];
    else
      result += c;
  }
  return result + quote;
}

Expected<ExpressionTree> parseExpression(std::string_view text) { return Parser(text).run(); }

std::optional<ExpressionError> checkSyntax(std::string_view expression) {
  auto tree = parseExpression(expression);
  if (auto *error = std::get_if<ExpressionError>(&tree))
    return *error;
  return std::nullopt;
}

} // namespace cnnc::frontend
