// Finds schedules for the kernels of a network by measuring them: alone in trials, then the best few inside the network.
#pragma once

#include "compiler/Session.h"
#include "compiler/tune/Database.h"
#include "compiler/tune/Search.h"
#include "compiler/tune/Worker.h"

namespace cnnc::tune {

struct TuneOptions {
  double seconds = 120;                ///< Budget of all.
  int64_t trials = 0;                  ///< At most so many; 0: no limit.
  double networkSeconds = 6;           ///< Timing of all candidates inside the network, twice.
  int64_t threads = 2;                 ///< Of the libraries that are timed.
  std::vector<std::string> worker;     ///< Command of a process that runs trials (Worker.h).
  std::string version;                 ///< Of cnnc.
  double trialSeconds = 0.25;          ///< Timing of one trial.
  double patience = 60;                ///< Seconds after which a silent worker counts as stalled.
  bool (*stopped)() = nullptr;         ///< Asked between trials: true ends the search early.
};

/// What became of one kernel of the network.
struct TunedKernel {
  std::string what;
  int64_t launches = 0;
  size_t candidates = 0, tried = 0;    ///< Of its space; in this and earlier runs.
  double share = 0;                    ///< Of the network's time with default schedules.
  double seconds = 0, defaultSeconds = 0; ///< Of all its launches, inside the network; 0 when that was not measured.
  kernels::Schedule schedule;          ///< The choice.
  bool isDefault = true;
};

struct TuneReport {
  std::vector<TunedKernel> kernels;    ///< That with the largest share first.
  int64_t trials = 0, schedules = 0, failures = 0;
  int64_t known = 0;                   ///< Schedules that records of earlier runs had measured.
  double seconds = 0;                  ///< That it took.
  double networkSeconds = 0, defaultNetworkSeconds = 0; ///< Least time of a whole run; 0 when it was not measured.
  bool interrupted = false;
};

/// Tunes a network that `session` has loaded. Each finding goes into `database` at once. Errors of the network are in the session's sink; fails with
/// what prevented the search: no worker, a database that cannot be written, a worker on another version.
kernels::Result<TuneReport> tuneNetwork(Session &session, Database &database, const TuneOptions &options);

} // namespace cnnc::tune
