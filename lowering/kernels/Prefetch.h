// Software prefetch of weights and of cells, added to lowered code.
#pragma once

#include "lowering/kernels/Places.h"

#include <utility>
#include <vector>

namespace cnnc::kernels {

/// What several register tiles in a row share of a buffer, a panel (the weights of some blocks of channels, say), and where the next one lies: `streams` streams
/// of `vectors` vectors each, in elements `stride` from one stream to the next, `step` from one vector to the next, `next` from one panel to the next.
struct Panels {
  Access access = Access::vectors; ///< That read it.
  int64_t streams = 1, vectors = 0, stride = 0, step = 0, next = 0;
  int64_t tiles = 1; ///< Of a panel.
  /// The number of a tile: the sum of variables of the loops that count tiles, by name, times factors, modulo `tiles`.
  std::vector<std::pair<std::string, int64_t>> number = {};
  std::string before = {}; ///< Of which loop of the reduction to prefetch; empty: of the innermost.
};

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

/// A lowering pass that prefetches the next panel of a buffer, in even parts while the tiles of one are summed: each tile before each run of a loop its
/// share. The first tile of a panel would else wait for all of it, as weights arrive from beyond L2 more slowly than one tile uses them, and the other tiles
/// would leave that path idle. A prefetch past the end is harmless.
class PanelPrefetch final : public Halide::Internal::IRMutator {
public:
  /// `loops` and `counting` are the starts of the names of the loops of the reduction, and of those that count tiles.
  PanelPrefetch(std::string buffer, std::string loops, std::string counting, Panels panels)
      : buffer(std::move(buffer)), loops(std::move(loops)), counting(std::move(counting)), panels(std::move(panels)) {}
  using IRMutator::visit;

private:
  Halide::Internal::Stmt visit(const Halide::Internal::For *loop) override;
  Halide::Internal::Stmt reduction(const Halide::Internal::For *loop);
  void findFirst(const Halide::Internal::Stmt &tile);
  Halide::Internal::Stmt shareBefore(const Halide::Internal::Stmt &loop) const;

  std::string buffer, loops, counting;
  Panels panels;
  Halide::Expr tile = 0, first;                      ///< Of the panel; its first element.
  std::vector<const Halide::Internal::For *> around; ///< Loops of the reduction, outermost first.
};

/// Cells to be prefetched: in each iteration of the outermost loop whose name starts with `loops`, of the lines of `buffer` that its first steps read
/// those `distance` elements further. `advance` elements lie between what one iteration reads and the next; lines that both read are left to the
/// next, with 0 none are.
struct Cells {
  std::string buffer, loops;
  int64_t distance = 0;
  Access access = Access::elements;
  int64_t advance = 0;
};

/// A lowering pass that prefetches what the next register tile, or the next transform of a tile, will read of a buffer. A tile's cells
/// lie in short pieces, one for each run of channels, a plane apart, which no hardware prefetcher follows: where the tensor comes from beyond L2 the
/// latency of each piece would add to the arithmetic. A prefetch past the end is harmless.
class CellPrefetch final : public Halide::Internal::IRMutator {
public:
  explicit CellPrefetch(Cells cells) : cells(std::move(cells)) {}
  using IRMutator::visit;

private:
  Halide::Internal::Stmt visit(const Halide::Internal::For *loop) override;

  Cells cells;
};

/// A lowering pass that prefetches what the epilogue of a register tile will touch: the cache lines of the given buffers that lie `distance` elements after
/// those that the consumer of `stage` loads in vectors or stores. In even parts while the stage is summed, where the lines are runs of one length; before
/// that else, or where there is nothing to sum.
class EpiloguePrefetch final : public Halide::Internal::IRMutator {
public:
  EpiloguePrefetch(std::string stage, std::vector<std::string> buffers, int64_t distance)
      : stage(std::move(stage)), buffers(std::move(buffers)), distance(distance) {}
  using IRMutator::visit;

private:
  Halide::Internal::Stmt visit(const Halide::Internal::Block *block) override;

  std::string stage;
  std::vector<std::string> buffers;
  int64_t distance;
};

} // namespace cnnc::kernels
