// What the parts of the lowering share: the names of a definition, values.
#pragma once

#include "frontend/dsl/Ast.h"

#include <algorithm>
#include <map>
#include <set>

namespace cnnc::frontend::dsl {

/// What names stand for in a model or block. They live in the whole of it.
struct Names {
  const Definition *definition = nullptr;
  std::map<std::string, Mark> variables; ///< Parameters, `let`s and indices.
  std::map<std::string, Mark> values;    ///< Inputs and what flows name; not the steps' weight names.
  std::set<std::string> callable;        ///< Variables that may hold a block.
  std::set<std::string> blocks;          ///< Of the file.
  std::set<std::string> taken;           ///< Every name that a value may have, for fresh ones.
};

/// Collects the names of a definition.
Names namesOf(const Definition &definition, const std::set<std::string> &blocks);

/// A name that no value of the definition has.
std::string freshName(Names &names);

class Reporter {
public:
  Reporter(const std::string &file, DiagnosticSink &sink) : file(file), sink(sink) {}

  void operator()(const char *code, const Mark &mark, std::string message, std::string suggestion = {}, std::vector<Diagnostic::Note> notes = {},
                  Severity severity = Severity::Error) const {
    sink.report({.severity = severity,
                 .code = code,
                 .file = file,
                 .mark = mark,
                 .message = std::move(message),
                 .suggestion = std::move(suggestion),
                 .notes = std::move(notes)});
  }

private:
  const std::string &file;
  DiagnosticSink &sink;
};

/// The literal of a value. A bare word that is no variable stands for itself where a value, an item of a list, a branch or a
/// side of a comparison is asked for.
Datum lowerValue(const Value &value, const Names &names, const Reporter &report);

/// Comments as text, a line each.
std::string textOfComments(const std::vector<Comment> &comments);

/// Comments on lines of their own, parted by empty lines.
std::vector<std::vector<Comment>> groupsOf(const std::vector<Comment> &comments);

/// The comments that belong to an item: directly before it and at the end of its line.
std::string docOf(const Trivia &trivia);

/// Groups of comments before an item that are not its own.
std::vector<std::string> remarksBefore(const Trivia &trivia);

/// Conditions: one that holds when `condition` does not, and one that holds when both do. Null always holds.
Datum negated(const Datum &condition);
Datum conjunction(const Datum &a, const Datum &b);

/// What a body says.
struct LoweredBody {
  struct Declaration {
    const Statement *statement;
    Datum condition; ///< Of the branch that holds it.
  };

  std::vector<Layer> layers;
  std::vector<Output> outputs;
  std::vector<Declaration> declarations; ///< Of a model: paper, presets, inputs.
};

/// `parametersOf`: the names of the parameters of the file's blocks.
LoweredBody lowerBody(const Body &body, Names &names, const std::map<std::string, std::vector<std::string>> &parametersOf, bool imports, bool isModel,
                      const Reporter &report);

} // namespace cnnc::frontend::dsl
