// cnnc bench: libraries against their peers, interleaved.
#include "compiler/Threads.h"
#include "compiler/tools/Onnx.h"
#include "compiler/tools/Options.h"

using namespace cnnc;
using namespace cnnc::tools;
namespace cl = llvm::cl;

static cl::SubCommand parser("bench", "Time a library, or every network of the zoo, and its peers in turns\n\n"
                                      "The peers run the same weights through our ONNX export. Each contestant's turns are interleaved with the\n"
                                      "others', results are checked against each other, and the ratio is peer median / our median.\n\n"
                                      "  cnnc bench out/libresnet50.so --against=ort,openvino,ncnn\n"
                                      "  cnnc bench out/libresnet50.so --per-layer                         where the time goes\n"
                                      "  cnnc bench --zoo --batch=8 --against=ort                          eight images a run\n"
                                      "  cnnc bench --zoo --against=ort,openvino --json=zoo.json           a table of all networks\n"
                                      "  cnnc bench --zoo --against=ort,openvino --json=zoo.json --resume  what is missing in it\n"
                                      "  cnnc bench --zoo --networks=resnet18,vgg16 --budget=30s --markdown=zoo.md --html=zoo.html\n"
                                      "  cnnc bench --report=zoo.json --html=zoo.html                      from an earlier run\n\n"
                                      "With --zoo each network is compiled with random weights into a folder of its own, which is deleted\n"
                                      "afterwards; its parameters are those that bench_settings.json beside its spec gives, and --networks' own.\n"
                                      "One that fails is a row with its error, and the exit status is 1.");
static LibraryOptions options(parser, 2, cl::Optional);
static cl::opt<std::string> against("against", cl::desc("Peers: ort, openvino, ncnn (comma-separated)"), cl::init("ort"), cl::sub(parser));
static cl::opt<unsigned> batch("batch", cl::desc("Images of a run, as many as the library takes; with --zoo the networks that take a batch (default: 1)"),
                               cl::init(1), cl::sub(parser));
static cl::opt<std::string> budget("budget", cl::desc("Time for all turns of a network, at least ten each (default: 20s; 10s with --zoo)"), cl::init(""),
                                   cl::sub(parser));
static cl::opt<bool> perLayer("per-layer", cl::desc("Also show where our time goes, launch by launch (with --zoo in the JSON)"), cl::sub(parser));
static cl::opt<bool> zoo("zoo", cl::desc("Time the networks of the zoo instead of a library"), cl::sub(parser));
static cl::opt<std::string> networks("networks", cl::desc("With --zoo: only these, NAME or NAME,PARAMETER=VALUE,... (comma-separated)"), cl::init(""),
                                     cl::sub(parser));
static cl::opt<std::string> results("json", cl::desc("With --zoo: write what is measured so far after each network"), cl::value_desc("file"), cl::init(""),
                                    cl::sub(parser));
static cl::opt<std::string> markdown("markdown", cl::desc("With --zoo or --report: write a table in Markdown"), cl::value_desc("file"), cl::init(""),
                                     cl::sub(parser));
static cl::opt<std::string> html("html", cl::desc("With --zoo or --report: write a page with a chart"), cl::value_desc("file"), cl::init(""), cl::sub(parser));
static cl::opt<std::string> reportOf("report", cl::desc("Time nothing: write --markdown and --html from what --json wrote"), cl::value_desc("file"),
                                     cl::init(""), cl::sub(parser));
static cl::opt<std::string> peak("peak", cl::desc("What `cnnc doctor --peak --format=json` printed, instead of measuring it"), cl::value_desc("file.json"),
                                 cl::init(""), cl::sub(parser));
static cl::opt<std::string> accuracy("accuracy", cl::desc("With --zoo: compile ours with this accuracy: strict, default or fast"), cl::value_desc("level"),
                                     cl::init(""), cl::sub(parser));
static cl::opt<std::string> target("target", cl::desc("With --zoo: compile ours for this target (default: host)"), cl::value_desc("name"), cl::init(""),
                                   cl::sub(parser));
static cl::opt<bool> resume("resume", cl::desc("With --zoo: measure only what the --json file has no result of"), cl::sub(parser));
static cl::opt<std::string> cache("cache", cl::desc("With --zoo: folder of compiled kernels (default: none, so that compile times are those of a first time)"),
                                  cl::value_desc("folder"), cl::init("none"), cl::sub(parser));

// Appends the options that were given, under their own names.
static void forward(std::vector<std::string> &arguments, std::initializer_list<cl::opt<std::string> *> given) {
  for (cl::opt<std::string> *option : given)
    if (!option->empty())
      arguments.insert(arguments.end(), {"--" + option->ArgStr.str(), *option});
}

static int benchZoo() {
  if (!options.library.empty())
    return fail(Exit::Usage, "--zoo takes no library, got '" + options.library + "'; name networks with --networks");
  if (resume && results.empty())
    return fail(Exit::Usage, "--resume needs the file of the earlier run: --json=FILE");
  std::vector<std::string> arguments = {"--cnnc",   program(),      "--peers", against, "--threads", std::to_string(threadsFor(options.threads)),
                                        "--format", options.format, "--cache", cache,   "--batch",   std::to_string(batch)};
  forward(arguments, {&budget, &networks, &results, &markdown, &html, &peak, &accuracy, &target});
  for (const auto &[name, flag] : {std::pair("--resume", &resume), std::pair("--per-layer", &perLayer)})
    if (*flag)
      arguments.push_back(name);
  return runPython("bench_zoo.py", arguments);
}

static int writeReport() {
  if (zoo || !options.library.empty())
    return fail(Exit::Usage, "--report times nothing; leave out " + (zoo ? "--zoo" : "'" + options.library + "'"));
  if (markdown.empty() && html.empty())
    return fail(Exit::Usage, "--report needs --markdown=FILE or --html=FILE");
  std::vector<std::string> arguments = {"--json", reportOf};
  forward(arguments, {&markdown, &html});
  return runPython("reports.py", arguments);
}

static int run() {
  if (!reportOf.empty())
    return writeReport();
  if (batch < 1 || batch > 65536)
    return fail(Exit::Usage, "--batch takes a count of images from 1 to 65536, got " + std::to_string(batch));
  if (zoo)
    return benchZoo();
  if (options.library.empty())
    return fail(Exit::Usage, "name a library, or say --zoo; see `cnnc bench --help`");
  if (!networks.empty() || !results.empty() || !markdown.empty() || !html.empty() || !accuracy.empty() || !target.empty() || resume)
    return fail(Exit::Usage, "--networks, --json, --markdown, --html, --accuracy, --target and --resume go with --zoo");
  Provenance provenance;
  if (int status = options.import(provenance))
    return status;
  TemporaryOnnx onnx;
  if (int status = onnx.write(*provenance.session))
    return status;
  provenance.session.reset(); // the peers need the memory
  std::vector<std::string> arguments = {"--cnnc",    program(),
                                        "--library", options.library,
                                        "--onnx",    onnx.path(),
                                        "--peers",   against,
                                        "--threads", std::to_string(threadsFor(options.threads)),
                                        "--batch",   std::to_string(batch),
                                        "--budget",  budget.empty() ? "20s" : std::string(budget),
                                        "--format",  options.format};
  forward(arguments, {&peak});
  if (perLayer)
    arguments.push_back("--per-layer");
  return runPython("bench.py", arguments);
}

const Command tools::benchCommand{parser, run};
