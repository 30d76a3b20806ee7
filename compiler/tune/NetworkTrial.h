// Kernels timed where they stand: inside the network, with its caches, in turns with other choices of schedules.
#pragma once

#include "compiler/Session.h"
#include "compiler/tune/Record.h"

namespace cnnc::tune {

/// Schedules by kernelKey; a kernel that is not named takes its default.
using Assignment = std::map<std::string, kernels::Schedule>;

struct NetworkTimes {
  std::map<std::string, double> kernels; ///< By kernelKey: the sum over its launches of their least times, seconds.
  double whole = 0;                      ///< Least time of a run.
};

/// Compiles the network of `session`, which `graph` is a copy of at the end of the graph phase, once with each assignment, and runs the libraries in
/// turns for about `seconds`. Leaves the session at the end of the partition phase of the last one. Fails with the session's errors, or when a
/// library does not run.
kernels::Result<std::vector<NetworkTimes>> timeInNetwork(Session &session, mlir::ModuleOp graph, const std::vector<Assignment> &assignments, int64_t threads,
                                                         double seconds);

} // namespace cnnc::tune
