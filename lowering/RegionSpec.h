// A region of cnn ops printed generically as a KernelSpec: mnemonics, attributes, shapes. No per-op code.
#pragma once

#include "dialects/exec/Exec.h"
#include "lowering/kernels/KernelSpec.h"

#include <optional>

namespace cnnc {

/// The spec of the ops in `ops` (topological order, one result used outside: the last op's); its inputs are their externalOperands, of which constants
/// are weights. Dimension 0 of activations becomes 1 when `perImage`, or the images that the ops take at once (gather-images).
/// Fails silently on types that kernels cannot express and on more inputs than a launch may have (the caller reports).
mlir::FailureOr<kernels::KernelSpec> regionSpec(llvm::ArrayRef<mlir::Operation *> ops, bool perImage);

/// The spec of an exec.kernel.
mlir::FailureOr<kernels::KernelSpec> regionSpec(exec::KernelOp kernel, bool perImage);

/// The spec of two launches as one kernel: `second` reads the result of `first`, whose kernel computes `firstSpec`, as the first operand of its reduction. It
/// equals that of the region that fuse-chains would make of them. nullopt where `second` reads it otherwise.
std::optional<kernels::KernelSpec> chainSpec(exec::LaunchOp first, const kernels::KernelSpec &firstSpec, exec::LaunchOp second,
                                             const kernels::KernelSpec &secondSpec);

/// Values that `ops` read from outside, each once, in order of first use.
llvm::SmallVector<mlir::Value> externalOperands(llvm::ArrayRef<mlir::Operation *> ops);

} // namespace cnnc
