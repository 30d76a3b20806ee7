#include "compiler/tune/Database.h"

#include "lowering/kernels/WriteAll.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <set>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace cnnc;
using namespace cnnc::tune;
using nlohmann::json;

namespace {

constexpr uint64_t kLargest = uint64_t(1) << 30;
constexpr size_t kLongestLine = 64 << 10;

/// An open file that is locked while this object lives.
class Locked {
public:
  Locked(const std::string &path, int flags, int operation) : fd(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
    while (fd >= 0 && ::flock(fd, operation) != 0 && errno == EINTR) {
    }
  }
  ~Locked() {
    if (fd >= 0)
      ::close(fd);
  }
  Locked(const Locked &) = delete;
  Locked &operator=(const Locked &) = delete;
  const int fd;
};

} // namespace

kernels::Result<Database> Database::open(const std::string &path) {
  Database database(path);
  if (auto error = database.refresh())
    return kernels::Result<Database>::failure(*error);
  return database;
}

void Database::take(std::string_view text) {
  ++line;
  if (text.find_first_not_of(" \t\r") == std::string_view::npos)
    return;
  auto complain = [&](const std::string &what) { wrong.push_back(file + ":" + std::to_string(line) + ": " + what); };
  if (text.size() > kLongestLine)
    return complain("is longer than a tuning record can be");
  auto record = recordFrom(json::parse(text, nullptr, /*allow_exceptions=*/false));
  if (!record)
    return complain(record.error());
  list.push_back(std::move(*record));
}

std::optional<std::string> Database::refresh() {
  const Locked reading(file, O_RDONLY, LOCK_SH);
  if (reading.fd < 0 && errno == ENOENT)
    return std::nullopt;
  struct stat status{};
  if (reading.fd < 0 || ::fstat(reading.fd, &status) != 0)
    return "cannot read '" + file + "': " + std::strerror(errno);
  if (!S_ISREG(status.st_mode))
    return "cannot read '" + file + "': it is no file";
  const auto size = static_cast<uint64_t>(status.st_size);
  if (size > kLargest)
    return "'" + file + "' is larger than 1 GiB; make it smaller with `cnnc tuning prune`";
  if (size < consumed)
    return "'" + file + "' became smaller while it was in use; another program has changed it";
  std::string text(size - consumed, '\0');
  for (size_t done = 0; done < text.size();) {
    const ssize_t n = ::pread(reading.fd, text.data() + done, text.size() - done, static_cast<off_t>(consumed + done));
    if (n == 0 || (n < 0 && errno != EINTR))
      return "cannot read '" + file + "': " + (n ? std::strerror(errno) : "it became smaller");
    done += n > 0 ? static_cast<size_t>(n) : 0;
  }
  for (size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    take(std::string_view(text).substr(begin, end - begin));
    consumed += end + 1 - begin;
  }
  return std::nullopt;
}

std::optional<std::string> Database::append(const Record &record) {
  auto failure = [&] { return "cannot write '" + file + "': " + std::strerror(errno); };
  {
    const Locked writing(file, O_RDWR | O_CREAT | O_APPEND, LOCK_EX);
    struct stat status{};
    if (writing.fd < 0 || ::fstat(writing.fd, &status) != 0)
      return failure();
    // A line that a killed tuner left without its end must not swallow this one.
    char last = '\n';
    if (status.st_size > 0 && ::pread(writing.fd, &last, 1, status.st_size - 1) != 1)
      return failure();
    if (!kernels::writeAll(writing.fd, (last == '\n' ? "" : "\n") + lineOf(toJson(record))))
      return failure();
  }
  return refresh();
}

bool tune::applies(const Record &record, const std::string &version, const Machine &machine) {
  return record.failure.empty() && record.version == version && record.machine == machine;
}

/// Less is better, see bestOf.
static std::pair<bool, double> rankOf(const Record &record) {
  return {record.network.empty(), record.isFaster() ? record.ratio() : std::max(1.0, record.ratio())};
}

std::map<std::string, Record> tune::bestOf(const std::vector<Record> &records, const std::string &version, const Machine &machine) {
  std::map<std::string, Record> best;
  for (const Record &record : records)
    if (applies(record, version, machine))
      if (auto [entry, isNew] = best.try_emplace(record.kernel, record); !isNew && rankOf(record) < rankOf(entry->second))
        entry->second = record;
  return best;
}

std::vector<Record> tune::merged(const std::vector<std::vector<Record>> &lists) {
  std::vector<Record> all;
  std::set<std::string> seen;
  for (const std::vector<Record> &list : lists)
    for (const Record &record : list)
      if (seen.insert(lineOf(toJson(record))).second)
        all.push_back(record);
  return all;
}

std::vector<Record> tune::pruned(const std::vector<Record> &records, const std::string &version, size_t keep) {
  // The best of each group, found by their places so that the order of the file stays.
  std::map<std::string, std::vector<size_t>> groups;
  for (size_t i = 0; i < records.size(); ++i) {
    const Record &record = records[i];
    if (!record.failure.empty() || (!version.empty() && record.version != version))
      continue;
    json group = {record.version, record.kernel, record.target, toJson(record).at("machine")};
    groups[group.dump()].push_back(i);
  }
  std::vector<size_t> kept;
  for (auto &[group, places] : groups) {
    std::ranges::stable_sort(places, {}, [&](size_t i) { return rankOf(records[i]); });
    std::vector<kernels::Schedule> seen;
    for (size_t i : places)
      if (seen.size() < keep && std::ranges::find(seen, records[i].schedule) == seen.end()) {
        seen.push_back(records[i].schedule);
        kept.push_back(i);
      }
  }
  std::ranges::sort(kept);
  std::vector<Record> list;
  for (size_t i : kept)
    list.push_back(records[i]);
  return list;
}

std::optional<std::string> tune::writeDatabase(const std::string &path, const std::vector<Record> &records) {
  std::string text, partial = path + ".XXXXXX";
  for (const Record &record : records)
    text += lineOf(toJson(record));
  const int fd = ::mkostemp(partial.data(), O_CLOEXEC);
  bool written = fd >= 0 && kernels::writeAll(fd, text) && ::fchmod(fd, 0644) == 0;
  written = fd >= 0 && ::close(fd) == 0 && written;
  if (written && ::rename(partial.c_str(), path.c_str()) == 0)
    return std::nullopt;
  const std::string error = "cannot write '" + path + "': " + std::strerror(errno);
  if (fd >= 0)
    ::unlink(partial.c_str());
  return error;
}
