// Halide's optimised LLVM module -> object code.
#include "lowering/kernels/Codegen.h"

#include "llvm-c/Core.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Linker/Linker.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

#include <HalideRuntime.h>

#include <stdexcept>

using namespace llvm;

extern "C" const unsigned char cnnc_tile_products_bitcode[];
extern "C" const size_t cnnc_tile_products_bitcode_size;

namespace cnnc::kernels {
namespace {

[[noreturn]] void fail(const Twine &message) { throw std::runtime_error(message.str()); }

void keepPrefetches(Module &module) {
  constexpr uint64_t everyLevel = 3;
  for (Function &function : module)
    for (Instruction &instruction : instructions(function))
      if (auto *call = dyn_cast<IntrinsicInst>(&instruction); call && call->getIntrinsicID() == Intrinsic::prefetch)
        call->setArgOperand(2, ConstantInt::get(call->getArgOperand(2)->getType(), everyLevel));
}

/// Defines what the module calls of tile_products.c.
void linkTileProducts(Module &module) {
  if (!module.getFunction("cnnc_tile_products"))
    return;
  const StringRef bytes(reinterpret_cast<const char *>(cnnc_tile_products_bitcode), cnnc_tile_products_bitcode_size);
  auto tiles = parseBitcodeFile(MemoryBufferRef(bytes, "tile_products"), module.getContext());
  if (!tiles)
    fail("tile_products is not understood: " + toString(tiles.takeError()));
  (*tiles)->setTargetTriple(module.getTargetTriple());
  (*tiles)->setDataLayout(module.getDataLayout());
  (*tiles)->getModuleFlagsMetadata() ? (*tiles)->getModuleFlagsMetadata()->eraseFromParent() : void();
  std::vector<std::string> names;
  for (const Function &function : **tiles)
    if (!function.isDeclaration())
      names.push_back(function.getName().str());
  if (Linker::linkModules(module, std::move(*tiles)))
    fail("tile_products cannot be linked");
  for (const std::string &name : names)
    module.getFunction(name)->setLinkage(GlobalValue::InternalLinkage);
}

/// CPU and features that Halide chose: it records them once a module.
std::string moduleString(const Module &module, StringRef key) {
  auto *text = dyn_cast_or_null<MDString>(module.getModuleFlag(key));
  return text ? text->getString().str() : std::string();
}

} // namespace

void generateObject(const std::string &path) {
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86Target();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86AsmPrinter();
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false, /*IsVolatile=*/true);
  if (!buffer)
    fail("cannot read the kernel's bitcode: " + buffer.getError().message());
  LLVMContext context;
  auto module = parseBitcodeFile(**buffer, context);
  if (!module)
    fail("the kernel's bitcode is not understood: " + toString(module.takeError()));
  keepPrefetches(**module);
  linkTileProducts(**module);

  std::string error;
  const Target *backend = TargetRegistry::lookupTarget((*module)->getTargetTriple(), error);
  if (!backend)
    fail("no code generator for '" + (*module)->getTargetTriple().str() + "': " + error);
  std::unique_ptr<TargetMachine> machine(backend->createTargetMachine((*module)->getTargetTriple(), moduleString(**module, "halide_mcpu_target"),
                                                                      moduleString(**module, "halide_mattrs"), TargetOptions(), Reloc::PIC_, std::nullopt,
                                                                      CodeGenOptLevel::Aggressive));
  std::error_code code;
  raw_fd_ostream stream(path, code, sys::fs::OF_None);
  legacy::PassManager passes;
  if (code || machine->addPassesToEmitFile(passes, stream, nullptr, CodeGenFileType::ObjectFile))
    fail("cannot write the kernel's object: " + (code ? code.message() : "the code generator writes none"));
  passes.run(**module);
  stream.close();
  if (stream.has_error()) {
    code = stream.error();
    stream.clear_error();
    fail("cannot write the kernel's object: " + code.message());
  }
}

std::string codeGenerators() {
  unsigned major = 0, minor = 0, patch = 0; // of the library that is loaded, not of the headers
  LLVMGetVersion(&major, &minor, &patch);
  auto number = [](unsigned a, unsigned b, unsigned c) { return std::to_string(a) + "." + std::to_string(b) + "." + std::to_string(c); };
  return "LLVM " + number(major, minor, patch) + ", Halide " + number(HALIDE_VERSION_MAJOR, HALIDE_VERSION_MINOR, HALIDE_VERSION_PATCH);
}

} // namespace cnnc::kernels
