// The worker's half of a trial: compile, compare, time.
#include "compiler/Runner.h"
#include "compiler/TemporaryFolder.h"
#include "compiler/tune/Trial.h"
#include "dialects/cnn/Interpreter.h"
#include "lowering/RegionSpec.h"
#include "lowering/ScheduleAttr.h"
#include "lowering/kernels/Schedule.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/IRMapping.h"

#include <cmath>
#include <stdexcept>

using namespace mlir;
using namespace cnnc;
using namespace cnnc::tune;

namespace {

constexpr uint64_t kSeed = 1;
/// Relative L2 norm of what rounding alone may add to a result.
constexpr double kRounding = 1e-5;

/// Random values for argument `number` of a kernel; those of a weight are scaled so that a sum of products stays near 1.
Array valuesOf(RankedTensorType type, unsigned number, bool isWeight) {
  std::vector<int64_t> shape;
  for (int64_t extent : type.getShape())
    shape.push_back(ShapedType::isDynamic(extent) ? 1 : extent);
  Type element = type.getElementType();
  Array array = randomArray(element.isF32() ? "f32" : element.isUnsignedInteger(8) ? "u8" : "i32", shape, kSeed + number);
  if (isWeight && shape.size() > 1) {
    const double scale = std::sqrt(static_cast<double>(shape[0]) / static_cast<double>(array.elements()));
    for (int64_t i = 0, count = array.elements(); i < count; ++i)
      array.set(i, array.at(i) * scale);
  }
  return array;
}

struct TrialLibrary {
  std::vector<Array> inputs;    ///< Of main.
  std::vector<double> expected; ///< Of each variant.
  std::vector<double> allowed;  ///< Error of each variant, a relative L2 norm.
};

/// Gives the weights of a trial their values, and computes in f64 what each launch must give.
TrialLibrary prepare(ModuleOp module) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  auto kernel = module.lookupSymbol<exec::KernelOp>("variant0");
  if (!main || !kernel)
    throw std::runtime_error("the module of the trial has no kernel @variant0");
  auto spec = regionSpec(kernel, module->hasAttr(exec::kPerImage));
  if (failed(spec))
    throw std::runtime_error("the kernel of the trial has no spec");
  TrialLibrary trial;
  for (size_t i = 0;; ++i) {
    auto variant = module.lookupSymbol<exec::KernelOp>("variant" + std::to_string(i));
    if (!variant)
      break;
    if (!variant.getSchedule())
      throw std::runtime_error("a kernel of the trial has no schedule");
    trial.allowed.push_back(std::max(kRounding, kernels::errorBudget(*spec, scheduleOf(*variant.getSchedule()))));
  }

  Block &region = kernel.getBody().front();
  std::vector<cnn::HostTensor> tensors;
  llvm::StringMap<Array> weights;
  for (auto [argument, isWeight] : llvm::zip(region.getArguments(), kernel.getWeights())) {
    Array array = valuesOf(cast<RankedTensorType>(argument.getType()), argument.getArgNumber(), isWeight);
    tensors.push_back(hostTensor(array));
    if (isWeight)
      weights["w" + std::to_string(argument.getArgNumber())] = std::move(array);
    else
      trial.inputs.push_back(std::move(array));
  }
  if (kernel.getCounted()) {
    Array count = Array::make("i32", {1});
    count.set(0, static_cast<double>(kernel.getResultType().getDimSize(0)));
    trial.inputs.push_back(std::move(count));
  }

  llvm::StringMap<DenseResourceElementsAttr> resources;
  for (auto weight : main.getOps<exec::WeightOp>()) {
    auto name = weight.getName();
    auto array = name ? weights.find(*name) : weights.end();
    auto type = dyn_cast<RankedTensorType>(weight.getType());
    if (array == weights.end() || !type || !type.hasStaticShape() || type.getNumElements() != array->second.elements())
      throw std::runtime_error("the module of the trial has a weight of no argument");
    DenseResourceElementsAttr &resource = resources[*name];
    if (!resource) {
      resource = DenseResourceElementsAttr::get(type, *name, HeapAsmResourceBlob::allocateAndCopyWithAlign(array->second.bytes, alignof(float)));
    }
    weight.setValueAttr(resource);
  }

  // The region as a function of all its arguments.
  OpBuilder builder(module.getContext());
  OwningOpRef<ModuleOp> scratch = ModuleOp::create(kernel.getLoc());
  builder.setInsertionPointToEnd(scratch->getBody());
  auto yield = cast<exec::YieldOp>(region.getTerminator());
  auto function =
      func::FuncOp::create(builder, kernel.getLoc(), "reference", builder.getFunctionType(region.getArgumentTypes(), yield.getValue().getType()));
  builder.setInsertionPointToEnd(function.addEntryBlock());
  IRMapping mapping;
  mapping.map(region.getArguments(), function.getArguments());
  for (Operation &op : region.without_terminator())
    builder.clone(op, mapping);
  func::ReturnOp::create(builder, kernel.getLoc(), mapping.lookup(yield.getValue()));
  auto results = cnn::interpret(function, tensors);
  if (failed(results))
    throw std::runtime_error("the reference could not evaluate the kernel");
  trial.expected = std::move(results->front().data);
  return trial;
}

/// Relative L2 norm of the difference; infinite where a value is not finite or the sizes differ.
double distance(const Array &value, const std::vector<double> &expected) {
  if (value.elements() != static_cast<int64_t>(expected.size()))
    return std::numeric_limits<double>::infinity();
  double difference = 0, norm = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double delta = value.at(static_cast<int64_t>(i)) - expected[i];
    difference += delta * delta;
    norm += expected[i] * expected[i];
  }
  const double error = norm > 0 ? std::sqrt(difference / norm) : std::sqrt(difference);
  return std::isfinite(error) ? error : std::numeric_limits<double>::infinity();
}

std::vector<TrialTime> measure(const TrialRequest &request, const std::string &cacheFolder) {
  TemporaryFolder folder("cnnc-trial");
  if (!folder.error().empty())
    throw std::runtime_error(folder.error());
  frontend::DiagnosticSink sink;
  SessionOptions options;
  options.cacheFolder = cacheFolder;
  options.keepImported = false;
  Session session(options, sink);
  auto check = [&sink](bool succeeded) {
    if (!succeeded)
      throw std::runtime_error(sink.text());
  };
  check(session.loadText(request.module, "trial"));
  const TrialLibrary trial = prepare(session.module());
  check(session.buildKernels());
  emit::EmitOptions emit;
  emit.outputFolder = folder.path();
  auto files = session.emitLibrary(emit);
  check(files.has_value());

  std::vector<TrialTime> times(trial.allowed.size());
  auto variantOf = [&times](StringRef layer) -> TrialTime * {
    size_t i = 0;
    return layer.getAsInteger(10, i) || i >= times.size() ? nullptr : &times[i];
  };
  const LibraryAt at = LibraryAt::open(files->library);
  runLibrary(at, trial.inputs, static_cast<int>(request.threads), [&](const std::string &layer, const Array &value) {
    if (TrialTime *time = variantOf(layer)) {
      time->error = distance(value, trial.expected);
      if (!(time->error <= trial.allowed[static_cast<size_t>(time - times.data())]))
        time->failure = "its result differs from the f64 reference by " + std::to_string(time->error) + " (relative L2 norm)";
    }
  });
  BoundLibrary timed(at, trial.inputs, static_cast<int>(request.threads));
  constexpr int kWarmUpRuns = 3, kLeastRuns = 10;
  for (int i = 0; i < kWarmUpRuns; ++i)
    timed.run();
  timed.model().profile(true);
  repeat(request.seconds, kLeastRuns, [&](int) { timed.run(); });
  for (const cnnc_profile_entry &entry : timed.model().profile())
    if (TrialTime *time = variantOf(entry.layer))
      time->seconds = static_cast<double>(std::max<uint64_t>(entry.min_ns, 1)) * 1e-9;
  return times;
}

} // namespace

TrialReply tune::runTrial(const TrialRequest &request, const std::string &cacheFolder) {
  TrialReply reply{request.id, {}, {}};
  try {
    reply.times = measure(request, cacheFolder);
  } catch (const std::exception &error) {
    reply.failure = error.what();
  }
  return reply;
}
