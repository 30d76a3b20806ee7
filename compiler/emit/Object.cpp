#include "compiler/emit/Object.h"

#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Linker/Linker.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/Transforms/IPO/Internalize.h"

#include <mutex>

extern "C" const unsigned char cnnc_runtime_bitcode[];
extern "C" const size_t cnnc_runtime_bitcode_size;

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

void optimize(Module &module, TargetMachine &machine) {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager callGraph;
  ModuleAnalysisManager modules;
  PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  builder.buildPerModuleDefaultPipeline(OptimizationLevel::O2).run(module, modules);
}

} // namespace

kernels::Result<StringRef> runtimeBitcode(const std::string &triple) {
  if (Triple(triple).getArch() != Triple::x86_64)
    return kernels::Result<StringRef>::failure("this compiler has no runtime for '" + triple + "'; x86-64 is supported");
  return StringRef(reinterpret_cast<const char *>(cnnc_runtime_bitcode), cnnc_runtime_bitcode_size);
}

kernels::Result<std::string> compilePlan(std::unique_ptr<Module> plan, StringRef runtime, const std::vector<std::string> &exports) {
  initializeTargets();
  Triple triple = plan->getTargetTriple();
  std::string message;
  plan->getContext().setDiagnosticHandler(std::make_unique<Diagnostics>(message));
  Expected<std::unique_ptr<Module>> library = parseBitcodeFile(MemoryBufferRef(runtime, "runtime"), plan->getContext());
  if (!library)
    return Failure::failure("the runtime's bitcode cannot be read: " + toString(library.takeError()));
  if ((*library)->getTargetTriple().getArch() != triple.getArch())
    return Failure::failure("the runtime is compiled for '" + (*library)->getTargetTriple().str() + "', the library for '" + triple.str() + "'");
  (*library)->setTargetTriple(triple);
  (*library)->setDataLayout(plan->getDataLayout());
  if (Linker::linkModules(*plan, std::move(*library)))
    return Failure::failure("the runtime cannot be linked to the plan: " + message);

  auto isExport = [&](const GlobalValue &value) { return is_contained(exports, value.getName()); };
  auto isKernelEntry = [](const GlobalValue &value) { return value.getName().starts_with("halide_"); };
  internalizeModule(*plan, [&](const GlobalValue &value) { return isExport(value) || isKernelEntry(value); });
  for (Function &function : *plan) {
    if (function.isDeclaration())
      continue;
    function.removeFnAttr("target-cpu");
    function.removeFnAttr("target-features");
    function.removeFnAttr("tune-cpu");
    if (isKernelEntry(function))
      function.setVisibility(GlobalValue::HiddenVisibility);
  }
  raw_string_ostream verification(message);
  if (verifyModule(*plan, &verification))
    return Failure::failure("the plan is no valid LLVM module: " + message);

  const llvm::Target *backend = TargetRegistry::lookupTarget(triple, message);
  if (!backend)
    return Failure::failure("no code generator for '" + triple.str() + "': " + message);
  TargetOptions options;
  options.FunctionSections = true;
  options.DataSections = true;
  std::unique_ptr<TargetMachine> machine(backend->createTargetMachine(triple, triple.getArch() == Triple::x86_64 ? "x86-64" : "generic", "", options,
                                                                      Reloc::PIC_, std::nullopt, CodeGenOptLevel::Default));
  plan->setDataLayout(machine->createDataLayout());
  plan->setPICLevel(PICLevel::BigPIC);
  optimize(*plan, *machine);

  SmallVector<char, 0> bytes;
  raw_svector_ostream stream(bytes);
  legacy::PassManager codegen;
  if (machine->addPassesToEmitFile(codegen, stream, nullptr, CodeGenFileType::ObjectFile))
    return Failure::failure("the code generator of '" + triple.str() + "' writes no object files");
  codegen.run(*plan);
  if (!message.empty())
    return Failure::failure("code generation failed: " + message);
  return std::string(bytes.begin(), bytes.end());
}

} // namespace cnnc::emit
