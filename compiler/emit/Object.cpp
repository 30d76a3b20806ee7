#include "compiler/emit/Object.h"

#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/Transforms/IPO/Internalize.h"

#include <map>
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

kernels::Result<StringRef> runtimeBitcode(const std::string &triple) {
  if (Triple(triple).getArch() != Triple::x86_64)
    return kernels::Result<StringRef>::failure("this compiler has no runtime for '" + triple + "'; x86-64 is supported");
  return StringRef(reinterpret_cast<const char *>(cnnc_runtime_bitcode), cnnc_runtime_bitcode_size);
}

/// Position-independent code of a module, one section a function or constant.
kernels::Result<std::string> generate(Module &module, const std::string &diagnostics) {
  Triple triple = module.getTargetTriple();
  std::string message;
  raw_string_ostream verification(message);
  if (verifyModule(module, &verification))
    return Failure::failure("not a valid LLVM module: " + message);
  const llvm::Target *backend = TargetRegistry::lookupTarget(triple, message);
  if (!backend)
    return Failure::failure("no code generator for '" + triple.str() + "': " + message);
  TargetOptions options;
  options.FunctionSections = true;
  options.DataSections = true;
  std::unique_ptr<TargetMachine> machine(backend->createTargetMachine(triple, triple.getArch() == Triple::x86_64 ? "x86-64" : "generic", "", options,
                                                                      Reloc::PIC_, std::nullopt, CodeGenOptLevel::Default));
  module.setDataLayout(machine->createDataLayout());
  module.setPICLevel(PICLevel::BigPIC);
  SmallVector<char, 0> bytes;
  raw_svector_ostream stream(bytes);
  legacy::PassManager codegen;
  if (machine->addPassesToEmitFile(codegen, stream, nullptr, CodeGenFileType::ObjectFile))
    return Failure::failure("the code generator of '" + triple.str() + "' writes no object files");
  codegen.run(module);
  if (!diagnostics.empty())
    return Failure::failure("code generation failed: " + diagnostics);
  return std::string(bytes.begin(), bytes.end());
}

/// The runtime for any CPU of the architecture. Its bitcode is optimised when cnnc is built; only code is generated here.
kernels::Result<std::string> compileRuntime(const std::string &triple) {
  auto bitcode = runtimeBitcode(triple);
  if (!bitcode)
    return Failure::failure(bitcode.error());
  LLVMContext context;
  std::string message;
  context.setDiagnosticHandler(std::make_unique<Diagnostics>(message));
  Expected<std::unique_ptr<Module>> module = parseBitcodeFile(MemoryBufferRef(*bitcode, "runtime"), context);
  if (!module)
    return Failure::failure("the runtime's bitcode cannot be read: " + toString(module.takeError()));
  (*module)->setTargetTriple(Triple(triple));
  auto isEntry = [](const GlobalValue &value) { return value.getName().starts_with("halide_") || value.getName() == "cnnc_query_impl"; };
  internalizeModule(**module, isEntry);
  for (Function &function : **module) {
    function.removeFnAttr("target-cpu");
    function.removeFnAttr("target-features");
    function.removeFnAttr("tune-cpu");
    if (!function.isDeclaration() && isEntry(function))
      function.setVisibility(GlobalValue::HiddenVisibility);
  }
  return generate(**module, message);
}

} // namespace

kernels::Result<std::string> runtimeObject(const std::string &triple) {
  static std::mutex mutex;
  static std::map<std::string, std::string> objects; // code is generated once a process and triple
  std::lock_guard lock(mutex);
  auto it = objects.find(triple);
  if (it != objects.end())
    return it->second;
  initializeTargets();
  auto object = compileRuntime(triple);
  if (object)
    objects.emplace(triple, *object);
  return object;
}

kernels::Result<std::string> compilePlan(std::unique_ptr<Module> plan) {
  initializeTargets();
  std::string message;
  plan->getContext().setDiagnosticHandler(std::make_unique<Diagnostics>(message));
  return generate(*plan, message);
}

} // namespace cnnc::emit
