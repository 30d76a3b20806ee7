// Names in scope while a block of a spec is expanded.
#pragma once

#include "frontend/Expand.h"

#include <algorithm>
#include <map>
#include <set>

namespace cnnc::frontend {

/// The values and variables of one run of the model's layers or of a block's. What a repetition or a branch names is seen after
/// it; only the index of a repetition is its own. A block sees nothing of its caller.
struct Scope {
  struct Value {
    std::vector<ValueId> ids;
    Mark mark;
  };

  const Block *block = nullptr; ///< None: the model itself.
  std::map<std::string, Value, std::less<>> values;
  std::map<std::string, Datum, std::less<>> variables;
  std::vector<std::pair<std::string, Datum>> indices; ///< Of the repetitions around, innermost last.
  std::set<std::string, std::less<>> lost;            ///< Variables whose value has an error.
  bool incomplete = false;                            ///< An error has left out layers that may name values and variables.
  std::vector<ValueId> previous;                      ///< The result that a layer without "in" takes.
  std::string prefix;                                 ///< Of weight names, with its trailing dot.
  bool shared = false;                                ///< Layers may repeat names, with the same weights.
  size_t held = 0;                                    ///< Size of the variables in values.

  const std::vector<ValueId> *findValue(std::string_view name) const {
    auto found = values.find(name);
    return found == values.end() ? nullptr : &found->second.ids;
  }

  const Datum *findVariable(std::string_view name) const {
    auto index = std::find_if(indices.rbegin(), indices.rend(), [&](const auto &entry) { return entry.first == name; });
    if (index != indices.rend())
      return &index->second;
    auto found = variables.find(name);
    return found == variables.end() || lost.count(name) ? nullptr : &found->second;
  }

  std::vector<std::string> valueNames() const {
    std::vector<std::string> names;
    for (const auto &entry : values)
      names.push_back(entry.first);
    return names;
  }

  std::vector<std::string> variableNames() const {
    std::vector<std::string> names;
    for (const auto &entry : indices)
      names.push_back(entry.first);
    for (const auto &entry : variables)
      names.push_back(entry.first);
    return names;
  }
};

} // namespace cnnc::frontend
