// cnnc compile: a network -> a library, or any phase on the way.
#include "compiler/Runner.h"
#include "compiler/Table.h"
#include "compiler/tools/Options.h"

#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace cnnc;
using namespace cnnc::tools;
namespace cl = llvm::cl;

static cl::SubCommand parser("compile", "Compile networks into shared libraries\n\n"
                                        "NETWORK is a zoo name or preset (resnet50), a folder with model.json, a spec (.json), or a printed\n"
                                        "phase (.mlir, .ll). Several are compiled one after another into the same folder.");
static cl::list<std::string> inputs(cl::Positional, cl::OneOrMore, cl::desc("NETWORK..."), cl::sub(parser));
static cl::opt<std::string> output("o", cl::desc("Output folder; with --compile-to, a file ('-': stdout)"), cl::value_desc("path"), cl::init(""), cl::sub(parser));
static cl::opt<std::string> compileTo("compile-to", cl::desc("Stop after a phase and print it: import, graph, partition, llvm (default: library)"),
                                      cl::value_desc("phase"), cl::init("library"), cl::sub(parser));
static cl::opt<std::string> sample("sample", cl::desc("Expected output written beside the library: 'library' (its own), 'reference' (f64, slow) or 'none'"),
                                   cl::value_desc("kind"), cl::init("library"), cl::sub(parser));
static cl::opt<bool> externalWeights("external-weights", cl::desc("Write <net>.weights beside the library instead of embedding them"), cl::sub(parser));
static cl::opt<bool> elideWeights("elide-weights", cl::desc("Leave weights out of a printed phase (it cannot be fed back)"), cl::sub(parser));
static cl::opt<bool> quiet("quiet", cl::desc("Print errors only"), cl::sub(parser));
static NetworkOptions network(parser);

namespace {

using WriteTo = llvm::function_ref<void(llvm::raw_ostream &)>;

int printTo(const std::string &path, WriteTo write) {
  std::error_code code;
  llvm::ToolOutputFile file(path.empty() ? "-" : path, code, llvm::sys::fs::OF_None);
  if (code)
    return fail(Exit::Diagnosed, "cannot write '" + path + "': " + code.message());
  write(file.os());
  file.os().flush();
  if (file.os().has_error()) {
    std::string why = file.os().error().message();
    file.os().clear_error();
    return fail(Exit::Diagnosed, "cannot write '" + path + "': " + why);
  }
  file.keep();
  return Exit::Ok;
}

emit::EmitOptions emitOptions(const std::string &input, const SessionOptions &session) {
  emit::EmitOptions options;
  options.outputFolder = output.empty() ? "." : std::string(output);
  options.cacheFolder = session.cacheFolder;
  options.compilerVersion = CNNC_VERSION;
  options.weightsSource = network.weights;
  options.externalWeights = externalWeights;
  options.origin = originOf(input, network);
  return options;
}

int printLlvm(Session &session, const SessionOptions &options, const std::string &input) {
  llvm::LLVMContext context;
  auto module = emit::emitLLVM(context, session.module(), options.target, session.buildRequests(), emitOptions(input, options));
  if (!module)
    return fail(Exit::Diagnosed, module.error());
  return printTo(output, [&](llvm::raw_ostream &os) { (*module)->print(os, nullptr); });
}

void printReport(const Session &session, const emit::LibraryFiles &files) {
  const CompileReport &report = session.report();
  uint64_t size = 0;
  llvm::sys::fs::file_size(files.library, size);
  llvm::outs() << files.library << ": " << bytesString(size) << " (weights " << bytesString(report.weightsBytes) << ")\n"
               << "  " << report.layers << " layers in " << report.launches << " launches of " << report.kernels.unique << " kernels, " << report.kernels.cacheHits
               << " from the cache; workspace " << bytesString(report.arenaBytes) << " an image\n  time";
  for (const auto &[phase, seconds] : report.seconds)
    llvm::outs() << ' ' << phase << llvm::format(" %.2f s", seconds);
  llvm::outs() << '\n';
}

// The printed llvm phase, continued.
int compilePrinted(const std::string &input, const SessionOptions &options) {
  auto text = llvm::MemoryBuffer::getFileOrSTDIN(input, /*IsText=*/true);
  if (!text)
    return fail(Exit::Diagnosed, "cannot read '" + input + "': " + text.getError().message());
  auto files = emit::emitLibraryFromLLVM((*text)->getBuffer(), input, options.target, emitOptions(input, options));
  if (!files)
    return fail(Exit::Diagnosed, files.error());
  if (!quiet)
    llvm::outs() << files->library << '\n';
  return Exit::Ok;
}

int compileOne(const std::string &input, const SessionOptions &options, Phase stop) {
  if (llvm::StringRef(input).ends_with(".ll"))
    return compilePrinted(input, options);
  frontend::DiagnosticSink sink;
  Session session(options, sink);
  auto failed = [&] {
    int status = report(sink, network.jsonDiagnostics());
    return session.failedInternally() ? static_cast<int>(Exit::Internal) : status ? status : static_cast<int>(Exit::Diagnosed);
  };
  if (!session.load(input) || !session.advance(std::min(stop, Phase::Partition)))
    return failed();
  if (stop < Phase::Llvm)
    return printTo(output, [&](llvm::raw_ostream &os) {
      mlir::OpPrintingFlags flags;
      flags.enableDebugInfo();
      if (elideWeights)
        flags = mlir::OpPrintingFlags().elideLargeElementsAttrs().elideLargeResourceString();
      session.module()->print(os, flags);
      os << '\n';
    });
  if (stop == Phase::Llvm)
    return printLlvm(session, options, input);
  if (!session.buildKernels())
    return failed();
  auto files = session.emitLibrary(emitOptions(input, options));
  if (!files)
    return failed();
  if (auto why = writeSample(session, *files, sample)) {
    llvm::errs() << "cnnc: warning: no sample was written: " << *why << '\n';
  }
  if (sink.diagnostics().size())
    report(sink, network.jsonDiagnostics());
  if (!quiet)
    printReport(session, *files);
  return Exit::Ok;
}

int run() {
  auto options = network.session();
  auto stop = phaseNamed(compileTo);
  if (!stop)
    return fail(Exit::Usage, "--compile-to takes import, graph, partition, llvm or library, got '" + compileTo + "'");
  if (sample != "library" && sample != "reference" && sample != "none")
    return fail(Exit::Usage, "--sample takes library, reference or none, got '" + sample + "'");
  if (!options)
    return Exit::Usage;
  int status = Exit::Ok;
  for (const std::string &input : inputs)
    if (int result = compileOne(input, *options, *stop))
      status = result;
  return status;
}

} // namespace

const Command tools::compileCommand{parser, run};
