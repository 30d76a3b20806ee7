// Objects -> shared library, by lld inside this process.
#pragma once

#include "lowering/kernels/Target.h"

#include <optional>
#include <string>
#include <vector>

namespace cnnc::emit {

struct LinkRequest {
  std::string triple;
  std::vector<std::string> objects; ///< Paths, in link order.
  std::vector<std::string> exports; ///< The only dynamic symbols.
  std::string soname;
  std::string lastSection{}; ///< A read-only section to place in a segment of its own at the highest addresses; empty: none.
  std::string output;      ///< Path of the library.
  std::string scratch;     ///< Existing folder for the version script.
};

/// Links with full RELRO, a non-executable stack, no RPATH, gc-sections, a content-based build id and every symbol defined. libc and libm
/// are needed only when used. The bytes depend on the objects' content, not on any path. One link at a time in a process.
/// Returns what lld says when it fails, or that the target's libc cannot be found.
std::optional<std::string> linkLibrary(const LinkRequest &request);

/// libc.so.6 and libm.so.6 of a triple's architecture in the system's library folders; nullopt when one is missing.
std::optional<std::vector<std::string>> systemLibraries(const std::string &triple);

} // namespace cnnc::emit
