// Loads of one block in a fixed order, added to lowered code.
#pragma once

#include <Halide.h>

namespace cnnc::kernels {

/// A lowering pass that turns gathers whose lanes all lie in one aligned block into a load of the block and a shuffle. Halide loads each
/// lane of such a vector by itself; a channel block in another order costs one shuffle. Buffers must be whole blocks of `lanes` elements,
/// so that a block with one element inside is inside altogether.
class PermuteLoads final : public Halide::Internal::IRMutator {
public:
  explicit PermuteLoads(int lanes) : lanes(lanes) {}
  using IRMutator::visit;

private:
  Halide::Expr visit(const Halide::Internal::Load *load) override;
  Halide::Expr visit(const Halide::Internal::Let *let) override;
  Halide::Internal::Stmt visit(const Halide::Internal::LetStmt *let) override;
  Halide::Internal::Stmt visit(const Halide::Internal::For *loop) override;

  Halide::Internal::ModulusRemainder alignmentOf(const Halide::Expr &value) const;

  int lanes;
  Halide::Internal::Scope<Halide::Internal::ModulusRemainder> alignment; ///< What is known of the variables in scope.
};

} // namespace cnnc::kernels
