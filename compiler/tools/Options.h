// Options that several commands share, and what they resolve to.
#pragma once

#include "compiler/Session.h"
#include "compiler/emit/LibraryFile.h"
#include "compiler/tools/Command.h"

#include <nlohmann/json.hpp>

namespace cnnc::tools {

/// Options of the commands that read a network. Each command owns one, bound to its subcommand.
struct NetworkOptions {
  explicit NetworkOptions(llvm::cl::SubCommand &command);
  llvm::cl::list<std::string> sets;
  llvm::cl::opt<std::string> weights, target, cache, diagnostics;
  llvm::cl::opt<bool> timing;
  llvm::cl::opt<std::string> irFolder;

  /// Nothing after an error, which has been printed.
  std::optional<SessionOptions> session() const;
  bool jsonDiagnostics() const { return diagnostics == "json"; }
};

/// Prints what a sink has collected, to stderr as text or to stdout as JSON, and returns the exit status.
int report(const frontend::DiagnosticSink &sink, bool json);

/// Remembers argv[0], from which installed files are found.
void setProgram(const char *argv0);

/// Folders that hold the model zoo, the first one wins: $CNNC_MODELS, then the installed and the source tree's.
std::vector<std::string> modelFolders();
/// The folder with the Python tools and the Python that runs them ($CNNC_PYTHON, else the one found at build time).
std::string oracleFolder();
std::string python();

/// Where a library came from, as `compile` records it: {"model": ..., "sets": {...}, "weights": ...}.
nlohmann::json originOf(const std::string &model, const NetworkOptions &options);

/// The import options that rebuild a library's network; `weights` overrides the recorded source. Prints errors.
std::optional<std::pair<std::string, SessionOptions>> sessionFromOrigin(const emit::LibraryFile &library, const std::string &weights);

/// Prints "cnnc: error: ..." and returns `exit`.
int fail(Exit exit, const llvm::Twine &message);

/// Runs the Python tool `script` of the oracle folder; returns its exit status.
int runPython(const std::string &script, const std::vector<std::string> &arguments);

} // namespace cnnc::tools
