// A process that runs trials: this program again, or one that passes them on to a cluster. It may crash, stall or go away.
#pragma once

#include "compiler/tune/Trial.h"

#include <sys/types.h>

namespace cnnc::tune {

/// Speaks lines of JSON: the process says WorkerHello, then answers each TrialRequest with a TrialReply, in any order.
class Worker {
public:
  /// Starts nothing yet. The process's errors go nowhere; it is not of this program's process group, so that Ctrl-C does not reach it.
  explicit Worker(std::vector<std::string> command) : command(std::move(command)) {}
  /// Kills the process.
  ~Worker() { stop(); }
  Worker(const Worker &) = delete;
  Worker &operator=(const Worker &) = delete;

  /// Starts the process, unless it runs, and waits at most `seconds` for its hello.
  kernels::Result<WorkerHello> start(double seconds);
  /// Asks for a trial. Returns why it could not; the process is gone then.
  std::optional<std::string> send(const TrialRequest &request);
  /// The next reply within `seconds`; nothing after that. Fails when the process died or says what is no reply; it is gone then.
  kernels::Result<std::optional<TrialReply>> receive(double seconds);
  void stop();
  bool running() const { return process > 0; }

private:
  kernels::Result<std::optional<std::string>> readLine(double seconds);
  std::string whyItEnded();

  std::vector<std::string> command;
  pid_t process = 0;
  int channel = -1;
  std::string pending; ///< Read and not yet a whole line.
};

/// The other side: says hello, answers requests from `input` on `output` until it ends. Returns the exit status.
int serveTrials(int input, int output, const WorkerHello &hello, const std::string &cacheFolder);

} // namespace cnnc::tune
