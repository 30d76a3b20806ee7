// How many threads `--threads=0` means.
#pragma once

namespace cnnc {

/// `asked` where it is above 0, else as many as a library takes by itself (cnnc_default_threads of runtime/lib): the cores near this thread that the
/// process may use, within its cgroup's quota. At least 1.
int threadsFor(int asked);

} // namespace cnnc
