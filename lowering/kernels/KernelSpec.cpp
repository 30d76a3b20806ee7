#include "lowering/kernels/KernelSpec.h"

#include "lowering/kernels/Hash.h"
#include "lowering/kernels/Registry.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace cnnc::kernels {

using nlohmann::json;

int64_t sizeOf(DType dtype) { return dtype == DType::u8 ? 1 : 4; }

const char *toString(DType dtype) {
  switch (dtype) {
  case DType::f32:
    return "f32";
  case DType::u8:
    return "u8";
  case DType::i32:
    return "i32";
  }
  return "?";
}

std::vector<int64_t> TensorDesc::physicalShape() const {
  if (block == 0)
    return shape;
  return {shape[0], (shape[1] + block - 1) / block, halo[0] + shape[2] + halo[2], halo[1] + shape[3] + halo[3], block};
}

int64_t TensorDesc::physicalElements() const {
  int64_t elements = 1;
  for (int64_t extent : physicalShape())
    if (__builtin_mul_overflow(elements, extent, &elements))
      return std::numeric_limits<int64_t>::max();
  return elements;
}

int64_t TensorDesc::rowElements() const { return (halo[1] + shape[3] + halo[3]) * std::max<int64_t>(block, 1); }

int64_t TensorDesc::planeElements() const { return (halo[0] + shape[2] + halo[2]) * rowElements(); }

int64_t TensorDesc::alignment() const {
  if (block == 0)
    return sizeOf(dtype);
  return block == 1 ? 64 : std::min<int64_t>(64, static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(block * sizeOf(dtype)))));
}

bool isEpilogue(const std::string &mnemonic) {
  const Algorithm *algorithm = findAlgorithm(mnemonic);
  return algorithm && algorithm->kind == Algorithm::Kind::pointwise;
}

const OpDesc &KernelSpec::root() const {
  for (size_t i = ops.size(); i-- > 0;)
    if (!isEpilogue(ops[i].mnemonic))
      return ops[i];
  return ops.front();
}

//===-- JSON ---------------------------------------------------------------------------------------------------------------------===//
// Doubles that JSON cannot spell, and arrays whose type it would lose, are written as {"f64": ...}.

namespace {

json numberToJson(double value) {
  if (std::isfinite(value))
    return value;
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

json attributeToJson(const AttrValue &value) {
  if (auto *number = std::get_if<double>(&value))
    return std::isfinite(*number) ? json(*number) : json{{"f64", numberToJson(*number)}};
  if (auto *numbers = std::get_if<std::vector<double>>(&value)) {
    json list = json::array();
    for (double number : *numbers)
      list.push_back(numberToJson(number));
    return {{"f64", list}};
  }
  return std::visit([](const auto &plain) { return json(plain); }, value);
}

json tensorToJson(const TensorDesc &tensor) {
  return {{"dtype", toString(tensor.dtype)},
          {"shape", tensor.shape},
          {"block", tensor.block},
          {"halo", tensor.halo},
          {"role", tensor.role == TensorDesc::Role::weight ? "weight" : "activation"}};
}

/// Carries the first complaint and where it arose; every reader returns a default after it.
struct Reader {
  std::string &error;
  bool fail(const std::string &where, const std::string &what) {
    if (error.empty())
      error = "kernel spec: " + where + ": " + what;
    return false;
  }

  bool integers(const json &document, const char *key, const std::string &where, int64_t least, std::vector<int64_t> &out) {
    auto it = document.find(key);
    if (it == document.end() || !it->is_array())
      return fail(where, std::string("expected an array '") + key + "'");
    for (const json &element : *it) {
      if (!element.is_number_integer() || element.get<int64_t>() < least)
        return fail(where, std::string("'") + key + "' holds something else than integers >= " + std::to_string(least));
      out.push_back(element.get<int64_t>());
    }
    return true;
  }

  bool number(const json &document, const std::string &where, double &out) {
    if (document.is_number())
      return out = document.get<double>(), true;
    if (document == "inf" || document == "-inf" || document == "nan") {
      const double inf = std::numeric_limits<double>::infinity();
      return out = document == "inf" ? inf : document == "-inf" ? -inf : std::numeric_limits<double>::quiet_NaN(), true;
    }
    return fail(where, "expected a number");
  }

  bool attribute(const json &document, const std::string &where, AttrValue &out) {
    if (document.is_boolean())
      return out = document.get<bool>(), true;
    if (document.is_number_integer())
      return out = document.get<int64_t>(), true;
    if (document.is_number_float())
      return out = document.get<double>(), true;
    if (document.is_string())
      return out = document.get<std::string>(), true;
    if (document.is_array()) {
      std::vector<int64_t> values;
      if (!integers({{"value", document}}, "value", where, std::numeric_limits<int64_t>::min(), values))
        return false;
      return out = std::move(values), true;
    }
    if (!document.is_object() || document.size() != 1 || !document.contains("f64"))
      return fail(where, "expected a boolean, number, string, array or {\"f64\": ...}");
    const json &payload = document["f64"];
    if (!payload.is_array()) {
      double value = 0;
      return number(payload, where, value) && (out = value, true);
    }
    std::vector<double> values(payload.size());
    for (size_t i = 0; i < values.size(); ++i)
      if (!number(payload[i], where, values[i]))
        return false;
    return out = std::move(values), true;
  }

  bool tensor(const json &document, const std::string &where, TensorDesc &out) {
    if (!document.is_object())
      return fail(where, "expected an object");
    const std::string dtype = document.value("dtype", json()).is_string() ? document["dtype"].get<std::string>() : "";
    if (dtype == "f32")
      out.dtype = DType::f32;
    else if (dtype == "u8")
      out.dtype = DType::u8;
    else if (dtype == "i32")
      out.dtype = DType::i32;
    else
      return fail(where, "'dtype' is none of f32, u8, i32");
    std::vector<int64_t> halo;
    if (!integers(document, "shape", where, 0, out.shape) || !integers(document, "halo", where, 0, halo))
      return false;
    if (halo.size() != 4)
      return fail(where, "'halo' must hold 4 integers (top, left, bottom, right)");
    std::copy(halo.begin(), halo.end(), out.halo.begin());
    const json block = document.value("block", json()), role = document.value("role", json());
    if (!block.is_number_integer())
      return fail(where, "expected an integer 'block'");
    out.block = block.get<int64_t>();
    if (role != "activation" && role != "weight")
      return fail(where, "'role' is neither activation nor weight");
    out.role = role == "weight" ? TensorDesc::Role::weight : TensorDesc::Role::activation;
    if (auto complaint = malformed(out))
      return fail(where, *complaint);
    return true;
  }
};

} // namespace

json toJson(const KernelSpec &spec) {
  json inputs = json::array(), ops = json::array();
  for (const TensorDesc &input : spec.inputs)
    inputs.push_back(tensorToJson(input));
  for (const OpDesc &op : spec.ops) {
    json attributes = json::object();
    for (const auto &[name, value] : op.attributes)
      attributes[name] = attributeToJson(value);
    ops.push_back({{"op", op.mnemonic}, {"attributes", attributes}, {"operands", op.operands}, {"result", tensorToJson(op.result)}});
  }
  json document = {{"inputs", inputs}, {"ops", ops}};
  if (spec.counted)
    document["counted"] = true;
  if (spec.accuracy != Accuracy::standard)
    document[spec.accuracy == Accuracy::strict ? "strict" : "fast"] = true;
  return document;
}

bool fromJson(const json &document, KernelSpec &spec, std::string &error) {
  error.clear();
  spec = {};
  Reader reader{error};
  if (!document.is_object() || !document.value("inputs", json()).is_array() || !document.value("ops", json()).is_array())
    return reader.fail("document", "expected an object with arrays 'inputs' and 'ops'");
  for (const json &input : document["inputs"])
    if (!reader.tensor(input, "inputs[" + std::to_string(spec.inputs.size()) + "]", spec.inputs.emplace_back()))
      return false;
  for (const json &entry : document["ops"]) {
    const std::string where = "ops[" + std::to_string(spec.ops.size()) + "]";
    const auto defined = static_cast<int64_t>(spec.inputs.size() + spec.ops.size());
    OpDesc &op = spec.ops.emplace_back();
    if (!entry.is_object() || !entry.value("op", json()).is_string() || !entry.value("attributes", json()).is_object())
      return reader.fail(where, "expected an object with 'op', 'attributes', 'operands' and 'result'");
    op.mnemonic = entry["op"].get<std::string>();
    for (const auto &[name, value] : entry["attributes"].items())
      if (!reader.attribute(value, where + "." + name, op.attributes[name]))
        return false;
    std::vector<int64_t> operands;
    if (!reader.integers(entry, "operands", where, 0, operands))
      return false;
    for (int64_t operand : operands) {
      if (operand >= defined)
        return reader.fail(where, "operand " + std::to_string(operand) + " is not defined before the op");
      op.operands.push_back(static_cast<int>(operand));
    }
    if (!entry.contains("result"))
      return reader.fail(where, "expected a 'result'");
    if (!reader.tensor(entry["result"], where + ".result", op.result))
      return false;
  }
  bool strict = false, fast = false;
  for (auto [key, flag] : {std::pair("counted", &spec.counted), std::pair("strict", &strict), std::pair("fast", &fast)}) {
    const json value = document.value(key, json(false));
    if (!value.is_boolean())
      return reader.fail("document", "'" + std::string(key) + "' is neither true nor false");
    *flag = value;
  }
  if (strict && fast)
    return reader.fail("document", "it is both 'strict' and 'fast'");
  spec.accuracy = strict ? Accuracy::strict : fast ? Accuracy::fast : Accuracy::standard;
  return !spec.ops.empty() || reader.fail("document", "'ops' is empty");
}

std::string hashOf(const KernelSpec &spec) { return digest(toJson(spec).dump()); }

} // namespace cnnc::kernels
