// cnnc doctor: does everything that a compilation needs work on this machine?
#include "compiler/MachinePeak.h"
#include "compiler/Runner.h"
#include "compiler/Table.h"
#include "compiler/Targets.h"
#include "compiler/emit/Link.h"
#include "compiler/tools/Options.h"

#include "llvm/Config/llvm-config.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Program.h"

using namespace cnnc;
using namespace cnnc::tools;

static llvm::cl::SubCommand parser("doctor", "Check that everything a compilation needs works on this machine\n\n"
                                             "  cnnc doctor\n"
                                             "  cnnc doctor --cache=/var/cache/cnnc\n"
                                             "  cnnc doctor --peak                                what the machine does at most\n"
                                             "  cnnc doctor --peak --format=json > peak.json      for cnnc profile and cnnc bench --peak=peak.json\n\n"
                                             "--peak measures f32 multiply-adds in registers, and streams read from each level of memory by all threads:\n"
                                             "L2, L3 (a buffer much larger than L2), memory (one twice as large as L3, where so much is free).");
static NetworkOptions network(parser);
static llvm::cl::opt<bool> peak("peak", llvm::cl::desc("Measure the machine's peak with the target's vectors, for some seconds, and examine nothing"),
                                llvm::cl::sub(parser));
static llvm::cl::opt<int> threads("threads", llvm::cl::desc("With --peak: threads; 0: as many as a library takes by itself (default)"), llvm::cl::init(0),
                                  llvm::cl::sub(parser));
static llvm::cl::opt<std::string> format("format", llvm::cl::desc("With --peak: text or json"), llvm::cl::init("text"), llvm::cl::sub(parser));

namespace {

// What is wrong, or an empty string; `found` says what was seen.
using Examination = std::function<std::string(std::string &found)>;

constexpr const char *kProbe = R"(module attributes {cnn.network = "probe"} {
  func.func @main(%x: tensor<1x3x8x8xf32> {cnn.name = "x"}) -> (tensor<1x3x8x8xf32> {cnn.name = "y"}) attributes {cnn.max_batch = 1 : i64} {
    %0 = cnn.relu %x {layer = "relu"} : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8xf32>
    return %0 : tensor<1x3x8x8xf32>
  }
}
)";

// Compiles, loads and runs one op.
std::string examineWhole(const SessionOptions &options, std::string &found) {
  llvm::SmallString<128> folder;
  if (auto code = llvm::sys::fs::createUniqueDirectory("cnnc-doctor", folder))
    return "cannot make a temporary folder: " + code.message();
  std::string file = (folder + "/probe.mlir").str(), problem;
  {
    std::error_code code;
    llvm::raw_fd_ostream(file, code) << kProbe;
  }
  frontend::DiagnosticSink sink;
  Session session(options, sink);
  emit::EmitOptions emitOptions;
  emitOptions.outputFolder = folder.str().str();
  emitOptions.compilerVersion = CNNC_VERSION;
  std::optional<emit::LibraryFiles> files;
  if (session.load(file) && session.advance(Phase::Partition) && session.buildKernels())
    files = session.emitLibrary(emitOptions);
  if (!files) {
    problem = sink.text();
  } else {
    try {
      LibraryAt at = LibraryAt::open(files->library);
      Array input = randomArray("f32", {1, 3, 8, 8}, 1);
      Array output = runLibrary(at, {input}, 0).front();
      for (int64_t i = 0; i < input.elements(); ++i)
        if (output.f32()[i] != std::max(input.f32()[i], 0.0f))
          problem = "the probe network gives wrong values";
      found = "compiled, loaded and ran";
    } catch (const Error &error) {
      problem = error.what();
    }
  }
  llvm::sys::fs::remove_directories(folder);
  return problem;
}

int showPeak(const Target &target) {
  if (!hostCanRun(target))
    return fail(Exit::Unsupported, "this machine has not the vectors of " + target.name + "; choose another --target");
  if (threads < 0 || threads > 1024)
    return fail(Exit::Usage, "--threads takes a count from 0 (a library's own choice) to 1024, got " + std::to_string(threads));
  MachinePeak found = measurePeak(target, threads);
  if (format == "json")
    llvm::outs() << toJson(found).dump(2) << '\n';
  else
    printPeak(found, llvm::outs());
  return Exit::Ok;
}

int run() {
  int status = Exit::Ok;
  auto options = network.session(status);
  if (!options)
    return status;
  if (format != "text" && format != "json")
    return fail(Exit::Usage, "--format takes text or json, got '" + format + "'");
  if (peak)
    return showPeak(options->target);
  std::vector<std::pair<std::string, Examination>> examinations = {
      {"LLVM",
       [](std::string &found) {
         found = LLVM_VERSION_STRING;
         return std::string();
       }},
      {"target",
       [&](std::string &found) {
         found = options->target.name;
         return hostCanRun(options->target) ? "" : std::string("this machine cannot run its own libraries for it; choose another --target");
       }},
      {"libc to link",
       [&](std::string &found) {
         auto libraries = emit::systemLibraries(options->target.triple);
         for (const std::string &library : libraries.value_or(std::vector<std::string>()))
           found += (found.empty() ? "" : " ") + library;
         return libraries ? "" : std::string("libc.so.6 or libm.so.6 is missing; install libc6");
       }},
      {"kernel cache",
       [&](std::string &found) {
         found = options->cacheFolder.empty() ? "none" : options->cacheFolder;
         if (options->cacheFolder.empty())
           return std::string();
         std::error_code code = llvm::sys::fs::create_directories(options->cacheFolder);
         if (!code && !llvm::sys::fs::is_directory(options->cacheFolder))
           code = std::make_error_code(std::errc::not_a_directory);
         if (!code)
           code = llvm::sys::fs::access(options->cacheFolder, llvm::sys::fs::AccessMode::Write);
         return code ? "cannot be written (" + code.message() + "); set CNNC_CACHE or --cache" : std::string();
       }},
      {"model zoo",
       [](std::string &found) {
         for (const std::string &folder : modelFolders())
           found += (found.empty() ? "" : " ") + folder;
         return found.empty() ? std::string("not found; set CNNC_MODELS") : std::string();
       }},
      {"oracles",
       [](std::string &found) {
         found = python();
         std::string error;
         int status = llvm::sys::ExecuteAndWait(found, {found, "-c", "import numpy, onnxruntime"}, std::nullopt,
                                                {std::nullopt, llvm::StringRef(""), llvm::StringRef("")}, 60, 0, &error);
         return status == 0 ? std::string() : std::string("this Python has no numpy or onnxruntime; set CNNC_PYTHON (verify --against=ort and bench need it)");
       }},
      {"whole chain", [&](std::string &found) { return examineWhole(*options, found); }},
  };
  Table table({"part", "", "found"});
  bool healthy = true;
  for (const auto &[part, examine] : examinations) {
    std::string found, problem = examine(found);
    healthy &= problem.empty();
    table.add({part, problem.empty() ? "ok" : "PROBLEM", problem.empty() ? found : problem});
  }
  table.print(llvm::outs());
  return healthy ? Exit::Ok : Exit::Diagnosed;
}

} // namespace

const Command tools::doctorCommand{parser, run};
