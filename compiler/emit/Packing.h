// Dense row-major tensor -> packed layout, in pieces of any size.
#pragma once

#include "lowering/kernels/Schedule.h"

#include <cstdint>
#include <vector>

namespace cnnc::emit {

/// Packs one weight. A run is one walk of the innermost physical dimension; runs are numbered in row-major order.
class Packer {
public:
  /// `source` holds product(shape) elements of `elementBytes` (1, 2, 4 or 8) bytes, or a single one when `splat`. An empty layout
  /// means dense row-major. The layout names dimensions below the rank only, and transforms f32 filters only.
  Packer(const uint8_t *source, bool splat, std::vector<int64_t> shape, const kernels::PackedLayout &layout, uint32_t elementBytes);

  int64_t runs() const { return runCount; }
  uint64_t runBytes() const { return runElements * elementBytes; }

  /// Writes runs [begin, end) to `target`, (end - begin) * runBytes() bytes; cells outside the tensor become zero.
  void pack(int64_t begin, int64_t end, uint8_t *target) const;

  Packer(const Packer &) = delete;
  Packer &operator=(const Packer &) = delete;

private:
  struct Dim {
    int dim;
    int64_t extent, step;
    int64_t stride; ///< Source elements from one index to the next.
  };
  template <typename Element> void packAs(int64_t begin, int64_t end, Element *target) const;

  std::vector<float> transformed; ///< Owns `source` when the layout transforms filters.
  const uint8_t *source;
  std::vector<int64_t> shape;
  std::vector<Dim> outer;
  Dim inner;
  std::vector<int> checked; ///< Logical dimensions whose coordinate can pass the shape.
  int64_t runCount = 1, runElements = 1;
  uint32_t elementBytes;
};

} // namespace cnnc::emit
