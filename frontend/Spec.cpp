// Types of parameters, equality of specs, lookup by name.
#include "frontend/Spec.h"

#include <algorithm>

namespace cnnc::frontend {
namespace {

constexpr int kMaxRank = 8;

const std::vector<std::pair<std::string_view, ParameterType::Base>> kBases = {{"int", ParameterType::Base::Int},     {"float", ParameterType::Base::Float},
                                                                              {"bool", ParameterType::Base::Bool},   {"string", ParameterType::Base::String},
                                                                              {"block", ParameterType::Base::Block}, {"any", ParameterType::Base::Any}};

template <typename T> const T *findNamed(const std::vector<T> &list, std::string_view name) {
  for (const T &item : list)
    if (item.name.text == name)
      return &item;
  return nullptr;
}

} // namespace

std::string typeName(ParameterType type) {
  auto row = std::find_if(kBases.begin(), kBases.end(), [&](const auto &entry) { return entry.second == type.base; });
  return std::string(type.rank, '[') + std::string(row->first) + std::string(type.rank, ']');
}

std::optional<ParameterType> typeNamed(std::string_view name) {
  ParameterType type;
  while (name.size() > 2 && name.front() == '[' && name.back() == ']' && type.rank < kMaxRank) {
    name = name.substr(1, name.size() - 2);
    ++type.rank;
  }
  for (const auto &[word, base] : kBases)
    if (word == name) {
      type.base = base;
      return type;
    }
  return std::nullopt;
}

bool hasType(const Datum &value, ParameterType type) {
  using Base = ParameterType::Base;
  if (type.rank > 0)
    return value.isList() && std::all_of(value.items.begin(), value.items.end(), [&](const Datum &item) { return hasType(item, {type.base, type.rank - 1}); });
  switch (type.base) {
  case Base::Int:
    return value.isInt();
  case Base::Float:
    return value.isNumber();
  case Base::Bool:
    return value.kind == Datum::Kind::Bool;
  case Base::String:
  case Base::Block:
    return value.isString();
  case Base::Any:
    return !value.isNull() && !value.isMap();
  }
  return false;
}

bool Layer::operator==(const Layer &other) const {
  return kind == other.kind && callee == other.callee && name == other.name && in == other.in && as == other.as && doc == other.doc &&
         arguments == other.arguments && control == other.control && message == other.message && index == other.index && body == other.body &&
         otherwise == other.otherwise;
}

bool Block::operator==(const Block &other) const {
  return name == other.name && doc == other.doc && parameters == other.parameters && inputs == other.inputs && layers == other.layers &&
         outputs == other.outputs;
}

bool ModelSpec::operator==(const ModelSpec &other) const {
  return name == other.name && doc == other.doc && paper == other.paper && imports == other.imports && parameters == other.parameters &&
         presets == other.presets && inputs == other.inputs && blocks == other.blocks && layers == other.layers && outputs == other.outputs;
}

const Parameter *ModelSpec::findParameter(std::string_view name) const { return findNamed(parameters, name); }
const Preset *ModelSpec::findPreset(std::string_view name) const { return findNamed(presets, name); }
const Block *ModelSpec::findBlock(std::string_view name) const { return findNamed(blocks, name); }

} // namespace cnnc::frontend
