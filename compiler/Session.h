// From a spec to a library: the phases, enterable and leavable by name.
#pragma once

#include "compiler/emit/Emit.h"
#include "frontend/Import.h"
#include "lowering/Passes.h"
#include "lowering/kernels/Build.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <chrono>
#include <nlohmann/json.hpp>

namespace cnnc {

/// Attribute of a module: the phase that it is at the end of.
inline constexpr llvm::StringLiteral kPhase = "cnnc.phase";

/// In order. A module carries its phase, so that a printed phase can be fed back.
enum class Phase { Import, Graph, Partition, Llvm, Library };
llvm::StringRef phaseName(Phase phase);
std::optional<Phase> phaseNamed(llvm::StringRef name);

struct SessionOptions {
  Target target;
  std::string cacheFolder; ///< Of compiled kernels; empty: no cache.
  std::string reproducer;  ///< Where an internal error leaves the module it failed on; empty: nowhere.
  frontend::ImportOptions import;
  GraphOptions graph;
  kernels::Accuracy accuracy = kernels::Accuracy::standard;
  PartitionOptions partition;
  std::string irFolder;     ///< Not empty: the module after each pass is printed into this folder.
  bool timing = false;      ///< Print the time of each pass to stderr.
  bool keepImported = true; ///< Keep the network as it was imported, and its weights, for `imported()`.
};

/// A dense layer that became two of a lower rank (truncate-svd).
struct TruncatedLayer {
  std::string layer;
  int64_t rank = 0;
  double energy = 0;             ///< Sum of the squares of the singular values kept over that of all.
  double error = 0;              ///< Relative, of the weights in the Frobenius norm.
  int64_t before = 0, after = 0; ///< Weights.
};
/// Those of a module past the graph phase, as the pass left them on it.
std::vector<TruncatedLayer> truncatedLayers(mlir::ModuleOp module);
/// [{"layer", "rank", "energy", "error", "parameters_before", "parameters_after"}].
nlohmann::json toJson(const std::vector<TruncatedLayer> &layers);

/// What a compilation did, for people and for tests.
struct CompileReport {
  int64_t layers = 0, launches = 0;
  kernels::BuildStatistics kernels;
  int64_t arenaBytes = 0, weightsBytes = 0;
  int64_t liveBytes = 0; ///< No arena is smaller.
  std::vector<TruncatedLayer> truncated;
  std::vector<std::pair<std::string, double>> seconds; ///< By phase.
};

/// One network on its way through the phases. Errors go to the sink; every call says whether it succeeded.
class Session {
public:
  Session(SessionOptions options, frontend::DiagnosticSink &sink);
  ~Session();

  /// Reads a network: a zoo name, a folder or a spec (phase import), or a .mlir file of any phase.
  bool load(const std::string &input);
  /// Reads a printed phase from its text; `name` stands for the file in errors.
  bool loadText(llvm::StringRef text, const std::string &name);

  /// Goes back to a copy of an earlier phase of its own module, whose weights it shares.
  void restore(mlir::ModuleOp earlier);
  /// What PartitionOptions::schedules is from now on.
  void chooseSchedules(ScheduleLookup schedules) { options.partition.schedules = std::move(schedules); }

  /// Runs phases until `phase` is reached (at most partition).
  bool advance(Phase phase);

  /// Builds the kernels of a partitioned module.
  bool buildKernels();

  /// Writes the package of a partitioned module with built kernels.
  std::optional<emit::LibraryFiles> emitLibrary(const emit::EmitOptions &options);

  /// Where the network came from, as {"model", "weights", "sets", "digest"}: file names without folders, and the SHA-256 of the
  /// imported module without its weights; "svd" lists the layers that truncate-svd replaced, if there are any. It travels with printed phases as the attribute `cnnc.origin`.
  nlohmann::json origin() const;

  Phase phase() const { return current; }
  mlir::ModuleOp module() { return *loaded; }
  const Target &target() const { return options.target; }
  /// The network as it was imported, before any pass; null when a later phase was loaded or it was not kept.
  mlir::ModuleOp imported() { return original ? *original : mlir::ModuleOp(); }
  mlir::MLIRContext &context() { return *mlirContext; }
  const CompileReport &report() const { return statistics; }
  /// What each exec.kernel of a partitioned module is built from. Nothing after an error, which is in the sink.
  std::optional<std::map<std::string, kernels::BuildRequest>> buildRequests();
  std::string network() const;
  /// True after a failure that is ours, not the input's.
  bool failedInternally() const { return internalFailure; }

private:
  bool parse(llvm::StringRef text, const std::string &path);
  bool enter(const std::string &input, std::chrono::steady_clock::time_point start);
  void recordOrigin(const std::string &input);
  bool runPipeline(llvm::StringRef title, llvm::function_ref<void(mlir::OpPassManager &)> build);
  void reportError(const std::string &code, const std::string &file, const std::string &message);
  void internalError(const std::string &message);

  SessionOptions options;
  frontend::DiagnosticSink &sink;
  std::unique_ptr<mlir::MLIRContext> mlirContext;
  mlir::OwningOpRef<mlir::ModuleOp> loaded, original;
  Phase current = Phase::Import;
  std::map<std::string, kernels::Object> objects;
  CompileReport statistics;
  bool internalFailure = false;
};

} // namespace cnnc
