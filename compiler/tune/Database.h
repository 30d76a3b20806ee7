// Tuning records in a file of lines, one JSON object each, that only grows: several tuners may add to it, and a killed one spoils at most its last line.
#pragma once

#include "compiler/tune/Record.h"

#include <map>
#include <optional>

namespace cnnc::tune {

class Database {
public:
  /// Reads a file; a missing one is empty. Each line that is no record is a complaint "PATH:LINE: ..." and otherwise left alone; a last line
  /// without its end is an interrupted write and is left out without one. Fails when the file cannot be read or is larger than 1 GiB.
  static kernels::Result<Database> open(const std::string &path);

  const std::string &path() const { return file; }
  const std::vector<Record> &records() const { return list; }
  const std::vector<std::string> &complaints() const { return wrong; }

  /// Adds a line to the file in one write, under a lock, and to this object. Returns why it could not.
  std::optional<std::string> append(const Record &record);
  /// Reads what others have added since. Returns why it could not.
  std::optional<std::string> refresh();

private:
  explicit Database(std::string path) : file(std::move(path)) {}
  void take(std::string_view text);

  std::string file;
  std::vector<Record> list;
  std::vector<std::string> wrong;
  uint64_t consumed = 0; ///< Bytes of the file that have been read.
  int64_t line = 0;
};

/// A record that may be applied: it names the version and the machine, and its schedule works.
bool applies(const Record &record, const std::string &version, const Machine &machine);

/// The fastest schedule of each kernel among records that apply; those measured inside a network stand above those measured alone, and of those that
/// are not faster than the default the first stands: inside a network that is the default itself.
std::map<std::string, Record> bestOf(const std::vector<Record> &records, const std::string &version, const Machine &machine);

/// Every record once, in order.
std::vector<Record> merged(const std::vector<std::vector<Record>> &lists);

/// Of each kernel, target, machine and version the `keep` best schedules, in the order of bestOf; failures go, and other versions when `version` is not
/// empty.
std::vector<Record> pruned(const std::vector<Record> &records, const std::string &version, size_t keep);

/// Writes records as a database file, whole or not at all. Returns why it could not.
std::optional<std::string> writeDatabase(const std::string &path, const std::vector<Record> &records);

} // namespace cnnc::tune
