#include "compiler/tune/Worker.h"

#include "lowering/kernels/WriteAll.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace cnnc;
using namespace cnnc::tune;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

/// Longest line that either side takes.
static constexpr size_t kLongestLine = 16 << 20;

static json parsed(const std::string &line) { return json::parse(line, nullptr, /*allow_exceptions=*/false); }


kernels::Result<WorkerHello> Worker::start(double seconds) {
  auto failure = [&](const std::string &what) {
    stop();
    return kernels::Result<WorkerHello>::failure("the worker '" + command.front() + "' " + what);
  };
  if (!running()) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      return failure(std::string("has no channel: ") + std::strerror(errno));
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, ends[1], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::vector<char *> argv;
    for (std::string &word : command)
      argv.push_back(word.data());
    argv.push_back(nullptr);
    const int error = ::posix_spawnp(&process, argv[0], &files, &attributes, argv.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    ::close(ends[1]);
    channel = ends[0];
    if (error != 0) {
      process = 0;
      return failure(std::string("cannot be started: ") + std::strerror(error));
    }
  }
  auto line = readLine(seconds);
  if (!line || !*line)
    return failure(line ? "did not answer in time" : line.error());
  auto hello = workerHelloFrom(parsed(**line));
  return hello ? hello : failure(hello.error());
}

void Worker::stop() {
  if (process > 0) {
    ::kill(-process, SIGKILL); // its group: a cluster's client has children
    ::kill(process, SIGKILL);
    while (::waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  if (channel >= 0)
    ::close(channel);
  process = 0;
  channel = -1;
  pending.clear();
}

std::string Worker::whyItEnded() {
  int status = 0;
  pid_t gone = 0;
  for (int i = 0; i < 100 && gone == 0; ++i) { // its end of the channel closes a little before it is gone
    gone = ::waitpid(process, &status, WNOHANG);
    if (gone == 0)
      ::usleep(10000);
  }
  if (gone == process)
    process = 0;
  stop();
  if (gone <= 0)
    return "closed its channel";
  if (WIFSIGNALED(status))
    return std::string("was ended by a signal: ") + strsignal(WTERMSIG(status));
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

std::optional<std::string> Worker::send(const TrialRequest &request) {
  const auto send = [this](const char *data, size_t size) { return ::send(channel, data, size, MSG_NOSIGNAL); };
  return kernels::writeAllWith(send, lineOf(toJson(request))) ? std::nullopt : std::optional(whyItEnded());
}

kernels::Result<std::optional<std::string>> Worker::readLine(double seconds) {
  using Line = kernels::Result<std::optional<std::string>>;
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  for (;;) {
    if (const size_t newline = pending.find('\n'); newline != std::string::npos) {
      std::string line = pending.substr(0, newline);
      pending.erase(0, newline + 1);
      return Line(std::optional(std::move(line)));
    }
    if (pending.size() > kLongestLine) {
      stop();
      return Line::failure("says more than a reply can hold");
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd wait = {channel, POLLIN, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(std::clamp<int64_t>(left, 0, 60000)));
    if (ready == 0 && Clock::now() >= end)
      return Line(std::optional<std::string>());
    if (ready <= 0)
      continue;
    char bytes[4096];
    const ssize_t n = ::recv(channel, bytes, sizeof bytes, 0);
    if (n == 0 || (n < 0 && errno != EINTR))
      return Line::failure(whyItEnded());
    pending.append(bytes, n > 0 ? static_cast<size_t>(n) : 0);
  }
}

kernels::Result<std::optional<TrialReply>> Worker::receive(double seconds) {
  using Reply = kernels::Result<std::optional<TrialReply>>;
  auto line = readLine(seconds);
  if (!line)
    return Reply::failure(line.error());
  if (!*line)
    return Reply(std::optional<TrialReply>());
  auto reply = trialReplyFrom(parsed(**line));
  if (reply)
    return Reply(std::optional(std::move(*reply)));
  stop();
  return Reply::failure(reply.error());
}

//===-- The other side ---------------------------------------------------------------------------------------------------------===//

int tune::serveTrials(int input, int output, const WorkerHello &hello, const std::string &cacheFolder) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL); // nobody is left to hear of a trial
  auto say = [output](const json &document) { return kernels::writeAll(output, lineOf(document)); };
  if (!say(toJson(hello)))
    return 1;
  std::string pending;
  char bytes[65536];
  for (ssize_t n; (n = ::read(input, bytes, sizeof bytes)) != 0;) {
    if (n < 0 && errno != EINTR)
      return 1;
    pending.append(bytes, n > 0 ? static_cast<size_t>(n) : 0);
    for (size_t newline; (newline = pending.find('\n')) != std::string::npos; pending.erase(0, newline + 1)) {
      auto request = trialRequestFrom(parsed(pending.substr(0, newline)));
      const TrialReply reply = request ? runTrial(*request, cacheFolder) : TrialReply{0, {}, request.error()};
      if (!say(toJson(reply)))
        return 1;
    }
    if (pending.size() > kLongestLine)
      return 1;
  }
  return 0;
}
