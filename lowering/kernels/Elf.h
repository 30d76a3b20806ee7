// The little of ELF64 that proves what an object needs from outside.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cnnc::kernels {

struct ElfSymbols {
  std::vector<std::string> defined; ///< Global definitions.
  std::vector<std::string> undefined;
};

/// Global symbols of a relocatable little-endian ELF64 object; nullopt when the bytes are no such object.
std::optional<ElfSymbols> readSymbols(std::string_view object);

/// Whether a kernel may leave this symbol undefined: the task hook, or a function of libc's string.h or of libm.
bool isAllowedImport(std::string_view symbol);

} // namespace cnnc::kernels
