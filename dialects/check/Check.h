// The check dialect: expectations on tensors, for tests only.
#pragma once

#include "dialects/cnn/Cnn.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"

#include "dialects/check/CheckDialect.h.inc"

#define GET_OP_CLASSES
#include "dialects/check/CheckOps.h.inc"

namespace cnnc::check {

/// Interprets each function without arguments. A function stops at its first failing check, which is reported as an error with
/// the first element that is off; the other functions still run. Fails when any check fails or when there is no check at all.
llvm::LogicalResult runChecks(mlir::ModuleOp module);

} // namespace cnnc::check
