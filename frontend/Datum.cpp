// Literals of a spec.
#include "frontend/Datum.h"
#include "frontend/ExpressionParser.h"

#include <algorithm>

namespace cnnc::frontend {
namespace {

constexpr int kMaxDepth = 64;

bool isSpace(char c) { return c == ' ' || c == '\t'; }
bool isWordPart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// A string without the spaces of its expressions, save those that part two words: all of it after "=", else what stands in braces.
std::string withoutSpaces(std::string_view text) {
  bool whole = text.starts_with('='), inside = whole;
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (!whole && (c == '{' || c == '}')) {
      bool literal = !inside && i + 1 < text.size() && text[i + 1] == c;
      inside = !literal && c == '{';
      result.append(literal ? 2 : 1, c);
      i += literal ? 1 : 0;
    } else if (inside && (c == '\'' || c == '"')) {
      size_t end = std::min(closingQuote(text, i), text.size() - 1);
      result += text.substr(i, end - i + 1);
      i = end;
    } else if (inside && isSpace(c)) {
      while (i + 1 < text.size() && isSpace(text[i + 1]))
        ++i;
      if (i + 1 < text.size() && isWordPart(text[i + 1]) && isWordPart(result.back()))
        result += ' ';
    } else {
      result += c;
    }
  }
  return result;
}

// Counts into `count`; false once it passes `limit` or the depth.
bool countInto(const Datum &datum, size_t limit, int depth, size_t &count) {
  if (++count > limit || depth > kMaxDepth)
    return false;
  return std::all_of(datum.items.begin(), datum.items.end(), [&](const Datum &item) { return countInto(item, limit, depth + 1, count); });
}

} // namespace

Mark placeIn(const Mark &start, size_t index) {
  Mark place = start;
  if (start.line == 0)
    return place;
  if (!start.map) {
    place.column += static_cast<int>(1 + index);
    return place;
  }
  auto next = std::upper_bound(start.map->begin(), start.map->end(), index, [](size_t at, const TextPiece &piece) { return at < piece.index; });
  if (next == start.map->begin())
    return place;
  const TextPiece &piece = *std::prev(next);
  place.line = piece.line;
  place.column = piece.column + static_cast<int>(index - piece.index);
  place.map = nullptr;
  return place;
}

Mark partOf(const Mark &start, size_t index, size_t lead) {
  Mark part = placeIn(start, index);
  if (!start.map) {
    part.column -= start.line > 0 ? static_cast<int>(1 + lead) : 0;
    return part;
  }
  TextMap map{{lead, part.line, part.column}};
  for (const TextPiece &piece : *start.map)
    if (piece.index > index)
      map.push_back({piece.index - index + lead, piece.line, piece.column});
  part.map = std::make_shared<const TextMap>(std::move(map));
  return part;
}

bool sameSpelling(std::string_view a, std::string_view b) {
  if (a == b)
    return true;
  bool expression = a.starts_with('=') && b.starts_with('=');
  return (expression || (a.find('{') != a.npos && b.find('{') != b.npos)) && withoutSpaces(a) == withoutSpaces(b);
}

std::optional<size_t> countValues(const Datum &datum, size_t limit) {
  size_t count = 0;
  return countInto(datum, limit, 0, count) ? std::optional(count) : std::nullopt;
}

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
    return sameSpelling(text, other.text);
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
