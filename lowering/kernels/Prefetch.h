// Software prefetch of weights, added to lowered code.
#pragma once

#include <Halide.h>

namespace cnnc::kernels {

/// A lowering pass that prefetches a buffer which a loop streams through: in the innermost loops that load vectors of `buffer`, each
/// vector's address plus `distance` elements is prefetched. Weights of a register tile are read once from memory and then
/// again from cache; the hardware's prefetcher stops at page ends and follows few streams, so without this their latency adds to
/// the arithmetic. The pass is for buffers that lie in a row in the order of the loop; prefetches past their end are harmless.
class StreamPrefetch final : public Halide::Internal::IRMutator {
public:
  StreamPrefetch(std::string buffer, int64_t distance) : buffer(std::move(buffer)), distance(distance) {}
  using IRMutator::visit;

private:
  Halide::Internal::Stmt visit(const Halide::Internal::For *loop) override;

  std::string buffer;
  int64_t distance;
};

} // namespace cnnc::kernels
