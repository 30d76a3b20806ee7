// The launch table printed as the constants of runtime/lib/plan.h.
#pragma once

#include "compiler/emit/LaunchTable.h"

#include "llvm/IR/Module.h"

#include <memory>
#include <string>

namespace cnnc::emit {

/// Strings of cnnc_info that are not in the launch table.
struct PlanStrings {
  std::string compiler;      ///< Compiler version.
  std::string sourceDigest;  ///< Hex, of the resolved spec.
  std::string weightsDigest; ///< Hex SHA-256 of the weights section; empty when there is none.
  std::string metadata;      ///< The whole metadata document.
};

/// An LLVM module with the hidden constant `cnnc_plan_data`, everything it points to, and the exported functions `cnnc_query` and
/// `<identifier>_cnnc_query`. The weights are the external symbol `cnnc_weights`, or NULL when they are external or absent.
/// Kernels are declarations `<symbol>_argv`. Fails on a target whose code needs a CPU feature that the runtime cannot check.
kernels::Result<std::unique_ptr<llvm::Module>> emitPlan(llvm::LLVMContext &context, const LaunchTable &table, const Target &target, const PlanStrings &strings,
                                                        bool externalWeights);

/// x86-64 or AArch64 data layout of a triple; empty for other architectures.
std::string dataLayoutOf(const std::string &triple);

} // namespace cnnc::emit
