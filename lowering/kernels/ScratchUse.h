// What lowered code takes from the heap.
#pragma once

#include "lowering/kernels/Schedule.h"

#include <Halide.h>

namespace cnnc::kernels {

/// A lowering pass that adds up the heap allocations of a pipeline, each rounded up to a cache line: those around parallel loops and those inside.
/// They are given back where their scope ends, the last taken first; Halide would give some back early. Throws std::runtime_error for one of unknown
/// size.
class ScratchUse final : public Halide::Internal::IRMutator {
public:
  explicit ScratchUse(Scratch &peak) : peak(peak) {}
  using IRMutator::visit;

private:
  Halide::Internal::Stmt visit(const Halide::Internal::For *loop) override;
  Halide::Internal::Stmt visit(const Halide::Internal::Allocate *allocation) override;
  Halide::Internal::Stmt visit(const Halide::Internal::Free *early) override;

  Scratch &peak;
  Scratch now;
  bool inTask = false;
};

} // namespace cnnc::kernels
