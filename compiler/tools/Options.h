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

  /// Nothing after an error, which has been printed and whose exit status is in `status`.
  std::optional<SessionOptions> session(int &status) const;
  bool jsonDiagnostics() const { return diagnostics == "json"; }
};

/// --accuracy of the commands that compile kernels. Each command owns one, bound to its subcommand.
struct AccuracyOption {
  explicit AccuracyOption(llvm::cl::SubCommand &command);
  llvm::cl::opt<std::string> level;

  /// Sets a session's accuracy. Returns 0, or the exit status after printing the error.
  int apply(SessionOptions &session) const;
};

/// Prints what a sink has collected, to stderr as text or to stdout as JSON, and returns the exit status.
int report(const frontend::DiagnosticSink &sink, bool json);

/// Remembers argv[0], from which installed files are found.
void setProgram(const char *argv0);
/// The path of this program.
const std::string &program();

/// Folders that hold the model zoo, the first one wins: $CNNC_MODELS, then the installed and the source tree's.
std::vector<std::string> modelFolders();
/// The folder with the Python tools and the Python that runs them ($CNNC_PYTHON, else the one found at build time).
std::string oracleFolder();
std::string python();

/// What the user asked for, as `compile` writes it to <net>.origin.json beside a library: {"model", "sets", "weights"}, paths absolute.
/// It stays out of the library, whose bytes must not depend on a folder.
nlohmann::json requestOf(const std::string &model, const SessionOptions &session);

/// A library and the network that it was compiled from, imported again.
struct Provenance {
  frontend::DiagnosticSink sink;
  std::unique_ptr<Session> session;
};

/// Options of the commands that compare a library with something else. Each command owns one, bound to its subcommand.
struct LibraryOptions {
  LibraryOptions(llvm::cl::SubCommand &command, int threads, llvm::cl::NumOccurrencesFlag needed = llvm::cl::Required);
  llvm::cl::opt<std::string> library, model, weights, format;
  llvm::cl::opt<int> threads;

  /// Imports the library's network. Returns 0, or the exit status after printing the errors.
  int import(Provenance &provenance) const;
};

/// Imports the network of a library: `model` and `weights` where they are not empty, else what <net>.origin.json beside the library says, else
/// what the library itself says (a zoo name, or a file name). Returns 0, or the exit status after printing the errors.
int importOrigin(const std::string &path, const std::string &model, const std::string &weights, Provenance &provenance);

/// Prints "cnnc: error: ..." and returns `exit`.
int fail(Exit exit, const llvm::Twine &message);

/// Writes a file whole or not at all; 0, or the exit status after printing why not.
int writeOut(const std::string &path, llvm::StringRef text);

/// Seconds of "120s", "500ms" or "2m"; nothing when it is none.
std::optional<double> durationOf(llvm::StringRef text);

/// Runs the Python tool `script` of the oracle folder; returns its exit status.
int runPython(const std::string &script, const std::vector<std::string> &arguments);

} // namespace cnnc::tools
