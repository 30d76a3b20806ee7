// Expressions of a spec: strings that start with "=", and the braces of a name template.
#pragma once

#include "frontend/Datum.h"

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cnnc::frontend {

/// What went wrong in an expression; `offset` is the byte within the expression's text (after the "=").
struct ExpressionError {
  std::string message;
  size_t offset = 0;
  std::string code = "CNNC0401";
  std::string suggestion = {};
  bool silent = false; ///< The cause has been reported before: the value depends on an erroneous layer.
};

template <typename T> using Expected = std::variant<T, ExpressionError>;

/// What an expression may refer to.
struct Environment {
  /// The value of a parameter or an index; nullptr when there is none of that name.
  std::function<const Datum *(std::string_view)> variable;
  /// The shape (-1: the batch) of a tensor in scope, for channels(x), height(x), width(x); the empty name is the previous result.
  std::function<Expected<std::vector<int64_t>>(std::string_view)> shape;
  /// Names for "did you mean".
  std::function<std::vector<std::string>()> names;
  /// Whether a variable is absent because of an error that has been reported. Null: never.
  std::function<bool(std::string_view)> lost = nullptr;
};

/// Evaluates the text of an expression (without the "="). Grammar, loosest first:
///   a if c else b | or | and | not | == != < <= > >= | << >> | + - | * / // % | unary - | x[i] | x[i:j]
///   integers, floats, 'strings', true, false, [lists], names, and the functions
///   min max sum len range abs sqrt channels height width round_to ceil floor str.
/// `/` gives a float; `//` and `%` round to minus infinity; integer overflow, division by zero and a shift outside 0..62 are
/// errors; so are lists of more than 100,000 values. range(n) is [0, ..., n - 1]. round_to(x, n) is the make-divisible rule of MobileNet (Sandler et al. 2018): the multiple of n nearest to x, at
/// least n, one more when it would fall below 0.9 x.
Expected<Datum> evaluate(std::string_view expression, const Environment &environment);

/// Whether a word names a function of the expression language.
bool isFunction(std::string_view word);

/// Reports a syntax error without evaluating.
std::optional<ExpressionError> checkSyntax(std::string_view expression);

/// Replaces each {expression} of a name template by its value; "{{" and "}}" are literal braces.
Expected<std::string> expandTemplate(std::string_view text, const Environment &environment);

/// What an expression mentions: variables, tensors named in shape functions, and strings.
struct Mentions {
  std::vector<std::string> variables, tensors, strings;
};
Mentions mentionsOf(std::string_view expression);

/// A literal without needless expressions: "=64" is 64, "=[w, 'a']" is ["=w", "a"]. Places stay exact.
Datum normalized(Datum datum);

/// Expressions in a name template, with their offsets.
std::vector<std::pair<std::string, size_t>> templateExpressions(std::string_view text);

} // namespace cnnc::frontend
