// Collecting and rendering diagnostics.
#include "frontend/Diagnostics.h"
#include "frontend/OpTable.h"

#include "llvm/Support/Regex.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace cnnc::frontend {
namespace {

struct CodeRow {
  const char *code, *summary, *explanation;
};

constexpr CodeRow kCodes[] = {
#define CNNC_CODE(CODE, SUMMARY, EXPLANATION) {#CODE, SUMMARY, EXPLANATION},
#include "frontend/Diagnostics.def"
#undef CNNC_CODE
};

std::string place(const std::string &file, const Mark &mark) {
  std::string text = file;
  if (mark.line > 0)
    text += ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column);
  return text;
}

std::string lineOf(const std::string &text, int line) {
  size_t start = 0;
  for (int i = 1; i < line; ++i) {
    start = text.find('\n', start);
    if (start == std::string::npos)
      return {};
    ++start;
  }
  return text.substr(start, text.find('\n', start) - start);
}

// The line and a caret under the column; long lines are cut to a window around it.
std::string excerpt(const std::string &text, const Mark &mark) {
  std::string line = lineOf(text, mark.line);
  size_t column = static_cast<size_t>(std::max(mark.column, 1)) - 1;
  constexpr size_t window = 110;
  if (line.size() > window) {
    size_t start = column > window / 2 ? std::min(column - window / 2, line.size() - 1) : 0;
    line = line.substr(start, window);
    column -= start;
  }
  std::replace_if(line.begin(), line.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  return "  " + line + "\n  " + std::string(std::min(column, line.size()), ' ') + "^\n";
}

nlohmann::ordered_json markJson(const Mark &mark) { return {{"line", mark.line}, {"column", mark.column}, {"pointer", mark.pointer}}; }

} // namespace

void DiagnosticSink::addSource(std::string file, std::string text) { sources[std::move(file)] = std::move(text); }

void DiagnosticSink::report(Diagnostic diagnostic) {
  // Several of these may stand at one place, and what has no place is told apart by its message; the message of a constraint
  // varies with the shapes of an iteration.
  std::string key = diagnostic.code + "\n" + diagnostic.file + "\n" + std::to_string(diagnostic.mark.line) + ":" + std::to_string(diagnostic.mark.column);
  if (diagnostic.mark.line == 0 || diagnostic.code == "CNNC0202" || diagnostic.code == "CNNC0209" || diagnostic.code == "CNNC0323" ||
      diagnostic.code.starts_with("CNNC06"))
    key += "\n" + diagnostic.message;
  if (!seen.insert(std::move(key)).second)
    return;
  bool error = diagnostic.severity == Severity::Error;
  (error ? errors : warnings) += 1;
  if (!error || errors <= kMaxErrors)
    kept.push_back(std::move(diagnostic));
}

std::string DiagnosticSink::text() const {
  std::string out;
  for (const Diagnostic &diagnostic : kept) {
    std::string where = place(diagnostic.file, diagnostic.mark);
    out += where.empty() ? "" : where + ": ";
    out += diagnostic.severity == Severity::Error ? "error" : "warning";
    out += "[" + diagnostic.code + "]: " + diagnostic.message + "\n";
    if (auto source = sources.find(diagnostic.file); source != sources.end() && diagnostic.mark.line > 0)
      out += excerpt(source->second, diagnostic.mark);
    if (!diagnostic.mark.pointer.empty())
      out += "  at " + diagnostic.mark.pointer + "\n";
    if (!diagnostic.layer.empty())
      out += "  layer: " + diagnostic.layer + "\n";
    for (auto frame = diagnostic.stack.rbegin(); frame != diagnostic.stack.rend(); ++frame)
      out += "  in block '" + frame->block + "'" + (frame->layer.empty() ? "" : " as '" + frame->layer + "'") + ", called at " +
             place(frame->file.empty() ? diagnostic.file : frame->file, frame->mark) + "\n";
    for (const auto &[name, shape] : diagnostic.shapes)
      out += "  shape of " + name + ": " + shape + "\n";
    for (const Diagnostic::Note &note : diagnostic.notes)
      out += "  note: " + note.message + (note.mark.line > 0 ? ": " + place(note.file.empty() ? diagnostic.file : note.file, note.mark) : "") + "\n";
    if (!diagnostic.suggestion.empty())
      out += "  help: " + diagnostic.suggestion + "\n";
  }
  if (errors > kMaxErrors)
    out += "error: " + std::to_string(errors - kMaxErrors) + " further errors are not shown\n";
  return out;
}

std::string DiagnosticSink::json() const {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const Diagnostic &diagnostic : kept) {
    Json item = {{"severity", diagnostic.severity == Severity::Error ? "error" : "warning"},
                 {"code", diagnostic.code},
                 {"message", diagnostic.message},
                 {"file", diagnostic.file}};
    item.update(markJson(diagnostic.mark));
    item["layer"] = diagnostic.layer;
    item["stack"] = Json::array();
    for (const CallFrame &frame : diagnostic.stack) {
      Json entry = {{"block", frame.block}, {"layer", frame.layer}, {"file", frame.file.empty() ? diagnostic.file : frame.file}};
      entry.update(markJson(frame.mark));
      item["stack"].push_back(std::move(entry));
    }
    item["shapes"] = Json::object();
    for (const auto &[name, shape] : diagnostic.shapes)
      item["shapes"][name] = shape;
    item["suggestion"] = diagnostic.suggestion;
    item["notes"] = Json::array();
    for (const Diagnostic::Note &note : diagnostic.notes) {
      Json entry = {{"message", note.message}, {"file", note.file.empty() ? diagnostic.file : note.file}};
      entry.update(markJson(note.mark));
      item["notes"].push_back(std::move(entry));
    }
    list.push_back(std::move(item));
  }
  Json document = {{"diagnostics", std::move(list)}, {"errors", errors}, {"warnings", warnings}};
  // Input is hostile until checked: bytes that are no UTF-8 are replaced, never thrown on.
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

int DiagnosticSink::exitStatus() const {
  if (!errors)
    return 0;
  auto any = [&](auto test) {
    return std::any_of(kept.begin(), kept.end(), [&](const Diagnostic &diagnostic) { return diagnostic.severity == Severity::Error && test(diagnostic.code); });
  };
  if (any([](const std::string &code) { return code == "CNNC0320"; }))
    return 3;
  return any([](const std::string &code) { return code.starts_with("CNNC05") || code == "CNNC0103"; }) ? 5 : 1;
}

std::optional<std::string> nearest(llvm::StringRef word, const std::vector<std::string> &candidates) {
  unsigned best = static_cast<unsigned>(word.size() / 3 + 1) + 1;
  std::optional<std::string> found;
  for (const std::string &candidate : candidates) {
    unsigned distance = word.edit_distance(candidate, /*AllowReplacements=*/true, /*MaxEditDistance=*/best);
    if (distance < best && distance < std::max<size_t>(word.size(), 1)) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

std::string didYouMean(llvm::StringRef word, const std::vector<std::string> &candidates) {
  auto found = nearest(word, candidates);
  return found ? "did you mean '" + *found + "'?" : "";
}

std::optional<std::string> explain(llvm::StringRef code) {
  for (const CodeRow &row : kCodes)
    if (code == row.code)
      return std::string(row.code) + ": " + row.summary + "\n\n" + row.explanation + "\n";
  static const llvm::Regex constraint("^([a-z0-9_]+)_(C[0-9]+)$");
  llvm::SmallVector<llvm::StringRef> parts;
  llvm::StringRef opName = constraint.match(code, &parts) ? parts[1] : code;
  const OpRow *op = findOp(opName);
  if (!op)
    return std::nullopt;
  std::string text = parts.empty() ? op->name : op->name + " " + parts[2].str();
  text += ": " + op->summary + "\n\n";
  if (parts.empty())
    return text + op->description + "\n";
  if (parts[2] == "C0")
    return text +
           "C0, for every op: each operand is a tensor of the element type that the op takes; dimension 0 alone may be dynamic; each further "
           "extent is at least 1; one image has at most 2^40 elements.\n\n" +
           op->description;
  llvm::StringRef description = op->description;
  size_t start = description.find(("- " + parts[2] + ":").str());
  if (start == llvm::StringRef::npos)
    return std::nullopt;
  llvm::StringRef item = description.substr(start);
  return text + item.substr(0, item.find("\n- ", 1)).rtrim().str() + "\n\n" + op->description;
}

std::vector<std::pair<std::string, std::string>> allCodes() {
  std::vector<std::pair<std::string, std::string>> codes;
  for (const CodeRow &row : kCodes)
    codes.emplace_back(row.code, row.summary);
  return codes;
}

} // namespace cnnc::frontend
