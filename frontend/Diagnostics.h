// Diagnostics of the frontend: collected, never thrown, all errors of an input in one go.
#pragma once

#include "frontend/Datum.h"

#include "llvm/ADT/StringRef.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace cnnc::frontend {

enum class Severity { Warning, Error };

/// One call on the way from the model to a layer: the layer that calls, and the block it calls.
struct CallFrame {
  std::string block, layer;
  Mark mark;
  std::string file = {}; ///< Where the call is written; empty: the diagnostic's file.
};

struct Diagnostic {
  struct Note {
    std::string message;
    Mark mark = {};
    std::string file = {}; ///< Empty: the diagnostic's.
  };

  Severity severity = Severity::Error;
  std::string code; ///< "CNNC0201", or "conv2d_C4" for a numbered constraint of an op.
  std::string file = {};
  Mark mark = {};
  std::string layer = {};            ///< Full layer name, nested by block; empty when no layer is concerned.
  std::vector<CallFrame> stack = {}; ///< Outermost call first.
  std::string message = {};
  std::vector<std::pair<std::string, std::string>> shapes = {}; ///< Inferred shapes: value, "?x64x56x56".
  std::string suggestion = {};
  std::vector<Note> notes = {};
};

/// Collects diagnostics. An error that repeats at the same place with the same code (an iteration of a `repeat`, a second
/// call of a block) is kept once.
class DiagnosticSink {
public:
  /// Errors kept before further ones are only counted.
  static constexpr size_t kMaxErrors = 200;

  /// Keeps the text of a file so that messages can show the line.
  void addSource(std::string file, std::string text);

  void report(Diagnostic diagnostic);

  bool hasErrors() const { return errors > 0; }
  size_t errorCount() const { return errors; }
  const std::vector<Diagnostic> &diagnostics() const { return kept; }

  /// "file:line:column: error[CODE]: message" with the line, a caret, the layer, shapes, notes and the suggestion.
  std::string text() const;
  /// {"diagnostics": [...], "errors": n, "warnings": n}; one object a diagnostic, keys as the members of Diagnostic.
  std::string json() const;
  /// Exit status of a command: 0 without errors, 3 when an op is unsupported, 5 when a limit is exceeded, else 1.
  int exitStatus() const;

private:
  std::vector<Diagnostic> kept;
  std::map<std::string, std::string> sources;
  std::set<std::string> seen;
  size_t errors = 0, warnings = 0;
};

/// The candidate nearest to a misspelt word, or nullopt when none is near (a third of the word's letters).
std::optional<std::string> nearest(llvm::StringRef word, const std::vector<std::string> &candidates);

/// "did you mean 'x'?" or the empty string.
std::string didYouMean(llvm::StringRef word, const std::vector<std::string> &candidates);

/// The long explanation of a code, for `cnnc explain`; nullopt for an unknown code.
std::optional<std::string> explain(llvm::StringRef code);

/// Every CNNC code with its summary, in order.
std::vector<std::pair<std::string, std::string>> allCodes();

} // namespace cnnc::frontend
