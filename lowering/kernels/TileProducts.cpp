#include "lowering/kernels/TileProducts.h"

#include "lowering/kernels/Places.h"

#include <stdexcept>

namespace cnnc::kernels {
namespace {

using namespace Halide;
using namespace Halide::Internal;

Stmt callOf(const char *function, const std::vector<Expr> &arguments) { return Evaluate::make(Call::make(Int(32), function, arguments, Call::Extern)); }

/// The first element that a statement touches of a buffer.
Expr firstOf(const Stmt &statement, const std::string &buffer) {
  for (const Access access : {Access::elements, Access::vectors}) {
    Places places(buffer, access);
    statement.accept(&places);
    if (places.list.empty())
      continue;
    Expr first = places.list.front();
    for (const Expr &place : places.list)
      if (auto distance = as_const_int(simplify(place - first)); distance && *distance < 0)
        first = place;
    return first;
  }
  throw std::runtime_error("the sums touch nothing of '" + buffer + "'");
}

/// How often a loop runs: of one iteration there is none.
class LoopExtent final : public IRVisitor {
public:
  explicit LoopExtent(std::string name) : name(std::move(name)) {}
  using IRVisitor::visit;
  Expr extent = 1;

private:
  void visit(const For *loop) override {
    if (loop->name == name || loop->name == name + ".rebased")
      extent = loop->extent;
    IRVisitor::visit(loop);
  }
  std::string name;
};

} // namespace

Stmt TileProducts::visit(const ProducerConsumer *node) {
  if (!node->is_producer || node->name != call.stage || !call.loop.empty())
    return IRMutator::visit(node);
  return ProducerConsumer::make(node->name, true, callFor(node->body));
}

Stmt TileProducts::callFor(const Stmt &sums) {
  std::vector<Expr> arguments;
  for (const std::string &buffer : {call.cells, call.weights, call.stage})
    arguments.insert(arguments.end(), {Variable::make(Handle(), buffer), cast<int64_t>(firstOf(sums, buffer))});
  const TileShape &shape = call.shape;
  const auto add = [&](int64_t number) { arguments.emplace_back(static_cast<int>(number)); };
  const auto addTwo = [&](const std::array<int64_t, 2> &pair) { add(pair[0]), add(pair[1]); };
  const auto extentOf = [&](const std::string &variable) {
    LoopExtent loop(call.stage + ".s1." + variable);
    sums.accept(&loop);
    return loop.extent;
  };
  add(shape.pieces), add(shape.packed);
  arguments.push_back(extentOf(call.rows) / static_cast<int>(shape.rows));
  add(shape.rows);
  arguments.push_back(extentOf(call.blocks));
  add(shape.chunks), add(shape.cellsChunk), add(shape.cellsPhase), add(shape.pitch);
  addTwo(shape.taps), addTwo(shape.stride), addTwo(shape.dilation);
  add(shape.weightsBlock), add(shape.sumsBlock), add(call.adds);
  pending = true;
  return callOf("cnnc_tile_products", arguments);
}

Stmt TileProducts::setUp(const Stmt &body) {
  pending = false;
  return Block::make({callOf("cnnc_tiles_begin", {static_cast<int>(call.shape.rows)}), body, callOf("cnnc_tiles_end", {})});
}

Stmt TileProducts::visit(const Allocate *allocation) {
  Stmt body = mutate(allocation->body);
  if (pending && allocation->name == call.cells)
    body = setUp(body);
  return Allocate::make(allocation->name, allocation->type, allocation->memory_type, allocation->extents, allocation->condition, body, allocation->new_expr,
                        allocation->free_function, allocation->padding);
}

Stmt TileProducts::visit(const For *loop) {
  if (!call.loop.empty() && loop->name.starts_with(call.stage + ".s1.") && loop->name.ends_with("." + call.loop))
    return callFor(loop);
  Stmt body = mutate(loop->body);
  if (pending && loop->for_type == ForType::Parallel)
    body = setUp(body);
  return For::make(loop->name, loop->min, loop->extent, loop->for_type, loop->partition_policy, loop->device_api, body);
}

} // namespace cnnc::kernels
