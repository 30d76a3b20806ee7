// Parameter values from defaults, presets and --set; evaluation of literals that hold expressions.
#pragma once

#include "frontend/Expand.h"
#include "frontend/Expression.h"

namespace cnnc::frontend {

/// Binds every parameter of the model, in order; a default may refer to the parameters before it. False after an error.
bool bindParameters(const ModelSpec &spec, const ParameterChoice &choice, std::map<std::string, Datum, std::less<>> &values, DiagnosticSink &sink);

/// Makes a choice permanent: each parameter's default becomes the value that the choice gives it. False after an error.
bool fixParameters(ModelSpec &spec, const ParameterChoice &choice, DiagnosticSink &sink);

/// Evaluates the expressions in a literal, lists included. Reports with `context` as the template; nullopt after an error.
std::optional<Datum> resolve(const Datum &datum, const Environment &environment, const Diagnostic &context, DiagnosticSink &sink);

/// Reports an error of an expression that starts at the byte `index` of the string at `mark`: 1 after "=".
void reportExpression(const ExpressionError &error, const Mark &mark, size_t index, Diagnostic context, DiagnosticSink &sink);

/// Reports a value that is not of the parameter's type, or names no block where the type asks for one. `words` are the variables
/// that a word may have been meant as.
bool checkValue(const ModelSpec &spec, const Parameter &parameter, const Datum &value, const std::vector<std::string> &words, const Diagnostic &context,
                DiagnosticSink &sink);

/// The argument of each parameter of a block in a call, null where there is none. Reports names that the block does not have, too
/// many values and parameters that are bound twice.
std::vector<const Argument *> matchArguments(const Layer &layer, const Block &block,
                                             const std::function<void(const Mark &mark, std::string message, std::string suggestion)> &error);

/// Help for a word that stands where a value of another type is asked for: the variable that it may be meant as, or "".
std::string wordHint(const std::string &word, const std::vector<std::string> &variables);

/// Reports that there is no block of a name, unless an import that may hold it is missing.
void reportUnknownBlock(const ModelSpec &spec, const std::string &name, const Mark &mark, const std::vector<std::string> &words, Diagnostic context,
                        DiagnosticSink &sink);

/// Values that the variables of a network may hold at a time, items of lists included.
inline constexpr size_t kMaxHeldValues = 1000000;

/// An environment without tensors.
Environment variablesOnly(const std::map<std::string, Datum, std::less<>> &variables);

} // namespace cnnc::frontend
