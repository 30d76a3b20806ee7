// Sums on tile registers, put into lowered code.
#pragma once

#include <Halide.h>

#include <array>
#include <cstdint>
#include <string>

namespace cnnc::kernels {

/// What cnnc_tile_products (tile_products.c) is told after its buffers, under the same names, but for `tiles` and `blocks`.
struct TileShape {
  int64_t pieces, packed, rows, chunks, cellsChunk, cellsPhase = 0, pitch = 0;
  std::array<int64_t, 2> taps = {1, 1}, stride = {1, 1}, dilation = {1, 1}; ///< Along y and x.
  int64_t weightsBlock, sumsBlock;
};

/// A call of that function which computes all that is needed of a stage, or adds to it what a loop of its update does.
struct TileCall {
  std::string stage, cells, weights; ///< Of buffers.
  std::string rows, blocks;          ///< The stage's variables over rows, of which it takes whole tiles, and over blocks of channels.
  TileShape shape;
  std::string loop = {}; ///< The variable of that loop; empty: all.
  bool adds = false;     ///< To what the stage holds.
};

/// A lowering pass that replaces the definition of a stage, or that loop, by the call: its buffers begin where the definition first reads or writes them. The
/// registers are set up and released around what the copy of the cells is kept for, or around each task in there.
class TileProducts final : public Halide::Internal::IRMutator {
public:
  explicit TileProducts(TileCall call) : call(std::move(call)) {}
  using IRMutator::visit;

private:
  Halide::Internal::Stmt visit(const Halide::Internal::ProducerConsumer *node) override;
  Halide::Internal::Stmt visit(const Halide::Internal::Allocate *allocation) override;
  Halide::Internal::Stmt visit(const Halide::Internal::For *loop) override;
  Halide::Internal::Stmt callFor(const Halide::Internal::Stmt &sums);
  Halide::Internal::Stmt setUp(const Halide::Internal::Stmt &body);

  TileCall call;
  bool pending = false; ///< There is a call for which the registers are not set up yet.
};

} // namespace cnnc::kernels
