// Software prefetch of weights.
#include "lowering/kernels/Prefetch.h"

#include <algorithm>
#include <utility>

namespace cnnc::kernels {
namespace {

using namespace Halide;
using namespace Halide::Internal;

/// The first elements of the vectors that a statement loads from a buffer, as far as they are known before the statement.
class VectorLoads final : public IRVisitor {
public:
  explicit VectorLoads(const std::string &buffer) : buffer(buffer) {}
  std::vector<Expr> bases;
  using IRVisitor::visit;

private:
  void visit(const Let *let) override {
    ScopedBinding<> bind(inner, let->name);
    IRVisitor::visit(let);
  }
  void visit(const Load *load) override {
    const Ramp *ramp = load->index.as<Ramp>();
    if (load->name == buffer && ramp && is_const_one(ramp->stride) && !expr_uses_vars(ramp->base, inner))
      bases.push_back(ramp->base);
    IRVisitor::visit(load);
  }
  const std::string &buffer;
  Scope<> inner;
};

} // namespace

Stmt StreamPrefetch::visit(const For *loop) {
  const bool outside = !inReduction;
  inReduction = inReduction || loop->name.starts_with(loops);
  std::vector<Expr> before = std::exchange(done, {});
  Stmt result = IRMutator::visit(loop);
  done = std::move(before);
  inReduction = inReduction && !outside;
  return result;
}

Stmt StreamPrefetch::visit(const Store *store) {
  Stmt result = IRMutator::visit(store);
  if (!inReduction)
    return result;
  VectorLoads loads(buffer);
  store->value.accept(&loads);
  for (const Expr &base : loads.bases) {
    if (std::ranges::any_of(done, [&](const Expr &other) { return equal(base, other); }))
      continue;
    done.push_back(base);
    const Expr address = base + static_cast<int>(distance);
    result = Block::make(Evaluate::make(Call::make(Float(32), Call::prefetch, {Variable::make(Handle(), buffer), address, 1, 1}, Call::Intrinsic)), result);
  }
  return result;
}

} // namespace cnnc::kernels
