// A folder that goes with its object.
#pragma once

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"

#include <string>

namespace cnnc {

/// Made in the system's folder of temporary files, removed with all that is in it.
class TemporaryFolder {
public:
  explicit TemporaryFolder(llvm::StringRef prefix) : code(llvm::sys::fs::createUniqueDirectory(prefix, folder)) {}
  ~TemporaryFolder() {
    if (!code)
      llvm::sys::fs::remove_directories(folder);
  }
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;

  std::string path() const { return folder.str().str(); }
  /// Why it could not be made; empty when it was.
  std::string error() const { return code ? "cannot make a temporary folder: " + code.message() : std::string(); }

private:
  llvm::SmallString<128> folder;
  std::error_code code;
};

} // namespace cnnc
