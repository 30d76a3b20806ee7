// How many threads `--threads=0` means.
#pragma once

namespace cnnc {

/// As many as a library takes by itself (cnnc_default_threads of runtime/lib): the cores near this thread that the process may use, within its cgroup's
/// quota. At least 1.
int defaultThreads();

} // namespace cnnc
