// Long reductions in chunks whose partial sums wait in the output buffer: a kernel may not allocate, and a stack is small.
#include "lowering/kernels/Pipeline.h"

#include <stdexcept>

namespace cnnc::kernels {
namespace {

using namespace Halide;
using Halide::Internal::Call;
using Positions = std::map<std::string, Expr>;

/// An expression at other positions, with one Func read in place of another.
class Rewrite final : public Halide::Internal::IRMutator {
public:
  Rewrite(const Positions &positions, std::string from, Func to) : positions(positions), from(std::move(from)), to(std::move(to)) {}
  using IRMutator::visit;

private:
  Expr visit(const Halide::Internal::Variable *variable) override {
    auto it = positions.find(variable->name);
    return it == positions.end() ? IRMutator::visit(variable) : it->second;
  }
  Expr visit(const Call *call) override {
    const Expr mutated = IRMutator::visit(call);
    return call->name == from ? Expr(to(mutated.as<Call>()->args)) : mutated;
  }
  const Positions &positions;
  std::string from;
  Func to;
};

/// What a stage's update adds to it.
Expr termOf(const Stage &stage) {
  const Expr value = Halide::Internal::substitute_in_all_lets(stage.func.update_value());
  const auto *sum = value.as<Halide::Internal::Add>();
  const Call *before = sum ? sum->a.as<Call>() : nullptr;
  if (!before || before->name != stage.func.name())
    throw std::runtime_error("stage '" + stage.func.name() + "' is no sum");
  return sum->b;
}

} // namespace

Pipeline::Accumulation Pipeline::accumulate(const std::string &name, const std::string &operand, int64_t chunk) {
  const Stage &whole = stage(name), &source = stage(operand);
  const Expr term = termOf(whole);
  const int64_t extent = *Halide::Internal::as_const_int(whole.domain.x.extent()), chunks = (extent + chunk - 1) / chunk;
  out = &addStage("out", region.output());
  const std::vector<Expr> own(out->vars.begin(), out->vars.end());
  out->func(out->vars) = undef<float>(); // all is said by updates

  auto copyFor = [&](const std::string &sum) {
    Func copy(sum + "_" + operand);
    std::vector<Var> vars;
    for (const Var &var : source.vars)
      vars.emplace_back(sum + "_" + var.name());
    std::vector<Expr> position(vars.begin(), vars.end());
    position.back() = min(vars.back(), out->func.output_buffer().dim(static_cast<int>(own.size()) - 1).max());
    copy(vars) = source.func(position);
    return copy;
  };
  // Over [start, start + length) of the innermost reduction axis.
  auto addSum = [&](const std::string &suffix, const std::vector<Var> &outer, const Expr &start, int64_t length) {
    auto stage = std::make_unique<Stage>();
    const std::string sumName = name + suffix;
    stage->func = Func(sumName);
    stage->extents = whole.extents;
    Positions positions;
    for (const Var &var : whole.vars) {
      stage->vars.emplace_back(sumName + "_" + var.name());
      positions[var.name()] = stage->vars.back();
    }
    stage->vars.insert(stage->vars.end(), outer.begin(), outer.end());
    Region bounds;
    for (int d = 0; d < whole.domain.dimensions(); ++d)
      bounds.emplace_back(whole.domain[d].min(), d == 0 ? Expr(static_cast<int>(length)) : whole.domain[d].extent());
    stage->domain = RDom(bounds, sumName + "_r");
    for (int d = 0; d < whole.domain.dimensions(); ++d)
      positions[whole.domain[d].name()] = d == 0 ? Expr(stage->domain[d]) + start : Expr(stage->domain[d]);
    const Func copy = copyFor(sumName);
    stage->func(stage->vars) = 0.0f;
    stage->func(stage->vars) += Rewrite(positions, source.func.name(), copy).mutate(term);
    return Accumulation::Sum{(stages[sumName] = std::move(stage)).get(), copy};
  };
  Positions here;
  for (size_t d = 0; d < own.size(); ++d)
    here[whole.vars[d].name()] = own[d];
  const Expr initial = Halide::Internal::substitute(here, whole.func.value());

  Accumulation result;
  result.last = addSum("_last", {}, static_cast<int>((chunks - 1) * chunk), extent - (chunks - 1) * chunk);
  Expr before = initial;
  if (chunks > 1) {
    const Var number(name + "_chunk");
    result.part = addSum("_part", {number}, number * static_cast<int>(chunk), chunk);
    std::vector<Expr> position = own;
    position.emplace_back(0);
    if (chunks > 2) {
      result.chunks = RDom(0, static_cast<int>(chunks - 1), name + "_chunks");
      position.back() = result.chunks.x;
      before = select(result.chunks.x == 0, initial, out->func(out->vars));
    }
    // What the buffer holds at first may be no number, of which inner sums would conclude too much.
    out->func(out->vars) = strict_float(before + result.part->stage->func(position));
    before = out->func(out->vars);
  }
  const Expr sum = before + result.last.stage->func(own);
  replaced[whole.func.name()] = [&](const std::vector<Expr> &position) {
    for (size_t d = 0; d < position.size(); ++d)
      if (out->extents[d] != 1 && !Halide::Internal::equal(position[d], own[d]))
        throw std::runtime_error("the region reads stage '" + name + "' at another index");
    return sum;
  };
  out->func(out->vars) = strict_float((*this->result)(out->index));
  replaced.erase(whole.func.name());
  declareOutput();
  return result;
}

} // namespace cnnc::kernels
