#include "lowering/kernels/Pipeline.h"

#include "lowering/kernels/FlattenPlanes.h"

#include <algorithm>

namespace cnnc::kernels {

using Halide::Expr;

Expr Coord::value() const {
  Expr sum;
  for (const Part &part : parts) {
    Expr term = part.step == 1 ? part.value : part.value * static_cast<int>(part.step);
    sum = sum.defined() ? sum + term : term;
  }
  return sum;
}

std::array<Coord, 2> blockAndLane(const Coord &channel, int64_t lanes, int64_t blocks) {
  const bool digits = channel.parts.size() == 2 && channel.parts.front().step == lanes;
  return {Coord(digits ? channel.parts.front().value : channel.value() / static_cast<int>(lanes), blocks),
          Coord(digits ? channel.parts.back().value : channel.value() % static_cast<int>(lanes), lanes)};
}

Value::Value(std::vector<int64_t> shape, std::function<Expr(const Index &)> function)
    : state(std::make_shared<State>(State{std::move(shape), std::move(function), {}, {}})) {}

static bool same(const Index &a, const Index &b) {
  return std::ranges::equal(a, b, [](const Coord &x, const Coord &y) {
    return x.limit == y.limit &&
           std::ranges::equal(x.parts, y.parts, [](const Coord::Part &p, const Coord::Part &q) { return p.step == q.step && p.value.same_as(q.value); });
  });
}

Expr Value::operator()(const Index &index) const {
  if (!state->lastResult.defined() || !same(index, state->lastIndex)) {
    state->lastResult = state->function(index);
    state->lastIndex = index;
  }
  return state->lastResult;
}

Expr Value::broadcast(const Index &index) const {
  const size_t rank = shape().size();
  Index own(index.end() - static_cast<ptrdiff_t>(rank), index.end());
  for (size_t d = 0; d < rank; ++d)
    if (shape()[d] == 1)
      own[d] = Coord(0, 1);
  return (*this)(own);
}

//===-- Addresses --------------------------------------------------------------------------------------------------------------===//

/// True when positions outside [0, extent) of an axis are cells of the tensor's halo.
static bool hasHalo(const TensorDesc &tensor, size_t axis) { return tensor.block > 0 && axis >= 2 && (tensor.halo[axis - 2] > 0 || tensor.halo[axis] > 0); }

/// Physical coordinates (outermost first) of a logical index. `tensor` is the input that the layout belongs to, if it is one.
static std::vector<Expr> address(const PackedLayout &layout, const Index &index, const TensorDesc *tensor = nullptr) {
  std::vector<Expr> physical(layout.dims.size());
  for (size_t axis = 0; axis < index.size(); ++axis) {
    std::vector<size_t> digits; // physical dimensions of this axis, coarse to fine
    int64_t capacity = 1;
    for (size_t p = 0; p < layout.dims.size(); ++p)
      if (layout.dims[p].dim == static_cast<int>(axis)) {
        digits.push_back(p);
        capacity = std::max(capacity, layout.dims[p].extent * layout.dims[p].step);
      }
    std::ranges::sort(digits, [&](size_t a, size_t b) { return layout.dims[a].step > layout.dims[b].step; });
    const Coord &coord = index[axis];
    const bool fits = coord.limit <= capacity;
    const bool sameDigits = std::ranges::equal(digits, coord.parts, [&](size_t p, const Coord::Part &part) { return layout.dims[p].step == part.step; });
    Expr value;
    for (size_t k = 0; k < digits.size(); ++k) {
      const PackedLayout::Dim &dim = layout.dims[digits[k]];
      Expr &digit = physical[digits[k]];
      if (dim.extent == 1 && !(tensor && hasHalo(*tensor, axis))) {
        digit = 0;
      } else if (sameDigits && fits) {
        digit = coord.parts[k].value;
      } else {
        if (!value.defined())
          value = fits ? coord.value() : min(coord.value(), static_cast<int>(capacity - 1));
        digit = dim.step == 1 ? value : value / static_cast<int>(dim.step);
        if (k > 0)
          digit = digit % static_cast<int>(dim.extent);
      }
    }
  }
  return physical;
}

Expr Pipeline::read(int input, const Index &index) const {
  std::vector<Expr> physical = address(layouts[input], index, &region.inputs[input]);
  std::ranges::reverse(physical);
  return params[input](physical);
}

Expr Pipeline::at(const Stage &stage, const Index &index, int value) const {
  std::vector<Expr> physical = address(stageLayouts.at(stage.func.name()), index);
  std::ranges::reverse(physical);
  if (auto it = replaced.find(stage.func.name()); it != replaced.end())
    return it->second(physical);
  return stage.func.outputs() == 1 ? Expr(stage.func(physical)) : Expr(stage.func(physical)[value]);
}

//===-- Stages -----------------------------------------------------------------------------------------------------------------===//

static Halide::Type halideType(DType dtype) {
  switch (dtype) {
  case DType::f32:
    return Halide::Float(32);
  case DType::u8:
    return Halide::UInt(8);
  case DType::i32:
    return Halide::Int(32);
  }
  return Halide::Float(32);
}

std::vector<Halide::VarOrRVar> Stage::reductionVars() const {
  std::vector<Halide::VarOrRVar> list;
  if (!func.rvars().empty())
    for (int d = 0; d < domain.dimensions(); ++d)
      list.emplace_back(domain[d]);
  return list;
}

Stage &Pipeline::addStage(const std::string &plainName, const TensorDesc &tensor) {
  const std::string name = plainName + suffix;
  const PackedLayout layout = layoutOf(tensor);
  auto stage = std::make_unique<Stage>();
  stage->func = Halide::Func(name);
  std::vector<Halide::Var> outermostFirst;
  for (size_t p = 0; p < layout.dims.size(); ++p) {
    outermostFirst.emplace_back(name + "_d" + std::to_string(layout.dims.size() - 1 - p));
    stage->extents.insert(stage->extents.begin(), layout.dims[p].extent);
  }
  stage->vars.assign(outermostFirst.rbegin(), outermostFirst.rend());
  for (size_t axis = 0; axis < tensor.shape.size(); ++axis) {
    std::vector<Coord::Part> parts;
    int64_t limit = 0;
    for (size_t p = 0; p < layout.dims.size(); ++p)
      if (layout.dims[p].dim == static_cast<int>(axis)) {
        parts.push_back({outermostFirst[p], layout.dims[p].step});
        limit = std::max(limit, layout.dims[p].extent * layout.dims[p].step);
      }
    stage->index.emplace_back(std::move(parts), limit);
  }
  stageLayouts[stage->func.name()] = layout;
  return *(stages[name] = std::move(stage));
}

Stage &Pipeline::addStage(const std::string &name, const std::vector<int64_t> &shape) {
  TensorDesc plain;
  plain.shape = shape;
  return addStage(name, plain);
}

TensorDesc Pipeline::computedLayout(const OpDesc &op) const {
  TensorDesc layout = op.result;
  if (const TensorDesc &finished = finishedResult(region, op); layout.shape == finished.shape) {
    layout.block = finished.block;
    layout.halo = finished.halo;
  } else {
    layout.block = 0;
    layout.halo = {};
  }
  return layout;
}

//===-- The region -------------------------------------------------------------------------------------------------------------===//

Pipeline::Pipeline(KernelSpec spec, const Schedule &schedule, const Target &target)
    : region(schedule.knob("flatten") ? flattenPlanes(std::move(spec)) : std::move(spec)), plan(schedule), machine(target) {
  declareInputs();
  const std::vector<PackedLayout> packed = packedLayouts(region, schedule, target);
  for (size_t i = 0; i < packed.size(); ++i)
    if (region.inputs[i].role == TensorDesc::Role::weight)
      layouts[i] = packed[i];
  for (size_t i = 0; i < region.inputs.size(); ++i) {
    const TensorDesc &input = region.inputs[i];
    const bool weight = input.role == TensorDesc::Role::weight;
    const size_t rank = layouts[i].dims.size();
    Halide::ImageParam param(halideType(input.dtype), static_cast<int>(rank), "in" + std::to_string(i));
    int64_t stride = 1;
    for (size_t d = 0; d < rank; ++d) {
      const bool spatial = input.block > 0 && (d == 1 || d == 2); // x, y
      const int64_t before = spatial ? input.halo[d == 1 ? 1 : 0] : 0, after = spatial ? input.halo[d == 1 ? 3 : 2] : 0;
      const int64_t extent = before + layouts[i].dims[rank - 1 - d].extent + after;
      param.dim(static_cast<int>(d)).set_bounds(static_cast<int>(-before), static_cast<int>(extent));
      if (d > 0)
        param.dim(static_cast<int>(d)).set_stride(static_cast<int>(stride));
      stride *= extent;
    }
    if (weight || input.block > 0)
      param.set_host_alignment(weight ? 64 : static_cast<int>(input.alignment()));
    params.push_back(param);
  }
  result = defineOps();
  out = &addStage("out", region.output());
  // NaN and infinity keep their meaning in everything but the inner sums.
  out->func(out->vars) = Halide::strict_float((*result)(out->index));
  declareOutput();
}

Value Pipeline::defineOps() {
  std::vector<Value> values;
  for (int i = 0; i < static_cast<int>(region.inputs.size()); ++i)
    values.emplace_back(region.inputs[i].shape, [this, i](const Index &index) { return read(i, index); });
  const Template *chosen = findTemplate(plan.name);
  const std::vector<size_t> reductions = reductionsOf(region);
  size_t producer = 0;
  for (size_t i = 0; i < region.ops.size(); ++i) {
    const OpDesc &op = region.ops[i];
    suffix = producer + 1 < reductions.size() ? "_" + std::to_string(producer) : "";
    std::vector<Value> operands;
    for (int operand : op.operands)
      operands.push_back(values[operand]);
    const bool another = chosen && chosen->define && &op == &region.root();
    values.push_back((another ? chosen->define : findAlgorithm(op.mnemonic)->define)(*this, op, operands));
    if (producer + 1 < reductions.size() && i + 1 == reductions[producer + 1]) {
      Stage &strip = addStage("strip", op.result);
      strip.func(strip.vars) = Halide::strict_float(values.back()(strip.index));
      values.back() = Value(op.result.shape, [this, &strip](const Index &index) { return at(strip, index); });
      ++producer;
    }
  }
  suffix.clear();
  return values.back();
}

void Pipeline::declareInputs() {
  for (const TensorDesc &input : region.inputs)
    layouts.push_back(layoutOf(input));
}

/// The buffer includes the halo, the computed bounds do not: nothing but the interior is written. The rows of a counted region are those
/// of the buffer that it is called with.
void Pipeline::declareOutput() {
  const TensorDesc &tensor = region.output();
  Halide::OutputImageParam buffer = out->func.output_buffer();
  int64_t stride = 1;
  for (size_t d = 0; d < out->vars.size(); ++d) {
    const bool spatial = tensor.block > 0 && (d == 1 || d == 2);
    const int64_t before = spatial ? tensor.halo[d == 1 ? 1 : 0] : 0, after = spatial ? tensor.halo[d == 1 ? 3 : 2] : 0;
    if (region.counted && d + 1 == out->vars.size()) {
      buffer.dim(static_cast<int>(d)).set_min(0);
    } else {
      out->func.bound(out->vars[d], 0, static_cast<int>(out->extents[d]));
      buffer.dim(static_cast<int>(d)).set_bounds(static_cast<int>(-before), static_cast<int>(before + out->extents[d] + after));
    }
    if (d > 0)
      buffer.dim(static_cast<int>(d)).set_stride(static_cast<int>(stride));
    stride *= before + out->extents[d] + after;
  }
  if (tensor.block > 0)
    buffer.set_host_alignment(static_cast<int>(tensor.alignment()));
}

void Pipeline::prefetchEpilogue(const std::string &stage, int64_t distance) {
  epilogue = Epilogue{stage, {out->func.name()}, distance};
  const std::vector<OpDesc> &ops = region.ops;
  const auto root = static_cast<ptrdiff_t>(reductionsOf(region).back());
  for (size_t i = 0; i < region.inputs.size(); ++i)
    if (region.inputs[i].role == TensorDesc::Role::activation &&
        std::any_of(ops.begin() + root + 1, ops.end(), [&](const OpDesc &op) { return std::ranges::count(op.operands, static_cast<int>(i)) > 0; }))
      epilogue->buffers.push_back(params[i].name());
}

std::vector<Halide::Argument> Pipeline::arguments() const {
  std::vector<Halide::Argument> list;
  for (const Halide::ImageParam &param : params)
    list.push_back(param);
  return list;
}

} // namespace cnnc::kernels
