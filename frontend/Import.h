// A network's spec -> a module in the cnn dialect.
#pragma once

#include "frontend/Expand.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace cnnc::frontend {

struct ImportOptions {
  ParameterChoice parameters;            ///< `--set` and the preset; the preset may also come with the network's name.
  std::string weights;                   ///< As openWeights takes it; empty: zeros.
  std::string confineWeightsTo;          ///< Not empty: the weights file must lie inside this folder.
  std::vector<std::string> modelFolders; ///< Folders that hold the zoo: <folder>/<network>/model.cnn or model.json.
  ExpandLimits limits;
  size_t fileBytes = size_t(64) << 20; ///< Largest spec.
};

/// A spec found by name.
struct NetworkFile {
  std::string path;   ///< The spec's file.
  std::string preset; ///< Set when the name is a preset's.
};

/// The spec files of the zoo: <folder>/<network>/model.cnn or model.json, sorted by network, folder by folder.
std::vector<std::string> zooFiles(const ImportOptions &options);

/// The spec that a path names: itself, or model.cnn or model.json in a folder; nullopt: none, though it may be a name of the zoo.
std::optional<std::string> specAt(const std::string &path);

/// Finds a network: a file, a folder with model.cnn or model.json, a zoo name, or the name of a preset of a zoo network. Reports near names.
std::optional<NetworkFile> findNetwork(const std::string &pathOrName, const ImportOptions &options, DiagnosticSink &sink);

/// Reads a spec file ("-": stdin) of at most `maxBytes`; its imports stay unresolved. nullopt after an error of the file as a
/// whole; other errors are in the sink, which keeps the text.
std::optional<ModelSpec> readSpecFile(const std::string &path, size_t maxBytes, DiagnosticSink &sink);

/// Resolves the imports of a spec, checks it and imports it: attributes of the module: `cnn.network` (a StrAttr); func.func @main with `cnn.max_batch` (an I64Attr), argument and result
/// attributes `cnn.name` and, where the spec says so, argument attribute `cnn.layout_hint`. Every op has its layer's name as
/// the attribute `layer`; weights are cnn.constant ops named "<layer>.<suffix>". Locations are NameLoc(layer, FileLineColLoc).
/// Null when the sink has errors afterwards; all errors of the spec and its weights are reported in one go.
mlir::OwningOpRef<mlir::ModuleOp> importSpec(mlir::MLIRContext &context, const ModelSpec &spec, const ImportOptions &options, DiagnosticSink &sink);

/// findNetwork, readSpecFile, importSpec.
mlir::OwningOpRef<mlir::ModuleOp> importModel(mlir::MLIRContext &context, const std::string &pathOrName, const ImportOptions &options, DiagnosticSink &sink);

/// `cnnc check`: imports a network or checks a library of blocks, prints the diagnostics to `out` as text or JSON, and returns the exit status.
int runCheck(const std::string &pathOrName, const ImportOptions &options, bool json, llvm::raw_ostream &out);

} // namespace cnnc::frontend
