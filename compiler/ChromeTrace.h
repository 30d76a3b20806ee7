// Traced runs as a file that Perfetto (ui.perfetto.dev) and Chrome's about:tracing show.
#pragma once

#include "compiler/Profile.h"

namespace cnnc {

/// The spans of a profile in the Trace Event Format: a complete event a launch inside one a run, times in microseconds from the first, and in
/// its arguments the kernel, shape, rates and limit.
nlohmann::json chromeTrace(const Profile &profile);

} // namespace cnnc
