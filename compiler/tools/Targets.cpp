// cnnc targets: what --target takes.
#include "compiler/Targets.h"
#include "compiler/Table.h"
#include "compiler/tools/Command.h"

using namespace cnnc;
using namespace cnnc::tools;

static llvm::cl::SubCommand parser("targets", "List what --target takes, and what this machine can run\n\n"
                                              "  cnnc targets\n"
                                              "  cnnc compile resnet50 --weights=random:1 --target=x86-64-v3 -o out");

static int run() {
  auto host = findTarget("host");
  Table table({"target", "lanes", "here", "needs"});
  for (const TargetEntry &entry : knownTargets())
    table.add({entry.target.name, std::to_string(entry.target.lanes()),
               host && host->name == entry.target.name ? "host"
               : hostCanRun(entry.target)              ? "runs"
                                                       : "no",
               entry.summary});
  table.print(llvm::outs());
  return Exit::Ok;
}

const Command tools::targetsCommand{parser, run};
