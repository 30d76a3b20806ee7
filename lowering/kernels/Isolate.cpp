#include "lowering/kernels/Isolate.h"

#include "lowering/kernels/WriteAll.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace cnnc::kernels {
namespace {

/// An anonymous file that parent and child share.
class MemoryFile {
public:
  explicit MemoryFile(const char *name) : fd(memfd_create(name, MFD_CLOEXEC)) {}
  ~MemoryFile() {
    if (fd >= 0)
      close(fd);
  }
  MemoryFile(const MemoryFile &) = delete;
  MemoryFile &operator=(const MemoryFile &) = delete;
  bool good() const { return fd >= 0; }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd); }

  void write(const std::string &text) const { writeAll(fd, text); }

  std::string contents() const {
    struct stat status{};
    if (fstat(fd, &status) != 0)
      return {};
    std::string bytes(static_cast<size_t>(status.st_size), '\0');
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t n = pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
      if (n == 0 || (n < 0 && errno != EINTR))
        return {};
      done += n > 0 ? static_cast<size_t>(n) : 0;
    }
    return bytes;
  }

private:
  int fd;
};

} // namespace

Result<std::string> isolate(const std::function<void(const std::string &)> &work, int cpuSeconds) {
  const MemoryFile output("cnnc-kernel"), report("cnnc-report");
  if (!output.good() || !report.good())
    return Result<std::string>::failure(std::string("cannot create an anonymous file: ") + std::strerror(errno));
  const pid_t child = fork();
  if (child < 0)
    return Result<std::string>::failure(std::string("cannot start a code generator process: ") + std::strerror(errno));
  if (child == 0) {
    clearenv(); // no variable of the caller changes the code
    for (int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGXCPU})
      std::signal(signal, SIG_DFL);
    const rlimit cpu = {static_cast<rlim_t>(cpuSeconds), static_cast<rlim_t>(cpuSeconds)}, noCore = {0, 0};
    setrlimit(RLIMIT_CPU, &cpu);
    setrlimit(RLIMIT_CORE, &noCore);
    try {
      work(output.path());
      report.write("ok");
    } catch (const std::exception &error) {
      report.write(std::string("failed: ") + error.what());
    } catch (...) {
      report.write("failed: unknown exception");
    }
    _exit(0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const std::string verdict = report.contents();
  if (verdict == "ok")
    return output.contents();
  if (verdict.starts_with("failed: "))
    return Result<std::string>::failure(verdict.substr(8));
  if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
    return Result<std::string>::failure("code generation was stopped after " + std::to_string(cpuSeconds) + " s or for lack of memory");
  return Result<std::string>::failure("the code generator crashed" +
                                      (WIFSIGNALED(status) ? std::string(" (") + strsignal(WTERMSIG(status)) + ")" : std::string()));
}

} // namespace cnnc::kernels
