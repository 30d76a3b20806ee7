// Tokens, errors and comments for the parser.
#include "frontend/dsl/TokenStream.h"

#include <algorithm>
#include <iterator>

namespace cnnc::frontend::dsl {

TokenStream::TokenStream(std::string_view text, const std::string &file, DiagnosticSink &sink)
    : file(file), sink(sink), tokens(tokenize(text, file, sink)), matches(tokens.size(), tokens.size() - 1) {
  std::vector<size_t> open;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].is("(") || tokens[i].is("[") || tokens[i].is("{"))
      open.push_back(i);
    if (open.empty() || !(tokens[i].is(")") || tokens[i].is("]") || tokens[i].is("}")))
      continue;
    matches[open.back()] = i;
    open.pop_back();
  }
}

bool TokenStream::isName(size_t ahead) const {
  const Token &token = peek(ahead);
  return token.kind == Token::Kind::String || (token.kind == Token::Kind::Word && !isReserved(token.text));
}

bool TokenStream::atEnd() const {
  const Token &token = peek();
  return token.kind == Token::Kind::End || token.is("}") || token.is(";") || (token.newline && brackets == 0);
}

bool TokenStream::take(std::string_view symbol) {
  if (!peek().is(symbol))
    return false;
  take();
  return true;
}

Name TokenStream::takeName(const std::string &what) {
  if (!isName())
    failExpected(what);
  const Token &token = take();
  return {textOf(token), token.kind == Token::Kind::String};
}

std::string TokenStream::shown(const Token &token) {
  if (token.kind == Token::Kind::End)
    return "the end of the file";
  if (token.kind == Token::Kind::String)
    return "the string " + std::string(token.text);
  return "'" + std::string(token.text) + "'";
}

void TokenStream::report(const Mark &mark, std::string message, std::string suggestion, const char *code) {
  sink.report({.code = code, .file = file, .mark = mark, .message = std::move(message), .suggestion = std::move(suggestion)});
}

void TokenStream::fail(const Token &token, std::string message, std::string suggestion, const char *code, std::vector<Diagnostic::Note> notes) {
  sink.report(
      {.code = code, .file = file, .mark = token.mark(), .message = std::move(message), .suggestion = std::move(suggestion), .notes = std::move(notes)});
  throw SyntaxError();
}

void TokenStream::failExpected(const std::string &what, std::string suggestion) {
  const Token &token = peek();
  bool lineEnd = token.newline && brackets == 0 && token.kind != Token::Kind::End && at > 0;
  if (!lineEnd)
    fail(token, "expected " + what + ", found " + shown(token), std::move(suggestion));
  // The place behind the last token of the line.
  Token end = previous();
  end.column += static_cast<int>(end.text.size());
  fail(end, "expected " + what + ", found the end of the line", std::move(suggestion));
}

void TokenStream::close(std::string_view symbol, size_t open) {
  if (take(symbol))
    return;
  const Token &opener = tokens[open], &token = peek();
  std::string expected = std::string(symbol == "}" ? "" : "',' or ") + "'" + std::string(symbol) + "'";
  if (token.kind == Token::Kind::End || token.newline || token.is("}") || token.is("{")) {
    reportUnclosed(open, expected);
    throw SyntaxError();
  }
  fail(token, "expected " + expected + ", found " + shown(token), "", "CNNC0110", {{"'" + std::string(opener.text) + "' is opened here", opener.mark()}});
}

void TokenStream::reportUnclosed(size_t open, const std::string &expected) {
  const Token &opener = tokens[open], &token = peek();
  sink.report({.code = "CNNC0111",
               .file = file,
               .mark = opener.mark(),
               .message = "'" + std::string(opener.text) + "' is not closed: expected " + expected + " before " + shown(token),
               .notes = {{shown(token) + " stands here", token.mark()}}});
}

Trivia TokenStream::takeTrivia() {
  Token &token = tokens[at];
  return {std::move(token.comments), {}, token.blank};
}

void TokenStream::takeTrailing(std::vector<Comment> &to) {
  if (at == 0)
    return;
  std::vector<Comment> &from = tokens[at - 1].trailing;
  std::move(from.begin(), from.end(), std::back_inserter(to));
  from.clear();
}

void TokenStream::sweep(size_t first, Trivia &trivia) {
  for (size_t i = first; i < at; ++i)
    for (std::vector<Comment> *comments : {&tokens[i].comments, &tokens[i].trailing}) {
      for (Comment &comment : *comments) {
        comment.blankBefore = false;
        trivia.before.push_back(std::move(comment));
      }
      comments->clear();
    }
}

TokenStream::Level::Level(TokenStream &stream) : stream(stream) {
  if (++stream.depth <= kMaxDepth)
    return;
  --stream.depth;
  stream.fail(stream.peek(), "bodies, calls and parentheses are nested deeper than " + std::to_string(kMaxDepth) + " levels", "give a part a name of its own",
              "CNNC0103");
}

} // namespace cnnc::frontend::dsl
