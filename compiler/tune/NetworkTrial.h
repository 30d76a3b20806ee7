// Kernels timed where they stand: inside the network, with its caches, in turns with other choices of schedules.
#pragma once

#include "compiler/Session.h"
#include "compiler/tune/Record.h"

namespace cnnc::tune {

/// What each kernel of a network is computed with.
struct Assignment {
  std::map<std::string, kernels::Schedule> schedules; ///< By kernelKey; a kernel that is not named takes its default.
  /// Chains that are not named: as estimated, each in one kernel, or each reduction in a kernel of its own.
  enum class Chains { estimated, together, apart } chains = Chains::estimated;
};

struct NetworkTimes {
  /// By kernelKey: the sum over its launches of their least times, seconds. A chain has a time whether it is one launch or two.
  std::map<std::string, double> kernels;
  double whole = 0; ///< Least time of a run.
  struct Chain {
    kernels::KernelSpec spec;
    bool together;    ///< In one launch.
    int64_t launches; ///< Or pairs of them.
  };
  std::map<std::string, Chain> chains; ///< By kernelKey.
};

/// Brings `session` to the end of the partition phase of the network that `graph` is a copy of at the end of the graph phase. False after errors, which the
/// session has reported.
bool partition(Session &session, mlir::ModuleOp graph, const Assignment &assignment);

/// Compiles the network of `session`, which `graph` is a copy of at the end of the graph phase, once with each assignment, and runs the libraries in
/// turns for about `seconds`. Leaves the session at the end of the partition phase of the last one. Fails with the session's errors, or when a
/// library does not run.
kernels::Result<std::vector<NetworkTimes>> timeInNetwork(Session &session, mlir::ModuleOp graph, const std::vector<Assignment> &assignments, int64_t threads,
                                                         double seconds);

} // namespace cnnc::tune
