// Software prefetch of weights.
#include "lowering/kernels/Prefetch.h"

#include "lowering/kernels/Places.h"

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

/// One of the places for each cache line of f32 that they touch, by its distance from the first place; those at no constant distance are left out.
std::map<int64_t, Expr> linesOf(const std::vector<Expr> &places) {
  constexpr int64_t line = 16;
  std::map<int64_t, Expr> inOrder, lines;
  for (const Expr &place : places)
    if (auto distance = as_const_int(simplify(place - places.front())))
      inOrder.emplace(*distance, place);
  for (const auto &[distance, place] : inOrder)
    if (lines.empty() || distance >= lines.rbegin()->first + line)
      lines.emplace(distance, place);
  return lines;
}

Stmt prefetchOf(const std::string &buffer, const Expr &address) {
  return Evaluate::make(Call::make(Float(32), Call::prefetch, {Variable::make(Handle(), buffer), address, 1, 1}, Call::Intrinsic));
}

/// The statement with prefetches before it, of the lines that `touching` touches in a buffer, `distance` elements further; with `advance` of those
/// that it does not touch so many elements further too.
Stmt withPrefetches(Stmt statement, const Stmt &touching, const std::string &buffer, Access access, int64_t distance, int64_t advance = 0) {
  Places places(buffer, access);
  touching.accept(&places);
  const std::map<int64_t, Expr> lines = linesOf(places.list);
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    if (advance == 0 || !lines.contains(line->first - advance))
      statement = Block::make(prefetchOf(buffer, line->second + static_cast<int>(distance)), statement);
  return statement;
}

} // namespace

void PanelPrefetch::findFirst(const Stmt &tile) {
  Places places(buffer, panels.access);
  tile.accept(&places);
  const std::map<int64_t, Expr> lines = linesOf(places.list);
  first = lines.empty() ? Expr() : lines.begin()->second;
}

Stmt PanelPrefetch::shareBefore(const Stmt &loop) const {
  Expr iteration = 0;
  int64_t iterations = 1;
  for (const For *outer : around) {
    const auto extent = as_const_int(simplify(outer->extent));
    if (!extent)
      return loop;
    iteration = iteration * static_cast<int>(*extent) + (Variable::make(Int(32), outer->name) - outer->min);
    iterations *= *extent;
  }
  const int64_t each = panels.vectors / iterations, tiles = panels.tiles, part = (each + tiles - 1) / tiles;
  const Expr begin = (tile % static_cast<int>(tiles) * static_cast<int>(iterations) + iteration) * static_cast<int>(each) / static_cast<int>(tiles);
  Stmt result = loop;
  for (int64_t stream = panels.streams; stream-- > 0;)
    for (int64_t vector = part; vector-- > 0;) {
      const Expr address = first + static_cast<int>(panels.next + stream * panels.stride) + (begin + static_cast<int>(vector)) * static_cast<int>(panels.step);
      result = Block::make(prefetchOf(buffer, simplify(address)), result);
    }
  return result;
}

Stmt PanelPrefetch::visit(const For *loop) {
  const Expr outside = tile;
  for (const auto &[name, factor] : panels.number)
    if (loop->name.starts_with(counting) && loop->name.ends_with("." + name))
      tile = tile + (Variable::make(Int(32), loop->name) - loop->min) * static_cast<int>(factor);
  Stmt result = loop->name.starts_with(loops) ? reduction(loop) : IRMutator::visit(loop);
  tile = outside;
  return result;
}

Stmt PanelPrefetch::reduction(const For *loop) {
  if (!panels.before.empty()) {
    if (!loop->name.ends_with("." + panels.before))
      return IRMutator::visit(loop);
    findFirst(loop);
    return first.defined() ? shareBefore(loop) : loop;
  }
  if (around.empty())
    findFirst(loop);
  around.push_back(loop);
  const Stmt body = mutate(loop->body);
  around.pop_back();
  const Stmt result = For::make(loop->name, loop->min, loop->extent, loop->for_type, loop->partition_policy, loop->device_api, body);
  return body.same_as(loop->body) && first.defined() ? shareBefore(result) : result;
}

Stmt CellPrefetch::visit(const For *loop) {
  if (!loop->name.starts_with(cells.loops))
    return IRMutator::visit(loop);
  const Stmt body = withPrefetches(loop->body, loop->body, cells.buffer, cells.access, cells.distance, cells.advance);
  return For::make(loop->name, loop->min, loop->extent, loop->for_type, loop->partition_policy, loop->device_api, body);
}

Stmt EpiloguePrefetch::visit(const Block *block) {
  const auto *sums = block->first.as<ProducerConsumer>();
  Stmt result = IRMutator::visit(block);
  if (sums && sums->is_producer && sums->name == stage)
    for (const std::string &buffer : buffers)
      result = withPrefetches(result, block->rest, buffer, Access::vectors, distance);
  return result;
}

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
    result = Block::make(prefetchOf(buffer, base + static_cast<int>(distance)), result);
  }
  return result;
}

} // namespace cnnc::kernels
