#include "compiler/tune/NetworkTrial.h"

#include "compiler/Runner.h"
#include "compiler/TemporaryFolder.h"
#include "dialects/exec/Exec.h"
#include "lowering/RegionSpec.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <chrono>

using namespace mlir;
using namespace cnnc;
using namespace cnnc::tune;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kLeastRounds = 5;
constexpr int kWarmUpRuns = 2, kRuns = 3; // of a library's turn

/// One assignment's library, loaded.
struct Contestant {
  std::unique_ptr<BoundLibrary> library;
  std::vector<std::string> keys; ///< Of each launch's kernel; empty for a routine.
  NetworkTimes times;
  std::vector<double> launches; ///< Least times.
};

/// kernelKey of each launch, in the order of the library's.
std::vector<std::string> launchKeys(Session &session) {
  const bool perImage = session.module()->hasAttr(exec::kPerImage);
  llvm::StringMap<std::string> keys;
  for (auto kernel : session.module().getOps<exec::KernelOp>())
    if (auto spec = regionSpec(kernel, perImage); succeeded(spec))
      keys[kernel.getSymName()] = kernelKey(*spec, session.target());
  std::vector<std::string> list;
  auto main = session.module().lookupSymbol<func::FuncOp>("main");
  for (auto step : main.getOps<exec::StepOpInterface>()) {
    auto launch = dyn_cast<exec::LaunchOp>(step.getOperation());
    list.push_back(launch ? keys.lookup(launch.getKernel()) : std::string());
  }
  return list;
}

void takeTurn(Contestant &one) {
  for (int i = 0; i < kWarmUpRuns; ++i)
    one.library->run();
  one.library->model().profile(true);
  for (int i = 0; i < kRuns; ++i) {
    const auto begin = Clock::now();
    one.library->run();
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    one.times.whole = one.times.whole == 0 ? seconds : std::min(one.times.whole, seconds);
  }
  const auto entries = one.library->model().profile();
  one.launches.resize(entries.size(), 0);
  for (size_t i = 0; i < entries.size(); ++i) {
    const double seconds = static_cast<double>(std::max<uint64_t>(entries[i].min_ns, 1)) * 1e-9;
    one.launches[i] = one.launches[i] == 0 ? seconds : std::min(one.launches[i], seconds);
  }
}

} // namespace

kernels::Result<std::vector<NetworkTimes>> tune::timeInNetwork(Session &session, ModuleOp graph, const std::vector<Assignment> &assignments, int64_t threads,
                                                               double seconds) {
  using Times = kernels::Result<std::vector<NetworkTimes>>;
  TemporaryFolder folder("cnnc-tune");
  if (!folder.error().empty())
    return Times::failure(folder.error());
  std::vector<Contestant> contestants;
  try {
    for (const Assignment &assignment : assignments) {
      session.restore(graph);
      session.chooseSchedules([&assignment](const kernels::KernelSpec &spec, const Target &target) -> std::optional<kernels::Schedule> {
        auto it = assignment.find(kernelKey(spec, target));
        return it == assignment.end() ? std::nullopt : std::optional(it->second);
      });
      emit::EmitOptions emit;
      emit.outputFolder = folder.path() + "/" + std::to_string(contestants.size());
      std::optional<emit::LibraryFiles> files;
      if (session.advance(Phase::Partition) && session.buildKernels())
        files = session.emitLibrary(emit);
      if (!files)
        return Times::failure("the network cannot be compiled");
      const LibraryAt at = LibraryAt::open(files->library);
      const std::vector<Array> inputs = randomInputs(at.library.info(), /*seed=*/1);
      contestants.push_back({std::make_unique<BoundLibrary>(at, inputs, static_cast<int>(threads)), launchKeys(session), {}, {}});
    }
    repeat(seconds, kLeastRounds, [&](int round) {
      for (size_t i = 0; i < contestants.size(); ++i) // another one begins each time
        takeTurn(contestants[(i + static_cast<size_t>(round)) % contestants.size()]);
    });
  } catch (const std::exception &error) {
    return Times::failure(error.what());
  }
  std::vector<NetworkTimes> times;
  for (Contestant &one : contestants) {
    for (size_t i = 0; i < std::min(one.launches.size(), one.keys.size()); ++i)
      if (!one.keys[i].empty())
        one.times.kernels[one.keys[i]] += one.launches[i];
    times.push_back(std::move(one.times));
  }
  return times;
}
