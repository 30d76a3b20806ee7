#include "compiler/emit/PrintedModule.h"

#include "compiler/emit/Metadata.h"
#include "compiler/emit/Weights.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/Verifier.h"
#include "llvm/IRReader/IRReader.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

using namespace llvm;
using nlohmann::json;

namespace cnnc::emit {
namespace {

constexpr const char *kKernels = "cnnc.kernels", *kMetadata = "cnnc.metadata";

using Failure = kernels::Result<DetachedModule>;

std::optional<StringRef> stringOf(const MDNode &node, unsigned index) {
  auto *text = index < node.getNumOperands() ? dyn_cast_or_null<MDString>(node.getOperand(index)) : nullptr;
  return text ? std::optional(text->getString()) : std::nullopt;
}

bool readRequest(const MDNode &node, kernels::BuildRequest &request, std::string &error) {
  auto spec = stringOf(node, 1), schedule = stringOf(node, 2);
  if (!spec || !schedule) {
    error = "an entry is not a name, a spec and a schedule";
    return false;
  }
  json specJson = json::parse(spec->str(), nullptr, false), scheduleJson = json::parse(schedule->str(), nullptr, false);
  if (specJson.is_discarded() || scheduleJson.is_discarded()) {
    error = "a spec or schedule is no JSON";
    return false;
  }
  return kernels::fromJson(specJson, request.spec, error) && kernels::fromJson(scheduleJson, request.schedule, error);
}

/// Moves the initialiser of @cnnc_weights into a string and leaves a declaration, or nothing when no code refers to it.
bool takeWeights(Module &module, std::string &weights) {
  GlobalVariable *global = module.getNamedGlobal(kWeightsSymbol);
  if (!global)
    return true;
  if (!global->hasInitializer() || !global->getValueType()->isArrayTy() || !global->getValueType()->getArrayElementType()->isIntegerTy(8))
    return false;
  Constant *value = global->getInitializer();
  if (auto *data = dyn_cast<ConstantDataArray>(value))
    weights = data->getRawDataValues().str();
  else if (isa<ConstantAggregateZero>(value) && global->getValueType()->getArrayNumElements() <= kMaxEmbeddedWeights)
    weights.assign(global->getValueType()->getArrayNumElements(), '\0');
  else
    return false;
  global->setInitializer(nullptr);
  if (global->use_empty())
    global->eraseFromParent();
  return true;
}

} // namespace

void attach(Module &module, const std::map<std::string, kernels::BuildRequest> &kernels, const std::string &metadata, StringRef weights) {
  LLVMContext &context = module.getContext();
  auto text = [&](StringRef value) -> llvm::Metadata * { return MDString::get(context, value); };
  NamedMDNode *list = module.getOrInsertNamedMetadata(kKernels);
  for (const auto &[name, request] : kernels)
    list->addOperand(MDNode::get(context, {text(name), text(kernels::toJson(request.spec).dump()), text(kernels::toJson(request.schedule).dump())}));
  module.getOrInsertNamedMetadata(kMetadata)->addOperand(MDNode::get(context, {text(metadata)}));
  if (weights.empty())
    return;
  Constant *value = ConstantDataArray::getString(context, weights, /*AddNull=*/false);
  GlobalVariable *global = module.getNamedGlobal(kWeightsSymbol);
  if (!global)
    global = new GlobalVariable(module, value->getType(), true, GlobalValue::ExternalLinkage, nullptr, kWeightsSymbol);
  global->setInitializer(value);
  global->setVisibility(GlobalValue::HiddenVisibility);
  global->setDSOLocal(true);
  global->setAlignment(Align(kWeightsAlignment));
}

kernels::Result<DetachedModule> parsePrinted(LLVMContext &context, StringRef text, const std::string &name) {
  SMDiagnostic diagnostic;
  std::unique_ptr<MemoryBuffer> buffer = MemoryBuffer::getMemBufferCopy(text, name);
  DetachedModule detached;
  detached.plan = parseIR(buffer->getMemBufferRef(), diagnostic, context);
  std::string message;
  raw_string_ostream stream(message);
  if (!detached.plan) {
    diagnostic.print("", stream, /*ShowColors=*/false);
    return Failure::failure(StringRef(message).trim().str());
  }
  if (verifyModule(*detached.plan, &stream))
    return Failure::failure("'" + name + "' is no valid LLVM module: " + message);
  NamedMDNode *list = detached.plan->getNamedMetadata(kKernels), *document = detached.plan->getNamedMetadata(kMetadata);
  auto metadata = document && document->getNumOperands() == 1 ? stringOf(*document->getOperand(0), 0) : std::nullopt;
  if (!list || !metadata)
    return Failure::failure("'" + name + "' was not printed by --compile-to=llvm: it lacks !" + kKernels + " or !" + kMetadata);
  if (auto parsed = parseMetadata(metadata->str()))
    detached.metadata = std::move(*parsed);
  else
    return Failure::failure("'" + name + "': !" + kMetadata + " holds no metadata document of this compiler");
  for (const MDNode *node : list->operands()) {
    kernels::BuildRequest request;
    if (!readRequest(*node, request, message))
      return Failure::failure("'" + name + "': !" + kKernels + ": " + message);
    detached.kernels.push_back(std::move(request));
  }
  if (!takeWeights(*detached.plan, detached.weights))
    return Failure::failure("'" + name + "': @" + kWeightsSymbol + " is no constant array of bytes");
  detached.plan->eraseNamedMetadata(list);
  detached.plan->eraseNamedMetadata(document);
  return detached;
}

} // namespace cnnc::emit
