// A whole text into a file descriptor.
#pragma once

#include <cerrno>
#include <string_view>
#include <unistd.h>

namespace cnnc::kernels {

/// Writes all of `text`, in as many calls as that takes; false, with errno, when one fails.
inline bool writeAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR)
      return false;
    text.remove_prefix(written > 0 ? static_cast<size_t>(written) : 0);
  }
  return true;
}

} // namespace cnnc::kernels
