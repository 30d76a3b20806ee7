// The exec dialect: what will run.
#pragma once

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/RegionKindInterface.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/exec/ExecDialect.h.inc"
#include "dialects/exec/ExecEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/exec/ExecAttributes.h.inc"

namespace cnnc::exec {
/// The type of a count of rows, tensor<1xi32>.
mlir::RankedTensorType countType(mlir::MLIRContext *context);
} // namespace cnnc::exec

#include "dialects/exec/ExecInterfaces.h.inc"

#define GET_OP_CLASSES
#include "dialects/exec/ExecOps.h.inc"

namespace cnnc::exec {

/// Bytes that one image of a tensor occupies: dimension 0 counts as 1 when `perImage`; layout, halo and padding lanes included.
int64_t imageBytes(mlir::RankedTensorType type, bool perImage);

/// The value that views give other types to: the value itself where it is no view.
mlir::Value sourceOf(mlir::Value value);

/// How many images the step that computes a value takes at once, through views; 1 for what is no launch's result.
int64_t imagesOf(mlir::Value value);

/// Bytes that a value occupies for the images that its step takes at once.
int64_t bytesOf(mlir::Value value, bool perImage);

/// Bytes to which kernels assume a tensor's address is aligned: a vector of channels of a blocked one, at most a cache line; an
/// element of a dense one.
int64_t alignmentOf(mlir::RankedTensorType type);

/// Most tensors that one launch may touch, its result included; the library's tables have that many places.
inline constexpr int64_t kMaxArguments = 16;

/// Name of the unit attribute on the module: launches handle one image each and the list runs once per image.
inline constexpr llvm::StringLiteral kPerImage = "exec.per_image";
/// Names of the unit attributes on the module: kernels sum as the ops are defined, or may multiply pairs of bf16 (KernelSpec::accuracy).
inline constexpr llvm::StringLiteral kStrict = "exec.strict";
inline constexpr llvm::StringLiteral kFast = "exec.fast";
/// Name of the module attribute with the arena's size in bytes.
inline constexpr llvm::StringLiteral kArenaBytes = "exec.arena_bytes";
/// Name of the module attribute with the most bytes of the arena that are alive at once: the least size of any arena.
inline constexpr llvm::StringLiteral kLiveBytes = "exec.live_bytes";
/// Name of the module attribute with the size in bytes of what is gathered of several images, the library's own header included.
inline constexpr llvm::StringLiteral kGatheredBytes = "exec.gathered_bytes";
/// Name of the attribute on ops of the cnn dialect whose group takes so many images at once (gather-images).
inline constexpr llvm::StringLiteral kImages = "images";
/// Name of the module attribute with the size of the weights section in bytes.
inline constexpr llvm::StringLiteral kWeightsBytes = "exec.weights_bytes";

} // namespace cnnc::exec
