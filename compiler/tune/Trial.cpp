// The parent's half: messages, and the module of a trial.
#include "compiler/tune/Trial.h"

#include "compiler/Session.h"
#include "dialects/cnn/Cnn.h"
#include "lowering/ScheduleAttr.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Pass/PassManager.h"

#include <cmath>
#include <nlohmann/json.hpp>

using namespace mlir;
using namespace cnnc;
using namespace cnnc::tune;
using nlohmann::json;

//===-- Messages ---------------------------------------------------------------------------------------------------------------===//

json tune::toJson(const TrialRequest &request) {
  return {{"id", request.id}, {"module", request.module}, {"threads", request.threads}, {"seconds", request.seconds}};
}

json tune::toJson(const TrialReply &reply) {
  json document = {{"id", reply.id}, {"times", json::array()}};
  for (const TrialTime &time : reply.times)
    document["times"].push_back(time.failure.empty() ? json{{"seconds", time.seconds}, {"error", time.error}} : json{{"failure", time.failure}});
  if (!reply.failure.empty())
    document["failure"] = reply.failure;
  return document;
}

template <typename T> static std::optional<T> fieldOf(const json &document, const char *key) {
  if (!document.is_object())
    return std::nullopt;
  const auto it = document.find(key);
  if (it == document.end())
    return std::nullopt;
  if constexpr (std::is_same_v<T, std::string>)
    return it->is_string() ? std::optional(it->get<std::string>()) : std::nullopt;
  else if constexpr (std::is_same_v<T, int64_t>)
    return it->is_number_integer() ? std::optional(it->get<int64_t>()) : std::nullopt;
  else
    return it->is_number() && std::isfinite(it->get<double>()) ? std::optional(it->get<double>()) : std::nullopt;
}

kernels::Result<TrialRequest> tune::trialRequestFrom(const json &document) {
  const auto id = fieldOf<int64_t>(document, "id"), threads = fieldOf<int64_t>(document, "threads");
  auto module = fieldOf<std::string>(document, "module");
  const auto seconds = fieldOf<double>(document, "seconds");
  if (!id || !module || !threads || *threads < 1 || *threads > 1024 || !seconds || *seconds <= 0 || *seconds > 600)
    return kernels::Result<TrialRequest>::failure("a request is an object with id, module, threads (1..1024) and seconds (up to 600)");
  return TrialRequest{*id, std::move(*module), *threads, *seconds};
}

kernels::Result<TrialReply> tune::trialReplyFrom(const json &document) {
  auto failure = [] { return kernels::Result<TrialReply>::failure("the worker's reply is no object with id and times"); };
  const auto id = fieldOf<int64_t>(document, "id");
  if (!id)
    return failure();
  const auto times = document.find("times");
  if (times == document.end() || !times->is_array())
    return failure();
  TrialReply reply{*id, {}, fieldOf<std::string>(document, "failure").value_or("")};
  for (const json &time : *times) {
    if (auto why = fieldOf<std::string>(time, "failure"); why && !why->empty()) {
      reply.times.push_back({0, 0, *why});
      continue;
    }
    const auto seconds = fieldOf<double>(time, "seconds"), error = fieldOf<double>(time, "error");
    if (!seconds || *seconds <= 0 || !error || *error < 0)
      return failure();
    reply.times.push_back({*seconds, *error, ""});
  }
  return reply;
}

json tune::toJson(const WorkerHello &hello) { return {{"cnnc", hello.version}, {"machine", toJson(hello.machine)}, {"slots", hello.slots}}; }

kernels::Result<WorkerHello> tune::workerHelloFrom(const json &document) {
  if (auto why = fieldOf<std::string>(document, "failure"))
    return kernels::Result<WorkerHello>::failure("says: " + *why);
  const auto version = fieldOf<std::string>(document, "cnnc");
  const auto slots = fieldOf<int64_t>(document, "slots");
  auto machine = machineFrom(document.is_object() ? document.value("machine", json()) : json());
  if (!version || !slots || *slots < 1 || *slots > 4096 || !machine)
    return kernels::Result<WorkerHello>::failure("does not say its version, machine and slots");
  return WorkerHello{*version, std::move(*machine), *slots};
}

//===-- The module -------------------------------------------------------------------------------------------------------------===//

namespace {

/// Builds the module of a trial beside the network it is taken from.
class TrialBuilder {
public:
  TrialBuilder(ModuleOp network, exec::KernelOp kernel) : network(network), kernel(kernel), builder(network.getContext()), location(kernel.getLoc()) {}

  OwningOpRef<ModuleOp> build(const std::vector<kernels::Schedule> &schedules) {
    OwningOpRef<ModuleOp> trial = ModuleOp::create(location);
    for (NamedAttribute attribute : network->getDiscardableAttrs())
      if (!llvm::is_contained({exec::kArenaBytes, exec::kLiveBytes, exec::kWeightsBytes}, attribute.getName()))
        (*trial)->setAttr(attribute.getName(), attribute.getValue());
    (*trial)->setAttr("cnn.network", builder.getStringAttr("trial"));
    (*trial)->setAttr(kPhase, builder.getStringAttr(phaseName(Phase::Partition)));
    body = trial->getBody();

    std::vector<exec::KernelOp> variants;
    for (auto [i, schedule] : llvm::enumerate(schedules)) {
      builder.setInsertionPointToEnd(body);
      auto variant = cast<exec::KernelOp>(builder.clone(*kernel));
      variant.setSymName("variant" + std::to_string(i));
      variant.setScheduleAttr(scheduleAttr(builder.getContext(), schedule));
      variant.removeScratchAttr();
      if (kernel.getImages())
        spellOutImages(variant);
      variants.push_back(variant);
    }
    if (kernel.getImages())
      (*trial)->removeAttr(exec::kPerImage);
    main(variants);
    return trial;
  }

private:
  // What a kernel takes of several images is in a trial a tensor of so many rows, like any other.
  static void spellOutImages(exec::KernelOp variant) {
    auto widen = [&](Value value) {
      auto type = cast<RankedTensorType>(value.getType());
      SmallVector<int64_t> shape(type.getShape());
      shape.front() = *variant.getImages();
      value.setType(RankedTensorType::get(shape, type.getElementType(), type.getEncoding()));
    };
    Block &region = variant.getBody().front();
    for (auto [argument, isWeight] : llvm::zip(region.getArguments(), variant.getWeights()))
      if (!isWeight)
        widen(argument);
    for (Operation &op : region.without_terminator())
      llvm::for_each(op.getResults(), widen);
    variant.removeImagesAttr();
  }

  void main(ArrayRef<exec::KernelOp> variants) {
    exec::KernelOp kernel = variants.front();
    Block &region = kernel.getBody().front();
    SmallVector<Type> inputs;
    for (auto [argument, isWeight] : llvm::zip(region.getArguments(), kernel.getWeights()))
      if (!isWeight)
        inputs.push_back(cnn::withoutLayout(argument.getType()));
    if (kernel.getCounted())
      inputs.push_back(exec::countType(builder.getContext()));
    const Type result = cnn::withoutLayout(kernel.getResultType());
    builder.setInsertionPointToEnd(body);
    auto function = func::FuncOp::create(builder, location, "main", builder.getFunctionType(inputs, {result}));
    Block *block = function.addEntryBlock();
    builder.setInsertionPointToEnd(block);

    SmallVector<Value> activations;
    for (auto [argument, isWeight] : llvm::zip(region.getArguments(), kernel.getWeights()))
      if (!isWeight)
        activations.push_back(converted(block->getArgument(activations.size()), argument.getType()));
    Value last;
    for (auto [i, variant] : llvm::enumerate(variants)) {
      SmallVector<Value> operands;
      size_t next = 0;
      for (auto [argument, isWeight] : llvm::zip(region.getArguments(), kernel.getWeights()))
        operands.push_back(isWeight ? weight(argument, i) : activations[next++]);
      last = launch(variant, operands, kernel.getCounted() ? block->getArguments().back() : Value(), std::to_string(i));
    }
    func::ReturnOp::create(builder, location, converted(last, result));
  }

  // Equal splats would be packed once: each schedule has weights of its own, as in a network no two layers share them, and so has each argument.
  Value weight(BlockArgument argument, size_t variant) {
    auto type = cast<RankedTensorType>(argument.getType());
    const auto number = static_cast<double>(variant * exec::kMaxArguments + argument.getArgNumber());
    auto value = DenseElementsAttr::get(type, builder.getFloatAttr(type.getElementType(), number));
    return exec::WeightOp::create(builder, location, type, value, builder.getStringAttr("w" + std::to_string(argument.getArgNumber())), exec::PackedAttr(),
                                  IntegerAttr());
  }

  Value launch(exec::KernelOp callee, ValueRange operands, Value rows, const std::string &layer) {
    return exec::LaunchOp::create(builder, location, callee.getResultType(), FlatSymbolRefAttr::get(callee.getSymNameAttr()), operands, rows,
                                  builder.getStringAttr(layer), builder.getI64IntegerAttr(0), exec::SlotAttr(), IntegerAttr(), /*halo_kept=*/UnitAttr(),
                                  IntegerAttr());
  }

  /// A launch of a kernel that copies `value` into another layout, or into memory of its own where the layouts are equal.
  Value converted(Value value, Type type) {
    if (value.getType() == type && isa<BlockArgument>(value))
      return value;
    exec::KernelOp copy = copyKernel(value.getType(), cast<RankedTensorType>(type));
    return launch(copy, value, {}, copy.getSymName().str());
  }

  exec::KernelOp copyKernel(Type source, RankedTensorType type) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(body);
    auto copy = exec::KernelOp::create(builder, location, "copy" + std::to_string(copies++), builder.getDenseBoolArrayAttr({false}), exec::ScheduleAttr(),
                                       IntegerAttr(), DenseI64ArrayAttr(), IntegerAttr());
    Block &block = copy.getBody().emplaceBlock();
    Value argument = block.addArgument(source, location), result;
    builder.setInsertionPointToEnd(&block);
    if (type.getRank() == 4 && source != type) {
      result = cnn::ConvertLayoutOp::create(builder, location, type, argument);
    } else {
      auto shape = llvm::map_to_vector(type.getShape(), [](int64_t extent) { return ShapedType::isDynamic(extent) ? 0 : extent; });
      result = cnn::ReshapeOp::create(builder, location, type, argument, builder.getDenseI64ArrayAttr(shape));
    }
    exec::YieldOp::create(builder, location, result);
    return copy;
  }

  ModuleOp network;
  exec::KernelOp kernel;
  OpBuilder builder;
  Location location;
  Block *body = nullptr;
  int copies = 0;
};

} // namespace

kernels::Result<std::string> tune::trialModule(ModuleOp network, exec::KernelOp kernel, const std::vector<kernels::Schedule> &schedules) {
  std::string errors;
  ScopedDiagnosticHandler handler(network.getContext(), [&errors](Diagnostic &diagnostic) { errors += (errors.empty() ? "" : "; ") + diagnostic.str(); });
  OwningOpRef<ModuleOp> trial = TrialBuilder(network, kernel).build(schedules);
  PassManager manager(network.getContext());
  buildPlanPipeline(manager, {});
  if (failed(manager.run(*trial)))
    return kernels::Result<std::string>::failure(errors);
  std::string text;
  llvm::raw_string_ostream stream(text);
  trial->print(stream);
  return text;
}
