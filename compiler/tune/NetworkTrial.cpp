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

/// A launch, or a pair of launches that could be one.
struct Measured {
  std::string key;
  std::vector<size_t> launches;
};

/// One assignment's library, loaded.
struct Contestant {
  std::unique_ptr<BoundLibrary> library;
  std::vector<Measured> measured;
  NetworkTimes times;
  std::vector<double> launches; ///< Least times.
};

/// The launches of a partitioned network by kernelKey, and its chains.
std::vector<Measured> launchesOf(Session &session, std::map<std::string, NetworkTimes::Chain> &chains) {
  const bool perImage = session.module()->hasAttr(exec::kPerImage);
  const Target &target = session.target();
  llvm::StringMap<kernels::KernelSpec> specs;
  for (auto kernel : session.module().getOps<exec::KernelOp>())
    if (auto spec = regionSpec(kernel, perImage); succeeded(spec))
      specs[kernel.getSymName()] = std::move(*spec);
  std::vector<Measured> list;
  auto add = [&](const kernels::KernelSpec &spec, std::vector<size_t> launches, bool isChain) {
    list.push_back({kernelKey(spec, target), std::move(launches)});
    if (isChain)
      ++chains.try_emplace(list.back().key, NetworkTimes::Chain{spec, list.back().launches.size() == 1, 0}).first->second.launches;
  };
  llvm::DenseMap<Operation *, size_t> numbers;
  auto main = session.module().lookupSymbol<func::FuncOp>("main");
  for (auto step : main.getOps<exec::StepOpInterface>()) {
    const size_t number = numbers.size();
    numbers[step] = number;
    auto launch = dyn_cast<exec::LaunchOp>(step.getOperation());
    auto spec = launch ? specs.find(launch.getKernel()) : specs.end();
    if (spec == specs.end())
      continue;
    add(spec->second, {number}, kernels::reductionsOf(spec->second).size() > 1);
    for (Value operand : launch.getInputs()) {
      auto producer = operand.getDefiningOp<exec::LaunchOp>();
      auto before = producer && operand.hasOneUse() ? specs.find(producer.getKernel()) : specs.end();
      if (before == specs.end())
        continue;
      if (auto chain = chainSpec(producer, before->second, launch, spec->second); chain && !kernels::unsupported(*chain, target))
        add(*chain, {numbers.lookup(producer), number}, true);
    }
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

bool tune::partition(Session &session, ModuleOp graph, const Assignment &assignment) {
  session.restore(graph);
  session.chooseSchedules([assignment](const kernels::KernelSpec &spec, const Target &target) -> std::optional<kernels::Schedule> {
    if (auto it = assignment.schedules.find(kernelKey(spec, target)); it != assignment.schedules.end())
      return it->second;
    if (assignment.chains == Assignment::Chains::estimated || kernels::reductionsOf(spec).size() < 2)
      return std::nullopt;
    return assignment.chains == Assignment::Chains::together ? kernels::defaultFor(spec, target) : kernels::Schedule{kernels::kApart, {}};
  });
  return session.advance(Phase::Partition);
}

kernels::Result<std::vector<NetworkTimes>> tune::timeInNetwork(Session &session, ModuleOp graph, const std::vector<Assignment> &assignments, int64_t threads,
                                                               double seconds) {
  using Times = kernels::Result<std::vector<NetworkTimes>>;
  TemporaryFolder folder("cnnc-tune");
  if (!folder.error().empty())
    return Times::failure(folder.error());
  std::vector<Contestant> contestants;
  try {
    for (const Assignment &assignment : assignments) {
      emit::EmitOptions emit;
      emit.outputFolder = folder.path() + "/" + std::to_string(contestants.size());
      std::optional<emit::LibraryFiles> files;
      if (partition(session, graph, assignment) && session.buildKernels())
        files = session.emitLibrary(emit);
      if (!files)
        return Times::failure("the network cannot be compiled");
      const LibraryAt at = LibraryAt::open(files->library);
      const std::vector<Array> inputs = randomInputs(at.library.info(), /*seed=*/1);
      contestants.push_back({std::make_unique<BoundLibrary>(at, inputs, static_cast<int>(threads)), {}, {}, {}});
      contestants.back().measured = launchesOf(session, contestants.back().times.chains);
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
    for (const auto &[key, launches] : one.measured)
      for (size_t launch : launches)
        one.times.kernels[key] += launch < one.launches.size() ? one.launches[launch] : 0;
    times.push_back(std::move(one.times));
  }
  return times;
}
