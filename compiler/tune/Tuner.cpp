#include "compiler/tune/Tuner.h"

#include "compiler/Progress.h"
#include "compiler/tune/NetworkTrial.h"
#include "dialects/exec/Exec.h"
#include "lowering/RegionSpec.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>

using namespace mlir;
using namespace cnnc;
using namespace cnnc::tune;
using kernels::Schedule;
using Clock = std::chrono::steady_clock;

namespace {

constexpr size_t kCandidates = 6;      // of a trial, the default not counted
constexpr size_t kFinalists = 3;       // of a kernel, timed inside the network
constexpr double kFruitless = 0.5;     // what a trial that found nothing faster leaves of a kernel's hopes
constexpr double kStart = 30;          // seconds that a worker may take to say hello

/// A kernel and what is known of it.
struct Subject {
  exec::KernelOp op;
  kernels::KernelSpec spec;
  std::string key;
  Search search;
  int64_t launches = 0;
  double share = 0;  ///< Of the network's time with default schedules.
  int fruitless = 0; ///< Trials since one found something faster.
  bool busy = false;

  double promise() const { return busy || search.tried() + 1 >= search.size() ? 0 : share * search.ratio() * std::pow(kFruitless, fruitless); }
};

struct Trial {
  TrialRequest request;
  size_t subject;
  std::vector<Schedule> schedules; ///< The default first.
  Clock::time_point sent;
  bool alone = false; ///< Nothing else may be under way: when the worker goes, this was it.
};

class Tuning {
public:
  Tuning(Session &session, Database &database, const TuneOptions &options)
      : session(session), database(database), options(options), worker(options.worker), start(Clock::now()), progress("tune") {}

  kernels::Result<TuneReport> run() {
    if (!session.advance(Phase::Graph))
      return refused("the network cannot be compiled");
    graph = session.module().clone();
    auto hello = worker.start(std::max(kStart, options.patience));
    if (!hello)
      return refused(hello.error());
    if (hello->version != options.version)
      return refused("the worker is cnnc " + hello->version + ", this is " + options.version + "; give both the same version");
    machine = hello->machine;
    slots = static_cast<size_t>(hello->slots);
    show("the network as it is");
    const double before = elapsed();
    auto standard = timeInNetwork(session, *graph, {{}}, options.threads, options.networkSeconds / 10);
    if (!standard)
      return refused(standard.error());
    const double glance = elapsed() - before;
    if (auto why = chooseChains(standard->front()))
      return refused(*why);
    if (auto why = collect(standard->front()))
      return refused(*why);
    // What the finals will take: one library more than finalists, and the winner against the default.
    reserve = std::min(options.seconds / 2, glance * (kFinalists + 3) * 0.7 + options.networkSeconds * 2);
    if (auto why = search())
      return refused(*why);
    worker.stop();
    if (auto why = finals())
      return refused(*why);
    return finished();
  }

private:
  double elapsed() const { return std::chrono::duration<double>(Clock::now() - start).count(); }
  bool isStopped() { return report.interrupted = report.interrupted || (options.stopped && options.stopped()); }
  static kernels::Result<TuneReport> refused(const std::string &why) { return kernels::Result<TuneReport>::failure(why); }

  void show(const std::string &what) {
    double time = 1;
    for (const Subject &subject : subjects)
      time -= subject.share * (1 - subject.search.ratio());
    progress.update(static_cast<int64_t>(elapsed()), static_cast<int64_t>(options.seconds),
                    "network at about " + std::to_string(static_cast<int>(100 * time + 0.5)) + " %, " + what);
  }

  /// Of all launches.
  static double sumOf(const NetworkTimes &times) {
    double sum = 0;
    for (const auto &[key, seconds] : times.kernels)
      if (auto chain = times.chains.find(key); chain == times.chains.end() || chain->second.together)
        sum += seconds;
    return sum;
  }

  //===-- Chains ---------------------------------------------------------------------------------------------------------------===//

  /// Which chains are one kernel: measured inside the network, all together and all apart in turns. Replaces `standard` by the times with what was chosen,
  /// and leaves the session partitioned that way.
  std::optional<std::string> chooseChains(NetworkTimes &standard) {
    if (standard.chains.empty())
      return std::nullopt;
    show("chains of kernels, together and apart");
    using Chains = Assignment::Chains;
    auto times = timeInNetwork(session, *graph, {{{}, Chains::together}, {{}, Chains::apart}}, options.threads, options.networkSeconds / 3);
    if (!times)
      return times.error();
    const double whole = sumOf(standard);
    bool changed = false;
    for (const auto &[key, chain] : standard.chains) {
      const Schedule together = kernels::defaultFor(chain.spec, session.target()), apart = {kernels::kApart, {}};
      const double togetherSeconds = times->front().kernels[key], apartSeconds = times->back().kernels[key];
      if (togetherSeconds <= 0 || apartSeconds <= 0)
        continue;
      const auto measured = [&](bool isTogether) {
        return Record{options.version,
                      key,
                      describe(chain.spec),
                      session.target().name,
                      machine,
                      isTogether ? together : apart,
                      session.network(),
                      isTogether ? togetherSeconds : apartSeconds,
                      chain.together ? togetherSeconds : apartSeconds,
                      0,
                      ""};
      };
      const Record estimated = measured(chain.together), other = measured(!chain.together);
      for (const Record *record : {&estimated, &other})
        if (auto why = database.append(*record))
          return why;
      const Record &chosen = other.isFaster() ? other : estimated;
      base.schedules[key] = chosen.schedule;
      changed = changed || other.isFaster();
      if (chosen.schedule == apart)
        report.kernels.push_back(
            {estimated.what, chain.launches, 2, 1, estimated.seconds / whole, chosen.seconds, estimated.seconds, apart, !other.isFaster()});
    }
    if (!changed)
      return tune::partition(session, *graph, base) ? std::nullopt : std::optional<std::string>("the network cannot be compiled");
    auto again = timeInNetwork(session, *graph, {base}, options.threads, options.networkSeconds / 10);
    if (!again)
      return again.error();
    standard = std::move(again->front());
    return std::nullopt;
  }

  //===-- Kernels --------------------------------------------------------------------------------------------------------------===//

  /// The kernels of the partitioned network, their shares, and what earlier runs found.
  std::optional<std::string> collect(const NetworkTimes &standard) {
    network = session.module().clone();
    const bool perImage = (*network)->hasAttr(exec::kPerImage);
    const double whole = sumOf(standard);
    llvm::StringMap<int64_t> launches;
    network->walk([&](exec::LaunchOp launch) { ++launches[launch.getKernel()]; });
    for (auto kernel : network->getOps<exec::KernelOp>()) {
      auto spec = regionSpec(kernel, perImage);
      if (failed(spec))
        return "a kernel has no form";
      const std::string key = kernelKey(*spec, session.target());
      const auto seconds = standard.kernels.find(key);
      subjects.push_back({kernel, *spec, key, Search(*spec, session.target()), launches[kernel.getSymName()],
                          seconds == standard.kernels.end() ? 0 : seconds->second / whole, 0, false});
    }
    for (const Record &record : database.records())
      if (record.version == options.version && record.machine == machine && record.network.empty())
        for (Subject &subject : subjects)
          if (subject.key == record.kernel) {
            const size_t before = subject.search.tried();
            subject.search.learn(record.schedule, record.failure.empty() ? std::optional(record.ratio()) : std::nullopt);
            report.known += static_cast<int64_t>(subject.search.tried() - before);
          }
    return std::nullopt;
  }

  //===-- Trials ---------------------------------------------------------------------------------------------------------------===//

  std::optional<std::string> search() {
    for (;;) {
      while (mayLaunch())
        if (auto trial = nextTrial()) {
          if (auto why = launch(std::move(*trial)))
            return why;
        } else {
          break;
        }
      if (flying.empty())
        return std::nullopt;
      show(tune::describe(subjects[flying.front().subject].spec));
      auto reply = worker.receive(0.25);
      std::optional<std::string> why;
      if (!reply)
        why = lost(reply.error());
      else if (*reply)
        why = learn(**reply);
      else if (std::chrono::duration<double>(Clock::now() - flying.front().sent).count() > options.patience * static_cast<double>(1 + flying.size() / slots)) {
        worker.stop();
        why = lost("took longer than " + std::to_string(static_cast<int>(options.patience)) + " s");
      }
      if (why)
        return why;
    }
  }

  bool mayLaunch() {
    const bool room = flying.empty() || (flying.size() < slots && repeats.empty() && !flying.front().alone);
    return room && elapsed() < options.seconds - reserve && (options.trials == 0 || sent < options.trials) && !isStopped();
  }

  std::optional<Trial> nextTrial() {
    if (!repeats.empty()) {
      Trial trial = std::move(repeats.front());
      repeats.pop_front();
      return trial;
    }
    size_t best = 0;
    for (size_t i = 1; i < subjects.size(); ++i)
      if (subjects[i].promise() > subjects[best].promise())
        best = i;
    if (subjects.empty() || subjects[best].promise() <= 0)
      return std::nullopt;
    return trialOf(best, subjects[best].search.next(kCandidates));
  }

  Trial trialOf(size_t subject, std::vector<Schedule> candidates) {
    candidates.insert(candidates.begin(), subjects[subject].search.standard());
    return {{++lastId, {}, options.threads, options.trialSeconds}, subject, std::move(candidates), {}, false};
  }

  std::optional<std::string> launch(Trial trial) {
    Subject &subject = subjects[trial.subject];
    auto module = trialModule(*network, subject.op, trial.schedules);
    if (!module)
      return "internal error: no trial of " + describe(subject.spec) + ": " + module.error();
    trial.request.module = std::move(*module);
    trial.sent = Clock::now();
    if (!worker.running())
      if (auto hello = worker.start(std::max(kStart, options.patience)); !hello || hello->machine != machine)
        return hello ? "the worker came back as another machine" : hello.error();
    subject.busy = true;
    ++sent;
    flying.push_back(std::move(trial));
    if (auto why = worker.send(flying.back().request))
      return lost(*why);
    return std::nullopt;
  }

  /// The worker is gone, and the trials with it: each schedule gets another try with nothing beside it, which tells the guilty one.
  std::optional<std::string> lost(const std::string &why) {
    std::vector<Trial> gone;
    std::swap(gone, flying);
    for (Trial &trial : gone)
      if (auto error = repeatOrRecord(trial, "the worker " + why, gone.size() == 1))
        return error;
    return std::nullopt;
  }

  std::optional<std::string> repeatOrRecord(const Trial &trial, const std::string &why, bool isGuilty) {
    subjects[trial.subject].busy = false;
    if (isGuilty && trial.schedules.size() == 2)
      return record(trial, 1, {0, 0, why}, 0);
    for (size_t i = 1; i < trial.schedules.size(); ++i) {
      repeats.push_back(trialOf(trial.subject, {trial.schedules[i]}));
      repeats.back().alone = true;
    }
    return std::nullopt;
  }

  std::optional<std::string> learn(const TrialReply &reply) {
    const auto place = std::ranges::find(flying, reply.id, [](const Trial &trial) { return trial.request.id; });
    if (place == flying.end())
      return std::nullopt; // of a trial that was given up
    const Trial trial = std::move(*place);
    flying.erase(place);
    Subject &subject = subjects[trial.subject];
    subject.busy = false;
    ++report.trials;
    if (!reply.failure.empty())
      return repeatOrRecord(trial, reply.failure, true);
    if (reply.times.size() != trial.schedules.size() || !reply.times.front().failure.empty())
      return "internal error: a trial of " + describe(subject.spec) + " with its default schedule: " +
             (reply.times.empty() ? std::string("no times") : reply.times.front().failure);
    const double before = subject.search.ratio(), standard = reply.times.front().seconds;
    for (size_t i = 1; i < reply.times.size(); ++i)
      if (auto why = record(trial, i, reply.times[i], standard))
        return why;
    subject.fruitless = subject.search.ratio() < before * Record::kFaster ? 0 : subject.fruitless + 1;
    return std::nullopt;
  }

  std::optional<std::string> record(const Trial &trial, size_t i, const TrialTime &time, double standard) {
    Subject &subject = subjects[trial.subject];
    const bool works = time.failure.empty();
    ++report.schedules;
    report.failures += !works;
    subject.search.learn(trial.schedules[i], works ? std::optional(time.seconds / standard) : std::nullopt);
    return database.append(recordOf(subject, trial.schedules[i], "", time, standard));
  }

  Record recordOf(const Subject &subject, const Schedule &schedule, const std::string &where, const TrialTime &time, double standard) const {
    constexpr size_t kLongest = 500;
    return {options.version, subject.key, describe(subject.spec),          session.target().name, machine, schedule, where, time.seconds,
            standard,        time.error,  time.failure.substr(0, kLongest)};
  }

  //===-- Finals ---------------------------------------------------------------------------------------------------------------===//

  /// Times the finalists where they stand, the default among them, then the winners together.
  std::optional<std::string> finals() {
    show("the finalists inside the network");
    std::vector<Assignment> assignments(1, base);
    for (const Subject &subject : subjects) {
      const std::vector<Schedule> finalists = subject.search.finalists(kFinalists);
      for (size_t i = 0; i < finalists.size(); ++i) {
        if (assignments.size() < i + 2)
          assignments.push_back(base);
        assignments[i + 1].schedules[subject.key] = finalists[i];
      }
    }
    auto times = timeInNetwork(session, *graph, assignments, options.threads, options.networkSeconds);
    if (!times)
      return times.error();
    Assignment winners = base;
    bool isDefault = std::ranges::none_of(report.kernels, [](const TunedKernel &chain) { return !chain.isDefault; });
    for (Subject &subject : subjects) {
      const double standard = times->front().kernels[subject.key];
      TunedKernel result = {describe(subject.spec), subject.launches, subject.search.size(), subject.search.tried(), subject.share, standard, standard,
                            subject.search.standard(), true};
      if (standard > 0 && subject.search.size() > 1)
        if (auto why = database.append(recordOf(subject, subject.search.standard(), session.network(), {standard, 0, ""}, standard)))
          return why;
      for (size_t i = 1; i < assignments.size() && standard > 0; ++i) {
        const auto schedule = assignments[i].schedules.find(subject.key);
        if (schedule == assignments[i].schedules.end() || schedule->second == subject.search.standard())
          continue;
        const double seconds = (*times)[i].kernels[subject.key];
        const Record record = recordOf(subject, schedule->second, session.network(), {seconds, 0, ""}, standard);
        if (auto why = database.append(record))
          return why;
        if (seconds < result.seconds && record.isFaster())
          result.seconds = seconds, result.schedule = schedule->second, result.isDefault = false;
      }
      if (!result.isDefault)
        winners.schedules[subject.key] = result.schedule, isDefault = false;
      report.kernels.push_back(std::move(result));
    }
    if (isDefault)
      return std::nullopt;
    show("the winners against the defaults");
    auto whole = timeInNetwork(session, *graph, {{}, winners}, options.threads, options.networkSeconds);
    if (!whole)
      return whole.error();
    report.defaultNetworkSeconds = whole->front().whole;
    report.networkSeconds = whole->back().whole;
    return std::nullopt;
  }

  kernels::Result<TuneReport> finished() {
    std::ranges::stable_sort(report.kernels, std::greater<>(), &TunedKernel::share);
    report.seconds = elapsed();
    return std::move(report);
  }

  Session &session;
  Database &database;
  const TuneOptions &options;
  Worker worker;
  const Clock::time_point start;
  Progress progress;
  OwningOpRef<ModuleOp> graph, network; ///< Copies at the end of the graph and of the partition phase.
  Assignment base;                      ///< Which chains are one kernel.
  Machine machine;
  size_t slots = 1;
  double reserve = 0;
  int64_t lastId = 0, sent = 0;
  std::vector<Subject> subjects;
  std::vector<Trial> flying;  ///< The oldest first.
  std::deque<Trial> repeats;
  TuneReport report;
};

} // namespace

kernels::Result<TuneReport> tune::tuneNetwork(Session &session, Database &database, const TuneOptions &options) {
  return Tuning(session, database, options).run();
}
