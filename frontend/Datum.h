// Literals of a spec: a JSON-like tree whose every node remembers where it was written.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cnnc::frontend {

/// Where the bytes of a string of a spec were written, when they do not follow its mark one by one: from byte `index` on they
/// stand at this line and column, up to the next piece. Sorted by index.
struct TextPiece {
  size_t index;
  int line, column;
};
using TextMap = std::vector<TextPiece>;

/// A place in a source text. Line and column count from 1 (columns in bytes); 0 means unknown.
/// `pointer` is the JSON pointer (RFC 6901) of the value; a .cnn text has none.
struct Mark {
  int line = 0, column = 0;
  std::string pointer = {};
  std::shared_ptr<const TextMap> map = nullptr; ///< None: of JSON, where a quote stands before the string.
};

/// The place of the byte `index` of the string that starts at `start`; the "=" of an expression counts.
Mark placeIn(const Mark &start, size_t index);

/// The mark of the string that consists of `lead` bytes that are not in the source ("=") and the source's bytes from `index` on.
Mark partOf(const Mark &start, size_t index, size_t lead);

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
