#include "compiler/tune/Record.h"

#include "lowering/kernels/Hash.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/TargetParser/Host.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <unistd.h>

using namespace cnnc;
using namespace cnnc::tune;
using nlohmann::json;

static constexpr int kFormat = 1;

//===-- Machine ----------------------------------------------------------------------------------------------------------------===//

static std::string cpuModel() {
  if (auto file = llvm::MemoryBuffer::getFileAsStream("/proc/cpuinfo")) {
    llvm::SmallVector<llvm::StringRef> lines;
    (*file)->getBuffer().split(lines, '\n');
    for (llvm::StringRef line : lines)
      if (auto [name, value] = line.split(':'); name.trim() == "model name")
        return value.trim().str();
  }
  return llvm::sys::getHostCPUName().str();
}

Machine tune::hostMachine(int64_t threads) {
  std::vector<std::string> features;
  for (const auto &feature : llvm::sys::getHostCPUFeatures())
    if (feature.second)
      features.push_back(feature.first().str());
  std::ranges::sort(features);
  auto cache = [](int name) { return std::max<int64_t>(0, sysconf(name)); };
  return {cpuModel(),
          kernels::digest(llvm::join(features, ","), 64),
          cache(_SC_LEVEL1_DCACHE_SIZE),
          cache(_SC_LEVEL2_CACHE_SIZE),
          cache(_SC_LEVEL3_CACHE_SIZE),
          threads};
}

std::string tune::toString(const Machine &machine) {
  return machine.cpu + ", " + std::to_string(machine.threads) + (machine.threads == 1 ? " thread" : " threads");
}

//===-- Kernels ----------------------------------------------------------------------------------------------------------------===//

std::string tune::kernelKey(const kernels::KernelSpec &spec, const Target &target) {
  const json identity = {{"spec", kernels::toJson(spec)},
                         {"target", target.name},
                         {"features", target.features},
                         {"l1", target.l1Bytes},
                         {"l2", target.l2Bytes},
                         {"threads", target.threads}};
  return kernels::digest(identity.dump());
}

std::string tune::describe(const kernels::KernelSpec &spec) {
  auto shape = [](const kernels::TensorDesc &tensor) {
    std::vector<std::string> extents;
    for (int64_t extent : tensor.shape)
      extents.push_back(std::to_string(extent));
    return llvm::join(extents, "x");
  };
  auto named = [](const kernels::OpDesc &op) {
    std::string text = op.mnemonic;
    if (auto kernel = op.attributes.find("kernel"); kernel != op.attributes.end())
      if (const auto *window = std::get_if<std::vector<int64_t>>(&kernel->second))
        for (size_t i = 0; i < window->size(); ++i)
          text += (i ? "x" : " ") + std::to_string((*window)[i]);
    if (auto stride = op.attributes.find("stride"); stride != op.attributes.end())
      if (const auto *steps = std::get_if<std::vector<int64_t>>(&stride->second); steps && std::ranges::any_of(*steps, [](int64_t s) { return s != 1; }))
        text += "/" + std::to_string(steps->front());
    return text;
  };
  std::vector<size_t> main = kernels::reductionsOf(spec);
  if (main.size() < 2)
    main = {static_cast<size_t>(&spec.root() - spec.ops.data())};
  std::string text;
  for (size_t number : main)
    text += (text.empty() ? "" : " + ") + named(spec.ops[number]);
  if (const auto &operands = spec.ops[main.front()].operands; !operands.empty())
    text += " " + shape(spec.value(operands.front()));
  text += " -> " + shape(spec.output());
  for (size_t i = 0; i < spec.ops.size(); ++i)
    if (std::ranges::find(main, i) == main.end())
      text += ", " + spec.ops[i].mnemonic;
  return text;
}

//===-- JSON -------------------------------------------------------------------------------------------------------------------===//

json tune::toJson(const Machine &machine) {
  return {{"cpu", machine.cpu},    {"features", machine.features}, {"l1", machine.l1Bytes},
          {"l2", machine.l2Bytes}, {"l3", machine.l3Bytes},        {"threads", machine.threads}};
}

std::string tune::lineOf(const json &document) { return document.dump(-1, ' ', false, json::error_handler_t::replace) + "\n"; }

json tune::toJson(const Record &record) {
  json document = {{"format", kFormat},
                   {"cnnc", record.version},
                   {"kernel", record.kernel},
                   {"what", record.what},
                   {"target", record.target},
                   {"machine", toJson(record.machine)},
                   {"schedule", kernels::toJson(record.schedule)}};
  if (!record.network.empty())
    document["network"] = record.network;
  if (!record.failure.empty()) {
    document["failure"] = record.failure;
    return document;
  }
  document["seconds"] = record.seconds;
  document["default_seconds"] = record.defaultSeconds;
  document["error"] = record.error;
  return document;
}

namespace {

/// Takes fields out of an object and remembers the first that is not as it must be.
class Reader {
public:
  explicit Reader(const json &object) : object(object) {}

  std::string text(const char *key, bool needed = true) {
    constexpr size_t kLongest = 1024;
    const auto it = object.find(key);
    if (it == object.end() && !needed)
      return {};
    if (it == object.end() || !it->is_string() || it->get_ref<const std::string &>().size() > kLongest) {
      wrong(key, "a text of at most 1024 bytes");
      return {};
    }
    return it->get<std::string>();
  }
  int64_t number(const char *key, int64_t least) {
    const auto it = object.find(key);
    if (it == object.end() || !it->is_number_integer() || it->get<int64_t>() < least || it->get<int64_t>() > (int64_t(1) << 40)) {
      wrong(key, "a whole number from " + std::to_string(least));
      return least;
    }
    return it->get<int64_t>();
  }
  double real(const char *key, bool positive) {
    const auto it = object.find(key);
    const double value = it == object.end() || !it->is_number() ? std::nan("") : it->get<double>();
    if (!std::isfinite(value) || value < 0 || (positive && value == 0)) {
      wrong(key, positive ? "a positive number" : "a number from 0");
      return 1;
    }
    return value;
  }
  void wrong(const std::string &key, const std::string &expected) {
    if (error.empty())
      error = "'" + key + "' is not " + expected;
  }
  std::string error;

private:
  const json &object;
};

} // namespace

kernels::Result<Machine> tune::machineFrom(const json &document) {
  if (!document.is_object())
    return kernels::Result<Machine>::failure("'machine' is not an object");
  Reader reader(document);
  Machine machine = {reader.text("cpu"),        reader.text("features"),  reader.number("l1", 0),
                     reader.number("l2", 0),    reader.number("l3", 0),   reader.number("threads", 1)};
  return reader.error.empty() ? kernels::Result<Machine>(std::move(machine)) : kernels::Result<Machine>::failure(reader.error);
}

kernels::Result<Record> tune::recordFrom(const json &document) {
  auto failure = [](const std::string &what) { return kernels::Result<Record>::failure("is no tuning record: " + what); };
  if (!document.is_object())
    return failure("not an object");
  if (const auto format = document.find("format"); format == document.end() || *format != kFormat)
    return failure("its format is not " + std::to_string(kFormat));
  Record record;
  Reader reader(document);
  record.version = reader.text("cnnc");
  record.kernel = reader.text("kernel");
  record.what = reader.text("what");
  record.target = reader.text("target");
  record.network = reader.text("network", /*needed=*/false);
  record.failure = reader.text("failure", /*needed=*/false);
  if (record.failure.empty()) {
    record.seconds = reader.real("seconds", true);
    record.defaultSeconds = reader.real("default_seconds", true);
    record.error = reader.real("error", false);
  }
  if (!reader.error.empty())
    return failure(reader.error);
  auto machine = machineFrom(document.value("machine", json()));
  if (!machine)
    return failure(machine.error());
  record.machine = std::move(*machine);
  std::string error;
  if (!kernels::fromJson(document.value("schedule", json()), record.schedule, error))
    return failure(error);
  return record;
}
