// Tokens and comments of a .cnn text.
#pragma once

#include "frontend/Diagnostics.h"

#include <string>
#include <string_view>
#include <vector>

namespace cnnc::frontend::dsl {

struct Comment {
  std::string text; ///< Without "#" and the space after it.
  Mark mark;
  bool blankBefore = false; ///< An empty line stands before it.
};

struct Token {
  enum class Kind { Word, Number, String, Symbol, End };

  Kind kind = Kind::End;
  std::string_view text; ///< As written, quotes included. A word may have dots: a.b.
  int line = 1, column = 1;
  bool newline = false;          ///< The first of its line.
  bool blank = false;            ///< An empty line stands directly before it.
  std::vector<Comment> comments; ///< On lines of their own before it.
  std::vector<Comment> trailing; ///< At the end of its line.

  bool is(std::string_view word) const { return (kind == Kind::Word || kind == Kind::Symbol) && text == word; }
  Mark mark() const { return {line, column}; }
};

/// The tokens of a text, an End last. Stray characters and unclosed strings are reported.
std::vector<Token> tokenize(std::string_view text, const std::string &file, DiagnosticSink &sink);

/// A word, or what a string says, with its places.
Text textOf(const Token &token);

/// Words that name nothing: if, for, let, and, true, ...
bool isReserved(std::string_view word);

/// Whether a text can be written as a word: letters, digits and underscores, not reserved. `dots`: several, joined by dots.
bool isWord(std::string_view text, bool dots = false);

} // namespace cnnc::frontend::dsl
