// Syntax tree of expressions; private to the frontend.
#pragma once

#include "frontend/Expression.h"

#include <memory>

namespace cnnc::frontend {

struct ExpressionNode {
  enum class Kind { Literal, Name, List, Unary, Binary, Conditional, Index, Call };

  Kind kind;
  size_t offset;
  size_t begin = 0, end = 0; ///< Of an item of a list, an argument and the whole: its text.
  Datum literal;
  std::string word; ///< The name, operator or function.
  std::vector<std::unique_ptr<ExpressionNode>> children;
};

using ExpressionTree = std::unique_ptr<ExpressionNode>;

Expected<ExpressionTree> parseExpression(std::string_view text);

/// What a string with its quotes says: \\ \' \" \n \t \r and \xNN (a byte) stand for one character; other backslashes for
/// themselves. `places` gets the offset in `quoted` of every byte.
std::string unquoted(std::string_view quoted, std::vector<size_t> *places = nullptr);

/// The inverse, between double quotes, or single ones where that saves backslashes.
std::string quoted(std::string_view text);

/// The offset of the quote that closes the string at `begin`, or npos.
size_t closingQuote(std::string_view text, size_t begin);

} // namespace cnnc::frontend
