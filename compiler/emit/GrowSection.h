// Bulk data goes into a linked library as it is made: the linker sees a stub of it, and nothing holds or copies the rest.
#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdint>
#include <optional>
#include <string>

namespace cnnc::emit {

/// Gives a section of the ELF64 library at `path` its contents. The section must be alone in a loadable segment at the highest addresses.
/// `fill` writes exactly `bytes` bytes, which are appended to the file; section and segment then point at them.
/// Returns why it failed: the library has no such section, `fill`'s message, or "cannot write 'PATH': No space left on device".
std::optional<std::string> growSection(const std::string &path, llvm::StringRef name, uint64_t bytes,
                                       llvm::function_ref<std::optional<std::string>(llvm::raw_ostream &)> fill);

} // namespace cnnc::emit
