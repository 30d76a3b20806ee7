// Files that a spec imports.
#pragma once

#include "frontend/Spec.h"

namespace cnnc::frontend {

struct LinkLimits {
  size_t files = 256;              ///< Imported files of a network.
  size_t bytes = size_t(64) << 20; ///< Of all of them together.
};

/// Adds the blocks of every file that a spec imports, of the files that those import, and so on, after its own, each file once. A
/// path is relative to the folder of the importing file (`spec.file`; without a folder: the working directory), ends with .cnn or
/// .json and stays, symbolic links resolved, inside the folder that holds the spec's folder. What is missing, refused, erroneous or
/// cyclic is reported and stays in `imports` of the result, so that nobody asks for its blocks; else `imports` is empty.
ModelSpec linkSpec(ModelSpec spec, const LinkLimits &limits, DiagnosticSink &sink);

} // namespace cnnc::frontend
