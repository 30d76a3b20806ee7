// Inputs of a library as the command line gives them.
#pragma once

#include "compiler/Runner.h"

#include "llvm/Support/CommandLine.h"

namespace cnnc::tools {

/// `--input NAME=VALUE` of the commands that run a library. Each command owns one, bound to its subcommand.
struct InputOptions {
  explicit InputOptions(llvm::cl::SubCommand &command);
  llvm::cl::list<std::string> inputs;

  /// One array for each declared input; those without a value are random:1 at batch 1. Fails on a name that the library has not and a file that
  /// cannot be read.
  llvm::Expected<std::vector<Array>> read(const cnnc_info &info) const;
};

} // namespace cnnc::tools
