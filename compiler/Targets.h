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
};
const std::vector<TargetEntry> &knownTargets();

/// The target called `name`; "host" is the best known target that this machine can run, one of AMD's cores only there. nullopt when unknown, or when
/// no known target fits the host.
std::optional<Target> findTarget(const std::string &name);

/// True when this machine has every feature of `target`, and the system lets this process use it.
bool hostCanRun(const Target &target);

} // namespace cnnc
