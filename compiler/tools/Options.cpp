// Options that several commands share.
#include "compiler/tools/Options.h"

#include "compiler/Runner.h"
#include "compiler/Targets.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/ToolOutputFile.h"

#include <unistd.h>

using namespace cnnc;
using namespace cnnc::tools;
namespace cl = llvm::cl;

static std::string &programPath() {
  static std::string path;
  return path;
}

void tools::setProgram(const char *argv0) { programPath() = llvm::sys::fs::getMainExecutable(argv0, reinterpret_cast<void *>(&setProgram)); }

const std::string &tools::program() { return programPath(); }

static std::string environment(const char *name) { return llvm::sys::Process::GetEnv(name).value_or(""); }

static std::string defaultCache() {
  if (std::string folder = environment("CNNC_CACHE"); !folder.empty())
    return folder;
  if (std::string folder = environment("XDG_CACHE_HOME"); !folder.empty())
    return folder + "/cnnc";
  std::string home = environment("HOME");
  return home.empty() ? "" : home + "/.cache/cnnc";
}

NetworkOptions::NetworkOptions(cl::SubCommand &command)
    : sets("set", cl::desc("Bind a parameter of the spec; may be repeated"), cl::value_desc("name=value"), cl::sub(command)),
      weights("weights", cl::desc("A .safetensors or .npz file, random:SEED, or zeros"), cl::value_desc("source"), cl::init("zeros"), cl::sub(command)),
      target("target", cl::desc("What to compile for; `cnnc targets` lists them (default: host)"), cl::value_desc("name"), cl::init("host"), cl::sub(command)),
      cache("cache", cl::desc("Folder of compiled kernels; 'none' for no cache (default: $CNNC_CACHE or ~/.cache/cnnc)"), cl::value_desc("folder"),
            cl::init(""), cl::sub(command)),
      diagnostics("diagnostics", cl::desc("How errors are printed: text or json"), cl::value_desc("format"), cl::init("text"), cl::sub(command)),
      timing("timing", cl::desc("Print the time of each pass"), cl::sub(command)),
      irFolder("print-ir-to", cl::desc("Print the module after each pass into this folder"), cl::value_desc("folder"), cl::init(""), cl::sub(command)) {}

AccuracyOption::AccuracyOption(cl::SubCommand &command)
    : level(
          "accuracy",
          cl::desc("'strict': plain sums; 'default': convolutions may use minimal filtering (Winograd), which adds a relative error of up to 1e-4, and on CPUs "
                   "with AMX sums of products of three bf16, as exact as f32; 'fast': there also of pairs of bf16, which add up to 1e-5"),
          cl::value_desc("level"), cl::init("default"), cl::sub(command)) {}

int AccuracyOption::apply(SessionOptions &session) const {
  const auto accuracy = llvm::StringSwitch<std::optional<kernels::Accuracy>>(level)
                            .Case("strict", kernels::Accuracy::strict)
                            .Case("default", kernels::Accuracy::standard)
                            .Case("fast", kernels::Accuracy::fast)
                            .Default(std::nullopt);
  if (!accuracy)
    return fail(Exit::Usage, "--accuracy takes strict, default or fast, got '" + level + "'");
  session.accuracy = *accuracy;
  return 0;
}

std::optional<SessionOptions> NetworkOptions::session(int &status) const {
  SessionOptions session;
  auto found = findTarget(target);
  if (!found) {
    status = fail(Exit::Unsupported, "unknown target '" + target + "'; `cnnc targets` lists the known ones");
    return std::nullopt;
  }
  if (diagnostics != "text" && diagnostics != "json") {
    status = fail(Exit::Usage, "--diagnostics takes text or json, got '" + diagnostics + "'");
    return std::nullopt;
  }
  session.target = *found;
  session.cacheFolder = cache == "none" ? std::string() : cache.empty() ? defaultCache() : std::string(cache);
  session.reproducer = "cnnc-reproducer.mlir";
  session.irFolder = irFolder;
  session.timing = timing;
  session.import.weights = weights;
  session.import.modelFolders = modelFolders();
  for (const std::string &set : sets) {
    auto [name, value] = llvm::StringRef(set).split('=');
    if (name.empty() || name.size() == set.size()) {
      status = fail(Exit::Usage, "--set takes name=value, got '" + set + "'");
      return std::nullopt;
    }
    session.import.parameters.sets[name.str()] = value.str();
  }
  return session;
}

int tools::report(const frontend::DiagnosticSink &sink, bool json) {
  if (json)
    llvm::outs() << sink.json() << '\n';
  else
    llvm::errs() << sink.text();
  return sink.exitStatus();
}

std::vector<std::string> tools::modelFolders() {
  std::vector<std::string> folders;
  if (std::string folder = environment("CNNC_MODELS"); !folder.empty())
    folders.push_back(folder);
  llvm::SmallString<256> installed(llvm::sys::path::parent_path(llvm::sys::path::parent_path(program())));
  llvm::sys::path::append(installed, "share", "cnnc", "models");
  for (std::string folder : {installed.str().str(), std::string(CNNC_SOURCE_MODELS)})
    if (llvm::sys::fs::is_directory(folder))
      folders.push_back(folder);
  return folders;
}

std::string tools::oracleFolder() {
  llvm::SmallString<256> installed(llvm::sys::path::parent_path(llvm::sys::path::parent_path(program())));
  llvm::sys::path::append(installed, "share", "cnnc", "oracle");
  return llvm::sys::fs::is_directory(installed) ? installed.str().str() : std::string(CNNC_SOURCE_ORACLE);
}

std::string tools::python() {
  std::string chosen = environment("CNNC_PYTHON");
  return chosen.empty() ? std::string(CNNC_BUILD_PYTHON) : chosen;
}

static std::string absolutePath(const std::string &text) {
  llvm::SmallString<256> path(text);
  if (!llvm::sys::fs::exists(path))
    return text;
  llvm::sys::fs::make_absolute(path);
  return path.str().str();
}

nlohmann::json tools::requestOf(const std::string &model, const SessionOptions &session) {
  // A folder without a spec is no network, even one that is named like a network of the zoo: so is that of its library.
  return {{"model", frontend::specAt(model) ? absolutePath(model) : model}, {"sets", session.import.parameters.sets}, {"weights", absolutePath(session.import.weights)}};
}

// The document beside a library; null when there is none.
static nlohmann::json readRequest(const std::string &library) {
  std::string path = besideLibrary(library, ".origin.json");
  auto buffer = llvm::MemoryBuffer::getFile(path);
  return buffer ? nlohmann::json::parse((*buffer)->getBuffer().str(), nullptr, /*allow_exceptions=*/false) : nlohmann::json();
}

int tools::importOrigin(const std::string &path, const std::string &model, const std::string &weights, Provenance &provenance) {
  auto library = emit::readLibrary(path);
  if (!library)
    return fail(Exit::Diagnosed, library.error());
  auto text = [](const nlohmann::json &object, const char *key) {
    auto it = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  nlohmann::json origin = readRequest(path);
  if (text(origin, "model").empty())
    origin = library->metadata.value("origin", nlohmann::json::object());
  std::string name = model.empty() ? text(origin, "model") : model;
  if (name.empty())
    return fail(Exit::Diagnosed, "'" + path + "' does not say which network it was compiled from; name it with --model");
  SessionOptions options;
  auto target = findTarget(text(library->metadata.value("target", nlohmann::json::object()), "name"));
  options.target = target ? *target : knownTargets().front().target;
  options.import.weights = weights.empty() ? text(origin, "weights") : weights;
  options.import.modelFolders = modelFolders();
  if (auto sets = origin.find("sets"); sets != origin.end() && sets->is_object())
    for (const auto &[key, value] : sets->items())
      if (value.is_string())
        options.import.parameters.sets[key] = value.get<std::string>();
  provenance.session = std::make_unique<Session>(std::move(options), provenance.sink);
  return provenance.session->load(name) ? Exit::Ok : report(provenance.sink, false);
}

LibraryOptions::LibraryOptions(cl::SubCommand &command, int threads, cl::NumOccurrencesFlag needed)
    : library(cl::Positional, needed, cl::desc("LIBRARY"), cl::sub(command)),
      model("model", cl::desc("The network, when its file moved since the library was compiled"), cl::init(""), cl::sub(command)),
      weights("weights", cl::desc("Weights, when they moved since the library was compiled"), cl::init(""), cl::sub(command)),
      format("format", cl::desc("text or json"), cl::init("text"), cl::sub(command)),
      threads("threads", cl::desc("Threads; 0: as many as the library takes by itself"), cl::init(threads), cl::sub(command)) {}

int LibraryOptions::import(Provenance &provenance) const {
  if (format != "text" && format != "json")
    return fail(Exit::Usage, "--format takes text or json, got '" + format + "'");
  return importOrigin(library, model, weights, provenance);
}

int tools::fail(Exit exit, const llvm::Twine &message) {
  llvm::errs() << "cnnc: error: " << message << '\n';
  return exit;
}

int tools::writeOut(const std::string &path, llvm::StringRef text) {
  std::error_code code;
  llvm::ToolOutputFile file(path, code, llvm::sys::fs::OF_None);
  if (!code) {
    file.os() << text;
    file.os().flush();
    code = file.os().error();
    file.os().clear_error();
  }
  if (code)
    return fail(Exit::Diagnosed, "cannot write '" + path + "': " + code.message());
  file.keep();
  return Exit::Ok;
}

std::optional<double> tools::durationOf(llvm::StringRef text) {
  for (auto [suffix, factor] : {std::pair("ms", 1e-3), {"s", 1.0}, {"m", 60.0}})
    if (double number; text.ends_with(suffix) && !text.drop_back(llvm::StringRef(suffix).size()).getAsDouble(number))
      return number > 0 && number * factor < 1e7 ? std::optional(number * factor) : std::nullopt;
  return std::nullopt;
}

int tools::runPython(const std::string &script, const std::vector<std::string> &arguments) {
  std::string interpreter = python();
  if (!llvm::sys::fs::can_execute(interpreter))
    return fail(Exit::Diagnosed, "no Python at '" + interpreter + "'; set CNNC_PYTHON to one that has numpy and onnxruntime");
  std::string path = oracleFolder() + "/" + script;
  std::vector<llvm::StringRef> command = {interpreter, path};
  command.insert(command.end(), arguments.begin(), arguments.end());
  std::string error;
  int status = llvm::sys::ExecuteAndWait(interpreter, command, std::nullopt, {}, 0, 0, &error);
  if (status < 0)
    return fail(Exit::Diagnosed, "cannot run " + path + ": " + error);
  return status;
}
