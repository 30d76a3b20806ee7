// Software prefetch of weights, added to lowered code.
#pragma once

#include <Halide.h>

#include <vector>

namespace cnnc::kernels {

/// A lowering pass that prefetches a buffer which the reduction of a stage streams through: where the loops of the reduction load a vector
/// of `buffer`, the address `distance` elements further is prefetched, once an iteration. The weights of a register tile come from
/// memory once and then from cache; the hardware's prefetcher stops at page ends and follows few streams, so without this
/// their latency adds to the arithmetic. The elements must lie in a row in the order of the loops; a prefetch past the end is harmless.
class StreamPrefetch final : public Halide::Internal::IRMutator {
public:
  /// `loops` is the start of the names of the reduction's loops, e.g. "acc.s1.".
  StreamPrefetch(std::string buffer, std::string loops, int64_t distance) : buffer(std::move(buffer)), loops(std::move(loops)), distance(distance) {}
  using IRMutator::visit;

private:
  Halide::Internal::Stmt visit(const Halide::Internal::For *loop) override;
  Halide::Internal::Stmt visit(const Halide::Internal::Store *store) override;

  std::string buffer, loops;
  int64_t distance;
  bool inReduction = false;
  std::vector<Halide::Expr> done; ///< Addresses that the current iteration has prefetched.
};

} // namespace cnnc::kernels
