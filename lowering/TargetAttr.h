// The target as a module attribute, so that printed IR says what it was compiled for and can be fed back.
#pragma once

#include "lowering/kernels/Target.h"

#include "mlir/IR/BuiltinOps.h"

namespace cnnc {

/// Records `target` as `cnnc.target` on the module.
void setTarget(mlir::ModuleOp module, const Target &target);

bool hasTarget(mlir::ModuleOp module);

/// The module's target; emits an error naming the remedy when it has none or a malformed one.
mlir::FailureOr<Target> targetOf(mlir::ModuleOp module);

} // namespace cnnc
