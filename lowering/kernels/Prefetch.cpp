// Software prefetch of weights.
#include "lowering/kernels/Prefetch.h"

#include <vector>

namespace cnnc::kernels {
namespace {

using namespace Halide;
using namespace Halide::Internal;

/// The first elements of the vectors that a loop's body loads from a buffer, and whether the body has loops of its own.
class VectorLoads final : public IRVisitor {
public:
  explicit VectorLoads(const std::string &buffer) : buffer(buffer) {}
  std::vector<Expr> bases;
  bool hasLoops = false;
  using IRVisitor::visit;

private:
  void visit(const For *loop) override {
    hasLoops = true;
    IRVisitor::visit(loop);
  }
  void visit(const Load *load) override {
    const Ramp *ramp = load->index.as<Ramp>();
    if (load->name == buffer && ramp && is_const_one(ramp->stride) && std::ranges::none_of(bases, [&](const Expr &base) { return equal(base, ramp->base); }))
      bases.push_back(ramp->base);
    IRVisitor::visit(load);
  }
  const std::string &buffer;
};

} // namespace

Stmt StreamPrefetch::visit(const For *loop) {
  VectorLoads loads(buffer);
  loop->body.accept(&loads);
  if (loads.hasLoops)
    return IRMutator::visit(loop);
  Stmt body = loop->body;
  for (const Expr &base : loads.bases) {
    const Expr address = Variable::make(Handle(), buffer);
    body = Block::make(Evaluate::make(Call::make(Float(32), Call::prefetch, {address, base + static_cast<int>(distance), 1, 1}, Call::Intrinsic)), body);
  }
  if (loads.bases.empty())
    return loop;
  return For::make(loop->name, loop->min, loop->extent, loop->for_type, loop->partition_policy, loop->device_api, body);
}

} // namespace cnnc::kernels
