// The targets that --target names.
#pragma once

#include "lowering/kernels/Target.h"

#include <optional>
#include <string>
#include <vector>

namespace cnnc {

/// Every target by name, with a line on what it needs.
struct TargetEntry {
  Target target;
  std::string summary;
  bool fast = false; ///< Only fast accuracy makes use of what it has beyond the one before it.
};
const std::vector<TargetEntry> &knownTargets();

/// The target called `name`; "host" is the best known target that this machine can run and that is of use, with `fast` accuracy or without. nullopt
/// when unknown, or when no known target fits the host.
std::optional<Target> findTarget(const std::string &name, bool fast = false);

/// True when this machine has every feature of `target`, and the system lets this process use it.
bool hostCanRun(const Target &target);

} // namespace cnnc
