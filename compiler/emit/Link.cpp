#include "compiler/emit/Link.h"

#include "lld/Common/Driver.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/TargetParser/Triple.h"

#include <fcntl.h>
#include <mutex>
#include <unistd.h>

LLD_HAS_DRIVER(elf)

using namespace llvm;

namespace cnnc::emit {
namespace {

/// The multiarch folder first, then those of distributions without one, then cross packages.
std::vector<std::string> libraryFolders(const Triple &triple) {
  std::string multiarch = triple.getArch() == Triple::x86_64 ? "x86_64-linux-gnu" : "aarch64-linux-gnu";
  return {"/lib/" + multiarch, "/usr/lib/" + multiarch, "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/" + multiarch + "/lib"};
}

/// Whether a path holds an ELF64 shared object of the architecture (a linker script or another ABI's file does not count).
bool isSharedObject(const std::string &path, const Triple &triple) {
  Expected<object::OwningBinary<object::ObjectFile>> file = object::ObjectFile::createObjectFile(path);
  if (!file) {
    consumeError(file.takeError());
    return false;
  }
  return file->getBinary()->getArch() == triple.getArch() && isa<object::ELF64LEObjectFile>(file->getBinary());
}

std::optional<std::string> writeText(const std::string &path, const std::string &text) {
  std::error_code code;
  raw_fd_ostream stream(path, code);
  if (!code) {
    stream << text;
    stream.close();
    code = stream.error();
    stream.clear_error();
  }
  if (code)
    return "cannot write '" + path + "': " + code.message();
  return std::nullopt;
}

} // namespace

std::optional<std::vector<std::string>> systemLibraries(const std::string &triple) {
  Triple parsed(triple);
  std::vector<std::string> found;
  for (const char *name : {"libc.so.6", "libm.so.6"})
    for (const std::string &folder : libraryFolders(parsed))
      if (std::string path = folder + "/" + name; isSharedObject(path, parsed)) {
        found.push_back(path);
        break;
      }
  if (found.size() != 2)
    return std::nullopt;
  return found;
}

std::optional<std::string> linkLibrary(const LinkRequest &request) {
  auto libraries = systemLibraries(request.triple);
  if (!libraries)
    return "cannot find libc.so.6 and libm.so.6 for '" + request.triple + "' in the system's library folders; install the C library of that architecture";
  // Scripts: what is exported, and where the last section goes.
  std::vector<std::string> scripts;
  auto writeScript = [&](const char *name, const std::string &text) {
    SmallString<256> script(request.scratch);
    sys::path::append(script, name);
    scripts.push_back(script.str().str());
    return writeText(scripts.back(), text);
  };
  if (auto error = writeScript("exports.map", "{ global: " + join(request.exports, "; ") + "; local: *; };\n"))
    return error;
  if (!request.lastSection.empty())
    if (auto error = writeScript("last.ld", "SECTIONS { " + request.lastSection + " : { KEEP(*(" + request.lastSection + ")) } } INSERT AFTER .bss;\n"))
      return error;

  // lld takes '%' in the path of its output for a place to put random digits; a descriptor of the folder has none.
  std::string target = request.output;
  int folder = -1;
  if (StringRef(target).contains('%')) {
    folder = ::open(sys::path::parent_path(target).str().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    target = "/proc/self/fd/" + std::to_string(folder) + "/" + sys::path::filename(target).str();
  }
  scope_exit close([folder] {
    if (folder >= 0)
      ::close(folder);
  });

  std::vector<std::string> arguments = {"ld.lld",
                                        "-shared",
                                        "-m",
                                        Triple(request.triple).getArch() == Triple::x86_64 ? "elf_x86_64" : "aarch64linux",
                                        "-z",
                                        "relro",
                                        "-z",
                                        "now",
                                        "-z",
                                        "noexecstack",
                                        "--gc-sections",
                                        "--icf=safe",
                                        "--no-undefined",
                                        "--as-needed",
                                        "--hash-style=gnu",
                                        "--build-id=sha1",
                                        "--strip-debug",
                                        "--discard-all",
                                        "--eh-frame-hdr",
                                        "--nostdlib",
                                        "--error-limit=20",
                                        "--color-diagnostics=never",
                                        "--soname=" + request.soname,
                                        "--version-script=" + scripts.front(),
                                        "-o",
                                        target};
  arguments.insert(arguments.end(), scripts.begin() + 1, scripts.end());
  arguments.insert(arguments.end(), request.objects.begin(), request.objects.end());
  arguments.insert(arguments.end(), libraries->begin(), libraries->end());
  std::vector<const char *> pointers;
  for (const std::string &argument : arguments)
    pointers.push_back(argument.c_str());

  // A full disk ends lld's write in the middle, and the process with it: look first.
  uint64_t needed = 0, size = 0;
  for (const std::string &object : request.objects)
    if (!sys::fs::file_size(object, size))
      needed += size;
  if (auto space = sys::fs::disk_space(request.scratch); space && space->available < needed)
    return "cannot write '" + request.output + "': No space left on device";

  // lld keeps its state in globals, and leaves a fatal error by a jump that needs crash recovery enabled.
  static std::mutex mutex;
  static bool usable = true;
  std::lock_guard lock(mutex);
  if (!usable)
    return "the linker failed earlier in this process and cannot run again";
  CrashRecoveryContext::Enable();
  scope_exit disable([] { CrashRecoveryContext::Disable(); });
  std::string output, errors;
  raw_string_ostream outputStream(output), errorStream(errors);
  lld::Result result = lld::lldMain(pointers, outputStream, errorStream, {{lld::Gnu, &lld::elf::link}});
  usable = result.canRunAgain;
  if (result.retCode != 0)
    return "linking '" + request.soname + "' failed: " + StringRef(errors).rtrim().str();
  return std::nullopt;
}

} // namespace cnnc::emit
