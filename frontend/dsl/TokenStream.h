// What the parser's parts share: the tokens of a .cnn text, a place among them, errors that unwind to the end of a statement.
#pragma once

#include "frontend/dsl/Ast.h"

#include <set>

namespace cnnc::frontend::dsl {

/// Thrown where a statement cannot be read on, after the error has been reported; the parser goes on behind the statement.
struct SyntaxError {};

class TokenStream {
public:
  static constexpr int kMaxDepth = 24; ///< Bodies, calls and parentheses inside each other.

  TokenStream(std::string_view text, const std::string &file, DiagnosticSink &sink);

  const Token &peek(size_t ahead = 0) const { return tokens[std::min(at + ahead, tokens.size() - 1)]; }
  const Token &previous() const { return tokens[at > 0 ? at - 1 : 0]; }
  bool isName(size_t ahead = 0) const;
  /// Whether the current token starts a new statement or closes the body.
  bool atEnd() const;
  /// Index of the token that closes the bracket at `open`, or of the last one.
  size_t closing(size_t open) const { return matches[open]; }

  Token &take() { return tokens[at + 1 < tokens.size() ? at++ : at]; }
  bool take(std::string_view symbol);
  Name takeName(const std::string &what);

  [[noreturn]] void fail(const Token &token, std::string message, std::string suggestion = {}, const char *code = "CNNC0110",
                         std::vector<Diagnostic::Note> notes = {});
  [[noreturn]] void failExpected(const std::string &what, std::string suggestion = {});
  /// Takes `symbol`, or reports that the bracket at `open` is not closed.
  void close(std::string_view symbol, size_t open);
  /// Reports that nothing closes the bracket at `open` before the current token.
  void reportUnclosed(size_t open, const std::string &expected);
  void report(const Mark &mark, std::string message, std::string suggestion, const char *code);

  /// "'x'", "the end of the file".
  static std::string shown(const Token &token);

  /// Comments and empty line before the current token.
  Trivia takeTrivia();
  /// Comments at the end of the line of the token just taken.
  void takeTrailing(std::vector<Comment> &to);
  /// Comments of the tokens from `first` up to the current one that nothing has taken; they move before the item.
  void sweep(size_t first, Trivia &trivia);

  /// Counts a level of nesting while it lives.
  struct Level {
    explicit Level(TokenStream &stream);
    ~Level() { --stream.depth; }
    TokenStream &stream;
  };

  const std::string &file;
  DiagnosticSink &sink;
  std::vector<Token> tokens;
  size_t at = 0;
  int brackets = 0; ///< Open ( and [ since the innermost body: a line break inside ends no statement.
  int depth = 0;

private:
  std::vector<size_t> matches; // Of an opening bracket.
};

/// An expression or a list, up to what ends it.
Value parseValue(TokenStream &in);

} // namespace cnnc::frontend::dsl
