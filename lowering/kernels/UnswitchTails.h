// Register tiles that reach over an end, as code of their own.
#pragma once

#include <Halide.h>

#include <string>

namespace cnnc::kernels {

/// A lowering pass that moves conditions out of a register tile: those that are known before the tile, as where the last of its channel blocks lie past the
/// end (TailStrategy::GuardWithIf). Halide repeats such a condition around every sum, and a sum under a condition stays in memory, not in a register.
/// The tile becomes two, with the condition around them; a tile with several conditions becomes several.
class UnswitchTails final : public Halide::Internal::IRMutator {
public:
  /// `stage` holds the sums of a tile.
  explicit UnswitchTails(std::string stage) : stage(std::move(stage)) {}
  using IRMutator::visit;

private:
  Halide::Internal::Stmt visit(const Halide::Internal::Allocate *tile) override;

  std::string stage;
};

} // namespace cnnc::kernels
