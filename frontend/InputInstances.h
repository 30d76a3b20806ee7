// Declared inputs -> inputs with shapes.
#pragma once

#include "frontend/Expand.h"
#include "frontend/Expression.h"

namespace cnnc::frontend {

/// Evaluates an input's dtype, shape and max_batch. Reports with `context` as the template; nullopt after an error.
std::optional<InputInstance> instantiate(const Input &input, const Environment &environment, const ExpandLimits &limits, const Diagnostic &context,
                                         DiagnosticSink &sink);

} // namespace cnnc::frontend
