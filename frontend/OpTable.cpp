// The generated table of ops.
#include "frontend/OpTable.h"

#include <algorithm>
#include <climits>

namespace cnnc::frontend {

const std::vector<OpRow> &opTable() {
  static const std::vector<OpRow> rows = {
#include "frontend/OpTable.inc"
  };
  return rows;
}

const OpRow *findOp(llvm::StringRef name) {
  const auto &rows = opTable();
  auto row = std::lower_bound(rows.begin(), rows.end(), name, [](const OpRow &row, llvm::StringRef name) { return llvm::StringRef(row.name) < name; });
  return row != rows.end() && row->name == name ? &*row : nullptr;
}

std::vector<std::string> opNames() {
  std::vector<std::string> names;
  for (const OpRow &row : opTable())
    names.push_back(row.name);
  return names;
}

const AttributeRow *OpRow::attribute(llvm::StringRef name) const {
  for (const AttributeRow &row : attributes)
    if (row.name == name)
      return &row;
  return nullptr;
}

std::pair<size_t, size_t> OpRow::activations() const {
  if (parametric)
    return {1, 1};
  size_t least = 0, most = 0;
  for (const OperandRow &operand : operands) {
    least += operand.optional || operand.variadic ? 0 : 1;
    most = operand.variadic || most == INT_MAX ? INT_MAX : most + 1;
  }
  return {most == INT_MAX ? std::max<size_t>(least, 1) : least, most};
}

} // namespace cnnc::frontend
