// Loads of one block in a fixed order.
#include "lowering/kernels/PermuteLoads.h"

namespace cnnc::kernels {

using namespace Halide;
using namespace Halide::Internal;

ModulusRemainder PermuteLoads::alignmentOf(const Expr &value) const {
  return value.type().is_scalar() && value.type().is_int() ? modulus_remainder(value, alignment) : ModulusRemainder();
}

Expr PermuteLoads::visit(const Load *load) {
  const Expr index = mutate(load->index);
  const auto unchanged = [&] {
    return index.same_as(load->index) ? Expr(load) : Load::make(load->type, load->name, index, load->image, load->param, load->predicate, load->alignment);
  };
  if (load->type.lanes() != lanes || !is_const_one(load->predicate) || index.as<Ramp>() || index.as<Broadcast>())
    return unchanged();
  const Expr first = simplify(extract_lane(index, 0));
  const ModulusRemainder known = modulus_remainder(first, alignment);
  if (known.modulus % lanes != 0)
    return unchanged();
  const int64_t start = (known.remainder % lanes + lanes) % lanes;
  std::vector<int> order;
  for (int lane = 0; lane < lanes; ++lane) {
    const std::optional<int64_t> distance = as_const_int(simplify(extract_lane(index, lane) - first));
    if (!distance || start + *distance < 0 || start + *distance >= lanes)
      return unchanged();
    order.push_back(static_cast<int>(start + *distance));
  }
  const Expr dense = Ramp::make(simplify(first - static_cast<int>(start)), 1, lanes);
  const Expr block = Load::make(load->type, load->name, dense, load->image, load->param, load->predicate, ModulusRemainder(lanes, 0));
  return Shuffle::make({block}, order);
}

Expr PermuteLoads::visit(const Let *let) {
  const Expr value = mutate(let->value);
  ScopedBinding<ModulusRemainder> bind(alignment, let->name, alignmentOf(value));
  return Let::make(let->name, value, mutate(let->body));
}

Stmt PermuteLoads::visit(const LetStmt *let) {
  const Expr value = mutate(let->value);
  ScopedBinding<ModulusRemainder> bind(alignment, let->name, alignmentOf(value));
  return LetStmt::make(let->name, value, mutate(let->body));
}

Stmt PermuteLoads::visit(const For *loop) {
  ScopedBinding<ModulusRemainder> bind(alignment, loop->name, ModulusRemainder()); // hides a let of the same name
  return IRMutator::visit(loop);
}

} // namespace cnnc::kernels
