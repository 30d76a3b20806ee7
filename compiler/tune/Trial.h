// A trial: one kernel with several schedules, in turns, inside a library of its own, so that what is timed is what a library does.
#pragma once

#include "compiler/tune/Record.h"
#include "dialects/exec/Exec.h"

#include "mlir/IR/BuiltinOps.h"

#include <nlohmann/json_fwd.hpp>

namespace cnnc::tune {

/// What a worker is asked: a line of JSON, so that it may sit in another process or on another machine.
struct TrialRequest {
  int64_t id = 0;
  std::string module;         ///< trialModule.
  int64_t threads = 1;        ///< Of the library.
  double seconds = 0.2;       ///< About how long to time.
};

/// Of one schedule.
struct TrialTime {
  double seconds = 0;  ///< Least time of a call.
  double error = 0;    ///< Relative L2 norm of the difference from the f64 reference.
  std::string failure; ///< Not empty: the result is wrong.
};

struct TrialReply {
  int64_t id = 0;
  std::vector<TrialTime> times; ///< One a schedule.
  std::string failure;          ///< Not empty: nothing was timed, and why.
};

/// A worker's first line.
struct WorkerHello {
  std::string version; ///< Of its cnnc.
  Machine machine;     ///< Where its trials run.
  int64_t slots = 1;   ///< Trials that it can run at a time.
};

nlohmann::json toJson(const TrialRequest &request);
nlohmann::json toJson(const TrialReply &reply);
nlohmann::json toJson(const WorkerHello &hello);
kernels::Result<TrialRequest> trialRequestFrom(const nlohmann::json &document);
kernels::Result<TrialReply> trialReplyFrom(const nlohmann::json &document);
kernels::Result<WorkerHello> workerHelloFrom(const nlohmann::json &document);

/// The text of a module of the partition phase: `kernel` of `network` is launched once with each schedule, in layers "0", "1", ..., on the same
/// inputs and on weights of its own. Fails when a schedule is illegal.
kernels::Result<std::string> trialModule(mlir::ModuleOp network, exec::KernelOp kernel, const std::vector<kernels::Schedule> &schedules);

/// Compiles the library of a request (kernels through `cacheFolder`), compares each schedule's result on random data with the f64 reference and
/// times them. Never throws.
TrialReply runTrial(const TrialRequest &request, const std::string &cacheFolder);

} // namespace cnnc::tune
