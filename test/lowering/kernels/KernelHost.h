// Runs built kernels in this process: packs tensors, links objects, supplies the task hook.
#pragma once

#include "lowering/kernels/Build.h"

#include <memory>

namespace cnnc::kernels::test {

/// Logical elements of a tensor, row-major.
using Elements = std::vector<double>;

/// Memory of one physical tensor with poisoned surroundings. `skew` bytes past a 64-byte boundary.
class Buffer {
public:
  Buffer(int64_t bytes, int64_t skew);
  uint8_t *data() { return base; }
  const uint8_t *data() const { return base; }
  bool surroundingsIntact() const;

private:
  static constexpr int64_t guard = 256;
  std::vector<uint8_t> memory;
  uint8_t *base;
  int64_t bytes;
};

/// Value that fills the padding lanes of inputs: a kernel must not let it reach a result.
constexpr double laneFiller = 1048576;
/// Bytes of a result before the kernel runs.
constexpr uint8_t poison = 0xC1;

Buffer packActivation(const TensorDesc &tensor, const Elements &elements, int64_t skew);
Buffer packWeight(const TensorDesc &tensor, const PackedLayout &layout, const Elements &elements);

/// Reads the logical elements of a result. `complaint` tells of a halo that was written or of padding lanes that are not finite.
Elements unpack(const TensorDesc &tensor, const Buffer &buffer, std::string &complaint);

/// Objects linked into one shared library and loaded.
class LoadedKernels {
public:
  /// Throws std::runtime_error when the link or the load fails.
  explicit LoadedKernels(const std::vector<Object> &objects);
  ~LoadedKernels();
  LoadedKernels(const LoadedKernels &) = delete;
  LoadedKernels &operator=(const LoadedKernels &) = delete;
  using Entry = int (*)(void **);
  Entry entry(const std::string &symbol) const;

private:
  std::string folder;
  void *library = nullptr;
};

/// Arguments of one call; holds the buffers.
class Call {
public:
  Call(const KernelSpec &spec, const std::vector<PackedLayout> &layouts, const std::vector<Elements> &inputs, int64_t skew = 4);
  int operator()(LoadedKernels::Entry entry);
  /// Calls a counted kernel with a result of `rows` rows.
  int operator()(LoadedKernels::Entry entry, int64_t rows);
  const Buffer &output() const { return buffers.back(); }
  /// Takes all but the weights from another call of the same kernel, which must live as long.
  void shareActivations(const KernelSpec &spec, Call &with);

private:
  std::vector<Buffer> buffers;
  std::vector<uint8_t *> places;    // of the buffers
  std::vector<int64_t> outputShape; // physical
  struct Descriptors;
  std::shared_ptr<Descriptors> descriptors;
};

/// Threads that the task hook uses from now on (the result must not depend on it).
void setThreads(int threads);
/// Whether a single thread runs tasks from the last to the first from now on (nor on that).
void setBackwards(bool backwards);

} // namespace cnnc::kernels::test
