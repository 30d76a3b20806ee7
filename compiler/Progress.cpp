// Progress with ETA, on a terminal only.
#include "compiler/Progress.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"

using namespace cnnc;
using Clock = std::chrono::steady_clock;

Progress::Progress(std::string title) : title(std::move(title)), enabled(llvm::sys::Process::StandardErrIsDisplayed()), start(Clock::now()), last(start) {}

Progress::~Progress() {
  if (drawn)
    llvm::errs() << "\r\033[K";
}

void Progress::update(int64_t done, int64_t total, const std::string &note) {
  if (!enabled || total <= 0)
    return;
  std::lock_guard lock(mutex);
  auto now = Clock::now();
  if (done < total && now - last < std::chrono::milliseconds(100))
    return;
  last = now;
  drawn = true;
  constexpr int kWidth = 30;
  int filled = static_cast<int>(kWidth * done / total);
  double elapsed = std::chrono::duration<double>(now - start).count(),
         left = done ? elapsed * static_cast<double>(total - done) / static_cast<double>(done) : 0;
  llvm::errs() << "\r\033[K" << title << "  [" << std::string(filled, '#') << std::string(kWidth - filled, '.') << "] " << done << '/' << total
               << llvm::format("  ETA %.0f s", left) << (note.empty() ? "" : "  ") << note;
}
