// exec module -> library: the last two phases of the compiler.
//
//   exec --readModule--> LaunchTable --emitPlan--> LLVM --compilePlan--> object --linkLibrary--> lib<net>.so
#pragma once

#include "compiler/emit/Package.h"
#include "lowering/kernels/Build.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/Module.h"

#include <map>
#include <nlohmann/json.hpp>

namespace cnnc::emit {

struct EmitOptions {
  std::string network;      ///< Empty: the module's `cnn.network`.
  std::string outputFolder; ///< Made when missing.
  std::string cacheFolder;  ///< Of kernels that `emitLibraryFromLLVM` builds; empty: none.
  std::string compilerVersion;
  std::string weightsSource;    ///< Where the weights came from, for the metadata.
  bool externalWeights = false; ///< Weights go to <net>.weights beside the library.
  nlohmann::json origin;        ///< The resolved spec; `info.source_digest` is the SHA-256 of its text.
  std::string request;          ///< Text of <net>.origin.json, how to make the library again; empty: no such file.
};

/// Paths of what was written.
struct LibraryFiles {
  std::string library; ///< <outputFolder>/lib<net>.so.
  std::string weights; ///< <outputFolder>/<net>.weights; empty when embedded.
  std::string header;  ///< <outputFolder>/<net>.h.
  nlohmann::json metadata;
};

/// Writes the library of a module after the partition phase and the files around it, all or nothing. `kernels` holds the object of each
/// exec.kernel by its symbol. The library's bytes depend on the arguments' content only, not on the folder.
kernels::Result<LibraryFiles> emitLibrary(mlir::ModuleOp module, const Target &target, const std::map<std::string, kernels::Object> &kernels,
                                          const EmitOptions &options);

/// The `llvm` phase in printable form (see PrintedModule.h). `kernels` holds what each exec.kernel is built from.
kernels::Result<std::unique_ptr<llvm::Module>> emitLLVM(llvm::LLVMContext &context, mlir::ModuleOp module, const Target &target,
                                                        const std::map<std::string, kernels::BuildRequest> &kernels, const EmitOptions &options);

/// Continues from the printed form: parses it, builds its kernels and writes the same library that `emitLibrary` writes. The network,
/// origin and kind of weights are those of the text; `target` must be the one it was made for.
kernels::Result<LibraryFiles> emitLibraryFromLLVM(llvm::StringRef text, const std::string &textName, const Target &target, const EmitOptions &options);

} // namespace cnnc::emit
