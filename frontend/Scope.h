// Names in scope while a spec is expanded.
#pragma once

#include "frontend/Expand.h"

#include <map>

namespace cnnc::frontend {

/// Values and variables by name. A body of a repeat or a branch sees its parent's; a block sees nothing but its own.
struct Scope {
  const Scope *parent = nullptr;
  std::map<std::string, std::vector<ValueId>, std::less<>> values;
  std::map<std::string, Mark, std::less<>> valueMarks;
  std::map<std::string, Datum, std::less<>> variables;
  std::vector<ValueId> previous; ///< The result that a layer without "in" takes.
  std::string prefix;            ///< Of weight names, with its trailing dot.

  const std::vector<ValueId> *findValue(std::string_view name) const {
    for (const Scope *scope = this; scope; scope = scope->parent)
      if (auto found = scope->values.find(name); found != scope->values.end())
        return &found->second;
    return nullptr;
  }

  const Datum *findVariable(std::string_view name) const {
    for (const Scope *scope = this; scope; scope = scope->parent)
      if (auto found = scope->variables.find(name); found != scope->variables.end())
        return &found->second;
    return nullptr;
  }

  std::vector<std::string> valueNames() const {
    std::vector<std::string> names;
    for (const Scope *scope = this; scope; scope = scope->parent)
      for (const auto &entry : scope->values)
        names.push_back(entry.first);
    return names;
  }

  std::vector<std::string> variableNames() const {
    std::vector<std::string> names;
    for (const Scope *scope = this; scope; scope = scope->parent)
      for (const auto &entry : scope->variables)
        names.push_back(entry.first);
    return names;
  }
};

} // namespace cnnc::frontend
