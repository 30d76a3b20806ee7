// cnnc tune: schedules for a network's kernels, measured on this machine or on a cluster.
#include "compiler/Table.h"
#include "compiler/Threads.h"
#include "compiler/tools/Options.h"
#include "compiler/tune/Tuner.h"

#include "llvm/Support/Format.h"

#include <csignal>
#include <unistd.h>

using namespace cnnc;
using namespace cnnc::tools;
namespace cl = llvm::cl;

static cl::SubCommand parser("tune", "Find schedules for a network's kernels by measuring them\n\n"
                                     "Kernels that take the most of the network's time are tried first. A child process compiles a few schedules of one kernel,\n"
                                     "compares their results with the f64 reference and times them in turns with the default; the best of each kernel are then\n"
                                     "timed inside the network. What is found is added to the database at once: a later run goes on from there, several may add\n"
                                     "to one file, and what is interrupted loses the trial at work only.\n\n"
                                     "  cnnc tune resnet50 --budget=120s --db=tune.jsonl\n"
                                     "  cnnc compile resnet50 --weights=resnet50.safetensors --db=tune.jsonl -o out\n"
                                     "  cnnc tune resnet50 --db=tune.jsonl --runner=dask:tcp://host:8786   on the workers of a Dask cluster\n\n"
                                     "`cnnc tuning --help` shows what can be done with databases.");
static cl::opt<std::string> input(cl::Positional, cl::Optional, cl::desc("NETWORK"), cl::sub(parser));
static cl::opt<std::string> database("db", cl::desc("File of tuning records; made when it is missing (default: tune.jsonl)"), cl::value_desc("file"),
                                     cl::init("tune.jsonl"), cl::sub(parser));
static AccuracyOption accuracy(parser);
static cl::opt<std::string> budget("budget", cl::desc("About how long to search: 120s, 500ms, 10m (default: 120s)"), cl::init("120s"), cl::sub(parser));
static cl::opt<unsigned> trials("trials", cl::desc("Stop after so many trials; 0: when the time is up"), cl::init(0), cl::sub(parser));
static cl::opt<int> threads("threads", cl::desc("Threads of the libraries that are timed; 0: as many as a library takes by itself"), cl::init(0),
                            cl::sub(parser));
static cl::opt<std::string> runner("runner", cl::desc("Where trials run: local, or dask:ADDRESS for the workers of a Dask scheduler, all of one kind"),
                                   cl::value_desc("runner"), cl::init("local"), cl::sub(parser));
static cl::opt<std::string> patience("patience", cl::desc("How long a trial may take before it counts as stalled (default: 60s)"), cl::init("60s"),
                                     cl::sub(parser));
static cl::opt<std::string> format("format", cl::desc("text or json"), cl::init("text"), cl::sub(parser));
static cl::opt<bool> worker("worker", cl::desc("Answer trials on standard input and output, as a runner asks for them"), cl::Hidden, cl::sub(parser));
static NetworkOptions network(parser);

namespace {

volatile std::sig_atomic_t interrupted = 0;

/// The first Ctrl-C ends the search and shows what was found; the second ends the program.
void onInterrupt(int) {
  interrupted = 1;
  std::signal(SIGINT, SIG_DFL);
}

/// The command that runs trials; nothing after an error, which has been printed.
std::optional<std::vector<std::string>> workerCommand(const SessionOptions &session, double patience) {
  const std::vector<std::string> own = {program(), "tune", "--worker", "--threads=" + std::to_string(threadsFor(threads)),
                                        "--cache=" + (session.cacheFolder.empty() ? "none" : session.cacheFolder)};
  if (runner == "local")
    return own;
  if (llvm::StringRef address = runner; address.consume_front("dask:") && !address.empty()) {
    std::vector<std::string> command = {python(), oracleFolder() + "/dask_runner.py", "--scheduler", address.str(), "--patience", std::to_string(patience), "--"};
    command.insert(command.end(), own.begin(), own.end());
    return command;
  }
  fail(Exit::Usage, "--runner takes local or dask:ADDRESS, got '" + runner + "'");
  return std::nullopt;
}

nlohmann::json asJson(const tune::TuneReport &report) {
  nlohmann::json kernels = nlohmann::json::array();
  for (const tune::TunedKernel &kernel : report.kernels)
    kernels.push_back({{"kernel", kernel.what},
                       {"launches", kernel.launches},
                       {"candidates", kernel.candidates},
                       {"tried", kernel.tried},
                       {"share", kernel.share},
                       {"seconds", kernel.seconds},
                       {"default_seconds", kernel.defaultSeconds},
                       {"schedule", kernels::toJson(kernel.schedule)},
                       {"default", kernel.isDefault}});
  return {{"kernels", kernels},
          {"trials", report.trials},
          {"schedules", report.schedules},
          {"failures", report.failures},
          {"known", report.known},
          {"seconds", report.seconds},
          {"network_seconds", report.networkSeconds},
          {"default_network_seconds", report.defaultNetworkSeconds},
          {"interrupted", report.interrupted}};
}

void print(const tune::TuneReport &report, const std::string &name) {
  auto number = [](double value, const char *how) {
    std::string text;
    llvm::raw_string_ostream(text) << llvm::format(how, value);
    return text;
  };
  Table table({"kernel", "launches", "share", "default ms", "tuned ms", "ratio", "tried", "schedule"});
  for (const tune::TunedKernel &kernel : report.kernels)
    if (kernel.candidates > 1)
      table.add({kernel.what, std::to_string(kernel.launches), number(100 * kernel.share, "%.1f %%"), number(1e3 * kernel.defaultSeconds, "%.3f"),
                 number(1e3 * kernel.seconds, "%.3f"), kernel.seconds > 0 ? number(kernel.defaultSeconds / kernel.seconds, "%.2f") : "",
                 std::to_string(kernel.tried) + "/" + std::to_string(kernel.candidates - 1), kernel.isDefault ? "default" : toString(kernel.schedule)});
  table.print(llvm::outs());
  llvm::outs() << report.schedules << " schedules in " << report.trials << " trials";
  if (report.failures)
    llvm::outs() << " (" << report.failures << " of no use)";
  if (report.known)
    llvm::outs() << ", " << report.known << " known before";
  llvm::outs() << llvm::format(", %.0f s%s\n", report.seconds, report.interrupted ? ", interrupted" : "");
  if (report.networkSeconds > 0)
    llvm::outs() << name << ": " << llvm::format("%.3f ms -> %.3f ms (%.2fx)\n", 1e3 * report.defaultNetworkSeconds, 1e3 * report.networkSeconds,
                                                 report.defaultNetworkSeconds / report.networkSeconds);
  else
    llvm::outs() << name << ": the default schedules stand\n";
}

int run() {
  int status = Exit::Ok;
  auto session = network.session(status);
  if (!session)
    return status;
  if (worker)
    return tune::serveTrials(STDIN_FILENO, STDOUT_FILENO, {CNNC_VERSION, tune::hostMachine(threadsFor(threads)), 1}, session->cacheFolder);
  if (int result = accuracy.apply(*session))
    return result;
  if (input.empty())
    return fail(Exit::Usage, "name a network; see `cnnc tune --help`");
  if (format != "text" && format != "json")
    return fail(Exit::Usage, "--format takes text or json, got '" + format + "'");
  if (threads < 0 || threads > 1024)
    return fail(Exit::Usage, "--threads takes 0..1024");
  const auto seconds = durationOf(budget), stalled = durationOf(patience);
  if (!seconds || !stalled)
    return fail(Exit::Usage, "--budget and --patience take durations such as 120s, 500ms or 2m");
  auto command = workerCommand(*session, *stalled);
  if (!command)
    return Exit::Usage;
  auto records = tune::Database::open(database);
  if (!records)
    return fail(Exit::Diagnosed, records.error());
  for (const std::string &complaint : records->complaints())
    llvm::errs() << "cnnc: warning: " << complaint << "; the line is left alone\n";

  if (network.weights.getNumOccurrences() == 0)
    session->import.weights = "random:1";
  session->keepImported = false;
  const bool json = format == "json", jsonDiagnostics = network.jsonDiagnostics();
  const std::string name = input;
  frontend::DiagnosticSink sink;
  Session compiled(*session, sink);
  if (!compiled.load(name))
    return report(sink, jsonDiagnostics);
  tune::TuneOptions options;
  options.seconds = *seconds;
  options.networkSeconds = std::min(6.0, *seconds / 20);
  options.trials = trials;
  options.patience = *stalled;
  options.threads = threadsFor(threads);
  options.worker = std::move(*command);
  options.version = CNNC_VERSION;
  options.stopped = [] { return interrupted != 0; };
  std::signal(SIGINT, onInterrupt);
  auto found = tune::tuneNetwork(compiled, *records, options);
  if (sink.hasErrors())
    return report(sink, jsonDiagnostics);
  if (!found)
    return fail(Exit::Diagnosed, found.error());
  if (json)
    llvm::outs() << asJson(*found).dump(1) << '\n';
  else
    print(*found, name);
  return Exit::Ok;
}

} // namespace

const Command tools::tuneCommand{parser, run};
