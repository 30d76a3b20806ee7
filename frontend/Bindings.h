// What the layers of a block read from its scope, and what they bind in it.
#pragma once

#include "frontend/BodyOrder.h"
#include "frontend/Expression.h"
#include "frontend/Scope.h"

namespace cnnc::frontend {

/// The base of what runs the layers.
class Bindings {
protected:
  Bindings(const ModelSpec &spec, GraphBuilder &builder, DiagnosticSink &sink) : spec(spec), builder(builder), sink(sink) {}

  const std::string &fileOf(const Block *block) const;
  Diagnostic context(const Scope &scope, const std::string &layer = {}) const;
  void report(const Scope &scope, std::string code, const Mark &mark, std::string message, std::string suggestion = {}, const std::string &layer = {},
              std::vector<Diagnostic::Note> notes = {});

  Environment environment(const Scope &scope);
  std::optional<Datum> resolved(const Datum &datum, const Scope &scope, const std::string &layer = {});
  std::optional<std::string> templated(const Text &text, const Scope &scope);
  /// Whether a condition holds, as one that is absent does; nullopt after an error.
  std::optional<bool> holds(const Datum &condition, const std::string &what, const Scope &scope);

  /// The operands of a layer: what "in" names, or the previous result.
  std::vector<ValueId> operands(const Layer &layer, const Scope &scope);
  /// The results of a model or block: the outputs whose conditions hold, with their names, or else the last result without one.
  std::vector<ValueId> outputs(const std::vector<Output> &outputs, const Scope &scope, std::vector<std::string> &names);
  /// Binds the results to what "as" names, which takes over any value of that name, or else to the layer's own name, which must not.
  void bindResults(const Layer &layer, const std::string &localName, const std::vector<std::string> &resultNames, const std::vector<ValueId> &results,
                   Scope &scope);
  /// Gives a variable its value; an error leaves it lost.
  bool assign(const std::string &name, std::optional<Datum> value, const Mark &mark, Scope &scope);

  const ModelSpec &spec;
  GraphBuilder &builder;
  DiagnosticSink &sink;
  std::vector<CallFrame> stack; ///< Of the calls around.
  size_t held = 0;              ///< Size of the variables of all scopes.
  bool stopped = false;         ///< A limit is exceeded.

private:
  const BodyOrder &orderOf(const Scope &scope);
  /// `reader`: none for an output.
  std::vector<ValueId> reference(const Text &text, const Scope &scope, const Layer *reader);
  ValueId single(const std::vector<ValueId> &values, const Text &text, const Scope &scope);

  std::map<const std::vector<Layer> *, BodyOrder> orders;
  size_t searchBudget = 1000000; ///< Steps that the search for cycles may take in all: a hostile spec has many wrong references.
};

} // namespace cnnc::frontend
