// Text -> tokens.
#include "frontend/dsl/Lexer.h"
#include "frontend/ExpressionParser.h"

#include <algorithm>
#include <array>

namespace cnnc::frontend::dsl {
namespace {

bool isWordStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isWordPart(char c) { return isWordStart(c) || isDigit(c); }

// The longest first.
constexpr std::array<std::string_view, 28> kSymbols = {"->", "..", "==", "!=", "<=", ">=", "<<", ">>", "//", "(", ")", "[", "]", "{",
                                                       "}",  ",",  ":",  ";",  "=",  "+",  "-",  "*",  "/",  "%", "<", ">", "!", "&"};

constexpr std::array<std::string_view, 13> kReserved = {"if", "else", "for", "in", "repeat", "let", "require", "return", "and", "or", "not", "true", "false"};

class Lexer {
public:
  Lexer(std::string_view text, const std::string &file, DiagnosticSink &sink) : text(text), file(file), sink(sink) {}

  std::vector<Token> run() {
    for (;;) {
      Token token;
      skip(token);
      token.line = line;
      token.column = static_cast<int>(at - lineStart) + 1;
      if (at >= text.size()) {
        token.newline = true;
        tokens.push_back(std::move(token));
        return std::move(tokens);
      }
      size_t begin = at;
      if (!scan(token))
        continue;
      token.text = text.substr(begin, at - begin);
      tokens.push_back(std::move(token));
    }
  }

private:
  void newLine() {
    ++line;
    lineStart = at;
  }

  // Spaces and comments before a token.
  void skip(Token &token) {
    token.newline = tokens.empty() || pendingNewline;
    bool blank = pendingBlank, lineEmpty = tokens.empty();
    std::vector<Comment> before = std::move(pending);
    pendingNewline = pendingBlank = false;
    pending.clear();
    while (at < text.size()) {
      char c = text[at];
      if (c == '\n') {
        ++at;
        newLine();
        blank |= lineEmpty && line > 2;
        token.newline = lineEmpty = true;
      } else if (c == '#') {
        Mark mark{line, static_cast<int>(at - lineStart) + 1};
        size_t end = std::min(text.find('\n', at), text.size()), stop = end;
        if (stop > at && text[stop - 1] == '\r')
          --stop;
        size_t from = at + 1 < stop && text[at + 1] == ' ' ? at + 2 : at + 1;
        Comment comment{std::string(text.substr(from, stop - from)), std::move(mark), std::exchange(blank, false)};
        if (token.newline || tokens.empty())
          before.push_back(std::move(comment));
        else
          tokens.back().trailing.push_back(std::move(comment));
        at = end;
        lineEmpty = false;
      } else if (c == ' ' || c == '\t' || c == '\r') {
        ++at;
      } else {
        break;
      }
    }
    token.blank = blank;
    token.comments = std::move(before);
  }

  void report(size_t where, std::string message, std::string suggestion = {}) {
    sink.report({.code = "CNNC0112",
                 .file = file,
                 .mark = {line, static_cast<int>(where - lineStart) + 1},
                 .message = std::move(message),
                 .suggestion = std::move(suggestion)});
  }

  // False for what is no token; what stands before it is kept for the next one.
  bool scan(Token &token) {
    char c = text[at];
    if (isWordStart(c)) {
      token.kind = Token::Kind::Word;
      while (at < text.size() && isWordPart(text[at]))
        ++at;
      while (at + 1 < text.size() && text[at] == '.' && isWordPart(text[at + 1]))
        for (++at; at < text.size() && isWordPart(text[at]);)
          ++at;
      return true;
    }
    if (isDigit(c) || (c == '.' && at + 1 < text.size() && isDigit(text[at + 1]))) {
      token.kind = Token::Kind::Number;
      scanNumber();
      return true;
    }
    if (c == '"' || c == '\'') {
      token.kind = Token::Kind::String;
      scanString(c);
      return true;
    }
    auto symbol = std::find_if(kSymbols.begin(), kSymbols.end(), [&](std::string_view symbol) { return text.substr(at).starts_with(symbol); });
    if (symbol != kSymbols.end() && *symbol != "!" && *symbol != "&") {
      token.kind = Token::Kind::Symbol;
      at += symbol->size();
      return true;
    }
    size_t begin = at++;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80)
      ++at;
    std::string shown(text.substr(begin, at - begin));
    if (static_cast<unsigned char>(c) < 0x20)
      shown = "a control character";
    report(begin, "unexpected " + (shown.size() > 4 ? shown : "'" + shown + "'"), c == '!' ? "write 'not'" : c == '&' || c == '|' ? "write 'and' or 'or'" : "");
    pendingNewline = token.newline;
    pendingBlank = token.blank;
    pending = std::move(token.comments);
    return false;
  }

  // 0..4 is a 0 and a range.
  void scanNumber() {
    auto digits = [&] {
      while (at < text.size() && isDigit(text[at]))
        ++at;
    };
    digits();
    if (at < text.size() && text[at] == '.' && !text.substr(at).starts_with("..")) {
      ++at;
      digits();
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
      size_t sign = at + 1 < text.size() && (text[at + 1] == '+' || text[at + 1] == '-') ? 1 : 0;
      if (at + 1 + sign < text.size() && isDigit(text[at + 1 + sign])) {
        at += 1 + sign;
        digits();
      }
    }
    // What follows belongs to it, so that the error is one.
    while (at < text.size() && isWordPart(text[at]))
      ++at;
  }

  void scanString(char quote) {
    size_t begin = at++;
    while (at < text.size() && text[at] != quote && text[at] != '\n')
      at += text[at] == '\\' && at + 1 < text.size() && text[at + 1] != '\n' ? 2 : 1;
    if (at < text.size() && text[at] == quote)
      ++at;
    else
      report(begin, "the string has no closing quote on its line", "write a line break inside a string as \\n");
  }

  std::string_view text;
  const std::string &file;
  DiagnosticSink &sink;
  std::vector<Token> tokens;
  size_t at = 0, lineStart = 0;
  int line = 1;
  bool pendingNewline = false, pendingBlank = false;
  std::vector<Comment> pending;
};

} // namespace

std::vector<Token> tokenize(std::string_view text, const std::string &file, DiagnosticSink &sink) { return Lexer(text, file, sink).run(); }

Text textOf(const Token &token) {
  if (token.kind != Token::Kind::String)
    return {std::string(token.text), token.mark()};
  std::vector<size_t> places;
  Text text{unquoted(token.text, &places), token.mark()};
  TextMap map{{0, token.line, token.column + 1}};
  for (size_t i = 0; i < places.size(); ++i)
    if (i > 0 && places[i] != places[i - 1] + 1)
      map.push_back({i, token.line, token.column + static_cast<int>(places[i])});
  text.mark.map = std::make_shared<const TextMap>(std::move(map));
  return text;
}

bool isReserved(std::string_view word) { return std::find(kReserved.begin(), kReserved.end(), word) != kReserved.end(); }

bool isWord(std::string_view text, bool dots) {
  if (text.empty() || !isWordStart(text[0]) || isReserved(text))
    return false;
  for (size_t i = 0; i < text.size(); ++i)
    if (!isWordPart(text[i]) && !(dots && text[i] == '.' && i + 1 < text.size() && isWordPart(text[i + 1])))
      return false;
  return true;
}

} // namespace cnnc::frontend::dsl
