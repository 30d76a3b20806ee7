// Literals of a spec.
#include "frontend/Datum.h"

namespace cnnc::frontend {

Datum Datum::ofBool(bool value) {
  Datum datum;
  datum.kind = Kind::Bool;
  datum.boolean = value;
  return datum;
}

Datum Datum::ofInt(int64_t value) {
  Datum datum;
  datum.kind = Kind::Int;
  datum.integer = value;
  return datum;
}

Datum Datum::ofFloat(double value) {
  Datum datum;
  datum.kind = Kind::Float;
  datum.real = value;
  return datum;
}

Datum Datum::ofString(std::string value) {
  Datum datum;
  datum.kind = Kind::String;
  datum.text = std::move(value);
  return datum;
}

Datum Datum::ofList(std::vector<Datum> items) {
  Datum datum;
  datum.kind = Kind::List;
  datum.items = std::move(items);
  return datum;
}

const Datum *Datum::find(std::string_view key) const {
  for (size_t i = 0; i < keys.size(); ++i)
    if (keys[i].text == key)
      return &items[i];
  return nullptr;
}

void Datum::set(std::string key, Datum value) {
  kind = Kind::Map;
  keys.push_back({std::move(key), value.mark});
  items.push_back(std::move(value));
}

bool Datum::operator==(const Datum &other) const {
  if (kind != other.kind)
    return false;
  switch (kind) {
  case Kind::Null:
    return true;
  case Kind::Bool:
    return boolean == other.boolean;
  case Kind::Int:
    return integer == other.integer;
  case Kind::Float:
    return real == other.real;
  case Kind::String:
    return text == other.text;
  case Kind::List:
    return items == other.items;
  case Kind::Map:
    for (size_t i = 0; i < items.size(); ++i)
      if (const Datum *found = other.find(keys[i].text); !found || !(*found == items[i]))
        return false;
    return items.size() == other.items.size();
  }
  return false;
}

std::string_view kindName(Datum::Kind kind) {
  switch (kind) {
  case Datum::Kind::Null:
    return "null";
  case Datum::Kind::Bool:
    return "a bool";
  case Datum::Kind::Int:
    return "an integer";
  case Datum::Kind::Float:
    return "a float";
  case Datum::Kind::String:
    return "a string";
  case Datum::Kind::List:
    return "a list";
  case Datum::Kind::Map:
    return "an object";
  }
  return "a value";
}

} // namespace cnnc::frontend
