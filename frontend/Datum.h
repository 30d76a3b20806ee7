// Literals of a spec: a JSON-like tree whose every node remembers where it was written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cnnc::frontend {

/// A place in a source text. Line and column count from 1 (columns in bytes); 0 means unknown.
/// `pointer` is the JSON pointer (RFC 6901) of the value.
struct Mark {
  int line = 0, column = 0;
  std::string pointer;
};

/// Whether two strings of a spec are equal but for spaces between the tokens of their expressions ("=a + b", "layer{s + 1}").
bool sameSpelling(std::string_view a, std::string_view b);

/// A word of the source with its place.
struct Text {
  std::string text;
  Mark mark;

  bool empty() const { return text.empty(); }
  bool operator==(const Text &other) const { return sameSpelling(text, other.text); }
};

/// Null, bool, int, float, string, list or map. Maps keep the order of the source. Equality ignores marks, the order of keys and
/// spaces in expressions.
struct Datum {
  enum class Kind { Null, Bool, Int, Float, String, List, Map };

  Kind kind = Kind::Null;
  bool boolean = false;
  int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<Datum> items;
  std::vector<Text> keys; ///< Of a map: keys[i] names items[i].
  Mark mark;

  static Datum ofBool(bool value);
  static Datum ofInt(int64_t value);
  static Datum ofFloat(double value);
  static Datum ofString(std::string value);
  static Datum ofList(std::vector<Datum> items);

  bool isNull() const { return kind == Kind::Null; }
  bool isInt() const { return kind == Kind::Int; }
  bool isString() const { return kind == Kind::String; }
  bool isList() const { return kind == Kind::List; }
  bool isMap() const { return kind == Kind::Map; }
  bool isNumber() const { return kind == Kind::Int || kind == Kind::Float; }
  double number() const { return kind == Kind::Int ? static_cast<double>(integer) : real; }
  /// A string that starts with "=": an expression to be evaluated.
  bool isExpression() const { return kind == Kind::String && text.starts_with('='); }

  /// The value of a map's key, or null when absent.
  const Datum *find(std::string_view key) const;
  /// Appends to a map.
  void set(std::string key, Datum value);

  bool operator==(const Datum &other) const;
};

/// Number of values in a tree, itself included; nullopt when there are more than `limit` or they nest deeper than 64 levels.
std::optional<size_t> countValues(const Datum &datum, size_t limit);

/// "an integer", "a list": how a value is called in messages.
std::string_view kindName(Datum::Kind kind);

} // namespace cnnc::frontend
