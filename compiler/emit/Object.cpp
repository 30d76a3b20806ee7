#include "compiler/emit/Object.h"

#include "compiler/emit/Routines.h"
#include "runtime/bitcode.h"

#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/Transforms/IPO/Internalize.h"

#include <map>
#include <mutex>

using namespace llvm;

namespace cnnc::emit {
namespace {

using Failure = kernels::Result<std::string>;

void initializeTargets() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    LLVMInitializeAArch64AsmParser();
  });
}

/// Keeps the last error that LLVM reports on a context, in place of printing it and ending the process.
struct Diagnostics : DiagnosticHandler {
  explicit Diagnostics(std::string &message) : message(message) {}
  bool handleDiagnostics(const DiagnosticInfo &info) override {
    if (info.getSeverity() == DS_Error) {
      message.clear();
      raw_string_ostream stream(message);
      DiagnosticPrinterRawOStream printer(stream);
      info.print(printer);
    }
    return true;
  }
  std::string &message;
};

/// A target machine for position-independent code, one section a function or constant. Null with a message for an unknown triple.
std::unique_ptr<TargetMachine> machineFor(const Triple &triple, const std::string &cpu, const std::string &features, CodeGenOptLevel level,
                                          std::string &message) {
  const llvm::Target *backend = TargetRegistry::lookupTarget(triple, message);
  if (!backend)
    return nullptr;
  TargetOptions options;
  options.FunctionSections = true;
  options.DataSections = true;
  return std::unique_ptr<TargetMachine>(backend->createTargetMachine(triple, cpu, features, options, Reloc::PIC_, std::nullopt, level));
}

std::string baseCpu(const Triple &triple) { return triple.getArch() == Triple::x86_64 ? "x86-64" : "generic"; }

/// The code of a module, unless the verifier or the code generator complains.
kernels::Result<std::string> generate(Module &module, TargetMachine &machine, const std::string &diagnostics) {
  std::string message;
  raw_string_ostream verification(message);
  if (verifyModule(module, &verification))
    return Failure::failure("not a valid LLVM module: " + message);
  module.setDataLayout(machine.createDataLayout());
  module.setPICLevel(PICLevel::BigPIC);
  SmallVector<char, 0> bytes;
  raw_svector_ostream stream(bytes);
  legacy::PassManager codegen;
  if (machine.addPassesToEmitFile(codegen, stream, nullptr, CodeGenFileType::ObjectFile))
    return Failure::failure("the code generator of '" + module.getTargetTriple().str() + "' writes no object files");
  codegen.run(module);
  if (!diagnostics.empty())
    return Failure::failure("code generation failed: " + diagnostics);
  return std::string(bytes.begin(), bytes.end());
}

kernels::Result<std::string> generateForAnyCpu(Module &module, const std::string &diagnostics) {
  Triple triple = module.getTargetTriple();
  std::string message;
  auto machine = machineFor(triple, baseCpu(triple), "", CodeGenOptLevel::Default, message);
  return machine ? generate(module, *machine, diagnostics) : Failure::failure("no code generator for '" + triple.str() + "': " + message);
}

/// A module of the runtime, of which `isEntry` stay visible to the library's other objects, made for one CPU.
Expected<std::unique_ptr<Module>> readRuntime(LLVMContext &context, const Triple &triple, StringRef bitcode, const std::string &cpu,
                                              const std::string &features, function_ref<bool(const GlobalValue &)> isEntry) {
  if (triple.getArch() != Triple::x86_64)
    return createStringError("this compiler has no runtime for '" + triple.str() + "'; x86-64 is supported");
  Expected<std::unique_ptr<Module>> module = parseBitcodeFile(MemoryBufferRef(bitcode, "runtime"), context);
  if (!module)
    return module;
  (*module)->setTargetTriple(triple);
  internalizeModule(**module, isEntry);
  for (Function &function : **module) {
    for (const char *attribute : {"target-cpu", "target-features", "tune-cpu", "min-legal-vector-width"})
      function.removeFnAttr(attribute);
    if (function.isDeclaration())
      continue;
    if (!features.empty()) {
      function.addFnAttr("target-cpu", cpu);
      function.addFnAttr("target-features", features);
      function.addFnAttr("prefer-vector-width", "512");
    }
    if (isEntry(function))
      function.setVisibility(GlobalValue::HiddenVisibility);
  }
  return module;
}

StringRef bitcodeOf(const unsigned char *data, size_t size) { return {reinterpret_cast<const char *>(data), size}; }

/// The runtime for any CPU of the architecture. Its bitcode is optimised when cnnc is built; only code is generated here.
kernels::Result<std::string> compileRuntime(const std::string &triple) {
  LLVMContext context;
  std::string message;
  context.setDiagnosticHandler(std::make_unique<Diagnostics>(message));
  auto module = readRuntime(context, Triple(triple), bitcodeOf(cnnc_runtime_bitcode, cnnc_runtime_bitcode_size), "", "",
                            [](const GlobalValue &value) { return value.getName().starts_with("halide_") || value.getName() == "cnnc_query_impl"; });
  if (!module)
    return Failure::failure("the runtime cannot be read: " + toString(module.takeError()));
  return generateForAnyCpu(**module, message);
}

void optimise(Module &module, TargetMachine &machine) {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager calls;
  ModuleAnalysisManager modules;
  PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(calls);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, calls, modules);
  builder.buildPerModuleDefaultPipeline(OptimizationLevel::O3).run(module, modules);
}

kernels::Result<std::string> compileRoutines(const Target &target) {
  LLVMContext context;
  Triple triple(target.triple);
  std::string message, features;
  context.setDiagnosticHandler(std::make_unique<Diagnostics>(message));
  for (const std::string &feature : target.features)
    features += (features.empty() ? "+" : ",+") + feature;
  auto module = readRuntime(context, triple, bitcodeOf(cnnc_routines_bitcode, cnnc_routines_bitcode_size), baseCpu(triple), features,
                            [](const GlobalValue &value) { return value.getName().starts_with(kRoutinePrefix); });
  if (!module)
    return Failure::failure("the runtime cannot be read: " + toString(module.takeError()));
  auto machine = machineFor(triple, baseCpu(triple), features, CodeGenOptLevel::Aggressive, message);
  if (!machine)
    return Failure::failure("no code generator for '" + triple.str() + "': " + message);
  (*module)->setDataLayout(machine->createDataLayout());
  optimise(**module, *machine);
  return generate(**module, *machine, message);
}

/// What `make` gives for a key, made once a process.
kernels::Result<std::string> cached(std::map<std::string, std::string> &objects, const std::string &key, function_ref<kernels::Result<std::string>()> make) {
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  auto it = objects.find(key);
  if (it != objects.end())
    return it->second;
  initializeTargets();
  auto object = make();
  if (object)
    objects.emplace(key, *object);
  return object;
}

} // namespace

kernels::Result<std::string> runtimeObject(const std::string &triple) {
  static std::map<std::string, std::string> objects;
  return cached(objects, triple, [&] { return compileRuntime(triple); });
}

kernels::Result<std::string> routinesObject(const Target &target) {
  static std::map<std::string, std::string> objects;
  std::string key = target.triple;
  for (const std::string &feature : target.features)
    key += "," + feature;
  return cached(objects, key, [&] { return compileRoutines(target); });
}

bool callsRoutines(const Module &plan) {
  return any_of(plan, [](const Function &function) { return function.getName().starts_with(kRoutinePrefix); });
}

kernels::Result<std::string> compilePlan(std::unique_ptr<Module> plan) {
  initializeTargets();
  std::string message;
  plan->getContext().setDiagnosticHandler(std::make_unique<Diagnostics>(message));
  return generateForAnyCpu(*plan, message);
}

} // namespace cnnc::emit
