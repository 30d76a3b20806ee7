// From a spec to a library.
#include "compiler/Session.h"

#include "compiler/Progress.h"
#include "compiler/Statistics.h"
#include "compiler/emit/Weights.h"
#include "dialects/cnn/Cnn.h"
#include "dialects/exec/Exec.h"
#include "lowering/ScheduleAttr.h"
#include "lowering/TargetAttr.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <chrono>
#include <set>

using namespace mlir;
using namespace cnnc;

static constexpr StringLiteral kOrigin = "cnnc.origin";
static constexpr std::array<StringLiteral, 5> kPhaseNames = {"import", "graph", "partition", "llvm", "library"};

StringRef cnnc::phaseName(Phase phase) { return kPhaseNames[static_cast<size_t>(phase)]; }

std::optional<Phase> cnnc::phaseNamed(StringRef name) {
  for (size_t i = 0; i < kPhaseNames.size(); ++i)
    if (name == kPhaseNames[i])
      return static_cast<Phase>(i);
  return std::nullopt;
}

namespace {

// The layer and the file position inside nested locations.
void describe(Location location, frontend::Diagnostic &diagnostic) {
  if (auto named = dyn_cast<NameLoc>(location)) {
    if (diagnostic.layer.empty())
      diagnostic.layer = named.getName().str();
    describe(named.getChildLoc(), diagnostic);
  } else if (auto place = dyn_cast<FileLineColLoc>(location)) {
    diagnostic.file = place.getFilename().str();
    diagnostic.mark.line = static_cast<int>(place.getLine());
    diagnostic.mark.column = static_cast<int>(place.getColumn());
  } else if (auto fused = dyn_cast<FusedLoc>(location)) {
    for (Location part : fused.getLocations())
      describe(part, diagnostic);
  }
}

// Turns the diagnostics of a pipeline into the sink's, with the code of whatever is running.
class Handler {
public:
  Handler(MLIRContext &context, frontend::DiagnosticSink &sink, std::string code)
      : code(std::move(code)), scoped(&context, [this, &sink](mlir::Diagnostic &source) {
          frontend::Diagnostic diagnostic;
          if (source.getSeverity() != DiagnosticSeverity::Error && source.getSeverity() != DiagnosticSeverity::Warning)
            return;
          diagnostic.severity = source.getSeverity() == DiagnosticSeverity::Error ? frontend::Severity::Error : frontend::Severity::Warning;
          diagnostic.code = this->code;
          diagnostic.message = source.str();
          describe(source.getLocation(), diagnostic);
          sink.report(std::move(diagnostic));
        }) {}

  std::string code;

private:
  ScopedDiagnosticHandler scoped;
};

// Remembers which pass failed: those that check the input speak to the user, a failure of any other is ours.
struct FailureWatch : PassInstrumentation {
  explicit FailureWatch(std::string &failed) : failed(failed) {}
  void runAfterPassFailed(Pass *pass, Operation *) override { failed = pass->getArgument().str(); }
  std::string &failed;
};

double secondsSince(std::chrono::steady_clock::time_point start) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }

} // namespace

std::vector<TruncatedLayer> cnnc::truncatedLayers(ModuleOp module) {
  std::vector<TruncatedLayer> list;
  auto entries = module->getAttrOfType<ArrayAttr>(kSvd);
  for (Attribute entry : entries ? entries.getValue() : ArrayRef<Attribute>()) {
    auto fields = dyn_cast<DictionaryAttr>(entry);
    auto name = fields ? fields.getAs<StringAttr>("layer") : StringAttr();
    if (!name)
      continue;
    auto number = [&](StringRef key) {
      auto value = fields.getAs<IntegerAttr>(key);
      return value ? value.getInt() : 0;
    };
    auto real = [&](StringRef key) {
      auto value = fields.getAs<FloatAttr>(key);
      return value ? value.getValueAsDouble() : 0.0;
    };
    list.push_back({name.str(), number("rank"), real("energy"), real("error"), number("before"), number("after")});
  }
  return list;
}

nlohmann::json cnnc::toJson(const std::vector<TruncatedLayer> &layers) {
  nlohmann::json list = nlohmann::json::array();
  for (const TruncatedLayer &one : layers)
    list.push_back({{"layer", one.layer},
                    {"rank", one.rank},
                    {"energy", one.energy},
                    {"error", one.error},
                    {"parameters_before", one.before},
                    {"parameters_after", one.after}});
  return list;
}

Session::Session(SessionOptions options_, frontend::DiagnosticSink &sink)
    : options(std::move(options_)), sink(sink), mlirContext(std::make_unique<MLIRContext>()) {
  mlirContext->loadDialect<cnn::CnnDialect, exec::ExecDialect, func::FuncDialect>();
}

Session::~Session() = default;

std::string Session::network() const {
  auto name = loaded.get()->getAttrOfType<StringAttr>("cnn.network");
  return name ? name.str() : "network";
}

bool Session::load(const std::string &input) {
  auto start = std::chrono::steady_clock::now();
  if (StringRef(input).ends_with(".mlir")) {
    auto file = llvm::MemoryBuffer::getFile(input, /*IsText=*/true);
    if (!file) {
      reportError("CNNC0901", input, "cannot be read: " + file.getError().message());
      return false;
    }
    return loadText((*file)->getBuffer(), input);
  }
  loaded = frontend::importModel(*mlirContext, input, options.import, sink);
  if (!loaded)
    return false;
  current = Phase::Import;
  return enter(input, start);
}

bool Session::loadText(StringRef text, const std::string &name) {
  auto start = std::chrono::steady_clock::now();
  return parse(text, name) && enter(name, start);
}

bool Session::enter(const std::string &input, std::chrono::steady_clock::time_point start) {
  recordOrigin(input);
  if (current < Phase::Partition && !hasTarget(*loaded))
    setTarget(*loaded, options.target);
  Handler handler(*mlirContext, sink, "CNNC0901");
  FailureOr<Target> target = targetOf(*loaded); // a printed phase names the one it was compiled for
  if (failed(target))
    return false;
  options.target = *target;
  (*loaded)->setAttr(kPhase, StringAttr::get(mlirContext.get(), phaseName(current)));
  loaded->walk([&](Operation *op) { statistics.layers += isa<cnn::CnnDialect>(op->getDialect()) && !isa<cnn::ConstantOp>(op); });
  statistics.seconds.emplace_back("import", secondsSince(start));
  return true;
}

// A file's name without its folder; anything else as it is.
static std::string withoutFolder(StringRef text) { return llvm::sys::fs::exists(text) ? llvm::sys::path::filename(text).str() : text.str(); }

void Session::recordOrigin(const std::string &input) {
  if ((*loaded)->hasAttr(kOrigin))
    return;
  std::string text;
  llvm::raw_string_ostream os(text);
  OpPrintingFlags flags; // local scope: the printer makes the text of a resource before it leaves it out
  loaded->print(os, flags.elideLargeElementsAttrs(16).useLocalScope());
  Builder builder(mlirContext.get());
  NamedAttrList sets, fields;
  for (const auto &[name, value] : options.import.parameters.sets)
    sets.set(name, builder.getStringAttr(value));
  fields.set("model", builder.getStringAttr(withoutFolder(input)));
  fields.set("weights", builder.getStringAttr(withoutFolder(options.import.weights)));
  fields.set("sets", sets.getDictionary(mlirContext.get()));
  int64_t parameters = 0;
  for (const LayerCost &cost : layerCosts(*loaded))
    parameters += cost.parameters;
  (*loaded)->setAttr("cnnc.parameters", builder.getI64IntegerAttr(parameters));
  fields.set("digest", builder.getStringAttr(emit::digestOf(text)));
  (*loaded)->setAttr(kOrigin, fields.getDictionary(mlirContext.get()));
}

nlohmann::json Session::origin() const {
  auto fields = loaded.get()->getAttrOfType<DictionaryAttr>(kOrigin);
  nlohmann::json document = nlohmann::json::object();
  for (NamedAttribute field : fields ? fields.getValue() : ArrayRef<NamedAttribute>()) {
    if (auto text = dyn_cast<StringAttr>(field.getValue()))
      document[field.getName().str()] = text.str();
    else if (auto sets = dyn_cast<DictionaryAttr>(field.getValue())) {
      nlohmann::json &object = document[field.getName().str()] = nlohmann::json::object();
      for (NamedAttribute set : sets)
        if (auto value = dyn_cast<StringAttr>(set.getValue()))
          object[set.getName().str()] = value.str();
    }
  }
  if (const std::vector<TruncatedLayer> layers = truncatedLayers(*loaded); !layers.empty())
    document["svd"] = toJson(layers);
  return document;
}

bool Session::parse(StringRef text, const std::string &path) {
  Handler handler(*mlirContext, sink, "CNNC0901");
  ParserConfig config(mlirContext.get());
  // MLIR's lexer steps past the end of a text that breaks off inside a string; a newline stops it.
  loaded = parseSourceString<ModuleOp>((text + "\n").str(), config, path);
  if (!loaded) {
    if (!sink.hasErrors())
      reportError("CNNC0901", path, "cannot be read as MLIR");
    return false;
  }
  auto name = (*loaded)->getAttrOfType<StringAttr>(kPhase);
  auto phase = name ? phaseNamed(name) : Phase::Import;
  bool hasMain = static_cast<bool>(loaded->lookupSymbol<func::FuncOp>("main"));
  if (!phase || *phase > Phase::Partition || !hasMain) {
    reportError("CNNC0901", path, hasMain ? "its `cnnc.phase` is none of import, graph, partition" : "it has no function @main");
    loaded = {};
    return false;
  }
  current = *phase;
  return true;
}

bool Session::runPipeline(StringRef title, llvm::function_ref<void(OpPassManager &)> build) {
  auto start = std::chrono::steady_clock::now();
  PassManager manager(mlirContext.get());
  std::string failedPass;
  manager.addInstrumentation(std::make_unique<FailureWatch>(failedPass));
  if (!options.irFolder.empty()) {
    mlirContext->disableMultithreading();
    OpPrintingFlags flags;
    flags.elideLargeElementsAttrs().elideLargeResourceString();
    manager.enableIRPrintingToFileTree([](Pass *, Operation *) { return false; }, [](Pass *, Operation *) { return true; }, true, false, false,
                                       options.irFolder, flags);
  }
  if (options.timing)
    manager.enableTiming();
  build(manager);
  Handler handler(*mlirContext, sink, "CNNC0902");
  bool succeeded_ = succeeded(manager.run(*loaded));
  statistics.seconds.emplace_back(title.str(), secondsSince(start));
  if (succeeded_)
    return true;
  if (failedPass != "split-batch" && failedPass != "form-kernels" && failedPass != "select-schedule" && failedPass != "truncate-svd")
    internalError("pass " + (failedPass.empty() ? "verification" : failedPass) + " failed");
  return false;
}

// Frees the weights that no op of the module holds: those from which others were folded. A context keeps them otherwise.
static void releaseWeights(ModuleOp module) {
  std::set<std::string> held;
  module.walk([&](Operation *op) {
    Attribute value = isa<cnn::ConstantOp>(op)  ? Attribute(cast<cnn::ConstantOp>(op).getValue())
                      : isa<exec::WeightOp>(op) ? Attribute(cast<exec::WeightOp>(op).getValue())
                                                : Attribute();
    if (auto resource = dyn_cast_or_null<DenseResourceElementsAttr>(value))
      held.insert(resource.getRawHandle().getKey().str());
  });
  auto &manager = DenseResourceElementsHandle::getManagerInterface(module.getContext()).getBlobManager();
  std::vector<std::string> unused;
  manager.getBlobMap([&](const llvm::StringMap<DialectResourceBlobManager::BlobEntry> &blobs) {
    for (const auto &entry : blobs)
      if (!held.contains(entry.getKey().str()))
        unused.push_back(entry.getKey().str());
  });
  for (const std::string &key : unused)
    manager.update(key, AsmResourceBlob());
}

void Session::restore(ModuleOp earlier) {
  loaded = earlier.clone();
  auto name = earlier->getAttrOfType<StringAttr>(kPhase);
  current = name ? phaseNamed(name).value_or(Phase::Import) : Phase::Import;
  objects.clear();
}

bool Session::advance(Phase phase) {
  auto reached = [&](Phase next) {
    current = next;
    (*loaded)->setAttr(kPhase, StringAttr::get(mlirContext.get(), phaseName(next)));
  };
  if (current >= Phase::Graph && !options.graph.svd.empty()) {
    reportError("CNNC0901", "", "the printed phase is past the graph phase, where dense layers are cut to a rank; give --svd with the network itself");
    return false;
  }
  if (options.accuracy != kernels::Accuracy::standard && current < Phase::Partition)
    (*loaded)->setAttr(options.accuracy == kernels::Accuracy::strict ? exec::kStrict : exec::kFast, UnitAttr::get(mlirContext.get()));
  if (current < Phase::Graph && phase >= Phase::Graph) {
    if (options.keepImported)
      original = loaded->clone(); // weights are shared, so this is cheap
    if (!runPipeline("graph", [&](OpPassManager &manager) { buildGraphPipeline(manager, options.graph); }))
      return false;
    if (!options.keepImported)
      releaseWeights(*loaded);
    reached(Phase::Graph);
  }
  if (current < Phase::Partition && phase >= Phase::Partition) {
    if (!runPipeline("partition", [&](OpPassManager &manager) { buildPartitionPipeline(manager, options.partition); }))
      return false;
    reached(Phase::Partition);
  }
  auto bytes = [&](StringRef name) {
    auto attribute = (*loaded)->getAttrOfType<IntegerAttr>(name);
    return attribute ? attribute.getInt() : 0;
  };
  statistics.arenaBytes = bytes(exec::kArenaBytes);
  statistics.liveBytes = bytes(exec::kLiveBytes);
  statistics.weightsBytes = bytes(exec::kWeightsBytes);
  statistics.truncated = truncatedLayers(*loaded);
  statistics.launches = 0;
  loaded->walk([&](exec::LaunchOp) { ++statistics.launches; });
  return true;
}

std::optional<std::map<std::string, kernels::BuildRequest>> Session::buildRequests() {
  Handler handler(*mlirContext, sink, "CNNC0902");
  std::map<std::string, kernels::BuildRequest> requests;
  for (auto kernel : loaded->getOps<exec::KernelOp>()) {
    auto request = buildRequest(kernel, (*loaded)->hasAttr(exec::kPerImage));
    if (!request) {
      kernel.emitError("needs a schedule: run the partition phase first");
      return std::nullopt;
    }
    if (auto why = kernels::illegal(request->spec, request->schedule, options.target)) {
      kernel.emitError("its schedule is illegal: ") << *why;
      return std::nullopt;
    }
    requests[kernel.getSymName().str()] = std::move(*request);
  }
  return requests;
}

bool Session::buildKernels() {
  auto start = std::chrono::steady_clock::now();
  auto named = buildRequests();
  if (!named)
    return false;
  std::vector<kernels::BuildRequest> requests;
  for (const auto &[name, request] : *named)
    requests.push_back(request);
  Progress progress("kernels");
  kernels::BuildOptions build;
  build.cacheFolder = options.cacheFolder;
  build.progress = [](void *self, int64_t done, int64_t total) { static_cast<Progress *>(self)->update(done, total); };
  build.progressSelf = &progress;
  auto built = kernels::buildAll(requests, options.target, build, &statistics.kernels);
  statistics.seconds.emplace_back("kernels", secondsSince(start));
  if (!built) {
    internalError(built.error());
    return false;
  }
  size_t next = 0;
  for (const auto &[name, request] : *named)
    objects[name] = std::move((*built)[next++]);
  return true;
}

std::optional<emit::LibraryFiles> Session::emitLibrary(const emit::EmitOptions &emitOptions) {
  auto start = std::chrono::steady_clock::now();
  auto files = emit::emitLibrary(*loaded, options.target, objects, emitOptions);
  statistics.seconds.emplace_back("library", secondsSince(start));
  if (files)
    return *files;
  reportError("CNNC0903", "", files.error());
  return std::nullopt;
}

void Session::reportError(const std::string &code, const std::string &file, const std::string &message) {
  frontend::Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.file = file;
  diagnostic.message = message;
  sink.report(std::move(diagnostic));
}

void Session::internalError(const std::string &message) {
  internalFailure = true;
  frontend::Diagnostic diagnostic;
  diagnostic.code = "CNNC0999";
  diagnostic.message = "internal error: " + message;
  std::error_code code;
  if (!options.reproducer.empty()) {
    llvm::raw_fd_ostream os(options.reproducer, code);
    if (!code) {
      OpPrintingFlags flags;
      loaded->print(os, flags.elideLargeElementsAttrs().elideLargeResourceString());
      diagnostic.suggestion = "this is a defect of cnnc; the module it failed on was written to " + options.reproducer;
    }
  }
  sink.report(std::move(diagnostic));
}
