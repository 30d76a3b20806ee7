#include "lowering/kernels/Attributes.h"

namespace cnnc::kernels {

int64_t intAttr(const OpDesc &op, const char *name) { return std::get<int64_t>(op.attributes.at(name)); }
bool boolAttr(const OpDesc &op, const char *name) { return std::get<bool>(op.attributes.at(name)); }
const std::string &stringAttr(const OpDesc &op, const char *name) { return std::get<std::string>(op.attributes.at(name)); }
const std::vector<int64_t> &intsAttr(const OpDesc &op, const char *name) { return std::get<std::vector<int64_t>>(op.attributes.at(name)); }

double doubleAttr(const OpDesc &op, const char *name) {
  const AttrValue &value = op.attributes.at(name);
  if (auto *integer = std::get_if<int64_t>(&value))
    return static_cast<double>(*integer);
  return std::get<double>(value);
}

std::vector<double> doublesAttr(const OpDesc &op, const char *name) {
  const AttrValue &value = op.attributes.at(name);
  if (auto *integers = std::get_if<std::vector<int64_t>>(&value))
    return {integers->begin(), integers->end()};
  return std::get<std::vector<double>>(value);
}

static std::string text(const std::vector<int64_t> &shape) {
  std::string result = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    result += (i ? ", " : "") + std::to_string(shape[i]);
  return result + "]";
}

Check &Check::require(bool condition, const std::string &what) {
  if (!complaint && !condition)
    complaint = op.mnemonic + ": " + what;
  return *this;
}

const AttrValue *Check::find(const char *name) {
  if (complaint)
    return nullptr;
  auto it = op.attributes.find(name);
  require(it != op.attributes.end(), std::string("attribute '") + name + "' is missing");
  return it == op.attributes.end() ? nullptr : &it->second;
}

Check &Check::operands(size_t least, size_t most) {
  return require(op.operands.size() >= least && op.operands.size() <= most, "takes " + std::to_string(least) +
                                                                                (most == least ? "" : " to " + std::to_string(most)) + " operands, has " +
                                                                                std::to_string(op.operands.size()));
}

Check &Check::rank(size_t i, size_t rank) {
  return complaint || i >= op.operands.size() ? *this
                                              : require(operand(i).shape.size() == rank, "operand " + std::to_string(i) + " must have rank " +
                                                                                             std::to_string(rank) + ", has shape " + text(operand(i).shape));
}

Check &Check::dtype(size_t i, DType dtype) {
  return complaint || i >= op.operands.size() ? *this : require(operand(i).dtype == dtype, "operand " + std::to_string(i) + " must be " + toString(dtype));
}

Check &Check::resultDtype(DType dtype) { return require(op.result.dtype == dtype, std::string("result must be ") + toString(dtype)); }

Check &Check::integer(const char *name, int64_t least, int64_t most) {
  if (const AttrValue *value = find(name)) {
    auto *integer = std::get_if<int64_t>(value);
    require(integer && *integer >= least && *integer <= most,
            std::string("attribute '") + name + "' must be an integer from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return *this;
}

Check &Check::integers(const char *name, size_t count, int64_t least, int64_t most) {
  if (const AttrValue *value = find(name)) {
    auto *integers = std::get_if<std::vector<int64_t>>(value);
    bool good = integers && integers->size() == count;
    for (size_t i = 0; good && i < count; ++i)
      good = (*integers)[i] >= least && (*integers)[i] <= most;
    require(good, std::string("attribute '") + name + "' must be " + std::to_string(count) + " integers from " + std::to_string(least) + " to " +
                      std::to_string(most));
  }
  return *this;
}

Check &Check::number(const char *name) {
  if (const AttrValue *value = find(name))
    require(std::holds_alternative<double>(*value) || std::holds_alternative<int64_t>(*value), std::string("attribute '") + name + "' must be a number");
  return *this;
}

Check &Check::numbers(const char *name, size_t count) {
  if (const AttrValue *value = find(name)) {
    auto *doubles = std::get_if<std::vector<double>>(value);
    auto *integers = std::get_if<std::vector<int64_t>>(value);
    require((doubles && doubles->size() == count) || (integers && integers->size() == count),
            std::string("attribute '") + name + "' must be " + std::to_string(count) + " numbers");
  }
  return *this;
}

Check &Check::boolean(const char *name) {
  if (const AttrValue *value = find(name))
    require(std::holds_alternative<bool>(*value), std::string("attribute '") + name + "' must be a boolean");
  return *this;
}

Check &Check::oneOf(const char *name, std::initializer_list<const char *> values) {
  if (const AttrValue *value = find(name)) {
    auto *string = std::get_if<std::string>(value);
    bool good = false;
    std::string list;
    for (const char *candidate : values) {
      good |= string && *string == candidate;
      list += std::string(list.empty() ? "" : ", ") + candidate;
    }
    require(good, std::string("attribute '") + name + "' must be one of " + list);
  }
  return *this;
}

Check &Check::resultShape(const std::vector<int64_t> &shape) {
  return require(op.result.shape == shape, "result has shape " + text(op.result.shape) + ", expected " + text(shape));
}

Check &Check::operandShape(size_t i, const std::vector<int64_t> &shape) {
  return complaint || i >= op.operands.size()
             ? *this
             : require(operand(i).shape == shape, "operand " + std::to_string(i) + " has shape " + text(operand(i).shape) + ", expected " + text(shape));
}

} // namespace cnnc::kernels
