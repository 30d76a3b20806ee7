#include "lowering/kernels/Schedule.h"

#include "lowering/kernels/Registry.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <limits>

namespace cnnc::kernels {

using nlohmann::json;

//===-- Text -------------------------------------------------------------------------------------------------------------------===//

json toJson(const Schedule &schedule) { return {{"name", schedule.name}, {"knobs", json(schedule.knobs)}}; }

bool fromJson(const json &document, Schedule &schedule, std::string &error) {
  schedule = {};
  error.clear();
  if (!document.is_object() || !document.value("name", json()).is_string() || !document.value("knobs", json()).is_object()) {
    error = "schedule: expected an object with a string 'name' and an object 'knobs'";
    return false;
  }
  schedule.name = document["name"].get<std::string>();
  for (const auto &[key, value] : document["knobs"].items()) {
    if (!value.is_number_integer()) {
      error = "schedule: knob '" + key + "' is not an integer";
      return false;
    }
    schedule.knobs[key] = value.get<int64_t>();
  }
  return true;
}

std::string toString(const Schedule &schedule) {
  std::string text = schedule.name + "(";
  for (const auto &[key, value] : schedule.knobs)
    text += (text.back() == '(' ? "" : ", ") + key + "=" + std::to_string(value);
  return text + ")";
}

int64_t PackedLayout::elements() const {
  int64_t product = 1;
  for (const Dim &dim : dims)
    product *= dim.extent;
  return product;
}

std::vector<int64_t> PackedLayout::walkedShape(std::vector<int64_t> shape) const {
  for (size_t axis = 0; axis < 2; ++axis)
    if (winograd[axis] > 1)
      shape[shape.size() - 2 + axis] = transformedExtent(winograd[axis], shape[shape.size() - 2 + axis]);
  return shape;
}

//===-- The region as a whole --------------------------------------------------------------------------------------------------===//

std::vector<size_t> reductionsOf(const KernelSpec &spec) {
  std::vector<size_t> numbers;
  for (size_t i = 0; i < spec.ops.size(); ++i)
    if (const Algorithm *algorithm = findAlgorithm(spec.ops[i].mnemonic); algorithm && algorithm->kind == Algorithm::Kind::reduction)
      numbers.push_back(i);
  return numbers;
}

const TensorDesc &finishedResult(const KernelSpec &spec, const OpDesc &reduction) {
  for (size_t number : reductionsOf(spec))
    if (&spec.ops[number] > &reduction)
      return spec.ops[number - 1].result;
  return spec.output();
}

namespace {

bool isInput(const KernelSpec &spec, int number) { return number < static_cast<int>(spec.inputs.size()); }

/// An input, or the result of movement ops on inputs.
bool isMovedInput(const KernelSpec &spec, int number) {
  if (isInput(spec, number))
    return true;
  const OpDesc &op = spec.ops[number - spec.inputs.size()];
  return findAlgorithm(op.mnemonic)->kind == Algorithm::Kind::movement &&
         std::ranges::all_of(op.operands, [&](int operand) { return isMovedInput(spec, operand); });
}

/// Kernels count elements in 32 bits.
constexpr int64_t indexLimit = (int64_t(1) << 31) - 1;

/// Rules that hold for every region, whatever its root: names resolve, ops are well formed, one reduction at most.
std::optional<std::string> malformedRegion(const KernelSpec &spec) {
  if (spec.ops.empty())
    return "the region is empty";
  if (spec.counted && spec.output().shape.empty())
    return "a scalar has no rows to count";
  if (spec.inputs.size() > 64 || spec.ops.size() > 256)
    return "the region has more than 64 inputs or 256 ops";
  for (const TensorDesc &input : spec.inputs) {
    if (auto complaint = malformed(input))
      return complaint;
    if (std::ranges::find(input.shape, 0) != input.shape.end())
      return "an input has no elements";
    if (input.physicalElements() > indexLimit)
      return "an input has more than 2^31 - 1 elements";
    if (input.role == TensorDesc::Role::weight && (input.block != 0 || input.dtype != DType::f32))
      return "a weight must be plain f32";
  }
  const OpDesc *reduction = nullptr;
  int finished = 0; ///< The first value that the ops after the reduction may read, inputs apart.
  for (size_t i = 0; i < spec.ops.size(); ++i) {
    const OpDesc &op = spec.ops[i];
    const int number = static_cast<int>(spec.inputs.size() + i);
    const Algorithm *algorithm = findAlgorithm(op.mnemonic);
    if (!algorithm)
      return "no kernel computes '" + op.mnemonic + "'";
    for (int operand : op.operands)
      if (operand < 0 || operand >= number)
        return op.mnemonic + ": operand " + std::to_string(operand) + " is not defined before the op";
    if (auto complaint = malformed(op.result))
      return op.mnemonic + ": " + *complaint;
    if (std::ranges::find(op.result.shape, 0) != op.result.shape.end())
      return op.mnemonic + ": the result has no elements";
    if (op.result.physicalElements() > indexLimit)
      return op.mnemonic + ": the result has more than 2^31 - 1 elements";
    if (auto complaint = algorithm->check(spec, op))
      return complaint;
    if (algorithm->kind == Algorithm::Kind::reduction) {
      const bool chained = reduction && op.operands[0] == number - 1;
      if (reduction && !chained)
        return op.mnemonic + ": a second reduction after " + reduction->mnemonic + " that does not read its result; give it a kernel of its own";
      if (finishedResult(spec, op).shape != op.result.shape)
        return op.mnemonic + ": the ops after it change the shape";
      for (size_t k = 0; k < op.operands.size(); ++k)
        if (!isInput(spec, op.operands[k]) && !(k == 0 && (chained || (algorithm->readsThroughMovement && isMovedInput(spec, op.operands[k])))))
          return op.mnemonic + ": operand " + std::to_string(k) + " must be an input of the region";
      if (chained)
        finished = number;
      reduction = &op;
    } else if (reduction && algorithm->kind == Algorithm::Kind::movement) {
      return op.mnemonic + ": moves data after " + reduction->mnemonic + "; give it a kernel of its own";
    } else if (std::ranges::any_of(op.operands, [&](int operand) { return !isInput(spec, operand) && operand < finished; })) {
      return op.mnemonic + ": reads what only the producers of " + reduction->mnemonic + " see";
    }
  }
  return std::nullopt;
}

std::optional<std::string> illegalTemplate(const Template &candidate, const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  if (candidate.needs && !target.has(candidate.needs))
    return std::string("the target has no ") + candidate.needs;
  for (const auto &[knob, value] : schedule.knobs)
    if (std::ranges::find(candidate.knobs, knob) == candidate.knobs.end())
      return schedule.name + " has no knob '" + knob + "'";
  if (spec.counted && !candidate.leastRows)
    return schedule.name + " computes all rows";
  if (spec.counted && spec.output().physicalElements() == spec.output().shape[0])
    return "rows of one element are vectors, whose number is fixed";
  return candidate.illegal(spec, schedule, target);
}

bool isRootOf(const Template &candidate, const KernelSpec &spec) {
  const Algorithm *algorithm = findAlgorithm(spec.root().mnemonic);
  return algorithm && candidate.stem == std::string_view(algorithm->stem);
}

bool isChain(const KernelSpec &spec) { return reductionsOf(spec).size() > 1; }

/// The templates that compute regions of the spec's kind.
std::vector<const Template *> templatesFor(const KernelSpec &spec) {
  const bool chain = isChain(spec);
  std::vector<const Template *> list;
  std::ranges::copy_if(templates(), std::back_inserter(list), [&](const Template *one) { return one->chains == chain && isRootOf(*one, spec); });
  return list;
}

} // namespace

std::optional<std::string> illegal(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  if (auto complaint = malformedRegion(spec))
    return complaint;
  const Template *candidate = findTemplate(schedule.name);
  if (!candidate)
    return "unknown schedule '" + schedule.name + "'";
  if (!isRootOf(*candidate, spec))
    return schedule.name + " does not compute " + spec.root().mnemonic;
  if (candidate->chains != isChain(spec))
    return schedule.name + (candidate->chains ? " computes chains of reductions" : " computes a single reduction");
  return illegalTemplate(*candidate, spec, schedule, target);
}

Schedule defaultFor(const KernelSpec &spec, const Target &target) {
  Schedule cheapest;
  double least = std::numeric_limits<double>::infinity();
  for (const Template *candidate : templatesFor(spec)) {
    if (!candidate->cost && !cheapest.name.empty())
      break;
    Schedule schedule = candidate->defaultFor(spec, target);
    if (illegalTemplate(*candidate, spec, schedule, target))
      continue;
    if (!candidate->cost)
      return schedule;
    if (const double cost = candidate->cost(spec, schedule, target); cheapest.name.empty() || cost < least) {
      cheapest = std::move(schedule);
      least = cost;
    }
  }
  return cheapest;
}

std::vector<Schedule> space(const KernelSpec &spec, const Target &target) {
  std::vector<Schedule> schedules;
  if (Schedule first = defaultFor(spec, target); findTemplate(first.name))
    schedules.push_back(std::move(first));
  std::vector<std::pair<double, Schedule>> others;
  for (const Template *candidate : templatesFor(spec))
    for (const Schedule &schedule : candidate->space(spec, target)) {
      const auto isIt = [&](const auto &other) { return other.second == schedule; };
      if (schedule != schedules.front() && std::ranges::none_of(others, isIt) && !illegalTemplate(*candidate, spec, schedule, target))
        others.emplace_back(estimatedCycles(spec, schedule, target), schedule);
    }
  std::ranges::stable_sort(others, {}, [](const auto &entry) { return entry.first; });
  for (auto &[cycles, schedule] : others)
    schedules.push_back(std::move(schedule));
  return schedules;
}

double estimatedCycles(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  const Template *candidate = findTemplate(schedule.name);
  return candidate && candidate->cycles ? candidate->cycles(spec, schedule, target) : std::numeric_limits<double>::infinity();
}

bool isFasterChained(const KernelSpec &chain, const KernelSpec &first, const KernelSpec &second, const Target &target) {
  // Arithmetic hides what arrives from beyond L2 as long as it takes longer: a strip saves time where it does not.
  const auto threads = static_cast<double>(target.threads);
  const auto cycles = [&](const KernelSpec &spec) {
    double arriving = 0;
    const auto add = [&](const TensorDesc &tensor) {
      const int64_t bytes = tensor.physicalElements() * sizeOf(tensor.dtype);
      if (tensor.role == TensorDesc::Role::activation && bytes / target.threads > target.l2Bytes / 2)
        arriving += static_cast<double>(bytes) / target.farBytes(bytes) / threads;
    };
    std::ranges::for_each(spec.inputs, add);
    add(spec.output());
    return std::max(arriving, estimatedCycles(spec, defaultFor(spec, target), target));
  };
  constexpr double starting = 3000; // the tasks of a kernel
  constexpr double margin = 1.1;    // measured: where less was to be gained, strips were up to 1.25 times slower, too short for the hardware's prefetcher
  return cycles(chain) * margin < cycles(first) + cycles(second) + starting;
}

int64_t leastRows(const KernelSpec &spec, const Schedule &schedule) {
  const Template *candidate = findTemplate(schedule.name);
  return spec.counted && candidate && candidate->leastRows ? candidate->leastRows(spec, schedule) : 0;
}

Scratch scratchOf(const KernelSpec &spec, const Schedule &schedule) {
  const Template *candidate = findTemplate(schedule.name);
  return candidate && candidate->scratch ? candidate->scratch(spec, schedule) : Scratch();
}

std::optional<int64_t> multiplications(const KernelSpec &spec, const Schedule &schedule) {
  const Template *candidate = findTemplate(schedule.name);
  return candidate && candidate->multiplications ? std::optional(candidate->multiplications(spec, schedule)) : std::nullopt;
}

double errorBudget(const KernelSpec &spec, const Schedule &schedule) {
  const Template *candidate = findTemplate(schedule.name);
  return candidate && candidate->errorBudget ? candidate->errorBudget(spec, schedule) : 0;
}

std::vector<PackedLayout> packedLayouts(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  const Template *candidate = findTemplate(schedule.name);
  std::vector<PackedLayout> layouts(spec.inputs.size());
  std::vector<const TensorDesc *> results = {&spec.output()};
  for (size_t number : reductionsOf(spec))
    results.push_back(&finishedResult(spec, spec.ops[number]));
  for (int i = 0; i < static_cast<int>(spec.inputs.size()); ++i) {
    if (spec.inputs[i].role != TensorDesc::Role::weight)
      continue;
    const TensorDesc &weight = spec.inputs[i];
    std::optional<PackedLayout> wish;
    if (candidate)
      wish = candidate->packed(spec, schedule, target, i);
    for (const TensorDesc *result : results) // a vector of channels
      if (!wish && result->block > 1 && weight.shape.size() == 1 && weight.shape[0] == result->shape[1])
        wish = blockedVector(weight.shape[0], result->block);
    layouts[i] = wish ? *wish : layoutOf(weight);
  }
  return layouts;
}

std::optional<std::string> unsupported(const KernelSpec &spec, const Target &target) {
  if (auto complaint = malformedRegion(spec))
    return complaint;
  std::string reasons;
  for (const Template *candidate : templatesFor(spec)) {
    auto complaint = illegalTemplate(*candidate, spec, candidate->defaultFor(spec, target), target);
    if (!complaint)
      return std::nullopt;
    reasons += (reasons.empty() ? "" : "; ") + std::string(candidate->name) + ": " + *complaint;
  }
  return reasons.empty() ? "no schedule for " + spec.root().mnemonic : reasons;
}

} // namespace cnnc::kernels
