// Content-addressed store of built objects in a folder that others may damage.
#pragma once

#include "lowering/kernels/Build.h"

namespace cnnc::kernels {

/// One file an object, named by its symbol: a header line with format, symbol, size and SHA-256, then the bytes.
class Cache {
public:
  /// An empty folder name gives a cache that holds nothing. The folder is made when it does not exist.
  explicit Cache(std::string folder);
  /// The object of this symbol; nullopt when there is none or the entry is damaged.
  std::optional<Object> load(const std::string &symbol) const;
  /// Writes to a temporary file and renames it. A cache that cannot be written is no error: the next build takes longer.
  void store(const Object &object) const;

private:
  std::string folder;
};

} // namespace cnnc::kernels
