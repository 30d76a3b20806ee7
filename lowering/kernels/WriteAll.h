// A whole text into a file descriptor.
#pragma once

#include <cerrno>
#include <string_view>
#include <unistd.h>

namespace cnnc::kernels {

/// Gives all of `text` to `write` (data, size), in as many calls as that takes; false, with errno, when one fails.
template <typename Write> bool writeAllWith(Write write, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(text.data(), text.size());
    if (written < 0 && errno != EINTR)
      return false;
    text.remove_prefix(written > 0 ? static_cast<size_t>(written) : 0);
  }
  return true;
}

inline bool writeAll(int fd, std::string_view text) {
  return writeAllWith([fd](const char *data, size_t size) { return ::write(fd, data, size); }, text);
}

} // namespace cnnc::kernels
