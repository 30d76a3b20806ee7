// What the parts of raising share: the names of a definition, values, comments.
#pragma once

#include "frontend/dsl/Ast.h"

#include <set>

namespace cnnc::frontend::dsl {

/// What names stand for in a model or block.
struct RaisedNames {
  RaisedNames(const ModelSpec &spec, const std::vector<Parameter> &parameters, const std::vector<Layer> &layers);

  const ModelSpec &spec;
  std::set<std::string> variables; ///< Parameters, `let`s and indices.
  std::set<std::string> values;    ///< Inputs, and what layers name.

private:
  void collect(const std::vector<Layer> &layers);
};

/// A name as a word where it can be one. `dots`: the place takes a dotted one. `others`: names that a word would be taken for.
Name raiseName(const Text &text, bool dots = false, const std::set<std::string> &others = {});

/// `word`: the place takes a bare word for itself.
Value raiseValue(const Datum &datum, bool word, const RaisedNames &names);

/// Text as comments, one a line.
std::vector<Comment> commentsOf(const std::string &text);

/// Puts a comment behind others; an empty line parts them.
void appendComment(std::vector<Comment> &list, const std::string &text);

/// The item's own comment.
void setDoc(Trivia &trivia, const std::string &doc);

/// `isModel`: results are named by "output"; a block ends with "return".
Body raiseBody(const std::vector<Layer> &layers, const std::vector<Output> &outputs, bool isModel, const RaisedNames &names);

/// The statement in a branch, unless the condition is null.
Statement under(const Datum &condition, Statement statement, const RaisedNames &names);

} // namespace cnnc::frontend::dsl
