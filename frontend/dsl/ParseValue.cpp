// Expressions and lists of a .cnn text. The expression language itself is ExpressionParser's.
#include "frontend/Expression.h"
#include "frontend/dsl/TokenStream.h"

#include <algorithm>
#include <array>

namespace cnnc::frontend::dsl {
namespace {

using Kind = Token::Kind;

bool isOneOf(const Token &token, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return token.is(word); });
}

bool isOperatorWord(const Token &token) { return isOneOf(token, {"if", "else", "and", "or", "not"}); }

// After which a line break does not end an expression.
bool asksForMore(const Token &token) {
  return isOperatorWord(token) || isOneOf(token, {"+", "-", "*", "/", "//", "%", "==", "!=", "<", ">", "<=", ">=", "<<", ">>", "(", "[", ",", ":", "="});
}

bool endsOperand(const Token &token) {
  return token.kind == Kind::Number || token.kind == Kind::String || (token.kind == Kind::Word && !isOperatorWord(token)) || token.is(")") || token.is("]");
}

bool startsOperand(const Token &token) {
  return token.kind == Kind::Number || token.kind == Kind::String || (token.kind == Kind::Word && !isOperatorWord(token)) || token.is("not");
}

// Joins tokens with the standard spaces and remembers the place of each.
class Spacing {
public:
  void add(const Token &token) {
    bool operand = endsOperand(last);
    bool sign = token.is("-") && !operand;
    bool tight = text.empty() || afterSign || last.is("(") || last.is("[") || isOneOf(token, {")", "]", ",", ":"}) || last.is(":") ||
                 (operand && (token.is("[") || (token.is("(") && last.kind == Kind::Word)));
    if (!tight)
      text += ' ';
    // The "=" of an expression comes first.
    map.push_back({1 + text.size(), token.line, token.column});
    text += token.text;
    afterSign = sign;
    last = token;
    last.comments.clear();
  }

  std::string text;
  TextMap map;

private:
  Token last;
  bool afterSign = false;
};

class ValueParser {
public:
  explicit ValueParser(TokenStream &in) : in(in) {}

  Value value() {
    if (in.peek().is("[") && endsAfter(in.closing(in.at)))
      return list();
    return expression();
  }

private:
  // Whether nothing of an expression follows the token.
  bool endsAfter(size_t index) const {
    if (!in.tokens[index].is("]"))
      return false;
    const Token &next = in.tokens[std::min(index + 1, in.tokens.size() - 1)];
    return next.kind == Kind::End || isOneOf(next, {",", ")", "]", "}", "{", ";", "=", "->", ":"}) || (next.newline && in.brackets == 0);
  }

  Value list() {
    TokenStream::Level level(in);
    Value value;
    value.list = true;
    value.mark = in.peek().mark();
    size_t open = in.at;
    in.take();
    ++in.brackets;
    value.rows = in.peek().newline;
    while (!in.peek().is("]") && in.peek().kind != Kind::End) {
      Value::Item item{in.takeTrivia(), this->value()};
      bool more = in.take(",");
      in.takeTrailing(item.trivia.after);
      value.items.push_back(std::move(item));
      if (!more)
        break;
    }
    value.dangling = in.takeTrivia().before;
    in.close("]", open);
    --in.brackets;
    return value;
  }

  Value expression() {
    Value value;
    value.mark = in.peek().mark();
    Spacing spacing;
    std::vector<size_t> open;
    for (const Token *last = nullptr;; last = &in.previous()) {
      const Token &token = in.peek();
      if (token.kind == Kind::End || isOneOf(token, {"{", "}", ";", "->", "="}))
        break;
      if (open.empty()) {
        if (isOneOf(token, {",", ")", "]", ":", ".."}) || (token.newline && in.brackets == 0 && last && !asksForMore(*last)))
          break;
      } else if (isOneOf(token, {")", "]"}) && in.tokens[open.back()].is("(") != token.is(")")) {
        break;
      }
      if (last && endsOperand(*last) && startsOperand(token))
        break;
      if (isOneOf(token, {"(", "["}))
        open.push_back(in.at);
      else if (isOneOf(token, {")", "]"}))
        open.pop_back();
      spacing.add(token);
      in.take();
    }
    if (!open.empty())
      in.close(in.tokens[open.back()].is("(") ? ")" : "]", open.back());
    if (spacing.text.empty())
      in.failExpected("a value");
    if (in.peek().is("="))
      in.fail(in.peek(), "expected a value, found '=' in it", "'==' compares; '=' gives a name");
    value.expression.text = "=" + spacing.text;
    value.expression.mark = value.mark;
    value.expression.mark.map = std::make_shared<const TextMap>(std::move(spacing.map));
    if (auto error = checkSyntax(spacing.text))
      in.report(placeIn(value.expression.mark, 1 + error->offset), error->message, error->suggestion, error->code.c_str());
    return value;
  }

  TokenStream &in;
};

} // namespace

std::string spaced(std::string_view expression) {
  DiagnosticSink sink;
  Spacing spacing;
  for (const Token &token : tokenize(expression, "", sink))
    if (token.kind != Kind::End)
      spacing.add(token);
  return sink.hasErrors() ? std::string(expression) : spacing.text;
}

Value parseValue(TokenStream &in) { return ValueParser(in).value(); }

} // namespace cnnc::frontend::dsl
