// Syntax tree of a .cnn text. It keeps what the author may choose: comments, empty lines, breaks of lines.
#pragma once

#include "frontend/Spec.h"
#include "frontend/dsl/Lexer.h"

#include <memory>
#include <optional>

namespace cnnc::frontend::dsl {

/// What surrounds an item of a list: a statement, a parameter, an argument, a row of a table.
struct Trivia {
  std::vector<Comment> before; ///< Comments on lines of their own.
  std::vector<Comment> after;  ///< At the end of the item's line.
  bool blank = false;          ///< An empty line stands directly before the item.

  bool empty() const { return before.empty() && after.empty(); }
};

struct Name {
  Text text;
  bool quoted = false; ///< A string: a template, and never a variable.
};

/// An expression, or a list that keeps its rows.
struct Value {
  struct Item;

  bool list = false;
  Text expression;         ///< On one line with standard spaces; the map of its mark leads to every token.
  std::vector<Item> items; ///< Of a list.
  std::vector<Comment> dangling;
  bool rows = false; ///< Of a list: one row a line.
  Mark mark;
};

struct Value::Item {
  Trivia trivia;
  Value value;
};

struct Binding {
  Trivia trivia;
  Name name;
  Value value;
};

struct Step;
struct Statement;

struct Body {
  std::vector<Statement> statements;
  std::vector<Comment> dangling; ///< Before the closing brace.
  std::vector<Comment> opening;  ///< After the opening brace, on its line.
  bool oneLine = false;
  bool elseIf = false; ///< Of an `else`: another `if` follows it without braces.
};

struct Operand;

/// [source ->] step {-> step}
struct Flow {
  std::vector<Operand> source; ///< Several: a tuple.
  bool tuple = false;
  std::vector<Step> steps;
  Mark mark;
};

/// A value in a position that asks for one: its name, a flow, or a sum or product of operands.
struct Operand {
  enum class Kind { Name, Flow, Binary };

  Kind kind = Kind::Name;
  Name name;
  Flow flow;                  ///< `parenthesised`: written in parentheses.
  std::string op;             ///< + or *.
  std::vector<Operand> sides; ///< Two.
  bool parenthesised = false;
  Mark mark;
};

struct CallArgument {
  enum class Kind { Operand, Value };

  Trivia trivia;
  Kind kind = Kind::Value;
  Operand operand;
  std::optional<Name> name; ///< Of a value: none when it is positional.
  Value value;
  Mark mark;
};

struct Step {
  enum class Kind { Call, If, For, Repeat };

  struct Index {
    Name name;
    Value count;
  };

  Kind kind = Kind::Call;
  bool newLine = false; ///< The arrow before it begins or ends a line.
  Trivia trivia;        ///< Of the line that it begins.
  Mark mark;
  std::optional<Value> calleeValue; ///< (expression)(...)
  Text callee;
  std::vector<CallArgument> arguments;
  std::vector<Comment> dangling;
  bool rows = false;          ///< One argument a line: a comma stands before the closing parenthesis.
  std::optional<Name> label;  ///< : name
  Value control;              ///< If: the condition; Repeat: the count.
  std::vector<Index> indices; ///< For.
  Body body, otherwise;
  bool hasElse = false, braces = true;
};

struct Field;

struct Statement {
  enum class Kind { Flow, Let, Require, Return, Output, Paper, Preset, Input, Broken };

  Kind kind = Kind::Flow;
  Trivia trivia;
  Mark mark;
  std::vector<Name> targets;     ///< Flow: the results' names; Let, Output, Preset, Input: one name.
  Flow flow;                     ///< Flow, Return, Output.
  Value value;                   ///< Let; Require: the condition.
  Text text;                     ///< Paper; Require: the message.
  std::vector<Binding> bindings; ///< Preset, Input.
  std::vector<Comment> dangling;
  bool rows = false;          ///< Of the bindings.
  std::optional<Name> dtype;  ///< Input.
  std::optional<Value> shape; ///< Input: a list.
};

struct ParameterNode {
  Trivia trivia;
  Name name;
  std::optional<Text> type; ///< None: a tensor.
  std::optional<Value> value;
};

struct Definition {
  Name name;
  std::vector<ParameterNode> parameters;
  std::vector<Comment> dangling;
  bool rows = false;
  Body body;
};

struct Item {
  enum class Kind { Import, Model, Block };

  Kind kind = Kind::Import;
  Trivia trivia;
  Mark mark;
  Text path;
  Definition definition;
};

struct File {
  std::vector<Item> items;
  std::vector<Comment> dangling;
};

/// Reads a text. Reports every syntax error; the statements that have one are left out.
File parseFile(std::string_view text, const std::string &file, DiagnosticSink &sink);

/// An expression with the standard spaces.
std::string spaced(std::string_view expression);

/// The text of a tree.
std::string printFile(const File &file, size_t columns);

/// The meaning of a tree. Reports names that are both values and variables, misplaced statements, wrong positional values.
ModelSpec lowerFile(const File &file, const std::string &name, DiagnosticSink &sink);

/// A tree of a spec, laid out for reading.
File raiseSpec(const ModelSpec &spec);

} // namespace cnnc::frontend::dsl
