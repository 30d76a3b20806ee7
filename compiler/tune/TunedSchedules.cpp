#include "compiler/tune/TunedSchedules.h"

#include "compiler/tune/Database.h"

#include "llvm/ADT/StringExtras.h"

#include <algorithm>

using namespace cnnc;
using namespace cnnc::tune;

static Machine withThreads(Machine machine, int64_t threads) {
  machine.threads = threads;
  return machine;
}

kernels::Result<TunedSchedules> TunedSchedules::choose(const std::vector<Record> &records, const std::string &source, const TunedFor &wanted) {
  TunedSchedules chosen;
  chosen.source = source;
  std::vector<Machine> machines;
  std::vector<Record> ofTarget;
  for (const Record &record : records)
    if (record.version == wanted.version && record.target == wanted.target.name) {
      ofTarget.push_back(record);
      if (std::ranges::find(machines, record.machine) == machines.end())
        machines.push_back(record.machine);
    }
  std::vector<std::string> names;
  for (const Machine &machine : machines)
    names.push_back("'" + toString(machine) + "'");
  const std::string present = llvm::join(names, ", ");

  std::vector<Machine> fitting;
  std::ranges::copy_if(machines, std::back_inserter(fitting), [&](const Machine &machine) {
    return wanted.on.empty() ? withThreads(machine, wanted.host.threads) == wanted.host : llvm::StringRef(toString(machine)).contains(wanted.on);
  });
  // Of several numbers of threads that which the target's schedules are balanced for.
  if (fitting.size() > 1)
    if (auto it = std::ranges::find(fitting, wanted.target.threads, &Machine::threads); it != fitting.end() &&
        std::ranges::all_of(fitting, [&](const Machine &machine) { return withThreads(machine, 1) == withThreads(*it, 1); }))
      fitting = {*it};
  if (fitting.size() > 1 || (fitting.empty() && !wanted.on.empty()))
    return kernels::Result<TunedSchedules>::failure("'" + source + "' has records of " + (machines.empty() ? "no machine" : present) + " for target " +
                                                    wanted.target.name + " and cnnc " + wanted.version + "; name one of them with --tuned-on");
  if (fitting.empty()) {
    chosen.none = machines.empty() ? "it has no records for target " + wanted.target.name + " and cnnc " + wanted.version
                                   : "its records were measured on " + present + ", and this is '" + wanted.host.cpu + "'; --tuned-on takes them all the same";
    return chosen;
  }
  chosen.machine = toString(fitting.front());
  for (auto &[kernel, record] : bestOf(ofTarget, wanted.version, fitting.front()))
    chosen.account->schedules.emplace(kernel, std::move(record.schedule));
  return chosen;
}

ScheduleLookup TunedSchedules::lookup() const {
  return [account = account](const kernels::KernelSpec &spec, const Target &target) -> std::optional<kernels::Schedule> {
    const auto isLegal = [&](const kernels::Schedule &schedule) {
      return schedule.name == kernels::kApart ? kernels::reductionsOf(spec).size() > 1 : !kernels::illegal(spec, schedule, target);
    };
    if (auto it = account->schedules.find(kernelKey(spec, target)); it != account->schedules.end() && isLegal(it->second)) {
      ++account->tuned;
      return it->second;
    }
    account->others.emplace_back(spec, target);
    return std::nullopt;
  };
}

std::vector<std::string> TunedSchedules::untuned() const {
  std::vector<std::string> list;
  for (const auto &[spec, target] : account->others)
    if (kernels::space(spec, target).size() > 1)
      list.push_back(describe(spec));
  return list;
}

std::string TunedSchedules::description() const { return source + ", measured on " + machine; }
