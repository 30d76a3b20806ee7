// The routines of the runtime that steps call: their options as constants. runtime/lib/detect/routines.h declares both.
#pragma once

#include "dialects/exec/Exec.h"
#include "lowering/kernels/Build.h"

#include <string>

namespace cnnc::emit {

/// What the names of routines begin with.
inline constexpr llvm::StringLiteral kRoutinePrefix = "cnnc_routine_";

/// The bytes of a routine's options, from its attributes and the layouts of its operands and results. Fails when there is no such routine
/// or a limit of it is passed.
kernels::Result<std::string> routineOptions(exec::RoutineOp routine);

} // namespace cnnc::emit
