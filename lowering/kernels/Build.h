// The one door to Halide: a spec, a schedule and a target become object code. Halide's exceptions stop here.
#pragma once

#include "lowering/kernels/Schedule.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace cnnc::kernels {

/// A value or a message that says what failed and what to do.
template <typename T> class Result {
public:
  Result(T value) : state(std::move(value)) {}
  static Result failure(std::string message) { return Result(Failure{std::move(message)}); }
  explicit operator bool() const { return state.index() == 0; }
  T &operator*() { return std::get<0>(state); }
  const T &operator*() const { return std::get<0>(state); }
  T *operator->() { return &std::get<0>(state); }
  const std::string &error() const { return std::get<1>(state).message; }

private:
  struct Failure {
    std::string message;
  };
  explicit Result(Failure failure) : state(std::move(failure)) {}
  std::variant<T, Failure> state;
};

/// Relocatable ELF object with one hidden-able entry point.
///
/// Entry point: `int <symbol>_argv(void **args)` with args[0] = address of a `void *user_context`, then one
/// `halide_buffer_t *` per input in spec order, then the output. Kernels read `host` only: sizes, strides and mins are compiled in. The `host` of a blocked tensor with a halo points at the first
/// cell of the buffer (the halo corner), not at the interior.
/// Activations are aligned to TensorDesc::alignment(), weights to 64 bytes.
/// The only undefined symbols are `halide_do_par_for`, functions of libc's string.h and libm and, in kernels with scratch memory (`scratchOf`),
/// `halide_malloc` and `halide_free`, which give back first what was taken last.
struct Object {
  std::string symbol;
  std::string bytes;
};

/// Builds one kernel. Thread-safe; same bytes for the same arguments.
Result<Object> build(const KernelSpec &spec, const Schedule &schedule, const Target &target);

/// The symbol that `build` gives: "cnnc_k_" + hash of (spec, schedule, target).
std::string symbolFor(const KernelSpec &spec, const Schedule &schedule, const Target &target);

/// Builds many kernels in parallel through a content-addressed cache.
/// `cacheFolder` empty means no cache. A damaged or foreign entry is rebuilt, writes are atomic (temporary file + rename).
struct BuildStatistics {
  int64_t kernels = 0, unique = 0, cacheHits = 0;
  double seconds = 0;
};
struct BuildOptions {
  std::string cacheFolder{};
  int threads = 0; ///< 0: one per core.
  void (*progress)(void *self, int64_t done, int64_t total) = nullptr;
  void *progressSelf = nullptr;
};
Result<std::vector<Object>> buildAll(const std::vector<BuildRequest> &requests, const Target &target, const BuildOptions &options,
                                     BuildStatistics *statistics = nullptr);

} // namespace cnnc::kernels
