// Software prefetch of weights.
#include "lowering/kernels/Prefetch.h"

#include "lowering/kernels/Places.h"

#include <algorithm>
#include <bit>
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

/// Elements of f32 in a cache line.
constexpr int64_t kLine = 16;

/// A place in each cache line of f32 of a buffer that a statement touches, by its distance from the first place; those at no constant distance are left out.
std::map<int64_t, Expr> linesOf(const Stmt &touching, const std::string &buffer, Access access) {
  Places places(buffer, access);
  touching.accept(&places);
  std::map<int64_t, Expr> inOrder, lines;
  for (const Expr &place : places.list)
    if (auto distance = as_const_int(simplify(place - places.list.front())))
      inOrder.emplace(*distance, place);
  for (const auto &[distance, place] : inOrder)
    if (lines.empty() || distance >= lines.rbegin()->first + kLine)
      lines.emplace(distance, place);
  return lines;
}

Stmt prefetchOf(const std::string &buffer, const Expr &address) {
  return Evaluate::make(Call::make(Float(32), Call::prefetch, {Variable::make(Handle(), buffer), address, 1, 1}, Call::Intrinsic));
}

/// The statement with prefetches before it, of lines `distance` elements after those given; with `advance` of those alone that are not given so many elements
/// further too.
Stmt withPrefetches(Stmt statement, const std::string &buffer, const std::map<int64_t, Expr> &lines, int64_t distance, int64_t advance = 0) {
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    if (advance == 0 || !lines.contains(line->first - advance))
      statement = Block::make(prefetchOf(buffer, line->second + static_cast<int>(distance)), statement);
  return statement;
}

/// Lines that follow each other, in runs of one length.
struct Runs {
  std::vector<Expr> starts;
  int64_t length = 0; ///< Of each; 0: the lines are no such runs.
};

Runs runsOf(const std::map<int64_t, Expr> &lines) {
  Runs runs;
  std::vector<int64_t> lengths;
  int64_t next = 0;
  for (const auto &[distance, place] : lines) {
    if (runs.starts.empty() || distance != next) {
      runs.starts.push_back(place);
      lengths.push_back(0);
    }
    ++lengths.back();
    next = distance + kLine;
  }
  if (!lengths.empty() && std::ranges::count(lengths, lengths.front()) == std::ssize(lengths))
    runs.length = lengths.front();
  return runs;
}

/// Prefetches runs of lines while a sum is computed, in even parts: each iteration of the outermost loop of the reduction that has several
/// its share of every run. All of them at once would fill the buffers that the sum's own loads wait in.
class SpreadPrefetch final : public IRMutator {
public:
  SpreadPrefetch(std::string loops, const std::string &buffer, Runs runs, int64_t distance)
      : loops(std::move(loops)), buffer(buffer), runs(std::move(runs)), distance(distance) {}
  /// Whether there was such a loop.
  bool done() const { return found; }
  using IRMutator::visit;

private:
  Stmt visit(const For *loop) override {
    const auto extent = loop->name.starts_with(loops) ? as_const_int(simplify(loop->extent)) : std::nullopt;
    if (found || runs.length == 0 || !extent || *extent < 2)
      return IRMutator::visit(loop);
    found = true;
    const Stmt body = Block::make(shareOf(Variable::make(Int(32), loop->name) - loop->min, *extent), loop->body);
    return For::make(loop->name, loop->min, loop->extent, loop->for_type, loop->partition_policy, loop->device_api, body);
  }
  /// What iteration `number` of `iterations` prefetches: some lines of each run, or with two iterations a line and more, every so many iterations one.
  Stmt shareOf(const Expr &number, int64_t iterations) const {
    if (const auto period = static_cast<int>(std::bit_floor(static_cast<uint64_t>(iterations / runs.length))); period > 1)
      return IfThenElse::make(number % period == 0 && number < period * static_cast<int>(runs.length), prefetches(number / period, 1));
    return prefetches(number * static_cast<int>(runs.length) / static_cast<int>(iterations), (runs.length + iterations - 1) / iterations);
  }
  /// Of lines first, first + 1, ... of each run.
  Stmt prefetches(const Expr &first, int64_t lines) const {
    std::vector<Stmt> list;
    for (const Expr &start : runs.starts)
      for (int64_t line = 0; line < lines; ++line)
        list.push_back(prefetchOf(buffer, simplify(start + (first + static_cast<int>(line)) * static_cast<int>(kLine) + static_cast<int>(distance))));
    return Block::make(list);
  }
  std::string loops;
  const std::string &buffer;
  Runs runs;
  int64_t distance;
  bool found = false;
};

} // namespace

void PanelPrefetch::findFirst(const Stmt &tile) {
  const std::map<int64_t, Expr> lines = linesOf(tile, buffer, panels.access);
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
  const Stmt body = withPrefetches(loop->body, cells.buffer, linesOf(loop->body, cells.buffer, cells.access), cells.distance, cells.advance);
  return For::make(loop->name, loop->min, loop->extent, loop->for_type, loop->partition_policy, loop->device_api, body);
}

Stmt EpiloguePrefetch::visit(const Block *block) {
  const auto *sums = block->first.as<ProducerConsumer>();
  Stmt result = IRMutator::visit(block);
  if (!sums || !sums->is_producer || sums->name != stage)
    return result;
  for (const std::string &buffer : buffers) {
    const std::map<int64_t, Expr> lines = linesOf(block->rest, buffer, Access::vectors);
    SpreadPrefetch spread(stage + ".s1.", buffer, runsOf(lines), distance);
    result = spread.mutate(result);
    if (!spread.done())
      result = withPrefetches(result, buffer, lines, distance);
  }
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
