// Running a compiled library from the tools: inputs by name or seed, outputs and layer values as arrays.
#pragma once

#include "compiler/Npy.h"
#include "compiler/Session.h"
#include "dialects/cnn/Interpreter.h"
#include "runtime/cnnc.hpp"

#include <chrono>
#include <map>

namespace cnnc {

/// Uniform values in [-1, 1) (f32) or [0, 256) (u8), the same for a seed and an index on every machine.
Array randomArray(const std::string &dtype, const std::vector<int64_t> &shape, uint64_t seed);

/// Random inputs of a library, one per declared input.
std::vector<Array> randomInputs(const cnnc_info &info, uint64_t seed, int64_t batch = 1);

/// Called with each launch's layer and its result as dense NCHW f32.
using LayerCallback = std::function<void(const std::string &layer, const Array &value)>;

/// A loaded library and where its file stands.
struct LibraryAt {
  Library library;
  std::string path;
  /// Opens a file; a name without a folder is one in the current folder. Throws cnnc::Error.
  static LibraryAt open(const std::string &path);
};

/// The file <net><ending> beside lib<net>.so; empty when there is none.
std::string besideLibrary(const std::string &library, llvm::StringRef ending);

/// A model of a library with inputs and outputs of its own, to be run again and again. External weights are <net>.weights beside the library.
class BoundLibrary {
public:
  /// `layers` is called in each run, when it is given. Throws cnnc::Error.
  BoundLibrary(const LibraryAt &at, std::vector<Array> inputs, int threads, LayerCallback layers = {});
  /// With the host's own hooks. What their `user` points at must outlive this. Throws cnnc::Error.
  BoundLibrary(const LibraryAt &at, std::vector<Array> inputs, int threads, const cnnc_hooks &hooks);
  BoundLibrary(const BoundLibrary &) = delete;
  BoundLibrary &operator=(const BoundLibrary &) = delete;
  /// Throws cnnc::Error.
  void run() { made->run(in, out); }
  Model &model() { return *made; }
  std::vector<Array> &outputs() { return results; }

private:
  void make(const LibraryAt &at, int threads, const cnnc_hooks *hooks);

  LayerCallback layers;
  std::vector<Array> inputs, results;
  std::vector<Tensor> in, out;
  std::optional<Model> made;
};

/// Calls `round(0)`, `round(1)`, ...: `least` times, and until about `seconds` have passed.
template <typename Round> void repeat(double seconds, int least, Round round) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  for (int number = 0; number < least || Clock::now() < end; ++number)
    round(number);
}

/// Runs a library once; external weights are <net>.weights beside it. Throws cnnc::Error.
std::vector<Array> runLibrary(const LibraryAt &at, const std::vector<Array> &inputs, int threads, const LayerCallback &layers = {});

/// The values in f64, for the reference.
cnn::HostTensor hostTensor(const Array &array);

/// Evaluates the network of an import-phase module in f64. nullopt after an error, which goes to the context's handler.
std::optional<std::vector<Array>> runReference(mlir::ModuleOp module, const std::vector<Array> &inputs, const LayerCallback &layers = {});

/// Writes sample inputs and expected outputs beside a library. `kind` is library, reference or none. Returns why it could not.
std::optional<std::string> writeSample(Session &session, const emit::LibraryFiles &files, const std::string &kind);

} // namespace cnnc
