// cnnc tuning: what databases of tuning records hold, and making one of several.
#include "compiler/Table.h"
#include "compiler/tools/Options.h"
#include "compiler/tune/Database.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"

using namespace cnnc;
using namespace cnnc::tools;
namespace cl = llvm::cl;

static cl::SubCommand parser("tuning", "Show, merge, prune and compare databases of tuning records (see `cnnc tune --help`)\n\n"
                                       "  cnnc tuning show tune.jsonl                       machines, versions and the fastest schedule of each kernel\n"
                                       "  cnnc tuning merge a.jsonl b.jsonl -o all.jsonl    every record once\n"
                                       "  cnnc tuning prune tune.jsonl -o small.jsonl       the fastest of each kernel, without failures and other versions\n"
                                       "  cnnc tuning diff old.jsonl new.jsonl              kernels whose fastest schedule differs");
static cl::opt<std::string> action(cl::Positional, cl::Required, cl::desc("show|merge|prune|diff"), cl::sub(parser));
static cl::list<std::string> files(cl::Positional, cl::OneOrMore, cl::desc("FILE..."), cl::sub(parser));
static cl::opt<std::string> output("o", cl::desc("Where merge and prune write; may be one of the files"), cl::value_desc("file"), cl::init(""),
                                   cl::sub(parser));
static cl::opt<unsigned> keep("keep", cl::desc("With prune: how many schedules of a kernel stay (default: 1)"), cl::init(1), cl::sub(parser));
static cl::opt<bool> everyVersion("all-versions", cl::desc("With prune: keep the records of other versions of cnnc too"), cl::sub(parser));

namespace {

using tune::Record;

/// Records by machine, version and target, a heading each.
std::map<std::string, std::vector<Record>> byMachine(const std::vector<Record> &records) {
  std::map<std::string, std::vector<Record>> groups;
  for (const Record &record : records)
    groups[record.target + " on " + toString(record.machine) + ", cnnc " + record.version].push_back(record);
  return groups;
}

std::map<std::string, Record> bestIn(const std::vector<Record> &group) {
  return tune::bestOf(group, group.front().version, group.front().machine);
}

std::string ratioText(const Record &record) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.2f", 1 / record.ratio());
  return text;
}

int show(const std::vector<Record> &records) {
  for (const auto &[heading, group] : byMachine(records)) {
    size_t failures = 0;
    for (const Record &record : group)
      failures += !record.failure.empty();
    llvm::outs() << heading << ": " << group.size() << " records, " << failures << " failures\n";
    Table table({"kernel", "ms", "default / it", "measured", "schedule"});
    for (const auto &[key, best] : bestIn(group)) {
      std::string milliseconds;
      llvm::raw_string_ostream(milliseconds) << llvm::format("%.4f", best.seconds * 1e3);
      table.add({best.what, milliseconds, ratioText(best), best.network.empty() ? "alone" : "in " + best.network, toString(best.schedule)});
    }
    table.print(llvm::outs());
  }
  return Exit::Ok;
}

int diff(const std::vector<Record> &before, const std::vector<Record> &after) {
  auto old = byMachine(before), fresh = byMachine(after);
  for (const auto &[heading, group] : fresh)
    old.try_emplace(heading);
  for (const auto &[heading, group] : old) {
    const auto was = group.empty() ? std::map<std::string, Record>() : bestIn(group);
    const auto is = fresh[heading].empty() ? std::map<std::string, Record>() : bestIn(fresh[heading]);
    Table table({"", "kernel", "default / it", "schedule"});
    size_t lines = 0;
    auto line = [&](const char *mark, const Record &record) {
      table.add({mark, record.what, ratioText(record), toString(record.schedule)});
      ++lines;
    };
    for (const auto &[key, record] : was)
      if (auto it = is.find(key); it == is.end() || it->second.schedule != record.schedule) {
        line("-", record);
        if (it != is.end())
          line("+", it->second);
      }
    for (const auto &[key, record] : is)
      if (!was.contains(key))
        line("+", record);
    if (lines) {
      llvm::outs() << heading << '\n';
      table.print(llvm::outs());
    }
  }
  return Exit::Ok;
}

int write(const std::vector<Record> &records, size_t before) {
  if (output.empty())
    return fail(Exit::Usage, "name the file to write: -o FILE");
  if (auto error = tune::writeDatabase(output, records))
    return fail(Exit::Diagnosed, *error);
  llvm::outs() << output << ": " << records.size() << " of " << before << " records\n";
  return Exit::Ok;
}

int run() {
  std::vector<std::vector<Record>> lists;
  size_t count = 0;
  int status = Exit::Ok;
  for (const std::string &file : files) {
    auto database = tune::Database::open(file);
    if (database && database->records().empty() && database->complaints().empty() && !llvm::sys::fs::exists(file))
      status = fail(Exit::Diagnosed, "cannot read '" + file + "': no such file");
    else if (!database)
      status = fail(Exit::Diagnosed, database.error());
    for (const std::string &complaint : database ? database->complaints() : std::vector<std::string>())
      status = fail(Exit::Diagnosed, complaint);
    if (database) {
      lists.push_back(database->records());
      count += lists.back().size();
    }
  }
  if (status)
    return status;
  if (action == "show")
    return show(tune::merged(lists));
  if (action == "merge")
    return write(tune::merged(lists), count);
  if (action == "prune")
    return write(tune::pruned(tune::merged(lists), everyVersion ? "" : CNNC_VERSION, keep), count);
  if (action == "diff" && lists.size() == 2)
    return diff(lists[0], lists[1]);
  return fail(Exit::Usage, action == "diff" ? "diff takes two files" : "unknown action '" + action + "'; show, merge, prune or diff");
}

} // namespace

const Command tools::tuningCommand{parser, run};
