// cnnc bench: a library against its peers, interleaved.
#include "compiler/tools/Onnx.h"
#include "compiler/tools/Options.h"

using namespace cnnc;
using namespace cnnc::tools;
namespace cl = llvm::cl;

static cl::SubCommand parser("bench", "Time a library and its peers in turns\n\n"
                                      "The peers run the same weights through our ONNX export. Each contestant's turns are interleaved with the\n"
                                      "others', results are checked against each other, and the ratio is peer median / our median.");
static LibraryOptions options(parser, 2);
static cl::opt<std::string> against("against", cl::desc("Peers: ort, openvino (comma-separated)"), cl::init("ort"), cl::sub(parser));
static cl::opt<std::string> budget("budget", cl::desc("Time for all turns, e.g. 20s"), cl::init("20s"), cl::sub(parser));

static int run() {
  Provenance provenance;
  if (int status = options.import(provenance))
    return status;
  Session &session = *provenance.session;
  TemporaryOnnx onnx;
  if (int status = onnx.write(session))
    return status;
  return runPython("bench.py", {"--library", options.library, "--onnx", onnx.path(), "--peers", against, "--threads", std::to_string(options.threads),
                                "--budget", budget, "--format", options.format});
}

const Command tools::benchCommand{parser, run};
