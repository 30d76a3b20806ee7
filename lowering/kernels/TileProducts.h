// Sums on tile registers, put into lowered code.
#pragma once

#include <Halide.h>

#include <string>
#include <vector>

namespace cnnc::kernels {

/// A call of cnnc_tile_products (tile_products.c) that computes all that is needed of a stage, or adds to it what a loop of its update does.
struct TileCall {
  std::string stage, cells, weights; ///< Of buffers.
  std::vector<int> arguments;        ///< After the buffers, in the function's order, but for the last.
  std::string loop = {};             ///< The variable of that loop; empty: all.
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
