// ModelSpec: a network as its author writes it. JSON is one notation of it; nothing here depends on JSON.
// docs/spec.md is the reference of every field.
#pragma once

#include "frontend/Datum.h"
#include "frontend/Diagnostics.h"

#include <optional>
#include <string>
#include <vector>

namespace cnnc::frontend {

/// The type of a parameter: a base, or a list of lists (rank deep) of it. `Any` takes every value: the cell of a table.
struct ParameterType {
  enum class Base { Int, Float, Bool, String, Block, Any };

  Base base = Base::Int;
  int rank = 0;
  bool operator==(const ParameterType &) const = default;
};

/// "int", "[int]", "[[any]]".
std::string typeName(ParameterType type);

/// The inverse; nullopt for what names no type.
std::optional<ParameterType> typeNamed(std::string_view name);

struct Parameter {
  Text name;
  ParameterType type;
  std::optional<Datum> defaultValue; ///< None: the caller must bind it.
  std::string doc;
  bool operator==(const Parameter &) const = default;
};

/// A binding `name = value`; the value may be an expression. In a call the first ones may have no name: they bind the block's
/// parameters in order of declaration.
struct Argument {
  Text name;
  Datum value;
  bool operator==(const Argument &) const = default;
};

struct Preset {
  Text name;
  std::string doc;
  std::vector<Argument> values;
  bool operator==(const Preset &) const = default;
};

struct Input {
  Text name;
  Text dtype;     ///< "f32", "u8", "i32" or an expression.
  Datum shape;    ///< A list of integers, expressions and at most one "N" in front, or an expression that gives such a list.
  Datum maxBatch; ///< Null: 1.
  Datum capped;   ///< Null: every size is fixed; else a list of dimensions whose sizes are upper bounds.
  Text layout;    ///< Empty, or the order of the dimensions, e.g. "NCHW", "NHWC" (documentation carried to the metadata).
  std::string doc;
  Datum condition = {}; ///< Null: always; else only when it holds. Inputs of one name exclude each other.
  bool operator==(const Input &) const = default;
};

/// Name of the argument of an op or a call that lets layers of one name repeat, with the same weights.
inline constexpr std::string_view kShared = "shared";

/// One step: an op, a call of a block, a repetition, a choice, another name for a value (Alias: `in` has one name, `as` one),
/// a variable (Let: `index` names it, `control` is its value), a condition that must hold (Require: `control`, `message`) or a
/// comment of its own (Remark: `doc` only).
struct Layer {
  enum class Kind { Op, Call, Repeat, If, Alias, Let, Require, Remark };

  /// How the author set the layer in a text; no part of its meaning, so equality and JSON leave it out.
  struct Typesetting {
    bool chained = false;     ///< Follows the layer before it by `->` on the same line.
    bool blankBefore = false; ///< An empty line stands before it.
  };

  Kind kind = Kind::Op;
  Mark mark;
  Text callee;                         ///< Op, Call: the op's mnemonic; the block's name or an expression.
  Text name;                           ///< A template; the weight name of an op, the prefix of a call. Empty: chosen, or no prefix.
  std::optional<std::vector<Text>> in; ///< Names of values; none: the previous result.
  std::vector<Text> as;                ///< Local names of the results, templates; empty: `name`.
  std::string doc;
  std::vector<Argument> arguments;    ///< Op: attributes; Call: parameters. Of both also `shared`.
  Datum control;                      ///< Repeat: the count; If, Require: the condition; Let: the value.
  Text message;                       ///< Require: what is wrong otherwise, a template; may be empty.
  Text index;                         ///< Repeat: the variable that counts from 0, may be empty; Let: the variable.
  std::vector<Layer> body, otherwise; ///< Repeat: body; If: the two branches.
  Typesetting typesetting;
  bool erroneous = false; ///< The reader has reported a field that the layer cannot run without.
  bool operator==(const Layer &other) const;
};

/// A named result: of a block, or of the model.
struct Output {
  Text name, value;
  Datum condition = {}; ///< Null: always; else only when it holds.
  bool operator==(const Output &) const = default;
};

struct Block {
  std::string file; ///< Where it is written: the spec's own file or an imported one. No part of its meaning.
  Text name;
  std::string doc;
  std::vector<Parameter> parameters;
  std::vector<Text> inputs;
  std::vector<Layer> layers;
  std::vector<Output> outputs; ///< Empty: the last result.
  bool operator==(const Block &other) const;
};

struct ModelSpec {
  std::string file;
  Text name; ///< Empty: a library of blocks, without inputs and layers.
  std::string doc, paper;
  std::vector<Text> imports; ///< Files whose blocks this one uses, relative to its own place.
  std::vector<Parameter> parameters;
  std::vector<Preset> presets;
  std::vector<Input> inputs;
  std::vector<Block> blocks;
  std::vector<Layer> layers;
  std::vector<Output> outputs; ///< Empty: the last result, named "output".

  const Parameter *findParameter(std::string_view name) const;
  const Preset *findPreset(std::string_view name) const;
  const Block *findBlock(std::string_view name) const;
  bool isLibrary() const { return name.empty() && inputs.empty() && layers.empty(); }
  bool operator==(const ModelSpec &other) const;
};

/// Reads a spec from a JSON tree. Reports unknown keys, wrong types and missing keys of the whole tree; an erroneous part is
/// left out of the result, so that the rest can still be checked.
ModelSpec specFromJson(const Datum &json, const std::string &file, DiagnosticSink &sink);

/// The inverse: specFromJson(specToJson(spec)) == spec.
Datum specToJson(const ModelSpec &spec);

/// Checks that need no parameter values and so reach code that no preset runs: syntax of expressions, names of ops, attributes,
/// blocks, block parameters and variables, recursion, duplicate declarations, unused blocks.
void checkSpec(const ModelSpec &spec, DiagnosticSink &sink);

/// Whether a value (not an expression) has a parameter's type. An int is a float, too.
bool hasType(const Datum &value, ParameterType type);

} // namespace cnnc::frontend
