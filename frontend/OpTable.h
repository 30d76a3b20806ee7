// What a spec may say of each op; generated from ODS (frontend/schema/generate.py), so no op is named in frontend code.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace cnnc::frontend {

enum class AttributeKind { Int, Bool, Float32, Float64, String, Enum, IntList, Float32List, Float64List };

struct OperandRow {
  std::string name;
  bool optional, variadic;
};

struct AttributeRow {
  std::string name;
  AttributeKind kind;
  int length; ///< Of a list: its length when the name tells it (kernel 2, pad 4), else 0.
  bool optional;
  std::string defaultJson;        ///< Empty: none.
  std::vector<std::string> cases; ///< Of an Enum.

  bool required() const { return !optional && defaultJson.empty(); }
};

struct OpRow {
  std::string name, summary, description;
  bool parametric; ///< One activation; every further operand is a learned parameter.
  int results;
  std::vector<OperandRow> operands;
  std::vector<AttributeRow> attributes;

  const AttributeRow *attribute(llvm::StringRef name) const;
  /// Smallest and largest number of activations; INT_MAX for a variadic op.
  std::pair<size_t, size_t> activations() const;
};

/// Every op that a spec can hold, by name.
const std::vector<OpRow> &opTable();
const OpRow *findOp(llvm::StringRef name);

/// Mnemonics, for "did you mean".
std::vector<std::string> opNames();

} // namespace cnnc::frontend
