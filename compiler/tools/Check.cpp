// cnnc check: every error of a spec at once.
#include "compiler/tools/Options.h"

using namespace cnnc;
using namespace cnnc::tools;
namespace cl = llvm::cl;

static cl::SubCommand parser("check", "Report every error of a spec and its weights, and compile nothing\n\n"
                                      "  cnnc check net.json --weights=net.safetensors\n"
                                      "  cnnc check - --diagnostics=json < net.json     for editors");
static cl::opt<std::string> input(cl::Positional, cl::Required, cl::desc("NETWORK"), cl::sub(parser));
static NetworkOptions network(parser);

static int run() {
  int status = Exit::Ok;
  auto options = network.session(status);
  if (!options)
    return status;
  return frontend::runCheck(input, options->import, network.jsonDiagnostics(), network.jsonDiagnostics() ? llvm::outs() : llvm::errs());
}

const Command tools::checkCommand{parser, run};
