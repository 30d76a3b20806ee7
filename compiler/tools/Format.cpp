// cnnc format: .cnn texts in their standard form.
#include "compiler/tools/Options.h"
#include "frontend/dsl/Dsl.h"

#include "llvm/Support/MemoryBuffer.h"

using namespace cnnc;
using namespace cnnc::tools;
namespace cl = llvm::cl;

static cl::SubCommand parser("format", "Print .cnn texts in their standard form: spaces, indentation, lines of at most 100 columns\n\n"
                                       "  cnnc format model.cnn              prints the formatted text\n"
                                       "  cnnc format --write model.cnn      formats the file in place\n"
                                       "  cnnc format --check models/*/*.cnn prints the lines that would change; exit status 1 if there are any\n"
                                       "  cnnc format -                      reads standard input: for editors\n\n"
                                       "Comments, single empty lines, the order of statements and the line breaks of chains stay. A comma before a closing\n"
                                       "parenthesis or bracket keeps one item a line; a list whose first row stands on a line of its own is a table, and its\n"
                                       "columns are aligned");
static cl::list<std::string> inputs(cl::Positional, cl::OneOrMore, cl::desc("FILE...|-"), cl::sub(parser));
static cl::opt<bool> inPlace("write", cl::desc("Change the files"), cl::sub(parser));
static cl::alias writeShort("w", cl::desc("The same as --write"), cl::aliasopt(inPlace));
static cl::opt<bool> check("check", cl::desc("Change nothing, print the lines that would change, and exit with 1 if there are any"), cl::sub(parser));
static cl::opt<std::string> diagnostics("diagnostics", cl::desc("Form of the diagnostics: text or json"), cl::init("text"), cl::sub(parser));

// The lines between the common head and the common tail of two texts, as a diff shows them.
static void printChange(llvm::StringRef file, llvm::StringRef before, llvm::StringRef after) {
  llvm::SmallVector<llvm::StringRef> old, fresh;
  before.split(old, '\n');
  after.split(fresh, '\n');
  size_t head = 0, tail = 0, least = std::min(old.size(), fresh.size());
  while (head < least && old[head] == fresh[head])
    ++head;
  while (tail < least - head && old[old.size() - 1 - tail] == fresh[fresh.size() - 1 - tail])
    ++tail;
  size_t removed = old.size() - head - tail, added = fresh.size() - head - tail;
  llvm::outs() << "--- " << file << "\n+++ " << file << " (formatted)\n@@ -" << head + 1 << "," << removed << " +" << head + 1 << "," << added << " @@\n";
  for (size_t i = head; i < head + removed; ++i)
    llvm::outs() << "-" << old[i] << "\n";
  for (size_t i = head; i < head + added; ++i)
    llvm::outs() << "+" << fresh[i] << "\n";
}

static int formatOne(const std::string &path) {
  auto buffer = llvm::MemoryBuffer::getFileOrSTDIN(path);
  if (!buffer)
    return fail(Exit::Diagnosed, "cannot read '" + path + "': " + buffer.getError().message());
  llvm::StringRef text = (*buffer)->getBuffer();
  std::string file = path == "-" ? "<stdin>" : path;
  frontend::DiagnosticSink sink;
  sink.addSource(file, text.str());
  auto formatted = frontend::formatText(text, file, {}, sink);
  if (!formatted)
    return report(sink, diagnostics == "json");
  if (check) {
    if (text == *formatted)
      return Exit::Ok;
    printChange(file, text, *formatted);
    return fail(Exit::Diagnosed, "'" + file + "' is not in the standard form; `cnnc format --write` puts it there");
  }
  if (!inPlace || path == "-") {
    llvm::outs() << *formatted;
    return Exit::Ok;
  }
  return text == *formatted ? int(Exit::Ok) : writeOut(path, *formatted);
}

static int run() {
  if (inPlace && check)
    return fail(Exit::Usage, "--write changes files and --check does not; give one of them");
  int status = Exit::Ok;
  for (const std::string &path : inputs)
    if (int result = formatOne(path))
      status = result;
  return status;
}

const Command tools::formatCommand{parser, run};
