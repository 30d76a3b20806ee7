// A subcommand of cnnc.
#pragma once

#include "llvm/Support/CommandLine.h"

namespace cnnc::tools {

/// Exit statuses of cnnc.
enum Exit { Ok = 0, Diagnosed = 1, Usage = 2, Unsupported = 3, Mismatch = 4, Limit = 5, Internal = 70 };

struct Command {
  llvm::cl::SubCommand &parser;
  int (*run)();
};

extern const Command compileCommand, runCommand, verifyCommand, benchCommand, inspectCommand, checkCommand, targetsCommand, doctorCommand, explainCommand,
    convertCommand, formatCommand, zooCommand, evalCommand, tuneCommand, tuningCommand, profileCommand;

} // namespace cnnc::tools
