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

} // namespace cnnc::frontend
