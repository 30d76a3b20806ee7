#include "lowering/kernels/UnswitchTails.h"

#include <utility>

namespace cnnc::kernels {
namespace {

using namespace Halide;
using namespace Halide::Internal;

/// The first condition in a statement that is known before it.
class KnownCondition final : public IRVisitor {
public:
  Expr condition; ///< Undefined: there is none.
  using IRVisitor::visit;

private:
  void visit(const LetStmt *let) override {
    ScopedBinding<> bind(inner, let->name);
    IRVisitor::visit(let);
  }
  void visit(const For *loop) override {
    ScopedBinding<> bind(inner, loop->name);
    IRVisitor::visit(loop);
  }
  void visit(const IfThenElse *choice) override {
    if (!condition.defined() && is_pure(choice->condition) && !expr_uses_vars(choice->condition, inner))
      condition = choice->condition;
    IRVisitor::visit(choice);
  }
  Scope<> inner;
};

/// Replaces statements under a condition by the branch that is taken.
class Decide final : public IRMutator {
public:
  Decide(Expr condition, bool holds) : condition(std::move(condition)), holds(holds) {}
  using IRMutator::visit;

private:
  Stmt visit(const IfThenElse *choice) override {
    if (!equal(choice->condition, condition))
      return IRMutator::visit(choice);
    const Stmt &taken = holds ? choice->then_case : choice->else_case;
    return taken.defined() ? mutate(taken) : Evaluate::make(0);
  }
  Expr condition;
  bool holds;
};

Stmt unswitch(const Stmt &tile) {
  KnownCondition known;
  tile.accept(&known);
  if (!known.condition.defined())
    return tile;
  return IfThenElse::make(known.condition, unswitch(Decide(known.condition, true).mutate(tile)), unswitch(Decide(known.condition, false).mutate(tile)));
}

} // namespace

Stmt UnswitchTails::visit(const Allocate *tile) { return tile->name == stage ? unswitch(tile) : IRMutator::visit(tile); }

} // namespace cnnc::kernels
