// JSON text <-> Datum.
#include "frontend/Json.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <unordered_map>

namespace cnnc::frontend {
namespace {

struct Place {
  int line, column;
};

// Places of keys, scalars, '{' and '[' in document order: exactly one for each event of the SAX parser below.
std::vector<Place> scanPlaces(const std::string &text) {
  std::vector<Place> places;
  int line = 1;
  size_t start = 0;
  for (size_t i = 0; i < text.size();) {
    char c = text[i];
    if (c == '\n') {
      ++line;
      start = ++i;
      continue;
    }
    if (c == ' ' || c == '\t' || c == '\r' || c == ',' || c == ':' || c == ']' || c == '}') {
      ++i;
      continue;
    }
    places.push_back({line, static_cast<int>(i - start) + 1});
    if (c == '{' || c == '[') {
      ++i;
    } else if (c == '"') {
      for (++i; i < text.size() && text[i] != '"' && text[i] != '\n'; ++i)
        if (text[i] == '\\')
          ++i;
      ++i;
    } else {
      i = std::min(text.find_first_of(" \t\r\n,:[]{}\"", i + 1), text.size());
    }
  }
  return places;
}

Place placeOfByte(const std::string &text, size_t offset) {
  Place place{1, 1};
  for (size_t i = 0; i < std::min(offset, text.size()); ++i) {
    ++place.column;
    if (text[i] == '\n')
      place = {place.line + 1, 1};
  }
  return place;
}

std::string escapePointer(const std::string &key) {
  std::string escaped;
  for (char c : key)
    escaped += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return escaped;
}

class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
public:
  TreeBuilder(const std::string &file, const std::string &text, const JsonLimits &limits, DiagnosticSink &sink)
      : file(file), text(text), limits(limits), sink(sink), places(scanPlaces(text)) {}

  Datum root;
  bool failed = false;

  bool null() override { return add({}); }
  bool boolean(bool value) override { return add(Datum::ofBool(value)); }
  bool number_integer(number_integer_t value) override { return add(Datum::ofInt(value)); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<uint64_t>(INT64_MAX))
      return error("CNNC0104", "the integer " + std::to_string(value) + " does not fit 64 bits");
    return add(Datum::ofInt(static_cast<int64_t>(value)));
  }
  bool number_float(number_float_t value, const string_t &spelling) override {
    if (spelling.find_first_of(".eE") == std::string::npos)
      return error("CNNC0104", "the integer " + spelling + " does not fit 64 bits");
    return add(Datum::ofFloat(value));
  }
  bool string(string_t &value) override { return add(Datum::ofString(value)); }
  bool binary(binary_t &) override { return false; }

  bool start_object(std::size_t) override {
    Datum map;
    map.kind = Datum::Kind::Map;
    return open(std::move(map));
  }
  bool start_array(std::size_t) override { return open(Datum::ofList({})); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t &value) override {
    Place place = take();
    Datum &map = *stack.back();
    Text name{value, {place.line, place.column, map.mark.pointer + "/" + escapePointer(value)}};
    if (auto [first, inserted] = keysSeen.back().emplace(value, name.mark); !inserted) {
      failed = true;
      sink.report({.code = "CNNC0102",
                   .file = file,
                   .mark = name.mark,
                   .message = "the key '" + value + "' appears twice in one object",
                   .notes = {{"first here", first->second}}});
    }
    map.keys.push_back(std::move(name));
    return true;
  }

  bool parse_error(std::size_t position, const std::string &, const nlohmann::detail::exception &exception) override {
    failed = true;
    std::string what = exception.what();
    if (size_t colon = what.find(": "); colon != std::string::npos)
      what = what.substr(colon + 2);
    Place place = placeOfByte(text, position ? position - 1 : 0);
    sink.report({.code = "CNNC0101", .file = file, .mark = {place.line, place.column, ""}, .message = "malformed JSON: " + what});
    return false;
  }

private:
  Place take() {
    Place place = next < places.size() ? places[next] : Place{0, 0};
    ++next;
    return place;
  }

  // Of the value that comes next.
  std::string pointer() const {
    if (stack.empty())
      return "";
    const Datum &parent = *stack.back();
    return parent.isMap() ? parent.keys.back().mark.pointer : parent.mark.pointer + "/" + std::to_string(parent.items.size());
  }

  Datum *insert(Datum datum) {
    Place place = take();
    if (stack.empty()) {
      root = std::move(datum);
      root.mark = {place.line, place.column, ""};
      return &root;
    }
    Datum &parent = *stack.back();
    datum.mark = {place.line, place.column, pointer()};
    parent.items.push_back(std::move(datum));
    return &parent.items.back();
  }

  bool add(Datum datum) {
    insert(std::move(datum));
    return true;
  }

  bool open(Datum datum) {
    // A parent's vector does not grow while a child is open, so the pointers on the stack stay valid.
    stack.push_back(insert(std::move(datum)));
    keysSeen.emplace_back();
    if (static_cast<int>(stack.size()) <= limits.depth)
      return true;
    failed = true;
    sink.report(
        {.code = "CNNC0103", .file = file, .mark = stack.back()->mark, .message = "values are nested deeper than " + std::to_string(limits.depth) + " levels"});
    return false;
  }

  bool close() {
    stack.pop_back();
    keysSeen.pop_back();
    return true;
  }

  bool error(const char *code, std::string message) {
    failed = true;
    Place place = next < places.size() ? places[next] : Place{0, 0};
    sink.report({.code = code, .file = file, .mark = {place.line, place.column, pointer()}, .message = std::move(message)});
    return false;
  }

  const std::string &file, &text;
  const JsonLimits &limits;
  DiagnosticSink &sink;
  std::vector<Place> places;
  size_t next = 0;
  std::vector<Datum *> stack;
  std::vector<std::unordered_map<std::string, Mark>> keysSeen; // Of each open object.
};

nlohmann::ordered_json toJson(const Datum &datum) {
  switch (datum.kind) {
  case Datum::Kind::Null:
    return nullptr;
  case Datum::Kind::Bool:
    return datum.boolean;
  case Datum::Kind::Int:
    return datum.integer;
  case Datum::Kind::Float:
    return datum.real;
  case Datum::Kind::String:
    return datum.text;
  case Datum::Kind::List: {
    auto list = nlohmann::ordered_json::array();
    for (const Datum &item : datum.items)
      list.push_back(toJson(item));
    return list;
  }
  case Datum::Kind::Map: {
    auto map = nlohmann::ordered_json::object();
    for (size_t i = 0; i < datum.items.size(); ++i)
      map[datum.keys[i].text] = toJson(datum.items[i]);
    return map;
  }
  }
  return nullptr;
}

std::string compact(const nlohmann::ordered_json &json) {
  std::string text;
  if (json.is_object()) {
    text = "{";
    for (auto it = json.begin(); it != json.end(); ++it)
      text += (it == json.begin() ? "" : ", ") + nlohmann::json(it.key()).dump() + ": " + compact(it.value());
    return text + "}";
  }
  if (json.is_array()) {
    text = "[";
    for (size_t i = 0; i < json.size(); ++i)
      text += (i ? ", " : "") + compact(json[i]);
    return text + "]";
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void pretty(const nlohmann::ordered_json &json, size_t indent, std::string &out) {
  std::string line = compact(json);
  if (!json.is_structured() || json.empty() || ((indent > 0 || json.is_array()) && line.size() + indent <= 120)) {
    out += line;
    return;
  }
  std::string inner(indent + 2, ' ');
  bool object = json.is_object();
  out += object ? "{\n" : "[\n";
  for (auto it = json.begin(); it != json.end(); ++it) {
    out += it == json.begin() ? inner : ",\n" + inner;
    if (object)
      out += nlohmann::json(it.key()).dump() + ": ";
    pretty(*it, indent + 2, out);
  }
  out += "\n" + std::string(indent, ' ') + (object ? "}" : "]");
}

} // namespace

std::optional<Datum> parseJson(const std::string &file, const std::string &text, const JsonLimits &limits, DiagnosticSink &sink) {
  if (text.size() > limits.bytes) {
    sink.report(
        {.code = "CNNC0103", .file = file, .message = "the file has " + std::to_string(text.size()) + " bytes; the limit is " + std::to_string(limits.bytes)});
    return std::nullopt;
  }
  TreeBuilder builder(file, text, limits, sink);
  if (!nlohmann::json::sax_parse(text, &builder) || builder.failed)
    return std::nullopt;
  return std::move(builder.root);
}

std::string printJson(const Datum &datum) {
  std::string out;
  pretty(toJson(datum), 0, out);
  return out + "\n";
}

} // namespace cnnc::frontend
