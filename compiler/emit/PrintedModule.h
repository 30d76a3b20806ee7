// The form of a plan module that can be printed, read back and made into a library: it carries the kernels' specs, the metadata
// document and the weights.
//
//   !cnnc.kernels = !{!{!"<exec.kernel>", !"<spec JSON>", !"<schedule JSON>"}, ...}
//   !cnnc.metadata = !{!{!"<metadata JSON>"}}
//   @cnnc_weights = hidden constant [N x i8] c"..."       absent without weights
#pragma once

#include "lowering/kernels/Build.h"

#include "llvm/IR/Module.h"

#include <map>
#include <nlohmann/json.hpp>

namespace cnnc::emit {

/// Adds the three to a module of `emitPlan`. `weights` holds the whole section.
void attach(llvm::Module &module, const std::map<std::string, kernels::BuildRequest> &kernels, const std::string &metadata, llvm::StringRef weights);

struct DetachedModule {
  std::unique_ptr<llvm::Module> plan; ///< As `emitPlan` gave it: the weights are a declaration again, or gone.
  std::vector<kernels::BuildRequest> kernels;
  nlohmann::json metadata;
  std::string weights;
};

/// Parses LLVM assembly or bitcode and takes the three out again. Fails, saying what is wrong, on anything that `attach` did not make.
kernels::Result<DetachedModule> parsePrinted(llvm::LLVMContext &context, llvm::StringRef text, const std::string &name);

} // namespace cnnc::emit
