// An ELF64 relocatable object with one section of data.
#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Triple.h"

#include <cstdint>
#include <optional>
#include <string>

namespace cnnc::emit {

struct DataSection {
  std::string name;
  std::string symbol; ///< Hidden symbol at its start; empty: none.
  bool allocated;     ///< Read-only data of the process, or bytes that stay in the file.
  uint64_t alignment; ///< A power of two.
  uint64_t bytes;
};

/// Writes the object to `stream`; `fill` writes exactly `section.bytes` bytes. Little-endian.
/// Returns why it failed: an architecture other than x86-64 and AArch64, or `fill`'s own message.
std::optional<std::string> writeDataObject(llvm::raw_ostream &stream, const llvm::Triple &triple, const DataSection &section,
                                           llvm::function_ref<std::optional<std::string>(llvm::raw_ostream &)> fill);

} // namespace cnnc::emit
