// cnnc compile: a network -> a library, or any phase on the way.
#include "compiler/Runner.h"
#include "compiler/Table.h"
#include "compiler/emit/Names.h"
#include "compiler/emit/Weights.h"
#include "compiler/tools/Options.h"
#include "compiler/tune/Database.h"
#include "compiler/tune/TunedSchedules.h"

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
                                        "NETWORK is a zoo name or preset (resnet50), a folder with model.cnn, a spec (.cnn or .json), or a printed\n"
                                        "phase (.mlir, .ll). Several are compiled one after another into the same folder.\n\n"
                                        "  cnnc compile resnet50 --weights=resnet50.safetensors -o out\n"
                                        "  cnnc compile net.cnn --weights=random:1 --set classes=10 --target=x86-64-v3 -o out\n"
                                        "  cnnc compile resnet50 --compile-to=graph -o -");
static cl::list<std::string> inputs(cl::Positional, cl::OneOrMore, cl::desc("NETWORK..."), cl::sub(parser));
static cl::opt<std::string> output("o", cl::desc("Output folder; with --compile-to, a file ('-': stdout)"), cl::value_desc("path"), cl::init(""),
                                   cl::sub(parser));
static cl::opt<std::string> compileTo("compile-to", cl::desc("Stop after a phase and print it: import, graph, partition, llvm (default: library)"),
                                      cl::value_desc("phase"), cl::init("library"), cl::sub(parser));
static cl::opt<std::string> sample("sample", cl::desc("Expected output written beside the library: 'library' (its own), 'reference' (f64, slow) or 'none'"),
                                   cl::value_desc("kind"), cl::init("library"), cl::sub(parser));
static cl::opt<bool> externalWeights("external-weights", cl::desc("Write <net>.weights beside the library instead of embedding them"), cl::sub(parser));
static cl::opt<bool> elideWeights("elide-weights", cl::desc("Leave weights out of a printed phase (it cannot be fed back)"), cl::sub(parser));
static cl::list<std::string> svd("svd", cl::CommaSeparated, cl::desc("Replace dense layers by two of a lower rank each (truncated SVD)"),
                                 cl::value_desc("layer=rank,..."), cl::sub(parser));
static AccuracyOption accuracy(parser);
static cl::opt<std::string>
    maxSize("max-size",
            cl::desc("Most bytes of packed weights, with an optional suffix K, M or G (default: no limit): where minimal filtering or pieces of bf16 would "
                     "need more, plain sums are used"),
            cl::value_desc("size"), cl::init(""), cl::sub(parser));
static cl::opt<std::string> database("db",
                                     cl::desc("Tuning records (see `cnnc tune`): a file, or 'none'. By default those that ship for the target, where this is the "
                                              "machine they were measured on"),
                                     cl::value_desc("file"), cl::init(""), cl::sub(parser));
static cl::opt<std::string> tunedOn("tuned-on", cl::desc("Take the records of the machine whose name holds this text, instead of this machine's"),
                                    cl::value_desc("text"), cl::init(""), cl::sub(parser));
static cl::opt<bool> requireTuned("require-tuned", cl::desc("Fail when a kernel that has a choice of schedules has no tuning record"), cl::sub(parser));
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
    return fail(Exit::Diagnosed, "cannot write " + (path.empty() || path == "-" ? "to standard output" : "'" + path + "'") + ": " + why);
  }
  file.keep();
  return Exit::Ok;
}

// The command line as a value. The linker inside this process resets every llvm::cl option, so nothing may be read from them later.
struct Request {
  std::vector<std::string> inputs;
  std::string output, sample;
  Phase stop;
  bool externalWeights, elideWeights, quiet, json;
  SessionOptions session;
  std::string database, tunedOn;
  bool requireTuned;
};

/// The file of records that ships for a target; empty when there is none.
std::string shippedRecords(const std::string &target) {
  for (const std::string &folder : modelFolders())
    if (std::string path = folder + "/tuning/" + target + ".jsonl"; llvm::sys::fs::exists(path))
      return path;
  return "";
}

/// The schedules of the request's records for the session's target. Nothing when none count; `status` tells an error, which has been printed.
std::optional<tune::TunedSchedules> tunedSchedules(const Request &request, const Target &target, int &status) {
  const bool shipped = request.database.empty();
  const std::string path = shipped ? shippedRecords(target.name) : request.database;
  if (path.empty() || path == "none")
    return std::nullopt;
  auto stop = [&status](const std::string &message) {
    status = fail(Exit::Diagnosed, message);
    return std::nullopt;
  };
  if (!llvm::sys::fs::exists(path))
    return stop("cannot read '" + path + "': no such file; `cnnc tune --db=" + path + "` makes it");
  auto records = tune::Database::open(path);
  if (!records)
    return stop(records.error());
  for (const std::string &complaint : records->complaints())
    stop(complaint);
  if (status)
    return std::nullopt;
  auto tuned = tune::TunedSchedules::choose(records->records(), path, {CNNC_VERSION, target, tune::hostMachine(1), request.tunedOn});
  if (!tuned)
    return stop(tuned.error());
  if (tuned->whyNone().empty())
    return *tuned;
  if (!shipped)
    llvm::errs() << "cnnc: warning: '" << path << "' is not applied: " << tuned->whyNone() << '\n';
  return std::nullopt;
}

/// 0 when every kernel with a choice has a record, else the exit status after saying which have none.
int checkTuned(const std::optional<tune::TunedSchedules> &tuned, const std::vector<std::string> &untuned) {
  if (!tuned)
    return fail(Exit::Diagnosed, "no tuning records apply, and --require-tuned asks for them; `cnnc tune` makes them");
  int status = Exit::Ok;
  for (const std::string &kernel : untuned)
    status = fail(Exit::Diagnosed, "no tuning record for " + kernel + " in " + tuned->description());
  return status;
}

emit::EmitOptions emitOptions(const Request &request, const nlohmann::json &origin) {
  emit::EmitOptions options;
  options.outputFolder = request.output.empty() ? "." : request.output;
  options.cacheFolder = request.session.cacheFolder;
  options.compilerVersion = CNNC_VERSION;
  options.weightsSource = origin.value("weights", "");
  options.externalWeights = request.externalWeights;
  options.origin = origin;
  return options;
}

int printLlvm(Session &session, const std::map<std::string, kernels::BuildRequest> &kernels, const Request &request) {
  llvm::LLVMContext context;
  auto module = emit::emitLLVM(context, session.module(), session.target(), kernels, emitOptions(request, session.origin()));
  if (!module)
    return fail(Exit::Diagnosed, module.error());
  return printTo(request.output, [&](llvm::raw_ostream &os) { (*module)->print(os, nullptr); });
}

void printReport(const Session &session, const emit::LibraryFiles &files, const std::optional<tune::TunedSchedules> &tuned,
                 const std::optional<std::vector<std::string>> &untuned) {
  const CompileReport &report = session.report();
  uint64_t size = 0;
  llvm::sys::fs::file_size(files.library, size);
  llvm::outs() << files.library << ": " << bytesString(size) << " (weights " << bytesString(report.weightsBytes) << ")\n"
               << "  " << report.layers << " layers; kernels " << report.launches << " launches, " << report.kernels.unique << " unique ("
               << report.kernels.cacheHits << " from cache, " << report.kernels.unique - report.kernels.cacheHits << " built in "
               << llvm::format("%.1f s)\n", report.kernels.seconds) << "  arena " << bytesString(report.arenaBytes) << " an image";
  if (report.liveBytes > 0)
    llvm::outs() << llvm::format(" (%.2f x the liveness bound)", static_cast<double>(report.arenaBytes) / static_cast<double>(report.liveBytes));
  llvm::outs() << '\n';
  if (!report.truncated.empty()) {
    Table table({"svd", "rank", "energy kept", "error of weights", "parameters", "before"});
    for (const TruncatedLayer &one : report.truncated)
      table.add({one.layer, std::to_string(one.rank), significant(one.energy, 6), significant(one.error, 3), grouped(one.after), grouped(one.before)});
    table.print(llvm::outs());
  }
  if (tuned && (tuned->tuned() > 0 || untuned)) {
    llvm::outs() << "  schedules of " << tuned->tuned() << " kernels from " << tuned->description();
    if (untuned)
      llvm::outs() << "; " << untuned->size() << " untuned";
    llvm::outs() << '\n';
  }
  llvm::outs() << "  time";
  for (const auto &[phase, seconds] : report.seconds)
    llvm::outs() << ' ' << phase << llvm::format(" %.2f s", seconds);
  llvm::outs() << '\n';
}

// The printed llvm phase, continued.
int compilePrinted(const std::string &input, const Request &request) {
  auto text = llvm::MemoryBuffer::getFileOrSTDIN(input, /*IsText=*/true);
  if (!text)
    return fail(Exit::Diagnosed, "cannot read '" + input + "': " + text.getError().message());
  auto files = emit::emitLibraryFromLLVM((*text)->getBuffer(), input, request.session.target, emitOptions(request, nlohmann::json::object()));
  if (!files)
    return fail(Exit::Diagnosed, files.error());
  if (!request.quiet)
    llvm::outs() << files->library << '\n';
  return Exit::Ok;
}

// The input that a file of the package would replace, if any.
std::optional<std::string> overwrites(const std::string &input, const Request &request, const std::string &network) {
  std::string stem = (request.output.empty() ? "." : request.output) + "/" + emit::networkIdentifier(network);
  for (const char *ending : {".json", ".h", ".hpp", ".pc", ".weights", ".origin.json"})
    for (const std::string &source : {input, request.session.import.weights})
      if (llvm::sys::fs::exists(source) && llvm::sys::fs::equivalent(source, stem + ending))
        return source;
  return std::nullopt;
}

int compileOne(const std::string &input, const Request &request, std::set<std::string> &written) {
  if (llvm::StringRef(input).ends_with(".ll"))
    return compilePrinted(input, request);
  frontend::DiagnosticSink sink;
  SessionOptions sessionOptions = request.session;
  sessionOptions.keepImported = request.sample == "reference";
  Session session(std::move(sessionOptions), sink);
  auto failed = [&] {
    int status = report(sink, request.json);
    return session.failedInternally() ? static_cast<int>(Exit::Internal) : status ? status : static_cast<int>(Exit::Diagnosed);
  };
  if (!session.load(input))
    return failed();
  int tuningStatus = Exit::Ok;
  const auto tuned = tunedSchedules(request, session.target(), tuningStatus);
  if (tuningStatus)
    return tuningStatus;
  if (tuned)
    session.chooseSchedules(tuned->lookup());
  if (!session.advance(std::min(request.stop, Phase::Partition)))
    return failed();
  std::optional<std::vector<std::string>> untuned; // where somebody asks
  if (tuned && (!request.database.empty() || request.requireTuned))
    untuned = tuned->untuned();
  if (request.requireTuned && request.stop >= Phase::Partition)
    if (int status = checkTuned(tuned, untuned.value_or(std::vector<std::string>())))
      return status;
  if (request.stop < Phase::Llvm)
    return printTo(request.output, [&](llvm::raw_ostream &os) {
      mlir::OpPrintingFlags flags;
      if (request.elideWeights)
        flags.elideLargeElementsAttrs().elideLargeResourceString();
      else
        flags.enableDebugInfo();
      session.module()->print(os, flags);
      os << '\n';
    });
  if (request.stop == Phase::Llvm) {
    auto kernels = session.buildRequests();
    return kernels ? printLlvm(session, *kernels, request) : failed();
  }
  std::string name = emit::networkIdentifier(session.network());
  if (!written.insert(name).second)
    return fail(Exit::Diagnosed,
                "'" + input + "' would replace lib" + name + ".so of an earlier network of this command; choose another folder for it with -o");
  if (auto source = overwrites(input, request, session.network()))
    return fail(Exit::Diagnosed, "the library's files would replace '" + *source + "'; choose another folder with -o");
  if (static_cast<uint64_t>(session.report().weightsBytes) > emit::kMaxEmbeddedWeights && !request.externalWeights)
    return fail(Exit::Limit, "the packed weights are " + bytesString(session.report().weightsBytes) + ", a library holds at most " +
                                 bytesString(emit::kMaxEmbeddedWeights) + "; keep them in a file of their own with --external-weights");
  if (!session.buildKernels())
    return failed();
  emit::EmitOptions options = emitOptions(request, session.origin());
  options.request = requestOf(input, request.session).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  auto files = session.emitLibrary(options);
  if (!files)
    return failed();
  if (auto why = writeSample(session, *files, request.sample))
    llvm::errs() << "cnnc: warning: no sample was written: " << *why << '\n';
  if (!sink.diagnostics().empty())
    report(sink, request.json);
  if (!request.quiet)
    printReport(session, *files, tuned, untuned);
  return Exit::Ok;
}

/// The value of --svd; nothing after an error, which has been printed.
std::optional<std::vector<LayerRank>> ranks() {
  std::vector<LayerRank> list;
  for (const std::string &text : svd) {
    auto [layer, number] = llvm::StringRef(text).rsplit('=');
    int64_t rank = 0;
    if (layer.empty() || number.getAsInteger(10, rank)) {
      fail(Exit::Usage, "--svd takes layer=rank,..., got '" + text + "'");
      return std::nullopt;
    }
    list.push_back({layer.str(), rank});
  }
  return list;
}

/// The value of --max-size in bytes, 0 without one; nothing when it is no size.
std::optional<int64_t> sizeLimit() {
  llvm::StringRef number = maxSize;
  if (number.empty())
    return 0;
  const size_t unit = llvm::StringRef("KMG").find(number.back());
  if (unit != llvm::StringRef::npos)
    number = number.drop_back();
  int64_t value = 0;
  if (number.getAsInteger(10, value) || value < 1 || value > (int64_t(1) << 32))
    return std::nullopt;
  return unit == llvm::StringRef::npos ? value : value << (10 * (unit + 1));
}

int run() {
  int status = Exit::Ok;
  auto session = network.session(status);
  auto stop = phaseNamed(compileTo);
  if (!stop)
    return fail(Exit::Usage, "--compile-to takes import, graph, partition, llvm or library, got '" + compileTo + "'");
  if (sample != "library" && sample != "reference" && sample != "none")
    return fail(Exit::Usage, "--sample takes library, reference or none, got '" + sample + "'");
  const auto limit = sizeLimit();
  if (!limit)
    return fail(Exit::Usage, "--max-size takes a number of bytes such as 150M, got '" + maxSize + "'");
  const auto svdRanks = ranks();
  if (!svdRanks)
    return Exit::Usage;
  if (!session)
    return status;
  session->graph.svd = *svdRanks;
  if (int result = accuracy.apply(*session))
    return result;
  session->partition.maxWeightsBytes = *limit;
  const Request request{
      std::vector<std::string>(inputs.begin(), inputs.end()), output, sample, *stop, externalWeights, elideWeights, quiet, network.jsonDiagnostics(), *session, database, tunedOn, requireTuned};
  std::set<std::string> written;
  for (const std::string &input : request.inputs)
    if (int result = compileOne(input, request, written))
      status = result;
  return status;
}

} // namespace

const Command tools::compileCommand{parser, run};
