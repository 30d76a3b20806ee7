// The schedules that a compilation takes from tuning records, and an account of it.
#pragma once

#include "compiler/tune/Record.h"
#include "lowering/Passes.h"

#include <memory>

namespace cnnc::tune {

/// Whose records count.
struct TunedFor {
  std::string version; ///< Of cnnc.
  Target target;
  Machine host;   ///< This machine; threads do not matter.
  std::string on; ///< Part of a toString(Machine): its records count, wherever this runs; empty: those of this machine.
};

/// The fastest schedule of each kernel on one machine. Records of another machine, version or target never count unless they were asked for.
class TunedSchedules {
public:
  /// `source` is what messages call the records. Fails when `on` names no machine of the records, or several.
  static kernels::Result<TunedSchedules> choose(const std::vector<Record> &records, const std::string &source, const TunedFor &wanted);

  /// For PartitionOptions::schedules; shares the account with this object.
  ScheduleLookup lookup() const;

  /// Why no record counts, with the remedy; empty when some do.
  const std::string &whyNone() const { return none; }
  /// "tune.jsonl, measured on Intel(R) Xeon(R) Processor, 2 threads".
  std::string description() const;

  /// Kernels that were looked up and have a record.
  int64_t tuned() const { return account->tuned; }
  /// For people: those without one that have a choice of schedules.
  std::vector<std::string> untuned() const;

private:
  struct Account {
    std::map<std::string, kernels::Schedule> schedules; ///< By kernelKey.
    int64_t tuned = 0;
    std::vector<std::pair<kernels::KernelSpec, Target>> others; ///< Looked up in vain.
  };
  TunedSchedules() : account(std::make_shared<Account>()) {}

  std::shared_ptr<Account> account;
  std::string source, machine, none;
};

} // namespace cnnc::tune
