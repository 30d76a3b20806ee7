// A library read as a file: nothing of it is loaded or run.
#pragma once

#include "lowering/kernels/Build.h"

#include <nlohmann/json.hpp>

namespace cnnc::emit {

struct SectionSize {
  std::string name;
  uint64_t bytes, alignment;
};

struct LibraryFile {
  nlohmann::json metadata;     ///< Parsed `.cnnc.meta`.
  std::string soname, buildId; ///< build id in hex.
  uint64_t fileBytes = 0;
  std::vector<SectionSize> sections; ///< In file order.
  std::vector<std::string> exports;  ///< Defined dynamic symbols.
  std::vector<std::string> needed;   ///< DT_NEEDED.
};

/// Reads a library of cnnc. The file may hold anything: a damaged one, or one of somebody else, is an error that says so.
kernels::Result<LibraryFile> readLibrary(const std::string &path);

} // namespace cnnc::emit
