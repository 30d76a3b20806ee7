// cnnc bench: a library against its peers, interleaved.
#include "compiler/tools/Onnx.h"
#include "compiler/tools/Options.h"

using namespace cnnc;
using namespace cnnc::tools;
namespace cl = llvm::cl;

static cl::SubCommand parser("bench", "Time a library and its peers in turns\n\n"
                                      "The peers run the same weights through our ONNX export. Each contestant's turns are interleaved with the\n"
                                      "others', results are checked against each other, and the ratio is peer median / our median.");
static cl::opt<std::string> library(cl::Positional, cl::Required, cl::desc("LIBRARY"), cl::sub(parser));
static cl::opt<std::string> against("against", cl::desc("Peers: ort, openvino (comma-separated)"), cl::init("ort"), cl::sub(parser));
static cl::opt<int> threads("threads", cl::desc("Threads of each contestant"), cl::init(2), cl::sub(parser));
static cl::opt<std::string> budget("budget", cl::desc("Time for all turns, e.g. 20s"), cl::init("20s"), cl::sub(parser));
static cl::opt<std::string> format("format", cl::desc("text or json"), cl::init("text"), cl::sub(parser));
static cl::opt<std::string> model("model", cl::desc("The network, when its file moved since the library was compiled"), cl::init(""), cl::sub(parser));
static cl::opt<std::string> weights("weights", cl::desc("Weights, when they moved since the library was compiled"), cl::init(""), cl::sub(parser));

static int run() {
  if (format != "text" && format != "json")
    return fail(Exit::Usage, "--format takes text or json, got '" + format + "'");
  Provenance provenance;
  if (int status = importOrigin(library, model, weights, provenance))
    return status;
  Session &session = *provenance.session;
  TemporaryOnnx onnx;
  if (int status = onnx.write(session))
    return status;
  return runPython("bench.py", {"--library", library, "--onnx", onnx.path(), "--peers", against, "--threads", std::to_string(threads), "--budget", budget,
                                "--format", format});
}

const Command tools::benchCommand{parser, run};
