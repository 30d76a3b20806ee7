// A library's outputs as detections.
#pragma once

#include "compiler/Draw.h"
#include "compiler/Npy.h"

#include "llvm/ADT/StringRef.h"

namespace cnnc {

/// An output and its name.
using NamedArrays = std::vector<std::pair<std::string, Array>>;

/// The detections of one picture, from outputs boxes f32 [D, 4], scores f32 [D], labels i32 [D], count i32 [1], and masks f32 [D, M, M] or
/// pasted u8 or f32 [D, H, W] where a network has them; a batch of 1 may lead each shape. Rows past the count, and those whose score is
/// not `minScore` or more, are left out. An error when an output is missing or has another type or shape, or the count is beyond D.
llvm::Expected<std::vector<Detection>> detectionsOf(const NamedArrays &outputs, float minScore);

} // namespace cnnc
