// ModelSpec: a network as its author writes it. JSON is one notation of it; nothing here depends on JSON.
// docs/spec.md is the reference of every field.
#pragma once

#include "frontend/Datum.h"
#include "frontend/Diagnostics.h"

#include <optional>
#include <string>
#include <vector>

namespace cnnc::frontend {

enum class ParameterType { Int, Float, Bool, String, IntList, Block };

/// "int", "float", "bool", "string", "[int]", "block".
std::string_view typeName(ParameterType type);

struct Parameter {
  Text name;
  ParameterType type = ParameterType::Int;
  std::optional<Datum> defaultValue; ///< None: the caller must bind it.
  std::string doc;
  bool operator==(const Parameter &) const = default;
};

/// A binding `name = value`; the value may be an expression.
struct Argument {
  Text name;
  Datum value;
  bool operator==(const Argument &) const = default;
};

struct Preset {
  Text name;
  std::vector<Argument> values;
  bool operator==(const Preset &) const = default;
};

struct Input {
  Text name;
  Text dtype;     ///< "f32", "u8" or an expression.
  Datum shape;    ///< A list of integers, expressions and at most one "N" in front, or an expression that gives such a list.
  Datum maxBatch; ///< Null: 1.
  Text layout;    ///< Empty, or the order of the dimensions, e.g. "NCHW", "NHWC" (documentation carried to the metadata).
  std::string doc;
  bool operator==(const Input &) const = default;
};

/// One step: an op, a call of a block, a repetition or a choice.
struct Layer {
  enum class Kind { Op, Call, Repeat, If };

  Kind kind = Kind::Op;
  Mark mark;
  Text callee;                         ///< Op, Call: the op's mnemonic; the block's name or an expression.
  Text name;                           ///< A template; the weight name of an op, the prefix of a call. Empty: chosen, or no prefix.
  std::optional<std::vector<Text>> in; ///< Names of values; none: the previous result.
  std::vector<Text> as;                ///< Local names of the results; empty: `name`.
  std::string doc;
  std::vector<Argument> arguments;    ///< Op: attributes; Call: parameters.
  Datum control;                      ///< Repeat: the count; If: the condition.
  Text index;                         ///< Repeat: the variable that counts from 0; may be empty.
  std::vector<Layer> body, otherwise; ///< Repeat: body; If: the two branches.
  bool erroneous = false;             ///< The reader has reported a field that the layer cannot run without.
  bool operator==(const Layer &other) const;
};

/// A named result: of a block, or of the model.
struct Output {
  Text name, value;
  bool operator==(const Output &) const = default;
};

struct Block {
  Text name;
  std::string doc;
  std::vector<Parameter> parameters;
  std::vector<Text> inputs;
  std::vector<Layer> layers;
  std::vector<Output> outputs; ///< Empty: the last result.
  bool operator==(const Block &) const = default;
};

struct ModelSpec {
  std::string file;
  Text name;
  std::string doc, paper;
  std::vector<Parameter> parameters;
  std::vector<Preset> presets;
  std::vector<Input> inputs;
  std::vector<Block> blocks;
  std::vector<Layer> layers;
  std::vector<Output> outputs; ///< Empty: the last result, named "output".

  const Parameter *findParameter(std::string_view name) const;
  const Preset *findPreset(std::string_view name) const;
  const Block *findBlock(std::string_view name) const;
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
