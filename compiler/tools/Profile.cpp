// cnnc profile: where the time of a library goes.
#include "compiler/ChromeTrace.h"
#include "compiler/Targets.h"
#include "compiler/Threads.h"
#include "compiler/tools/Inputs.h"
#include "compiler/tools/Options.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace cnnc;
using namespace cnnc::tools;
namespace cl = llvm::cl;

static cl::SubCommand parser("profile",
                             "Show where the time of a library goes, launch by launch, against the machine's limit\n\n"
                             "  cnnc profile out/libresnet50.so\n"
                             "  cnnc profile out/libresnet50.so --top=10 --budget=5s\n"
                             "  cnnc profile out/libresnet50.so --trace=resnet50.trace.json     open it at https://ui.perfetto.dev\n"
                             "  cnnc profile out/libfaster_rcnn.so --input image=@street.jpg --format=json > profile.json\n\n"
                             "The limit of a launch is the longer of two times at the machine's measured peaks: that of its multiplications, and that\n"
                             "of reading its weights and inputs and writing its outputs once. Rates and limits are of the least time.");
static cl::opt<std::string> library(cl::Positional, cl::Required, cl::desc("LIBRARY"), cl::sub(parser));
static InputOptions inputs(parser);
static cl::opt<int> threads("threads", cl::desc("Threads; 0: as many as the library takes by itself (default)"), cl::init(0), cl::sub(parser));
static cl::opt<std::string> budget("budget", cl::desc("About how long to run, three times at least (default: 2s)"), cl::init("2s"), cl::sub(parser));
static cl::opt<int> top("top", cl::desc("Show the N slowest launches only, slowest first (default: all, in order)"), cl::value_desc("N"), cl::init(0),
                        cl::sub(parser));
static cl::opt<std::string> trace("trace", cl::desc("Also record runs for Perfetto or Chrome's about:tracing"), cl::value_desc("file.json"), cl::init(""),
                                  cl::sub(parser));
static cl::opt<int> traceRuns("trace-runs", cl::desc("With --trace: how many runs (default: 1)"), cl::value_desc("N"), cl::init(1), cl::sub(parser));
static cl::opt<std::string> peakFile("peak", cl::desc("What `cnnc doctor --peak --format=json` printed, instead of measuring it"), cl::value_desc("file.json"),
                                     cl::init(""), cl::sub(parser));
static cl::opt<std::string> format("format", cl::desc("text or json"), cl::init("text"), cl::sub(parser));

namespace {

// That of the file, or of the vectors that the library uses.
llvm::Expected<MachinePeak> peakFor(const cnnc_info &info) {
  if (peakFile.empty()) {
    auto target = findTarget(info.target);
    if (!target)
      target = findTarget("host");
    return measurePeak(target.value_or(Target()), threads);
  }
  auto text = llvm::MemoryBuffer::getFile(peakFile);
  if (!text)
    return llvm::createStringError("cannot read '" + peakFile + "': " + text.getError().message());
  auto peak = peakFromJson(nlohmann::json::parse((*text)->getBuffer().str(), nullptr, /*allow_exceptions=*/false));
  if (!peak)
    return llvm::createStringError("'" + peakFile + "' is not what `cnnc doctor --peak --format=json` prints");
  if (const int wanted = threadsFor(threads); peak->threads != wanted)
    return llvm::createStringError(
        llvm::formatv("'{0}' is the peak of {1} threads, not of {2}; measure it with --threads={2}", peakFile, peak->threads, wanted).str());
  return *peak;
}

int profile(double seconds) {
  LibraryAt at = LibraryAt::open(library);
  at.library.checkTarget();
  auto arrays = inputs.read(at.library.info());
  if (!arrays)
    return fail(Exit::Diagnosed, llvm::toString(arrays.takeError()));
  auto peak = peakFor(at.library.info());
  if (!peak)
    return fail(Exit::Diagnosed, llvm::toString(peak.takeError()));
  auto profile = profileLibrary(at, *arrays, *peak, {.threads = threads, .seconds = seconds, .traceRuns = trace.empty() ? 0 : traceRuns});
  if (!profile)
    return fail(Exit::Diagnosed, llvm::toString(profile.takeError()));
  constexpr auto kReplace = nlohmann::json::error_handler_t::replace;
  if (!trace.empty())
    if (int status = writeOut(trace, chromeTrace(*profile).dump(-1, ' ', false, kReplace) + "\n"))
      return status;
  if (format == "json")
    llvm::outs() << toJson(*profile).dump(2, ' ', false, kReplace) << '\n';
  else
    printProfile(*profile, top, llvm::outs());
  return Exit::Ok;
}

int run() {
  if (format != "text" && format != "json")
    return fail(Exit::Usage, "--format takes text or json, got '" + format + "'");
  if (threads < 0 || threads > 1024)
    return fail(Exit::Usage, "--threads takes a count from 0 (the library's own choice) to 1024, got " + std::to_string(threads));
  if (top < 0)
    return fail(Exit::Usage, "--top takes a count, got " + std::to_string(top));
  if (traceRuns < 1)
    return fail(Exit::Usage, "--trace-runs takes a count from 1, got " + std::to_string(traceRuns));
  auto seconds = durationOf(budget);
  if (!seconds)
    return fail(Exit::Usage, "--budget takes a duration, 20s, 500ms or 2m; got '" + budget + "'");
  try {
    return profile(*seconds);
  } catch (const Error &error) {
    return fail(error.code() == CNNC_ERROR_TARGET ? Exit::Unsupported : Exit::Diagnosed, error.what());
  }
}

} // namespace

const Command tools::profileCommand{parser, run};
