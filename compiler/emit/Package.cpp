#include "compiler/emit/Package.h"

#include "compiler/emit/Headers.h"
#include "compiler/emit/Names.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/syscall.h>
#include <unistd.h>

using namespace llvm;

namespace cnnc::emit {
namespace {

std::string join(const std::string &folder, const std::string &name) {
  SmallString<256> path(folder);
  sys::path::append(path, name);
  return path.str().str();
}

const std::map<std::string, std::pair<const char *, size_t>> &numpyTypes() {
  static const std::map<std::string, std::pair<const char *, size_t>> types = {
      {"f32", {"<f4", 4}}, {"f64", {"<f8", 8}}, {"u8", {"|u1", 1}}, {"i32", {"<i4", 4}}, {"i64", {"<i8", 8}}};
  return types;
}

// The folders to remove when the process is told to end, for a signal handler: one staging at a time, others clean up by destructors only.
char interruptedStaging[4096], interruptedOutput[4096];

/// Removes the files of a folder by system calls alone, as a signal handler must.
void removeFiles(int folder) {
  alignas(8) char entries[4096];
  ::lseek(folder, 0, SEEK_SET);
  for (long size; (size = ::syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0;)
    for (long at = 0; at < size;) {
      constexpr long kLength = 16, kName = 19; // of struct linux_dirent64, getdents(2)
      uint16_t length;
      std::memcpy(&length, entries + at + kLength, sizeof length);
      ::unlinkat(folder, entries + at + kName, 0);
      at += length;
    }
}

void removeInterrupted() {
  // Other threads go on while this one tidies, and may add a file: until the folder is gone, again.
  constexpr int kAttempts = 1000;
  if (int folder = interruptedStaging[0] ? ::open(interruptedStaging, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1; folder >= 0)
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      removeFiles(folder);
      if (::rmdir(interruptedStaging) == 0 || errno == ENOENT)
        break;
    }
  if (interruptedOutput[0])
    ::rmdir(interruptedOutput);
  ::_exit(130);
}

void remember(char (&slot)[4096], const std::string &path) {
  if (path.size() < sizeof slot)
    std::memcpy(slot, path.c_str(), path.size() + 1);
}

} // namespace

std::optional<Staging> Staging::open(const std::string &outputFolder, std::string &error) {
  Staging staging;
  staging.output = outputFolder.empty() ? "." : outputFolder;
  staging.madeOutput = !sys::fs::exists(staging.output);
  // Before a folder is made: a signal between the two would leave it.
  remember(interruptedOutput, staging.madeOutput ? staging.output : "");
  sys::SetInterruptFunction(removeInterrupted);
  if (std::error_code code = sys::fs::create_directories(staging.output, /*IgnoreExisting=*/true, sys::fs::all_all)) {
    error = "cannot make the output folder '" + staging.output + "': " + code.message();
    return std::nullopt;
  }
  SmallString<256> unique;
  std::string folder;
  std::error_code code;
  for (int attempt = 0; attempt < 128; ++attempt) {
    sys::fs::createUniquePath(".cnnc-%%%%%%%%", unique, /*MakeAbsolute=*/false);
    folder = join(staging.output, unique.str().str());
    remember(interruptedStaging, folder);
    code = sys::fs::create_directory(folder, /*IgnoreExisting=*/false);
    if (code != std::errc::file_exists)
      break;
  }
  if (code) {
    error = "cannot write to the output folder '" + staging.output + "': " + code.message() + "; choose another with -o";
    return std::nullopt;
  }
  staging.folder = folder;
  return staging;
}

Staging::Staging(Staging &&other) noexcept
    : output(std::exchange(other.output, {})), folder(std::exchange(other.folder, {})), names(std::move(other.names)),
      madeOutput(std::exchange(other.madeOutput, false)) {}

Staging::~Staging() {
  if (output.empty()) // moved from
    return;
  if (!folder.empty())
    sys::fs::remove_directories(folder);
  interruptedStaging[0] = interruptedOutput[0] = 0;
  sys::SetInterruptFunction(nullptr);
  if (madeOutput) // fails, as it should, when it holds something
    sys::fs::remove(output);
}

std::string Staging::scratch(const std::string &name) const {
  return join(folder, name);
}

std::string Staging::file(const std::string &name) {
  names.push_back(name);
  return scratch(name);
}

std::optional<std::string> Staging::commit() {
  for (const std::string &name : names)
    if (sys::fs::is_directory(join(output, name)))
      return "cannot replace '" + join(output, name) + "': it is a folder";
  for (const std::string &name : names)
    if (std::error_code code = sys::fs::rename(join(folder, name), join(output, name)))
      return "cannot write '" + join(output, name) + "': " + code.message();
  names.clear();
  return std::nullopt;
}

std::optional<std::string> writeFile(const std::string &path, const std::function<std::optional<std::string>(raw_ostream &)> &fill) {
  std::error_code code;
  raw_fd_ostream stream(path, code);
  std::optional<std::string> error;
  if (!code) {
    error = fill(stream);
    stream.close();
    code = stream.error();
    stream.clear_error();
  }
  if (error)
    return error;
  if (code)
    return "cannot write '" + path + "': " + code.message();
  return std::nullopt;
}

std::optional<std::string> writeFile(const std::string &path, const std::string &text) {
  return writeFile(path, [&](raw_ostream &stream) -> std::optional<std::string> {
    stream << text;
    return std::nullopt;
  });
}

std::string npyText(const SampleTensor &tensor) {
  auto type = numpyTypes().find(tensor.dtype);
  if (type == numpyTypes().end())
    return "";
  size_t bytes = type->second.second;
  std::string shape;
  for (int64_t extent : tensor.shape) {
    if (extent < 0 || (extent > 0 && bytes > SIZE_MAX / size_t(extent)))
      return "";
    bytes *= extent;
    shape += std::to_string(extent) + ", ";
  }
  if (bytes != tensor.data.size())
    return "";
  std::string header = std::string("{'descr': '") + type->second.first + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  constexpr size_t kPrefix = 10, kAlign = 64;
  header.append((kAlign - (kPrefix + header.size() + 1) % kAlign) % kAlign, ' ').push_back('\n');
  std::string text("\x93NUMPY\x01\x00", 8);
  text.push_back(static_cast<char>(header.size() & 0xff));
  text.push_back(static_cast<char>(header.size() >> 8));
  return text + header + tensor.data;
}

std::optional<std::string> stagePackage(Staging &staging, const nlohmann::json &metadata) {
  std::string net = networkIdentifier(metadata.at("network").get<std::string>());
  std::map<std::string, std::string> files = runtimeHeaders();
  files[net + ".h"] = headerText(metadata);
  files[net + ".hpp"] = cppHeaderText(metadata);
  files[net + ".json"] = metadata.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  files[net + "Config.cmake"] = cmakeConfigText(metadata);
  files[net + ".pc"] = pkgConfigText(metadata);
  for (const auto &[name, text] : files)
    if (auto error = writeFile(staging.file(name), text))
      return error;
  return std::nullopt;
}

std::optional<std::string> stageSample(Staging &staging, const std::string &net, const std::vector<SampleTensor> &inputs,
                                       const std::vector<SampleTensor> &outputs) {
  for (auto [kind, samples] : {std::pair{".input.", &inputs}, {".expected.", &outputs}}) {
    ParameterNames names({});
    for (const SampleTensor &sample : *samples) {
      std::string text = npyText(sample);
      if (text.empty())
        return "sample tensor '" + sample.name + "' of type " + sample.dtype + " cannot be written as .npy: unknown type, or data of the wrong size";
      if (auto error = writeFile(staging.file(net + kind + names.add(sample.name) + ".npy"), text))
        return error;
    }
  }
  return std::nullopt;
}

} // namespace cnnc::emit
