// Progress with ETA, on a terminal only.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace cnnc {

/// A line on stderr that is redrawn: "kernels  [#####.....] 12/26  ETA 2 s  NOTE". Prints nothing when stderr is no terminal.
class Progress {
public:
  explicit Progress(std::string title);
  ~Progress();
  Progress(const Progress &) = delete;

  /// Thread-safe. `note` follows the time left.
  void update(int64_t done, int64_t total, const std::string &note = "");

private:
  std::string title;
  bool enabled, drawn = false;
  std::chrono::steady_clock::time_point start, last;
  std::mutex mutex;
};

} // namespace cnnc
